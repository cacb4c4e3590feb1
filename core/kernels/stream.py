"""Arrays on their way between file and memory: byte order, flags and masks, sky and gain, in one pass each.

Each call works on a block of rows (rows, columns), so that threads share a chip; masks are 1 for good, 0 for bad.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Words = NDArray[np.uint32]
Halves = NDArray[np.uint16]
Image = NDArray[np.float32]
Mask = NDArray[np.uint8]

_U8, _U24, _LOW, _HIGH = np.uint32(8), np.uint32(24), np.uint32(0xFF00), np.uint32(0xFF0000)


@njit(nogil=True, cache=True, error_model="numpy")
def turn_words(source: Words, out: Words) -> None:
    """The words of a flat array with their four bytes turned round."""
    for i in range(source.size):
        v = source[i]
        out[i] = (v << _U24) | ((v << _U8) & _HIGH) | ((v >> _U8) & _LOW) | (v >> _U24)


@njit(nogil=True, cache=True, error_model="numpy")
def turn_halves(source: Halves, out: Halves) -> None:
    """The 16-bit words of a flat array with their two bytes turned round."""
    for i in range(source.size):
        v = source[i]
        out[i] = (v << np.uint16(8)) | (v >> np.uint16(8))


@njit(nogil=True, cache=True, error_model="numpy")
def good_rows(flags: Halves, bad: int, static: Mask, own: Mask, good: Mask) -> int:
    """good = 1 where no flag of `bad` is set and neither mask is 0; how many that are.

    All (rows, columns); `static` and `own` may be empty, then they mask nothing.
    """
    count = 0
    forbidden = np.uint16(bad)
    masked, owned = static.size > 0, own.size > 0
    for y in range(good.shape[0]):
        for x in range(good.shape[1]):
            good[y, x] = (flags[y, x] & forbidden) == 0
        if masked:
            for x in range(good.shape[1]):
                good[y, x] &= static[y, x] != 0
        if owned:
            for x in range(good.shape[1]):
                good[y, x] &= own[y, x] != 0
        for x in range(good.shape[1]):
            count += good[y, x]
    return count


@njit(nogil=True, cache=True, error_model="numpy")
def prepare_rows(
    data: Image, good: Mask, sky: np.float32, gain: np.float32, exptime: np.float32, weight: Image
) -> None:
    """data = (data - sky) * gain in place, weight = exptime where `good`; both 0 where the data are no number."""
    for y in range(data.shape[0]):
        for x in range(data.shape[1]):
            v = np.float32(np.float32(data[y, x] - sky) * gain)
            finite = abs(v) < np.float32(np.inf)
            data[y, x] = v if finite else np.float32(0.0)
            weight[y, x] = exptime if (finite and good[y, x] != 0) else np.float32(0.0)


@njit(nogil=True, cache=True, error_model="numpy")
def pick(data: Image, good: Mask, out: Image) -> int:
    """The pixels that are good, one after the other, into the flat `out`; how many."""
    n = 0
    for y in range(data.shape[0]):
        for x in range(data.shape[1]):
            if good[y, x] != 0:
                out[n] = data[y, x]
                n += 1
    return n


@njit(nogil=True, cache=True, error_model="numpy")
def mask_below(data: Image, limit: float, good: Mask) -> int:
    """Set `good` to 0 where data < limit; how many pixels that are, masked before or not."""
    count = 0
    for y in range(data.shape[0]):
        for x in range(data.shape[1]):
            if np.float64(data[y, x]) < limit:
                good[y, x] = 0
                count += 1
    return count


@njit(nogil=True, cache=True, error_model="numpy")
def count_rows(usable: Mask, good: Mask, core: Mask) -> tuple[int, int, int]:
    """Of the `usable` pixels: how many they are, how many `good` flags (0), how many `core` flags."""
    total = flagged = inner = 0
    for y in range(usable.shape[0]):
        for x in range(usable.shape[1]):
            if usable[y, x] != 0:
                total += 1
                flagged += good[y, x] == 0
                inner += core[y, x] == 0
    return total, flagged, inner


@njit(nogil=True, cache=True, error_model="numpy")
def flag_rows(flags: Halves, good: Mask, clear: int, bit: int) -> int:
    """Clear the flags of `clear`, then set `bit` where `good` is 0 (nowhere with an empty `good`); in place.

    Returns how many pixels changed.
    """
    changed = 0
    kept, added = np.uint16(0xFFFF & ~clear), np.uint16(bit)
    masked = good.size > 0
    for y in range(flags.shape[0]):
        for x in range(flags.shape[1]):
            old = flags[y, x]
            new = old & kept
            if masked and good[y, x] == 0:
                new |= added
            flags[y, x] = new
            changed += new != old
    return changed
