"""Combining a stack of images pixel by pixel: minmed, and the plain median and mean of what is not rejected.

All kernels take a block of rows of the whole stack, (images, rows, columns), float32, and know nothing of other
blocks; minmed's growing needs `halo` rows of neighbours above and below, which the caller puts into the block.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Stack = NDArray[np.float32]
Image = NDArray[np.float32]
Values = NDArray[np.float64]


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
    middle = np.empty((rows, columns), np.float32)
    lowest = np.empty((rows, columns), np.float32)
    total = np.empty((rows, columns), np.float32)
    rms = np.empty((rows, columns), np.float64)
    low = np.zeros((rows, columns), np.uint8)
    values = np.empty(n, np.float32)
    for y in range(rows):
        for x in range(columns):
            good = 0
            weight = np.float32(0.0)
            noise = 0.0
            background = 0.0
            for i in range(n):
                w = weights[i, y, x]
                weight += w
                background += np.float64(w) * sky_rate[i]
                v = images[i, y, x]
                if np.float64(w) >= limits[i] and not np.isnan(v):
                    noise += noise2[i]
                    k = good
                    while k > 0 and values[k - 1] > v:
                        values[k] = values[k - 1]
                        k -= 1
                    values[k] = v
                    good += 1
            middle[y, x] = _trimmed_median(values, good, n)
            lowest[y, x] = values[0] if good else np.float32(0.0)
            total[y, x] = weight if good else np.float32(-1.0)
            bright = np.float32(middle[y, x] * weight)
            rms[y, x] = np.sqrt(max(0.0, np.float64(bright) + background + noise))
            dark = np.float32(lowest[y, x] * weight)
            low[y, x] = np.float64(dark) < np.float64(bright) - rms[y, x] * nsigma1
    for y in range(out.shape[0]):
        for x in range(columns):
            row = y + first
            if total[row, x] < 0.0:
                out[y, x] = _last_value(images, row, x) if fill else np.float32(0.0)
                continue
            near = _any_in_box(low, row, x, grow)
            nsigma = nsigma2 if (near and grow > 0) else nsigma1
            bright = np.float32(middle[row, x] * total[row, x])
            dark = np.float32(lowest[row, x] * total[row, x])
            take = np.float64(dark) < np.float64(bright) - rms[row, x] * nsigma
            out[y, x] = lowest[row, x] if take else middle[row, x]


@njit(nogil=True, cache=True)
def _trimmed_median(values: Image, good: int, n: int) -> np.float32:
    """minmed's median of sorted values: of two images their mean, of more the median without the highest."""
    if good == 0:
        return np.float32(0.0)
    if good == 1:
        return values[0]
    keep = good if n == 2 else good - 1
    if keep % 2:
        return values[keep // 2]
    return np.float32(0.5 * (np.float64(values[keep // 2 - 1]) + np.float64(values[keep // 2])))


@njit(nogil=True, cache=True)
def _last_value(images: Stack, y: int, x: int) -> np.float32:
    """The value of the last image that is neither 0 nor NaN here, else 0."""
    for i in range(images.shape[0] - 1, -1, -1):
        v = images[i, y, x]
        if v != 0.0 and not np.isnan(v):
            return v
    return np.float32(0.0)


@njit(nogil=True, cache=True)
def _any_in_box(flags: NDArray[np.uint8], y: int, x: int, half: int) -> bool:
    rows, columns = flags.shape
    for j in range(max(0, y - half), min(rows, y + half + 1)):
        for i in range(max(0, x - half), min(columns, x + half + 1)):
            if flags[j, i]:
                return True
    return False


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
    values = np.empty(n, np.float32)
    for y in range(rows):
        for x in range(columns):
            good = 0
            for i in range(n):
                v = images[i, y, x]
                if np.float64(weights[i, y, x]) >= limits[i] and v >= lower and v < upper:
                    k = good
                    while k > 0 and values[k - 1] > v:
                        values[k] = values[k - 1]
                        k -= 1
                    values[k] = v
                    good += 1
            if good == 0:
                out[y, x] = _last_value(images, y, x) if fill else np.float32(0.0)
            elif mean:
                out[y, x] = _mean_between(values, nlow, good - nhigh)
            else:
                out[y, x] = _median_between(values, good, nlow, nhigh)


@njit(nogil=True, cache=True)
def _mean_between(values: Image, start: int, stop: int) -> np.float32:
    if stop <= start:
        return np.float32(0.0)
    total = 0.0
    for k in range(start, stop):
        total += np.float64(values[k])
    return np.float32(total / (stop - start))


@njit(nogil=True, cache=True)
def _median_between(values: Image, good: int, nlow: int, nhigh: int) -> np.float32:
    while good - nlow - nhigh < 1:
        nlow = max(0, nlow - 1)
        nhigh = max(0, nhigh - 1)
    keep = good - nlow - nhigh
    k = nlow + keep // 2
    if keep % 2:
        return values[k]
    return np.float32(0.5 * (np.float64(values[k - 1]) + np.float64(values[k])))


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
    """Number and float64 sum of the values of a flat array that are at least `least`."""
    count = 0
    total = 0.0
    for i in range(weights.size):
        w = np.float64(weights[i])
        if w >= least:
            count += 1
            total += w
    return count, total
