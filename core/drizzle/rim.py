"""The median one pixel beyond the borders of a chip: without it its slope in the border pixels is not known.

A rim is float32 (2 * (rows + columns),): the row below the chip, the row above it, the column left of it, the column
right of it, in the units of the blotted image. NaN stands for a pixel that is not known.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS, Floats
from core.data.fitsfile import open_fits, read_data

Rim = NDArray[np.float32]
Span = tuple[int, int]
EXTENSION = "RIM"


def rim_size(shape: tuple[int, int]) -> int:
    """Number of pixels beside the borders of a chip, corners not counted."""
    return 2 * (shape[0] + shape[1])


def rim_positions(wcs: ChipWCS, frame: ChipWCS, stepsize: int) -> tuple[Floats, Floats]:
    """0-based frame x and y of the pixels of the rim, float64 (1, n): exact every `stepsize` pixels (0 and 1: at
    every one), linear between."""
    rows, columns = wcs.shape
    below, above = (_line(wcs, frame, columns, stepsize, y=float(y)) for y in (-1, rows))
    left, right = (_line(wcs, frame, rows, stepsize, x=float(x)) for x in (-1, columns))
    x, y = np.hstack([below, above, left, right])
    return x[None], y[None]


def _line(
    wcs: ChipWCS, frame: ChipWCS, length: int, stepsize: int, x: float | None = None, y: float | None = None
) -> Floats:
    """Frame x and y, (2, length), of the pixels in column `x` or in row `y` of the chip."""
    step = max(1, stepsize)
    nodes = np.arange(length // step + 2) * step - 1.0
    sky = wcs.pix_to_sky(*(nodes if at is None else np.full(nodes.size, at) for at in (x, y)))
    return np.array([np.interp(np.arange(length), nodes, axis) for axis in frame.sky_to_pix(*sky)])


def part_of(rim: Rim, shape: tuple[int, int], rows: Span, columns: Span) -> Rim:
    """The rim of a part of a chip, rows [start, stop) and columns [start, stop): known where the chip ends there too.
    An empty rim stays empty."""
    if not rim.size:
        return rim
    ends = np.cumsum([shape[1], shape[1], shape[0]])
    below, above, left, right = (line.copy() for line in np.split(rim, ends))
    for line, here, border in (
        (below, rows[0], 0),
        (above, rows[1], shape[0]),
        (left, columns[0], 0),
        (right, columns[1], shape[1]),
    ):
        if here != border:
            line[:] = np.nan
    across, up = slice(*columns), slice(*rows)
    return np.concatenate([below[across], above[across], left[up], right[up]])


def rim_hdu(rim: Rim) -> fits.ImageHDU:
    """The rim as an extension of the blotted image."""
    hdu = fits.ImageHDU(rim, name=EXTENSION)
    hdu.header["COMMENT"] = "The median one pixel beyond the borders of the chip, in the units of the"
    hdu.header["COMMENT"] = "blotted image: row below, row above, column left, column right."
    return hdu


def read_rim(path: Path, shape: tuple[int, int]) -> Rim:
    """The rim of a blotted image of (rows, columns); empty where its file has none, as drizzlepac's have not."""
    with open_fits(path) as hdus:
        if EXTENSION in hdus:
            rim = np.ascontiguousarray(read_data(hdus, hdus[EXTENSION], str(path)), dtype=np.float32)
            if rim.shape == (rim_size(shape),):
                return rim
    return np.empty(0, np.float32)
