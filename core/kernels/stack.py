"""Combining a stack of images pixel by pixel: minmed, and the plain median and mean of what is not rejected.

All kernels take a block of rows of the whole stack, (images, rows, columns), float32, and know nothing of other
blocks; minmed's growing needs `halo` rows of neighbours above and below, which the caller puts into the block.

Pixels are sorted side by side, `CHUNK` of a row at once, so that the processor's vectors take them: image after image
goes through the places from the lowest to the highest, leaves the lower of two values and carries on the higher.
That is n (n + 1) / 2 comparisons a pixel, without a branch.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Stack = NDArray[np.float32]
Image = NDArray[np.float32]
Values = NDArray[np.float64]
Row = NDArray[np.float32]
Mask = NDArray[np.uint8]
Counts = NDArray[np.int32]

CHUNK = 1024


@njit(nogil=True, cache=True)
def minmed(
    images: Stack,
    weights: Stack,
    limits: Values,
    sky_rate: Values,
    noise2: Values,
    nsigma1: float,
    nsigma2: float,
    grow: int,
    fill: bool,
    first: int,
    out: Image,
) -> None:
    """Median or minimum of each pixel of a block (Handbook 7.1, "Creating the Median image").

    Parameters
    ----------
    images, weights : (n, rows, columns) single images in e-/s and their weights in seconds
    limits : (n,) weights below this make a pixel bad; 0 uses every pixel
    sky_rate : (n,) sky in e-/s of each image; noise2 : (n,) squared read noise in e-
    nsigma1, nsigma2 : significance to take the minimum, and the same near a pixel that took it
    grow : half size of the box of "near"; 0 for none
    fill : pixels bad in all images take the value of the last image that is not 0 (else 0)
    first : row of the block that belongs to row 0 of `out`; the rows around are neighbours only
    out : (rows of the result, columns) float32, written
    """
    n, rows, columns = images.shape
    middle, lowest = np.empty((rows, columns), np.float32), np.empty((rows, columns), np.float32)
    total, rms = np.empty((rows, columns), np.float32), np.empty((rows, columns), np.float64)
    low = np.zeros((rows, columns), np.uint8)
    slots, good = np.empty((n, CHUNK), np.float32), np.empty(CHUNK, np.int32)
    ranks = np.zeros(n + 1)
    for count in range(2, n + 1):  # of two images the mean, of more the median without the highest
        ranks[count] = 0.5 * ((count if n == 2 else count - 1) - 1)
    for y in range(rows):
        for x in range(0, columns, CHUNK):
            stop = min(x + CHUNK, columns)
            here = (y, x, stop)
            _sort(images, weights, here, limits, -np.inf, np.inf, slots, good)
            _pick(slots, good, ranks, middle[y, x:stop])
            _noise(
                images,
                weights,
                here,
                limits,
                sky_rate,
                noise2,
                middle[y, x:stop],
                total[y, x:stop],
                rms[y, x:stop],
            )
            least, sums = lowest[y, x:stop], total[y, x:stop]
            for k in range(least.size):
                value = slots[0, k]
                least[k] = value if good[k] > 0 else np.float32(0.0)
            for k in range(least.size):
                value = sums[k]
                sums[k] = value if good[k] > 0 else np.float32(-1.0)
        _take(middle[y], lowest[y], total[y], rms[y], nsigma1, low[y])
    near, taken = np.empty(columns, np.uint8), np.empty(columns, np.uint8)
    for y in range(out.shape[0]):
        row = y + first
        _near(low, row, grow, near)
        _take(middle[row], lowest[row], total[row], rms[row], nsigma2, taken)
        plain, least, sums, own, line = middle[row], lowest[row], total[row], low[row], out[y]
        for x in range(columns):
            # what is far from others is held to the first limit
            strict, loose = own[x], taken[x]
            taken[x] = loose if near[x] and grow > 0 else strict
        for x in range(columns):
            value, other = least[x], plain[x]
            value = value if taken[x] else other
            line[x] = value if sums[x] >= 0.0 else np.float32(0.0)
        if fill:
            for x in range(columns):
                if total[row, x] < 0.0:
                    out[y, x] = _last_value(images, row, x)


@njit(nogil=True, cache=True)
def _sort(
    images: Stack,
    weights: Stack,
    here: tuple[int, int, int],
    limits: Values,
    lower: float,
    upper: float,
    slots: Image,
    good: Counts,
) -> None:
    """Sort the good values of pixels, `here` their row, first column and stop: slots[0] the lowest, inf behind the
    last; their number to `good`.

    A value is good when its weight reaches its image's limit and lower <= value < upper.
    """
    y, first, stop = here
    columns = stop - first
    moving = np.empty(columns, np.float32)
    infinite = np.float32(np.inf)
    for x in range(columns):
        good[x] = 0
    for i in range(images.shape[0]):
        values, weight, limit = images[i, y, first:stop], weights[i, y, first:stop], limits[i]
        for x in range(columns):
            v = values[x]
            use = (np.float64(weight[x]) >= limit) & (v >= lower) & (v < upper)
            moving[x] = v if use else infinite
            good[x] += np.int32(use)
        for k in range(i):
            slot = slots[k]
            for x in range(columns):
                one, two = slot[x], moving[x]
                slot[x] = one if one < two else two
                moving[x] = two if one < two else one
        slot = slots[i]
        for x in range(columns):
            slot[x] = moving[x]


@njit(nogil=True, cache=True)
def _pick(slots: Image, good: Counts, ranks: Values, out: Row) -> None:
    """The value of place ranks[good] among the sorted ones (between two places: their mean), 0 where none is good."""
    below, above = np.zeros(out.size, np.float32), np.zeros(out.size, np.float32)
    down, up = np.empty(out.size, np.int32), np.empty(out.size, np.int32)
    for x in range(out.size):
        rank = ranks[good[x]]
        down[x], up[x] = np.int32(np.floor(rank)), np.int32(np.ceil(rank))
    for k in range(slots.shape[0]):
        slot = slots[k]
        for x in range(out.size):
            value, other = slot[x], below[x]
            below[x] = value if down[x] == k else other
        for x in range(out.size):
            value, other = slot[x], above[x]
            above[x] = value if up[x] == k else other
    for x in range(out.size):
        value = np.float32(0.5 * (np.float64(below[x]) + np.float64(above[x])))
        out[x] = value if good[x] > 0 else np.float32(0.0)


@njit(nogil=True, cache=True)
def _noise(
    images: Stack,
    weights: Stack,
    here: tuple[int, int, int],
    limits: Values,
    sky_rate: Values,
    noise2: Values,
    middle: Row,
    total: Row,
    rms: Values,
) -> None:
    """Sum of the weights of pixels, `here` as for `_sort`, and the noise in e- that goes with their median."""
    y, first, stop = here
    for x in range(total.size):
        total[x] = 0
    background, reading = np.zeros(total.size), np.zeros(total.size)
    for i in range(images.shape[0]):
        values, weight = images[i, y, first:stop], weights[i, y, first:stop]
        limit, rate, square = limits[i], sky_rate[i], noise2[i]
        for x in range(total.size):
            total[x] += weight[x]
        for x in range(total.size):
            background[x] += np.float64(weight[x]) * rate
        for x in range(total.size):
            use = (np.float64(weight[x]) >= limit) & (values[x] < np.inf)
            reading[x] += square if use else 0.0
    for x in range(total.size):
        variance = np.float64(np.float32(middle[x] * total[x])) + background[x] + reading[x]
        rms[x] = np.sqrt(max(0.0, variance))


@njit(nogil=True, cache=True)
def _take(middle: Row, lowest: Row, total: Row, rms: Values, nsigma: float, out: Mask) -> None:
    """Where the lowest value is significantly below the median, by `nsigma`."""
    for x in range(out.size):
        weight = max(total[x], np.float32(0.0))
        bright, dark = np.float32(middle[x] * weight), np.float32(lowest[x] * weight)
        out[x] = np.uint8(np.float64(dark) < np.float64(bright) - rms[x] * nsigma)


@njit(nogil=True, cache=True)
def _near(flags: Mask, y: int, half: int, out: Mask) -> None:
    """Where a flag lies in the box of half size `half` around the pixels of row `y`."""
    column = np.zeros(out.size, np.uint8)
    for j in range(max(0, y - half), min(flags.shape[0], y + half + 1)):
        row = flags[j]
        for x in range(out.size):
            column[x] |= row[x]
    for x in range(out.size):
        out[x] = column[x]
    for shift in range(1, min(half, out.size - 1) + 1):
        right, ahead = out[shift:], column[shift:]
        for x in range(ahead.size):
            right[x] |= column[x]
        for x in range(ahead.size):
            out[x] |= ahead[x]


@njit(nogil=True, cache=True)
def _last_value(images: Stack, y: int, x: int) -> np.float32:
    """The value of the last image that is neither 0 nor NaN here, else 0."""
    for i in range(images.shape[0] - 1, -1, -1):
        v = images[i, y, x]
        if v != 0.0 and not np.isnan(v):
            return v
    return np.float32(0.0)


@njit(nogil=True, cache=True)
def trimmed(
    images: Stack,
    weights: Stack,
    limits: Values,
    lower: float,
    upper: float,
    nlow: int,
    nhigh: int,
    mean: bool,
    fill: bool,
    out: Image,
) -> None:
    """Median or mean of the good values of each pixel, without the `nlow` lowest and `nhigh` highest.

    A value is good when its weight reaches `limits[i]` and lower <= value < upper. When rejection would leave
    nothing, the median gives way by one at both ends until something is left, the mean is 0. Pixels without good
    value are 0, or, with `fill`, the value of the last image that is not 0.
    """
    n, rows, columns = images.shape
    slots, good = np.empty((n, CHUNK), np.float32), np.empty(CHUNK, np.int32)
    ranks = np.zeros(n + 1)
    for count in range(1, n + 1):
        below, above = nlow, nhigh
        while count - below - above < 1:
            below, above = max(0, below - 1), max(0, above - 1)
        ranks[count] = below + 0.5 * (count - below - above - 1)
    for y in range(rows):
        for x in range(0, columns, CHUNK):
            stop = min(x + CHUNK, columns)
            _sort(images, weights, (y, x, stop), limits, lower, upper, slots, good)
            if mean:
                _mean_between(slots, good, nlow, nhigh, out[y, x:stop])
            else:
                _pick(slots, good, ranks, out[y, x:stop])
            if fill:
                for k in range(stop - x):
                    if good[k] == 0:
                        out[y, x + k] = _last_value(images, y, x + k)


@njit(nogil=True, cache=True)
def _mean_between(slots: Image, good: Counts, nlow: int, nhigh: int, out: Row) -> None:
    """Mean of the sorted values without the `nlow` lowest and `nhigh` highest of the good ones, 0 if none is left."""
    total = np.zeros(out.size)
    for k in range(nlow, slots.shape[0]):
        slot = slots[k]
        for x in range(out.size):
            value = np.float64(slot[x])
            total[x] += value if k < good[x] - nhigh else 0.0
    for x in range(out.size):
        left = good[x] - nhigh - nlow
        out[x] = np.float32(total[x] / max(left, 1)) if left > 0 else np.float32(0.0)


@njit(nogil=True, cache=True)
def plain_sum(images: Stack, out: Image) -> None:
    """The sum of all values, good or bad, in float32 as the field's `sum` does it."""
    n, rows, columns = images.shape
    for y in range(rows):
        for x in range(columns):
            total = np.float32(0.0)
            for i in range(n):
                total += images[i, y, x]
            out[y, x] = total


@njit(nogil=True, cache=True)
def positive_mean(weights: NDArray[np.float32], least: float) -> tuple[int, float]:
    """Number and float64 sum of the values of a flat array that are at least `least`, summed in CHUNK columns."""
    counts, total = np.zeros(CHUNK, np.int64), np.zeros(CHUNK)
    for start in range(0, weights.size, CHUNK):
        part = weights[start : start + CHUNK]
        for k in range(part.size):
            w = np.float64(part[k])
            total[k] += w if w >= least else 0.0
        for k in range(part.size):
            counts[k] += np.float64(part[k]) >= least
    return counts.sum(), total.sum()
