"""Centres of star images on a chip, told from cosmic rays by their shape alone."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(nogil=True, cache=True)
def _is_centre(
    data: NDArray[np.float32],
    usable: NDArray[np.uint8],
    factor: float,
    sky: float,
    peak: float,
    side: float,
    row: int,
    column: int,
) -> bool:
    """Whether none of the 3 x 3 pixels is higher or bad, and the four beside the middle hold at least `side`."""
    for j in range(row - 1, row + 2):
        for i in range(column - 1, column + 2):
            value = np.float32(data[j, i] * factor - sky)
            if usable[j, i] == 0 or not value <= peak:
                return False
            if abs(j - row) + abs(i - column) == 1 and value < side:
                return False
            if value == peak and (j < row or (j == row and i < column)):
                return False  # of equal pixels the first is the centre: each star counts once
    return True


@njit(nogil=True, cache=True)
def star_cores(
    data: NDArray[np.float32],
    usable: NDArray[np.uint8],
    clean: NDArray[np.uint8],
    factor: float,
    sky: float,
    noise2: float,
    start: int,
    stop: int,
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    height: NDArray[np.float32],
    flagged: NDArray[np.uint8],
) -> int:
    """Number of star centres in rows [start, stop); the first of them, as many as fit, are written into the arrays.

    A centre is the highest of its 3 x 3 usable pixels, stands 20 sigma over the sky, and each of its four
    neighbours holds at least a tenth of it and 3 sigma of sky: hot pixels and most cosmic rays are sharper.

    Parameters
    ----------
    data : (rows, columns) float32 in input units; `factor` takes it to electrons
    usable, clean : (rows, columns) uint8, 1 where the pixel may be used, and where no cosmic ray was flagged
    sky : electrons in a pixel; noise2 : squared read noise, electrons
    x, y : 0-based pixel; height : electrons over the sky; flagged : 1 where `clean` is 0
    """
    rows, columns = data.shape
    least = np.float32(20.0 * np.sqrt(sky + noise2))
    side = np.float32(3.0 * np.sqrt(sky + noise2))
    found = 0
    for row in range(max(1, start), min(rows - 1, stop)):
        for column in range(1, columns - 1):
            peak = np.float32(data[row, column] * factor - sky)
            if not peak > least or peak * peak <= 400.0 * (peak + sky + noise2):
                continue
            if not _is_centre(
                data, usable, factor, sky, peak, max(side, np.float32(0.1) * peak), row, column
            ):
                continue
            if found < x.size:
                x[found], y[found], height[found] = column, row, peak
                flagged[found] = 1 - clean[row, column]
            found += 1
    return found
