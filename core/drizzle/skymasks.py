"""Masks of one's own for the sky: which file masks which chip (parameter skymask_cat)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.exposure import Chip, Exposure
from core.data.fitsfile import open_fits, read_data, sci_extver
from core.errors import Refusal

_ITEM = re.compile(
    r"""\s*(?P<name>"[^"]*"|'[^']*'|[^,\[\]{}]*?)\s*(?P<ext>\[[^\]]*\]|\{[^}]*\})?\s*(?:,|$)"""
)
_TUPLE = re.compile(r"""\(?\s*['"]?([A-Za-z_]\w*)['"]?\s*(?:,\s*(\d+|\*))?\s*\)?|(\d+)""")
_ADVICE = "Write lines like j1_flc.fits{'sci'}, mask1.fits, mask2.fits[0]: one mask for each chip."
_TOLD = 5  # lines that are named
Where = tuple[str, int] | int


@dataclass(frozen=True)
class MaskFile:
    """A mask image: 0 where a pixel takes no part, anything else where it does."""

    path: Path
    ext: Where

    def good(self, chip: Chip) -> NDArray[np.bool_]:
        """Pixels (rows, columns) that take part; raises Refusal when it cannot be read or has another size."""
        with open_fits(self.path) as hdus:
            try:
                hdu = hdus[self.ext]
            except (KeyError, IndexError) as error:
                raise self._refusal(f"There is no extension {self.ext}.") from error
            values = np.asarray(read_data(hdus, hdu, self.path))
        if values.shape != chip.shape:
            raise self._refusal(f"The mask has the shape {values.shape}, SCI,{chip.extver} {chip.shape}.")
        good: NDArray[np.bool_] = values != 0
        return good

    def _refusal(self, what: str) -> Refusal:
        return Refusal(what, file=self.path, subject="skymask_cat", advice="Correct the mask or the list.")


Masks = dict[tuple[Path, int], MaskFile]
"""By (path, EXTVER); a chip without one is not there."""


@dataclass(frozen=True)
class MaskList:
    """The masks that a list names for the exposures of a run, and what a person should hear of the list, or ""."""

    masks: Masks
    remark: str = ""


def read_mask_list(name: str, exposures: Sequence[Exposure]) -> MaskList:
    """The masks that a list names, one line an exposure: "image{'sci'}, mask-of-chip-1, mask-of-chip-2".

    As in stsci.skypac: the image may name its extensions in brackets ([1], ['sci',2], {1,('sci',3)}, {'sci'}),
    without them all SCI are meant; a mask may name one ([1], default 0); nothing or None between commas is no mask.
    Lines for other images do not count, which the remark tells. Masks are looked for in the working folder, else
    beside the list.

    Raises
    ------
    Refusal
        The list cannot be read, a line cannot be understood, a mask is not there or has another size.
    """
    try:
        text = Path(name).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise Refusal(
            f"Cannot read: {error.strerror or error}.",
            file=name,
            subject="skymask_cat",
            advice="Check the name.",
        ) from error
    masks: Masks = {}
    others: dict[int, str] = {}
    named = set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.strip().startswith("#"):
            continue
        (image, spec), *items = _items(line, name, number)
        exposure = next((one for one in exposures if one.name == Path(image).name), None)
        if exposure is None:
            others[number] = Path(image).name
            continue
        named.add(exposure.name)
        versions = _versions(spec, exposure, name, number)
        if len(items) > len(versions):
            raise _wrong(name, number, f"There are {len(items)} masks for {len(versions)} chips of {image}.")
        for extver, (mask, ext) in zip(versions, items, strict=False):
            chip = next((one for one in exposure.chips if one.extver == extver), None)
            if mask and mask.upper() != "NONE" and chip is not None:
                masks[chip.path, extver] = found = MaskFile(
                    _path(mask, Path(name)), _where(ext, name, number)
                )
                found.good(chip)
    return MaskList(masks, _remark(Path(name).name, others, not named))


def _remark(name: str, others: dict[int, str], nothing: bool) -> str:
    """What to say of lines, by number, that name images which are not of the run."""
    lines = [f"{number} ({image})" for number, image in list(others.items())[:_TOLD]]
    lines += [f"{len(others) - _TOLD} more"] if len(others) > _TOLD else []
    told = f"line{'s' if len(others) > 1 else ''} {', '.join(lines)}"
    if nothing and not others:
        return f"{name}: skymask_cat: The list has no lines, so no mask is used."
    if nothing:
        return f"{name}: skymask_cat: No line names an exposure of this run, so no mask is used: {told}."
    return f"{name}: skymask_cat: Passed over, for no exposure of this run: {told}." if others else ""


def _items(line: str, name: str, number: int) -> list[tuple[str, str]]:
    """(file, extensions) between the commas outside brackets."""
    found, place, text = [], 0, line.strip()
    while place < len(text):
        match = _ITEM.match(text, place)
        if match is None or match.end() == place:
            raise _wrong(name, number, f"'{text[place : place + 20]}' is not understood.")
        found.append((match["name"].strip("\"'"), match["ext"] or ""))
        place = match.end()
    if not found[0][0]:
        raise _wrong(name, number, "It names no image.")
    return found


def _versions(spec: str, exposure: Exposure, name: str, number: int) -> list[int]:
    """EXTVERs of the image that the masks belong to, in order."""
    every = sorted(chip.extver for chip in exposure.chips)
    if not spec:
        return every
    versions: list[int] = []
    for match in _TUPLE.finditer(spec[1:-1]):
        extname, extver, index = match.groups()
        if index is not None:
            versions.append(_extver_of(exposure, int(index), name, number))
        elif extname.upper() != "SCI":
            raise _wrong(name, number, f"'{spec}' names no SCI extension.")
        elif extver == "*" or (extver is None and spec[0] == "{"):
            versions += every
        else:
            versions.append(int(extver or 1))
    if not versions:
        raise _wrong(name, number, f"'{spec}' names no extension.")
    return versions


def _extver_of(exposure: Exposure, index: int, name: str, number: int) -> int:
    """EXTVER of the SCI extension that is number `index` of the file."""
    extver = sci_extver(exposure.path, index)
    if extver is None:
        raise _wrong(name, number, f"Extension {index} of {exposure.name} is no SCI extension.")
    return extver


def _where(spec: str, name: str, number: int) -> Where:
    """The extension of a mask file."""
    if not spec:
        return 0
    match = _TUPLE.fullmatch(spec[1:-1].strip())
    if match is None or match[2] == "*":
        raise _wrong(name, number, f"'{spec}' is not one extension.")
    return int(match[3]) if match[3] is not None else (match[1], int(match[2] or 1))


def _path(mask: str, source: Path) -> Path:
    beside = source.parent / mask
    path = Path(mask) if Path(mask).exists() else beside
    if not path.is_file():
        raise Refusal(
            f"The mask {mask} is not there.", file=source, subject="skymask_cat", advice="Check the name."
        )
    return path


def _wrong(name: str, number: int, what: str) -> Refusal:
    return Refusal(f"Line {number}: {what}", file=name, subject="skymask_cat", advice=_ADVICE)
