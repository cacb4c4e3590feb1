"""The exposures of a run: opened, chips chosen, instrument values put right, kept copies and overlaps."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from core.data.chipwcs import ChipWCS
from core.data.exposure import Chip, Exposure, open_exposure
from core.data.safe import replacing
from core.drizzle.names import check_unique
from core.errors import Refusal
from core.runs.progress import Progress

ORIGINALS = "OrIg_files"


@dataclass(frozen=True)
class LeftOut:
    """An exposure that cannot be used, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, eq=False)
class Inputs:
    """The exposures to work with, in the order given, and those left out."""

    exposures: tuple[Exposure, ...]
    left_out: tuple[LeftOut, ...]


def open_inputs(files: Sequence[Path], params: Mapping[str, Any], progress: Progress) -> Inputs:
    """Open all exposures; one that cannot be used is left out with its reason.

    Raises
    ------
    Refusal
        None can be used (the refusal of the first says why), or two would write the same intermediate files.
    """
    if not files:
        raise Refusal("No exposures are given.", subject="input", advice="Give *_flt.fits or *_flc.fits.")
    found, left_out, first = [], [], None
    for path in files:
        try:
            found.append(_chosen(_with_instrument(Path(path), params), params))
        except Refusal as refusal:
            first = first or refusal
            left_out.append(LeftOut(Path(path), str(refusal)))
            progress.warn(f"Left out: {refusal}")
        progress.advance()
    if not found and first is not None:
        raise first
    check_unique(found)
    return Inputs(tuple(found), tuple(left_out))


def _chosen(exposure: Exposure, params: Mapping[str, Any]) -> Exposure:
    """The exposure with only the chips of `group`, without distortion when coeffs is off."""
    chips = exposure.chips
    versions = _group(str(params["group"]))
    if versions:
        chips = tuple(chip for chip in chips if chip.extver in versions)
        if not chips:
            raise Refusal(
                f"There is no extension {params['group']} in it.",
                file=exposure.path,
                subject="group",
                advice="Name extensions that the exposures have, such as sci,1.",
            )
    if not params["coeffs"]:
        chips = tuple(replace(chip, wcs=chip.wcs.linear()) for chip in chips)
    return replace(exposure, chips=chips)


def _group(text: str) -> set[int]:
    """EXTVERs named by "sci,1" or "sci,1; sci,2"; empty for all."""
    versions = set()
    for part in filter(None, re.split(r"[;\s]+", text.strip())):
        match = re.fullmatch(r"\(?'?sci'?,(\d+)\)?", part, re.IGNORECASE)
        if match is None:
            raise Refusal(
                f"'{text}' does not name SCI extensions.",
                subject="group",
                advice='Write "sci,1", or "sci,1; sci,2" for several, or leave it blank.',
            )
        versions.add(int(match[1]))
    return versions


def _with_instrument(path: Path, params: Mapping[str, Any]) -> Exposure:
    """The exposure with gain, read noise and exposure time as the instrument parameters say."""
    wanted = {
        "gain": _value_or_keyword(params, "gain", "gnkeyword"),
        "read_noise": _value_or_keyword(params, "rdnoise", "rnkeyword"),
        "exptime": _value_or_keyword(params, "exptime", "expkeyword"),
    }
    if not any(wanted.values()):
        return open_exposure(path)
    exposure = open_exposure(path, complete=False)
    values = {
        name: _read(given, exposure, subject=name) for name, given in wanted.items() if given is not None
    }
    chips = tuple(replace(chip, **values) for chip in exposure.chips)
    changed = replace(exposure, chips=chips, exptime=values.get("exptime", exposure.exptime))
    _check_complete(changed)
    return changed


def _value_or_keyword(params: Mapping[str, Any], value: str, keyword: str) -> tuple[str, str] | None:
    """("value", text) or ("keyword", text), None when both are blank."""
    for kind, name in (("value", value), ("keyword", keyword)):
        text = str(params[name]).strip()
        if text and text.upper() not in ("NONE", "INDEF"):
            return kind, text
    return None


def _read(given: tuple[str, str], exposure: Exposure, subject: str) -> float:
    """The mean of the numbers, or of the keywords' values, that a comma list names."""
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


def _check_complete(exposure: Exposure) -> None:
    for chip in exposure.chips:
        for name, value in (("gain", chip.gain), ("read noise", chip.read_noise), ("EXPTIME", chip.exptime)):
            if not (math.isfinite(value) and value >= 0 and (value > 0 or name == "read noise")):
                raise Refusal(f"The {name} is {value:g}.", file=exposure.path, subject=name)
        if not chip.bunit:
            raise Refusal("The unit of the pixels is missing.", file=exposure.path, subject="BUNIT")
        if not chip.has_dq:
            raise Refusal("The DQ extension is missing.", file=exposure.path, subject=f"DQ,{chip.extver}")


def restore_originals(files: Sequence[Path]) -> None:
    """Put the kept copies back over the exposures; raises Refusal where there is none."""
    for path in files:
        copy = Path(path).parent / ORIGINALS / Path(path).name
        if not copy.is_file():
            raise Refusal(
                f"There is no copy of it in {ORIGINALS}.",
                file=path,
                subject="restore",
                advice="Switch restore off.",
            )
    for path in files:
        with replacing(path) as part:
            shutil.copyfile(Path(path).parent / ORIGINALS / Path(path).name, part)


def keep_original(path: Path, params: Mapping[str, Any]) -> None:
    """Copy an exposure to OrIg_files beside it: with overwrite always, with preserve unless a copy is there."""
    copy = path.parent / ORIGINALS / path.name
    if not (params["overwrite"] or (params["preserve"] and not copy.exists())):
        return
    try:
        copy.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise Refusal(
            f"Cannot make the folder: {error.strerror}.",
            file=copy.parent,
            subject="preserve",
            advice="Make the folder writable, or switch preserve and overwrite off.",
        ) from error
    if copy.exists():
        copy.chmod(0o644)
    with replacing(copy) as part:
        shutil.copyfile(path, part)
    copy.chmod(0o444)


def lonely(exposures: Sequence[Exposure], frame: ChipWCS) -> tuple[Exposure, ...]:
    """The exposures whose chips touch no chip of any other exposure."""
    outlines = [[_outline(chip, frame) for chip in exposure.chips] for exposure in exposures]
    return tuple(
        exposure
        for k, exposure in enumerate(exposures)
        if not any(
            _touch(a, b)
            for other, chips in enumerate(outlines)
            if other != k
            for a in outlines[k]
            for b in chips
        )
    )


def _outline(chip: Chip, frame: ChipWCS) -> np.ndarray[Any, np.dtype[np.float64]]:
    x, y = frame.sky_to_pix(*chip.wcs.footprint())
    return np.column_stack([x, y])


def _touch(a: np.ndarray[Any, np.dtype[np.float64]], b: np.ndarray[Any, np.dtype[np.float64]]) -> bool:
    """Whether two convex quadrangles overlap: no edge of either parts them (separating axes)."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    for corners in (a, b):
        edges = np.roll(corners, -1, axis=0) - corners
        for normal in np.column_stack([-edges[:, 1], edges[:, 0]]):
            one, two = a @ normal, b @ normal
            if one.max() <= two.min() or two.max() <= one.min():
                return False
    return True


def drizzle_header(exposure: Exposure) -> fits.Header:
    """The few keywords that intermediate images carry."""
    header = fits.Header()
    header["ROOTNAME"] = exposure.rootname
    for key in ("TELESCOP", "INSTRUME", "DETECTOR", "FILTER", "FILTER1", "FILTER2", "TARGNAME", "DATE-OBS"):
        if key in exposure.primary:
            header[key] = exposure.primary[key]
    header["EXPTIME"] = exposure.exptime
    header["EXPSTART"] = exposure.expstart
    header["EXPEND"] = exposure.expend
    return fits.Header([card for card in header.cards if card.value == card.value])
