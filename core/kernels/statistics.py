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

LANES = 16
"""Sums run in so many lanes side by side, which are added at the end: the processor takes the lanes at once, and the
order of additions, so every last digit, is the same on every machine."""


@njit(nogil=True, cache=True)
def finite_range(values: Pixels) -> tuple[float, float]:
    """Smallest and largest finite value of a flat float32 array; (inf, -inf) when there is none."""
    low, high = np.inf, -np.inf
    for i in range(values.size):
        v = values[i]
        if np.isfinite(v):
            if v < low:
                low = v
            if v > high:
                high = v
    return low, high


@njit(nogil=True, cache=True)
def clipped_moments(
    values: Pixels, lower: float, upper: float, pivot: float
) -> tuple[int, float, float, float, float]:
    """Number, sum of (v - pivot), sum of (v - pivot)^2, least and largest of lower <= v <= upper (float64).

    With `pivot` near the mean the variance loses no digits, so one pass does for both moments.
    """
    count = np.zeros(LANES, np.int64)
    total, squares = np.zeros(LANES), np.zeros(LANES)
    low, high = np.full(LANES, np.inf), np.full(LANES, -np.inf)
    whole = values.size // LANES * LANES
    for first in range(0, whole, LANES):
        some = values[first : first + LANES]
        for k in range(LANES):
            v = np.float64(some[k])
            inside = (v >= lower) & (v <= upper)
            d = v - pivot if inside else 0.0
            count[k] += inside
            total[k] += d
            squares[k] += d * d
            low[k] = v if inside & (v < low[k]) else low[k]
            high[k] = v if inside & (v > high[k]) else high[k]
    for i in range(whole, values.size):
        v = np.float64(values[i])
        if v >= lower and v <= upper:
            d = v - pivot
            count[0] += 1
            total[0] += d
            squares[0] += d * d
            low[0], high[0] = min(low[0], v), max(high[0], v)
    return count.sum(), total.sum(), squares.sum(), low.min(), high.max()


@njit(nogil=True, cache=True)
def fill_histogram(values: Pixels, start: np.float32, width: np.float32, counts: Counts) -> None:
    """Add to int64 `counts` the values of [start, start + width * n); float32 arithmetic as stsci.imagestats has it."""
    bins = counts.size
    stop = np.float32(start + np.float32(width * np.float32(bins)))
    for i in range(values.size):
        v = values[i]
        if v >= start and v < stop:
            k = int((v - start) / width)
            if k < bins:
                counts[k] += 1


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
