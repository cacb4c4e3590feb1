"""The set that made an existing product, as far as its headers tell it.

drizzlepac and we write D001DATA, D001KERN ... for each chip that went in; they name a dozen of the 99 parameters. Our
own products carry the whole set in HISTORY cards as well. What neither tells is listed, never guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from astropy.io import fits

from core import __version__
from core.data.cardtext import read_card_text
from core.data.fitsfile import open_fits
from core.errors import Refusal
from core.params import TASKS, ParamSet, Value, format_value, parse_value

LEAD = "DrizzleDesk set"
_LINE = re.compile(rf"{LEAD} (\d{{3}}): ?(\S*)$")
_WIDTH = 72 - len(f"{LEAD} 000: ")
_NAMED = re.compile(r"D(\d{3})DATA$")
_ROOT = re.compile(r"(.+?)_dr[zcw](_sci|_wht|_ctx)?\.fits(\.gz)?(\[.*\])?$", re.IGNORECASE)


@dataclass(frozen=True)
class MadeWith:
    """`set` holds what is known and defaults for the rest; `known` names what is known; `source` says in words where
    from; `notes` what else the headers tell."""

    set: ParamSet
    known: frozenset[str]
    source: str
    notes: tuple[str, ...] = ()

    @property
    def unknown(self) -> tuple[str, ...]:
        """The parameters that the product does not tell, in the order of the task."""
        return tuple(name for name in self.set if name not in self.known)


def record(params: ParamSet) -> list[str]:
    """Lines for HISTORY cards that `read_made_with` reads back as the same set: ASCII, no blank inside the values."""
    told = {name: format_value(params.task.param(name), value) for name, value in params.changed().items()}
    body = json.dumps({"version": __version__, "changed": told}, separators=(",", ":"), ensure_ascii=True)
    # FITS cuts blanks at the end of a card
    body = body.replace(" ", "\\u0020")
    pieces = [body[at : at + _WIDTH] for at in range(0, len(body), _WIDTH)]
    if len(pieces) > 999:
        return []
    return [f"{LEAD} {number:03d}: {piece}" for number, piece in enumerate(pieces, 1)]


def read_made_with(path: str | Path) -> MadeWith:
    """The set of astrodrizzle that made a product (`*_drz.fits`, `*_drz_sci.fits`, of either program).

    Raises
    ------
    Refusal
        Not FITS, or no drizzled product: there are no D001DATA ... keywords.
    """
    with open_fits(path, whole=False) as hdus:
        headers = [hdu.header.copy() for hdu in hdus[:2]]
        names = {hdu.name for hdu in hdus}
    header = next((one for one in headers if "D001DATA" in one), None)
    whole = _recorded(headers, path)
    if header is None and whole is None:
        raise Refusal(
            "The headers name no drizzled exposures (D001DATA), so it is not told how the file was made.",
            file=path,
            subject="D001DATA",
            advice="Give a product of astrodrizzle, such as *_drz.fits or *_drc.fits.",
        )
    told, notes = _told(header, {"SCI", "WHT"} <= names) if header is not None else ({}, [])
    if whole is not None:
        changed, version = whole
        values = ParamSet(TASKS["astrodrizzle"], {**changed, **_input_of(told)}, _origins(changed, path))
        notes = [*_version_note(version), *notes]
        return MadeWith(values, frozenset(values), "the whole set, recorded by DrizzleDesk", tuple(notes))
    values = ParamSet(TASKS["astrodrizzle"], told, _origins(told, path))
    program = str(headers[0].get("PROD_VER", "")).strip() or "an unnamed program"
    return MadeWith(values, frozenset(told), f"keywords D001... written by {program}", tuple(notes))


def _origins(values: Iterable[str], path: str | Path) -> dict[str, str]:
    return dict.fromkeys(values, f"product {Path(path).name}")


def _input_of(told: dict[str, Value]) -> dict[str, Value]:
    """What really went in: in a window the parameter `input` is not what is read."""
    return {"input": told["input"]} if "input" in told else {}


def _version_note(version: str) -> list[str]:
    if version == __version__:
        return []
    return [
        f"Recorded by DrizzleDesk {version[:20]}; what was at its default then is shown at today's default."
    ]


def _recorded(headers: Sequence[fits.Header], path: str | Path) -> tuple[dict[str, Value], str] | None:
    """The values of the newest whole record, and the version that wrote it."""
    lines = [str(line) for header in headers for line in header.get("HISTORY", [])]
    pieces: list[str] = []
    for line in lines:
        match = _LINE.match(line.strip())
        if match is None:
            continue
        number = int(match[1])
        pieces = [*pieces, match[2]] if number == len(pieces) + 1 else [match[2]] if number == 1 else []
    if not pieces:
        return None
    try:
        raw = json.loads("".join(pieces))
        return _values(raw["changed"]), str(raw["version"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, Refusal) as error:
        raise Refusal(
            f"The set recorded in its HISTORY is damaged ({error}).",
            file=path,
            subject="HISTORY",
            advice="Compare with the .cfg file that was used.",
        ) from error


def _values(changed: dict[str, Any]) -> dict[str, Value]:
    task = TASKS["astrodrizzle"]
    return {str(name): parse_value(task.param(str(name)), str(text)) for name, text in changed.items()}


def _told(header: fits.Header, built: bool) -> tuple[dict[str, Value], list[str]]:
    """What the keywords of the first chip tell, and notes on what is told in part; `built`: one file with
    extensions."""
    task = TASKS["astrodrizzle"]
    texts = {
        "input": ",".join(_inputs(header)),
        "final_kernel": _text(header, "KERN"),
        "final_pixfrac": _text(header, "PIXF"),
        "final_units": _text(header, "OUUN"),
        "final_fillval": _text(header, "FVAL"),
        "wcskey": _text(header, "WKEY") or "",
        "context": str(bool(_text(header, "OUCO"))) if "D001OUCO" in header else None,
        "output": _output(header),
        "build": str(built),
        "runfile": read_card_text(str(header.get("DRIZPARS", "")).strip()) or None,
    }
    values: dict[str, Value] = {}
    notes: list[str] = []
    for name, text in texts.items():
        if text is None:
            continue
        try:
            values[name] = parse_value(task.param(name), text)
        except Refusal as refusal:
            notes.append(f"{name}: {refusal.what}")
    return values, [*notes, *_remarks(header)]


def _text(header: fits.Header, key: str) -> str | None:
    value = header.get(f"D001{key}")
    if value is None or isinstance(value, fits.card.Undefined):
        return None
    return read_card_text(str(value).strip())


def _inputs(header: fits.Header) -> list[str]:
    """The exposures, each once, without their extensions."""
    numbers = sorted(match[1] for key in header if (match := _NAMED.match(key)))
    names = (read_card_text(str(header[f"D{number}DATA"])).partition("[")[0].strip() for number in numbers)
    return list(dict.fromkeys(name for name in names if name))


def _output(header: fits.Header) -> str | None:
    """The root of the product's name: what `output` was, or what its default led to."""
    match = _ROOT.match(Path(_text(header, "OUDA") or "").name)
    return match[1] if match else None


def _remarks(header: fits.Header) -> list[str]:
    """What the headers tell of the result without telling the parameter."""
    remarks = []
    scale = header.get("D001SCAL")
    if isinstance(scale, int | float):
        remarks.append(
            f'Its pixels are {scale:.6g}" wide; whether final_scale or the detector set that is not told.'
        )
    if _text(header, "MASK"):
        remarks.append(f"Pixels were masked with {_text(header, 'MASK')}; how the mask was made is not told.")
    versions = {str(header[key]).strip() for key in header if re.match(r"D\d{3}VER$", key)}
    if versions:
        remarks.append(f"Drizzled by {', '.join(sorted(versions))}.")
    return remarks
