"""Where blocks of chip pixels lie on the frame, so tiles find the pixels that reach them."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]


@njit(nogil=True, cache=True, error_model="numpy")
def block_bounds(gy: Floats, step: float, block: int, ny: int, nx: int, lo: Floats, hi: Floats) -> None:
    """Bounds of `gy` over the pixels, corners included, of each block of block x block pixels (block a multiple of
    step): a bilinear grid has its extremes at its nodes and at the border, so only those are looked at."""
    for bj in range(lo.shape[0]):
        y_first, y_last = max(bj * block, 1) - 0.5, min((bj + 1) * block - 1, ny) + 0.5
        for bi in range(lo.shape[1]):
            x_first, x_last = max(bi * block, 1) - 0.5, min((bi + 1) * block - 1, nx) + 0.5
            low, high = np.inf, -np.inf
            y = y_first
            while True:
                j = math.floor(y / step)
                t = y / step - j
                x = x_first
                while True:
                    i = math.floor(x / step)
                    s = x / step - i
                    value = (gy[j, i] * (1 - s) + gy[j, i + 1] * s) * (1 - t) + (
                        gy[j + 1, i] * (1 - s) + gy[j + 1, i + 1] * s
                    ) * t
                    low, high = min(low, value), max(high, value)
                    if x >= x_last:
                        break
                    x = min((i + 1.0) * step, x_last)
                if y >= y_last:
                    break
                y = min((j + 1.0) * step, y_last)
            lo[bj, bi], hi[bj, bi] = low, high
