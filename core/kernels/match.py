"""Kernels of the pair counting: the 2D histogram of coordinate differences."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit(nogil=True, cache=True)
def difference_histogram(
    image: Floats, reference: Floats, radius: int, same_place: float, start: int, stop: int
) -> Ints:
    """Histograms of image - reference differences of sources start..stop against the whole reference.

    `image`, `reference` are (n, 5): u, v in the frame, chip number, x, y in the chip; the reference sorted by v.
    Returns (2, 2 radius + 1, 2 radius + 1) int64, rows = v; bin [radius, radius] spans -0.5 <= d < 0.5 in both
    axes. Plane 1 counts the pairs that lie within `same_place` pixels of each other on the same chip (what sits
    on the detector, not on the sky, does that), plane 0 all others.
    """
    size = 2 * radius + 1
    counts = np.zeros((2, size, size), np.int64)
    reach = radius + 0.5
    for i in range(start, stop):
        u, v = image[i, 0], image[i, 1]
        low, high = 0, reference.shape[0]
        while low < high:
            middle = (low + high) // 2
            if reference[middle, 1] <= v - reach:
                low = middle + 1
            else:
                high = middle
        for j in range(low, reference.shape[0]):
            dv = v - reference[j, 1]
            if dv < -reach:
                break
            du = u - reference[j, 0]
            if du >= -reach and du < reach:
                fixed = (
                    image[i, 2] == reference[j, 2]
                    and abs(image[i, 3] - reference[j, 3]) <= same_place
                    and abs(image[i, 4] - reference[j, 4]) <= same_place
                )
                row, column = int(np.floor(dv + reach)), int(np.floor(du + reach))
                if row < size and column < size:
                    counts[1 if fixed else 0, row, column] += 1
    return counts
