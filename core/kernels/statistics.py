"""Clipped statistics of float32 pixels: moments, a histogram of fixed bins and an exact median by counting bits.

Every kernel works on one block of a flat array and gives what the blocks need to be joined, so that the result
does not depend on the number of threads as long as the blocks are the same. NaN and infinite pixels never count,
because they fail both comparisons with finite limits.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Counts = NDArray[np.int64]

LANES = 512
"""Sums run in so many columns side by side, which are added at the end: vectors take them, and the order
of additions, so every last digit, is the same on every machine."""


@njit(nogil=True, cache=True)
def finite_range(values: Pixels) -> tuple[float, float]:
    """Smallest and largest finite value of a flat float32 array; (inf, -inf) when there is none."""
    least, most = np.full(LANES, np.inf, np.float32), np.full(LANES, -np.inf, np.float32)
    for start in range(0, values.size, LANES):
        part = values[start : start + LANES]
        for k in range(part.size):
            v = part[k]
            finite = abs(v) < np.float32(np.inf)
            least[k] = v if finite and v < least[k] else least[k]
            most[k] = v if finite and v > most[k] else most[k]
    return np.float64(least.min()), np.float64(most.max())


@njit(nogil=True, cache=True)
def clipped_moments(
    values: Pixels, lower: float, upper: float, pivot: float
) -> tuple[int, float, float, float, float]:
    """Number, sum of (v - pivot), sum of (v - pivot)^2, least and largest of lower <= v <= upper (float64).

    With `pivot` near the mean the variance loses no digits, so one pass does for both moments. Pixels are summed in
    LANES columns: a single sum has to wait for each addition, and no vector can take it.
    """
    low, high = np.full(LANES, np.inf, np.float32), np.full(LANES, -np.inf, np.float32)
    counts, total, squares = np.zeros(LANES, np.int32), np.zeros(LANES), np.zeros(LANES)
    for start in range(0, values.size, LANES):
        part = values[start : start + LANES]
        for k in range(part.size):
            v = np.float64(part[k])
            d = v - pivot if v >= lower and v <= upper else 0.0
            total[k] += d
            squares[k] += d * d
        for k in range(part.size):
            v = part[k]
            inside = v >= lower and v <= upper
            counts[k] += np.int32(inside)
            low[k] = v if inside and v < low[k] else low[k]
            high[k] = v if inside and v > high[k] else high[k]
    least, most = np.float64(low.min()), np.float64(high.max())
    return counts.sum(), total.sum(), squares.sum(), least, most


@njit(nogil=True, cache=True)
def fill_histogram(values: Pixels, start: np.float32, width: np.float32, counts: Counts) -> None:
    """Add to int64 `counts` the values of [start, start + width * n); float32 arithmetic as stsci.imagestats has it.

    Vectors find the bins of LANES values, which are then counted in four tables in turn: neighbours often fall into
    one bin, and a count has to wait for the one before of the same bin.
    """
    bins = np.int32(counts.size)
    stop = np.float32(start + np.float32(width * np.float32(bins)))
    bin_of = np.empty(LANES, np.int32)
    tables = np.zeros((4, bins + 1), np.int64)  # the last column takes what lies outside
    for first in range(0, values.size, LANES):
        part = values[first : first + LANES]
        for k in range(part.size):
            v = part[k]
            inside = v >= start and v < stop
            bin_of[k] = min(np.int32((v - start) / width), bins) if inside else bins
        whole = part.size - part.size % 4
        for k in range(0, whole, 4):
            tables[0, bin_of[k]] += 1
            tables[1, bin_of[k + 1]] += 1
            tables[2, bin_of[k + 2]] += 1
            tables[3, bin_of[k + 3]] += 1
        for k in range(whole, part.size):
            tables[0, bin_of[k]] += 1
    for table in range(4):
        for k in range(bins):
            counts[k] += tables[table, k]


@njit(nogil=True, cache=True)
def count_bits(
    values: Pixels,
    bits: NDArray[np.uint32],
    lower: float,
    upper: float,
    level: int,
    prefix: int,
    counts: Counts,
) -> None:
    """One pass of the radix selection of an order statistic.

    `bits` is the uint32 view of `values`. Positive floats sort as their bits with the sign bit set, negative ones
    as all their bits turned over. Level 0 counts the upper 16 bits of that key, level 1 the lower 16 bits of the
    values whose upper 16 bits are `prefix`. `counts` has 65536 int64.
    """
    for i in range(values.size):
        v = np.float64(values[i])
        if v >= lower and v <= upper:
            word = np.int64(bits[i])
            key = (word ^ 0xFFFFFFFF) if word >> 31 else (word | 0x80000000)
            top = key >> 16
            if level == 0:
                counts[top] += 1
            elif top == prefix:
                counts[key & 0xFFFF] += 1
