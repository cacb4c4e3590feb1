"""Kernels of the matching: the 2D histogram of coordinate differences, and neighbours within a short distance.

Both go through sources sorted by their second coordinate: those within reach lie in a strip, which for the reach of a
match holds some tens of them.
"""

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


@njit(nogil=True, cache=True)
def _first_above(points: Floats, low: float) -> int:
    """The first of points, sorted by their second coordinate, in which that is at least `low`."""
    start, stop = 0, points.shape[0]
    while start < stop:
        middle = (start + stop) // 2
        if points[middle, 1] < low:
            start = middle + 1
        else:
            stop = middle
    return start


@njit(nogil=True, cache=True)
def neighbours(points: Floats, rows: Ints, places: Floats, reach: float, nearest: Ints, count: Ints) -> None:
    """For each of `places` (m, 2) the nearest point closer than `reach`, and how many are at most `reach` away.

    `points` (n, 2) are sorted by their second coordinate; `nearest` (m,) gets their numbers in `rows` (n,), of equally
    near ones the lowest, and -1 where there is none; `count` (m,) the numbers of points.
    """
    limit = reach * reach
    for i in range(places.shape[0]):
        x, y = places[i, 0], places[i, 1]
        best, number, found = limit, np.int64(-1), 0
        for j in range(_first_above(points, y - reach), points.shape[0]):
            dx, dy = points[j, 0] - x, points[j, 1] - y
            if dy > reach:
                break
            distance = dx * dx + dy * dy
            if distance <= limit:
                found += 1
            if distance < best or (distance == best and number >= 0 and rows[j] < number):
                best, number = distance, rows[j]
        nearest[i], count[i] = number, found


@njit(nogil=True, cache=True)
def close_pairs(points: Floats, rows: Ints, reach: float) -> Ints:
    """(k, 2) the numbers in `rows` of any two of `points` (n, 2), as in `neighbours`, that are at most `reach` apart,
    the lower number first; the pairs in no particular order."""
    limit = reach * reach
    n = points.shape[0]
    pairs = np.empty((16, 2), np.int64)
    found = 0
    for i in range(n):
        for j in range(i + 1, n):
            dx, dy = points[j, 0] - points[i, 0], points[j, 1] - points[i, 1]
            if dy > reach:
                break
            if dx * dx + dy * dy <= limit:
                if found == pairs.shape[0]:
                    longer = np.empty((2 * found, 2), np.int64)
                    longer[:found] = pairs
                    pairs = longer
                pairs[found, 0], pairs[found, 1] = min(rows[i], rows[j]), max(rows[i], rows[j])
                found += 1
    return pairs[:found].copy()
