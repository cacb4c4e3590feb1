"""Positions of stars by windowed moments. All positions 0-based."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Image = NDArray[np.float32]


@njit(nogil=True, cache=True)
def window_positions(
    data: Image,
    x: Floats,
    y: Floats,
    sky: float,
    sigma: float,
    reach: float,
    out: Floats,
    start: int,
    stop: int,
) -> None:
    """Positions start..stop by Gaussian-windowed moments, into `out` (n, 2); NaN where they do not settle.

    The window of `sigma` pixels follows the position until it moves less than 1e-4 px: the maximum of the image
    convolved with the window, found without a model of the star (SExtractor's XWIN, Bertin & Arnouts). NaN too
    beyond `reach` pixels from the beginning or where the window hangs over the edge.
    """
    ny, nx = data.shape
    half = int(4.0 * sigma) + 1
    wx = np.empty(2 * half + 1)
    for i in range(start, stop):
        out[i, 0], out[i, 1] = np.nan, np.nan
        px, py = x[i], y[i]
        for _ in range(40):
            cx, cy = int(np.rint(px)), int(np.rint(py))
            if cx < half or cy < half or cx + half >= nx or cy + half >= ny:
                break
            total = 0.0
            sum_x = 0.0
            sum_y = 0.0
            for k in range(2 * half + 1):
                wx[k] = np.exp(-0.5 * ((cx - half + k - px) / sigma) ** 2)
            for v in range(cy - half, cy + half + 1):
                wy = np.exp(-0.5 * ((v - py) / sigma) ** 2)
                for k in range(2 * half + 1):
                    w = wy * wx[k] * (data[v, cx - half + k] - sky)
                    total += w
                    sum_x += w * (cx - half + k - px)
                    sum_y += w * (v - py)
            if total <= 0.0:
                break
            dx, dy = 2.0 * sum_x / total, 2.0 * sum_y / total
            px += dx
            py += dy
            if abs(px - x[i]) > reach or abs(py - y[i]) > reach:
                break
            if abs(dx) < 1e-4 and abs(dy) < 1e-4:
                out[i, 0], out[i, 1] = px, py
                break
