"""Rules across the parameters of tweakreg."""

from __future__ import annotations

from collections.abc import Iterator

from core.params.checks.problem import Problem, Rule, error, warning
from core.params.live import is_live
from core.params.paramset import ParamSet
from core.params.when import is_blank

_PAIRS_NEEDED = {"shift": 1, "rscale": 2, "general": 3}


def _names(values: ParamSet) -> Iterator[Problem]:
    if values["headerlet"] and is_blank(values["hdrname"]) and is_blank(values["wcsname"]):
        yield error("hdrname", "A headerlet needs a name.", "Give hdrname or wcsname.")
    if values["updatehdr"] and is_blank(values["wcsname"]):
        yield warning("wcsname", "The new WCS has no name; TWEAK will be used.", "Give a name of your own.")


def _catalog(values: ParamSet, prefix: str) -> Iterator[Problem]:
    """The rules of a user's catalog; `prefix` is "" for the inputs' and "r" for the reference's."""
    catalog = "refcat" if prefix else "catfile"
    if is_blank(values[catalog]):
        return
    bright, faint = values[f"{prefix}maxflux"], values[f"{prefix}minflux"]
    column, units = f"{prefix}fluxcol", values[f"{prefix}fluxunits"]
    count = "refnbright" if prefix else "nbright"
    if bright is not None and faint is not None:
        empty = bright >= faint if units == "mag" else bright <= faint
        if empty:
            advice = "In magnitudes the bright limit is the smaller number, in counts the larger."
            yield error(f"{prefix}maxflux", "No source can lie between the two flux limits.", advice)
    wanted = [name for name in (f"{prefix}maxflux", f"{prefix}minflux", count) if values[name] is not None]
    if wanted and is_blank(values[column]):
        yield error(
            wanted[0],
            f"The catalog's flux column is not given, so {wanted[0]} cannot be applied.",
            f"Give {column}.",
        )
    first, second = ("refxcol", "refycol") if prefix else ("xcol", "ycol")
    if values[first].strip() == values[second].strip():
        yield error(
            second, "Both coordinates are read from the same column.", f"Give different {first} and {second}."
        )


def _catalogs(values: ParamSet) -> Iterator[Problem]:
    yield from _catalog(values, "")
    yield from _catalog(values, "r")


def _frames(values: ParamSet) -> Iterator[Problem]:
    pixels = not is_blank(values["refcat"]) and values["refxyunits"] == "pixels"
    if pixels and is_blank(values["refimage"]):
        yield error(
            "refxyunits",
            "Reference positions in pixels need a reference image, whose frame they refer to.",
            "Give refimage, or a catalog in degrees.",
        )


def _matching(values: ParamSet) -> Iterator[Problem]:
    needed = _PAIRS_NEEDED[values["fitgeometry"]]
    if 1 <= values["minobj"] < needed:
        message = f"A {values['fitgeometry']} fit needs {needed} pairs at least."
        yield error(
            "minobj", message, f"Raise minobj to {needed} or far more, or choose a simpler fitgeometry."
        )
    if values["use2dhist"] and values["searchunits"] == "arcseconds" and values["searchrad"] > 60:
        yield warning(
            "searchrad",
            f"{values['searchrad']:g} arcseconds is a very wide search.",
            "Check searchunits; a wide histogram is slow and its peak is buried in chance pairs.",
        )


def _clipping(values: ParamSet) -> Iterator[Problem]:
    if values["nclip"] > 0 and values["sigma"] is None:
        yield warning(
            "sigma",
            "Without a limit nothing is clipped, and drizzlepac crashes.",
            "Give a number such as 3, or set nclip to 0.",
        )
    elif is_live(values, "sigma").live and values["sigma"] is not None and 0 < values["sigma"] < 1.5:
        yield warning(
            "sigma",
            f"Clipping at {values['sigma']:g} sigma drops many good pairs.",
            "2.5 to 3 sigma is usual.",
        )


RULES: tuple[Rule, ...] = (_names, _catalogs, _frames, _matching, _clipping)
