"""Cosmic rays by comparison with the blotted median: its derivative, the two passes, growing.

Kernels work on rows [start, stop) of whole arrays and write only those rows. At the borders of the chip only
neighbours that exist count; `judge_border` does these pixels once more where the median beyond them is known.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Image = NDArray[np.float32]
Mask = NDArray[np.uint8]
Light = tuple[float, float, float]
"""What turns input units into electrons; electrons that were subtracted as sky, for the noise only; squared read noise,
electrons."""
Limits = tuple[float, float, float, float]
"""Signal-to-noise of the first and the second pass, factor of the derivative of the first and the second."""


@njit(nogil=True, cache=True)
def compare(
    data: Image,
    blot: Image,
    light: Light,
    gain: float,
    limits: Limits,
    start: int,
    stop: int,
    state: Mask,
) -> None:
    """Which passes each pixel fails: bit 1 the first, bit 2 the second (algorithm "driz_cr", Handbook 7.1).

    A pixel fails when |data - blot| > scale * derivative + snr * noise / gain, where the derivative is the
    largest |difference| of the blot to its four neighbours and noise^2 = gain * |blot + sky| + noise2.

    Parameters
    ----------
    data, blot : (rows, columns) float32 in input units
    light : how both become electrons, and their noise
    gain : factor between the units compared and electrons, 1 when both are electrons
    state : (rows, columns) uint8, rows start...stop are written

    A pixel that is NaN in the data fails both passes.
    """
    rows, columns = data.shape
    factor, sky, noise2 = light
    f = np.float32(factor)
    for y in range(start, stop):
        for x in range(columns):
            b = np.float32(blot[y, x] * f)
            slope = np.float32(0.0)
            if y > 0:
                slope = max(slope, abs(b - np.float32(blot[y - 1, x] * f)))
            if y < rows - 1:
                slope = max(slope, abs(b - np.float32(blot[y + 1, x] * f)))
            if x > 0:
                slope = max(slope, abs(b - np.float32(blot[y, x - 1] * f)))
            if x < columns - 1:
                slope = max(slope, abs(b - np.float32(blot[y, x + 1] * f)))
            away = abs(np.float32(data[y, x] * f) - b)
            noise = np.sqrt(gain * abs(np.float64(b) + sky) + noise2) / gain
            state[y, x] = _failed(away, slope, noise, limits)


@njit(nogil=True, cache=True)
def _failed(away: float, slope: float, noise: float, limits: Limits) -> int:
    snr1, snr2, scale1, scale2 = limits
    failed = 0
    if not away <= scale1 * slope + snr1 * noise:
        failed |= 1
    if not away <= scale2 * slope + snr2 * noise:
        failed |= 2
    return failed


@njit(nogil=True, cache=True)
def _steepest(blot: Image, rim: Image, f: np.float32, y: int, x: int) -> np.float32:
    """The derivative at one pixel; neighbours beyond the borders are in `rim`, where they are known."""
    rows, columns = blot.shape
    b = np.float32(blot[y, x] * f)
    slope = np.float32(0.0)
    for side in range(4):
        j, i, beyond = y, x - 1, 2 * columns + y
        if side == 1:
            j, i, beyond = y, x + 1, 2 * columns + rows + y
        elif side == 2:
            j, i, beyond = y - 1, x, x
        elif side == 3:
            j, i, beyond = y + 1, x, columns + x
        if j >= 0 and j < rows and i >= 0 and i < columns:
            slope = max(slope, abs(b - np.float32(blot[j, i] * f)))
        elif rim.size > 0:
            step = abs(b - np.float32(rim[beyond] * f))
            if step > slope:  # not when it is NaN
                slope = step
    return slope


@njit(nogil=True, cache=True)
def judge(
    data: Image, blot: Image, rim: Image, light: Light, limits: Limits, y: int, x: int
) -> tuple[float, float, float, int]:
    """What `compare`, with gain 1, finds at one pixel: |data - blot|, derivative, noise, in electrons, and the passes
    that it fails.

    `rim` float32 (2 * (rows + columns),) is the blot one pixel beyond the borders, as `core.drizzle.rim` has it, or
    empty; the neighbours that are not known count for nothing.
    """
    factor, sky, noise2 = light
    f = np.float32(factor)
    b = np.float32(blot[y, x] * f)
    away = abs(np.float32(data[y, x] * f) - b)
    noise = np.sqrt(abs(np.float64(b) + sky) + noise2)
    slope = _steepest(blot, rim, f, y, x)
    failed = _failed(away, slope, noise, limits)
    return float(away), float(slope), float(noise), failed


@njit(nogil=True, cache=True)
def judge_border(data: Image, blot: Image, rim: Image, light: Light, limits: Limits, state: Mask) -> None:
    """Write the state of the border rows and columns once more, with the derivative that the rim completes."""
    rows, columns = data.shape
    for y in range(rows):
        step = 1 if y == 0 or y == rows - 1 else max(columns - 1, 1)
        for x in range(0, columns, step):
            state[y, x] = judge(data, blot, rim, light, limits, y, x)[3]


@njit(nogil=True, cache=True)
def _gather(rows: Mask, low: int, high: int, bits: int, out: Mask) -> None:
    """out = what the rows [low, high) have among `bits`, ORed; rows that do not exist have nothing."""
    low, high, kept = max(low, 0), min(high, rows.shape[0]), np.uint8(bits)
    for x in range(out.size):
        out[x] = np.uint8(0)
    for y in range(low, high):
        row = rows[y]
        for x in range(out.size):
            out[x] |= row[x] & kept


@njit(nogil=True, cache=True)
def _widen(row: Mask, before: int, after: int, out: Mask) -> None:
    """out[x] = row[x - before] | ... | row[x + after]; `out` is another array."""
    columns = row.size
    for x in range(columns):
        out[x] = row[x]
    for shift in range(1, min(before, columns - 1) + 1):
        here = out[shift:]
        for x in range(here.size):
            here[x] |= row[x]
    for shift in range(1, min(after, columns - 1) + 1):
        there = row[shift:]
        for x in range(there.size):
            out[x] |= there[x]


@njit(nogil=True, cache=True)
def join(state: Mask, start: int, stop: int, flagged: Mask) -> None:
    """Flag (1) what fails the second pass and has a failure of the first within one pixel, itself included."""
    above, near = np.empty(state.shape[1], np.uint8), np.empty(state.shape[1], np.uint8)
    for y in range(start, stop):
        _gather(state, y - 1, y + 2, 1, above)
        _widen(above, 1, 1, near)
        row, out = state[y], flagged[y]
        for x in range(out.size):
            out[x] = (row[x] >> np.uint8(1)) & near[x]


@njit(nogil=True, cache=True)
def grow(flagged: Mask, size: int, trail: int, step: int, start: int, stop: int, good: Mask) -> None:
    """The mask (1 good, 0 cosmic ray) with detections grown by a `size` x `size` box and along the readout trail.

    A box of even size reaches one pixel further towards higher rows and columns. `size` 0 and 1 grow nothing.
    `trail` pixels are added in the direction `step` (+1: towards higher rows, -1: lower, 0: none).
    """
    after = max(size - 1, 0) // 2
    before = max(size, 1) // 2
    column, wide = np.empty(flagged.shape[1], np.uint8), np.empty(flagged.shape[1], np.uint8)
    for y in range(start, stop):
        _gather(flagged, y - before, y + after + 1, 1, column)
        _widen(column, before, after, wide)
        if step != 0 and trail > 0:
            if step > 0:
                _gather(flagged, y - trail, y, 1, column)
            else:
                _gather(flagged, y + 1, y + trail + 1, 1, column)
            for x in range(wide.size):
                wide[x] |= column[x]
        out = good[y]
        for x in range(out.size):
            out[x] = np.uint8(1) - wide[x]


@njit(nogil=True, cache=True)
def count_flagged(good: Mask, usable: Mask) -> tuple[int, int]:
    """Number of flagged pixels among the usable ones, and the number of usable ones; flat arrays."""
    flagged = 0
    total = 0
    for i in range(good.size):
        if usable[i]:
            total += 1
            if not good[i]:
                flagged += 1
    return flagged, total
