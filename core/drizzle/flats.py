"""The flat fields that exposures were divided by, for computed inverse variance maps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.exposure import Chip, Exposure
from core.data.fitsfile import open_fits, read_data
from core.data.reffiles import find_reference, names_a_file, unknown_folder
from core.errors import Refusal

Image = NDArray[np.float32]


def flat_files(exposure: Exposure) -> tuple[tuple[Path, ...], list[str]]:
    """The flat fields that the header names, and warnings for those that are not there: 1 is used for them.

    Raises
    ------
    Refusal
        The environment variable in a name (jref$...) is not set and the file is not beside the exposure either.
    """
    found, warnings = [], []
    for keyword in exposure.facts.flat_keywords:
        value = exposure.primary.get(keyword)
        path = find_reference(value, exposure.path)
        if path is not None:
            found.append(path)
            continue
        variable = unknown_folder(value)
        if variable:
            raise Refusal(
                f"The flat field {value} cannot be found, for the environment variable {variable} is not set.",
                file=exposure.path,
                subject=keyword,
                advice=f"Set {variable} to the folder of the reference files, put the flat field beside the exposure, "
                "or bring maps along in the second column of an @list.",
            )
        if keyword == exposure.facts.flat_keywords[0]:
            why = f"{value} is not there" if names_a_file(value) else f"{keyword} names none"
            warnings.append(
                f"{exposure.name}: no flat field for its weights ({why}), so a flat of 1 is used."
            )
    return tuple(found), warnings


def flat_field(files: Sequence[Path], exposure: Exposure, chip: Chip) -> Image | None:
    """The product of the flat fields on the chip's pixels, float32, larger where the detector is more sensitive, 0
    where that is not known; None without any."""
    flat: Image | None = None
    for file in files:
        one = _on_chip(file, chip, exposure.facts.full_shape)
        flat = one if flat is None else np.multiply(flat, one, out=flat)
    if flat is not None and exposure.facts.flat_inverted:
        flat = np.divide(np.float32(1.0), flat, out=np.zeros_like(flat), where=flat > 0)
    return flat


def _on_chip(file: Path, chip: Chip, full: tuple[int, int] | None) -> Image:
    with open_fits(file) as hdus:
        hdu = _of_chip(hdus, chip, file)
        values = np.array(read_data(hdus, hdu, file), np.float32)
    if values.shape == chip.shape:
        return values
    coarse = full is not None and values.shape[0] < full[0] and full[0] % values.shape[0] == 0
    if coarse and full is not None and full[1] % values.shape[1] == 0:
        values = _expanded(values, full)
    first = [round(-float(chip.header.get(f"LTV{axis}", 0.0))) for axis in (2, 1)]
    rows, columns = (slice(max(0, at), max(0, at) + n) for at, n in zip(first, chip.shape, strict=True))
    part = values[rows, columns]
    if part.shape != chip.shape:
        raise Refusal(
            f"The flat field does not hold the subarray of {chip.path.name}[SCI,{chip.extver}].",
            file=file,
            subject="LTV1, LTV2",
            advice="Check that the flat field belongs to this detector.",
        )
    return part


def _of_chip(hdus: fits.HDUList, chip: Chip, file: Path) -> Any:
    """The extension of the same CCDCHIP (a subarray's EXTVER says nothing of it), else of the same EXTVER."""
    images = [hdu for hdu in hdus if hdu.name == "SCI" and hdu.is_image]
    images = images or [hdu for hdu in hdus if hdu.is_image and hdu.header.get("NAXIS", 0) == 2]
    same = [hdu for hdu in images if hdu.header.get("CCDCHIP") == chip.ccdchip and len(images) > 1]
    same = same or [hdu for hdu in images if hdu.ver == chip.extver] or images[:1]
    if not same:
        raise Refusal("The flat field holds no image.", file=file, advice="Fetch the reference file again.")
    return same[0]


def _expanded(values: Image, shape: tuple[int, int]) -> Image:
    """A low-order flat on the full grid, linear between the middles of its cells."""
    for axis in (0, 1):
        count, step = values.shape[axis], shape[axis] // values.shape[axis]
        place = (np.arange(shape[axis]) + 0.5) / step - 0.5
        low = np.clip(np.floor(place).astype(int), 0, max(0, count - 2))
        part = (place - low).astype(np.float32).reshape((-1, 1) if axis == 0 else (1, -1))
        high = np.minimum(low + 1, count - 1)
        values = np.take(values, low, axis) * (1 - part) + np.take(values, high, axis) * part
    return values
