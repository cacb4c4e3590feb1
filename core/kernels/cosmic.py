"""Cosmic rays by comparison with the blotted median: its derivative, the two passes, growing.

Kernels work on rows [start, stop) of whole arrays and write only those rows. At the edges of the chip only
neighbours that exist count.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Image = NDArray[np.float32]
Mask = NDArray[np.uint8]


@njit(nogil=True, cache=True)
def compare(
    data: Image,
    blot: Image,
    factor: float,
    sky: float,
    noise2: float,
    gain: float,
    snr1: float,
    snr2: float,
    scale1: float,
    scale2: float,
    start: int,
    stop: int,
    state: Mask,
) -> None:
    """Which passes each pixel fails: bit 1 the first, bit 2 the second (algorithm "driz_cr", Handbook 7.1).

    A pixel fails when |data - blot| > scale * derivative + snr * noise / gain, where the derivative is the
    largest |difference| of the blot to its four neighbours and noise^2 = gain * |blot + sky| + noise2.

    Parameters
    ----------
    data, blot : (rows, columns) float32 in input units; `factor` takes both to electrons
    sky : electrons that were subtracted, for the noise only; noise2 : squared read noise, electrons
    gain : factor between the units compared and electrons, 1 when both are electrons
    state : (rows, columns) uint8, rows start...stop are written

    A pixel that is NaN in the data fails both passes.
    """
    rows, columns = data.shape
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
            failed = 0
            if not away <= scale1 * slope + snr1 * noise:
                failed |= 1
            if not away <= scale2 * slope + snr2 * noise:
                failed |= 2
            state[y, x] = failed


@njit(nogil=True, cache=True)
def join(state: Mask, start: int, stop: int, flagged: Mask) -> None:
    """Flag (1) what fails the second pass and has a failure of the first within one pixel, itself included."""
    rows, columns = state.shape
    for y in range(start, stop):
        for x in range(columns):
            hit = 0
            if state[y, x] & 2:
                for j in range(max(0, y - 1), min(rows, y + 2)):
                    for i in range(max(0, x - 1), min(columns, x + 2)):
                        hit |= state[j, i] & 1
            flagged[y, x] = hit


@njit(nogil=True, cache=True)
def grow(flagged: Mask, size: int, trail: int, step: int, start: int, stop: int, good: Mask) -> None:
    """The mask (1 good, 0 cosmic ray) with detections grown by a `size` x `size` box and along the readout trail.

    A box of even size reaches one pixel further towards higher rows and columns. `size` 0 and 1 grow nothing.
    `trail` pixels are added in the direction `step` (+1: towards higher rows, -1: lower, 0: none).
    """
    rows, columns = flagged.shape
    after = max(size - 1, 0) // 2
    before = max(size, 1) // 2
    for y in range(start, stop):
        for x in range(columns):
            hit = 0
            for j in range(max(0, y - before), min(rows, y + after + 1)):
                for i in range(max(0, x - before), min(columns, x + after + 1)):
                    hit |= flagged[j, i]
            if step != 0:
                for k in range(1, trail + 1):
                    j = y - step * k
                    if 0 <= j < rows:
                        hit |= flagged[j, x]
            good[y, x] = 1 - hit


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
