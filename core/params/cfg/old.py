"""What parameters were called in earlier versions of DrizzlePac, and what became of those that are gone.

Taken from the parameter declarations and the list of changes of DrizzlePac: the prototypes of 2010-2012 (betadrizzle,
astrodither), 1.x (2012-2014), 2.0.0 of August 2014, which renamed what clashed, and 2.1.0 of November 2015.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Old:
    """A name that is no longer in use; `now` is its present name ("" when nothing took its place), `says` why."""

    now: str
    says: str


_CLASH = "renamed in DrizzlePac 2.0.0, where source finding has a parameter of the old name"
_SEXTRACTOR = "belonged to finding sources with SExtractor, which DrizzlePac gave up before its first release"
_UPDATEWCS = (
    "was taken out of the files in DrizzlePac 2.1.0 and is an argument in Python only; here it is the option "
    "--updatewcs of the command, or `drizzledesk wcs update` on the exposures where it is needed"
)

OLD_TASKS = {"betadrizzle": "astrodrizzle", "astrodither": "astrodrizzle"}
"""Names that a task had before its release."""

OLD_NAMES: dict[tuple[str, str], Old] = {
    ("tweakreg", "fluxmax"): Old("maxflux", _CLASH),
    ("tweakreg", "fluxmin"): Old("minflux", _CLASH),
    ("tweakreg", "rfluxmax"): Old("rmaxflux", _CLASH),
    ("tweakreg", "rfluxmin"): Old("rminflux", _CLASH),
    ("tweakreg", "updatewcs"): Old("", _UPDATEWCS),
    ("tweakreg", "findmode"): Old("", _SEXTRACTOR),
    ("tweakreg", "editspars"): Old("", _SEXTRACTOR),
    ("tweakreg", "execname"): Old("", _SEXTRACTOR),
    ("tweakreg", "editipars"): Old("", "opened a second window; source finding has its own set"),
    ("astrodrizzle", "updatewcs"): Old("", _UPDATEWCS),
    ("astrodrizzle", "mdriztab"): Old("", "became a button: values of an MDRIZTAB are taken when asked for"),
    ("astrodrizzle", "staticfile"): Old("", "was given up; bad pixels of one's own go into the DQ arrays"),
}

OLD_WORDS: dict[tuple[str, str, str], str] = {
    ("astrodrizzle", "combine_type", "iaverage"): "imean",
    ("tweakreg", "xoffset", "None"): "0.0",
    ("tweakreg", "yoffset", "None"): "0.0",
    ("tweakreg", "tolerance", "None"): "1.0",
}
"""Values that earlier versions had, and what stands for them now, by task, parameter and text."""

ONCE_FRACTIONAL = frozenset(
    ("astrodrizzle", name) for name in ("driz_sep_outnx", "driz_sep_outny", "final_outnx", "final_outny")
)
"""Whole numbers that were numbers with a decimal point in the prototypes."""


def present_word(task: str, name: str, text: str) -> str:
    """What a value of an earlier version would be written as today; `text` itself if nothing changed."""
    word = text.strip()
    if (task, name) in ONCE_FRACTIONAL and word.endswith(".0") and word[:-2].isdigit():
        return word[:-2]
    return OLD_WORDS.get((task, name, word), text)
