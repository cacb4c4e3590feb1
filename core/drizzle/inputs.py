"""The exposures of a run: opened, their chips chosen, instrument values put right."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.data.complete import completed
from core.data.exposure import Exposure, open_exposure
from core.data.fitsfile import sci_extver
from core.data.imsets import separate_imsets
from core.drizzle.names import check_unique
from core.errors import Refusal
from core.runs.progress import Progress

_INSTRUMENT = (("gain", "gnkeyword"), ("rdnoise", "rnkeyword"), ("exptime", "expkeyword"))


@dataclass(frozen=True)
class LeftOut:
    """An exposure that cannot be used, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, eq=False)
class Inputs:
    """The exposures to work with, in the order given, those left out, and what a person should hear.

    `moving`: they are laid on a moving target, and the stars are not to coincide.
    """

    exposures: tuple[Exposure, ...]
    left_out: tuple[LeftOut, ...]
    warnings: tuple[str, ...] = ()
    moving: bool = False


def open_inputs(files: Sequence[Path], params: Mapping[str, Any], progress: Progress) -> Inputs:
    """Open all exposures; one that cannot be used is left out with its reason. A file of several image sets (STIS)
    gives several exposures.

    Raises
    ------
    Refusal
        None can be used (the refusal of the first says why), two would write the same intermediate files, or one
        lacks the WCS that wcskey names: the others would be combined on another alignment than was asked for.
    """
    if not files:
        raise Refusal("No exposures are given.", subject="input", advice="Give *_flt.fits or *_flc.fits.")
    _group(str(params["group"]))  # a wrong word is wrong for all of them
    found: list[Exposure] = []
    left_out, first = [], None
    for path in files:
        try:
            found.extend(open_one(Path(path), params))
        except Refusal as refusal:
            if refusal.subject == "wcskey":
                raise
            first = first or refusal
            left_out.append(LeftOut(Path(path), str(refusal)))
            progress.failed(f"Left out: {refusal}")
        progress.advance()
    if not found and first is not None:
        raise first
    check_unique(found)
    exposures, tracked = _tracked(found)
    notes = dict.fromkeys(note for exposure in exposures for note in exposure.notes)
    return Inputs(exposures, tuple(left_out), (*notes, *tracked), bool(tracked))


def _tracked(exposures: Sequence[Exposure]) -> tuple[tuple[Exposure, ...], tuple[str, ...]]:
    """Exposures that follow a moving target (MTFLAG = T) get the WCS of the first of them, as in drizzlepac.

    The telescope keeps the target on the same pixels, so this lays target over target and trails the stars.
    """
    moving = [exposure for exposure in exposures if _follows(exposure)]
    if len(moving) < 2:
        return tuple(exposures), ()
    first = {chip.extver: chip for chip in moving[0].chips}
    out = []
    for exposure in exposures:
        if _follows(exposure):
            chips = tuple(
                replace(chip, wcs=first[chip.extver].wcs)
                if chip.extver in first and first[chip.extver].shape == chip.shape
                else chip
                for chip in exposure.chips
            )
            out.append(replace(exposure, chips=chips))
        else:
            out.append(exposure)
    warning = (
        f"MTFLAG = T, a moving target: {len(moving)} exposures are put on the WCS of {moving[0].name}, so that the "
        "target lies on itself and stars do not. To combine the stars set MTFLAG to F in the primary headers."
    )
    return tuple(out), (warning,)


def _follows(exposure: Exposure) -> bool:
    flag = exposure.primary.get("MTFLAG", False)
    return flag if isinstance(flag, bool) else "T" in str(flag)


def _chosen(exposure: Exposure, params: Mapping[str, Any]) -> Exposure:
    """The exposure with only the chips of `group`, without distortion when coeffs is off."""
    chips = exposure.chips
    versions, numbered = _group(str(params["group"]))
    if versions:
        found = {sci_extver(exposure.path, v) if numbered else v for v in versions}
        chips = tuple(chip for chip in chips if chip.extver in found)
        if not chips or None in found:
            raise Refusal(
                f"There is no SCI extension {params['group']} in it.",
                file=exposure.path,
                subject="group",
                advice="Name extensions that the exposures have, such as sci,1.",
            )
    if not params["coeffs"]:
        chips = tuple(replace(chip, wcs=chip.wcs.linear()) for chip in chips)
    return replace(exposure, chips=chips)


def _group(text: str) -> tuple[set[int], bool]:
    """EXTVERs named by "sci,1" or "sci,1; sci,2" (False), or numbers of extensions in the file, "1, 4" (True), as
    drizzlepac takes them too; empty for all chips."""
    if re.fullmatch(r"[0-9]{1,6}([,;\s]+[0-9]{1,6})*", text.strip()):
        return {int(number) for number in re.findall(r"\d+", text)}, True
    versions = set()
    for part in filter(None, re.split(r"[;\s]+", text.strip())):
        match = re.fullmatch(r"\(?'?sci'?,([0-9]{1,6})\)?", part, re.IGNORECASE)
        if match is None:
            raise Refusal(
                f"'{text}' does not name SCI extensions.",
                subject="group",
                advice='Write "sci,1", "sci,1; sci,2" for several, extension numbers such as "1,4", or leave it blank.',
            )
        versions.add(int(match[1]))
    return versions, False


def open_one(path: Path, params: Mapping[str, Any]) -> list[Exposure]:
    """The exposures of a file, with gain, read noise and exposure time as the instrument parameters say."""
    given = [_value_or_keyword(params, *names) for names in _INSTRUMENT]
    as_it_is = not any(given)
    exposure = open_exposure(path, complete=as_it_is, wcskey=str(params["wcskey"]))
    parts = separate_imsets(_chosen(exposure, params), complete=as_it_is)
    return [part if as_it_is else _with_instrument(part, given) for part in parts]


def _with_instrument(exposure: Exposure, given: Sequence[tuple[str, str] | None]) -> Exposure:
    gain, noise, time = given
    exptime = _read(time, exposure, "exptime", exposure.exptime)
    chips = tuple(
        replace(
            chip,
            gain=_read(gain, exposure, "gain", chip.gain),
            read_noise=_read(noise, exposure, "rdnoise", chip.read_noise),
            exptime=exptime,
        )
        for chip in exposure.chips
    )
    changed = completed(replace(exposure, chips=chips, exptime=exptime))
    _check_numbers(changed)
    return changed


def _value_or_keyword(params: Mapping[str, Any], value: str, keyword: str) -> tuple[str, str] | None:
    """("value", text) or ("keyword", text), None when both are blank."""
    for kind, name in (("value", value), ("keyword", keyword)):
        text = str(params[name]).strip()
        if text and text.upper() not in ("NONE", "INDEF"):
            return kind, text
    return None


def _read(given: tuple[str, str] | None, exposure: Exposure, subject: str, otherwise: float) -> float:
    """The mean of the numbers, or of the keywords' values, that a comma list names; else `otherwise`."""
    if given is None:
        return otherwise
    kind, text = given
    words = [word.strip() for word in text.split(",") if word.strip()]
    try:
        numbers = [float(w if kind == "value" else _keyword(exposure, w)) for w in words]
    except (TypeError, ValueError) as error:
        raise Refusal(
            f"'{text}' gives no number.",
            file=exposure.path,
            subject=subject,
            advice="Give a number, or a keyword of the primary header that holds one.",
        ) from error
    return sum(numbers) / len(numbers)


def _keyword(exposure: Exposure, name: str) -> Any:
    return exposure.primary.get(name, exposure.chips[0].header.get(name))


def _check_numbers(exposure: Exposure) -> None:
    for chip in exposure.chips:
        for name, value in (("gain", chip.gain), ("read noise", chip.read_noise), ("EXPTIME", chip.exptime)):
            if not (math.isfinite(value) and value >= 0 and (value > 0 or name == "read noise")):
                raise Refusal(f"The {name} is {value:g}.", file=exposure.path, subject=name)
