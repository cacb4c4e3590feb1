"""Kernels of the simulated detector: stars, cosmic ray tracks and bleeding charge.

Pixel (i, j) of an array has its centre at y = i, x = j. Every kernel adds in a fixed order, so results do not
depend on how rows were shared out.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@njit(nogil=True, cache=True)
def cubic_weights(t: float, w: Floats) -> None:
    """Catmull-Rom weights (4,) of the nodes -1, 0, 1, 2 at 0 <= t < 1, into `w`."""
    w[0] = ((2.0 - t) * t - 1.0) * t * 0.5
    w[1] = ((3.0 * t - 5.0) * t * t + 2.0) * 0.5
    w[2] = ((4.0 - 3.0 * t) * t + 1.0) * t * 0.5
    w[3] = (t - 1.0) * t * t * 0.5


@njit(nogil=True, cache=True)
def outer_light(r2: float, terms: Floats) -> float:
    """Integral of the profile over a pixel far from the centre; see `core.simulate.psf`."""
    total = 0.0
    for k in range(terms.shape[0]):
        factor, a2, beta = terms[k, 0], terms[k, 1], terms[k, 2]
        base = 1.0 + r2 / a2
        value = factor * base**-beta
        laplacian = value * 4.0 * beta / (a2 * base) * ((beta + 1.0) * r2 / (a2 * base) - 1.0)
        total += value + laplacian / 24.0
    return total


@njit(nogil=True, cache=True)
def add_stars(
    block: Floats,
    first_row: int,
    x: Floats,
    y: Floats,
    counts: Floats,
    reach: Floats,
    table: Floats,
    terms: Floats,
    oversample: int,
    inner: int,
) -> None:
    """Add stars to rows `first_row`... of a chip.

    `block` (rows, columns) electrons, changed; `x`, `y` 0-based chip positions; `counts` electrons; `reach`
    pixels; `table` and `terms` as `Psf` makes them.
    """
    rows, columns = block.shape
    half = table.shape[0] // 2
    wx, wy = np.empty(4), np.empty(4)
    for s in range(x.shape[0]):
        r = reach[s]
        low = max(first_row, math.ceil(y[s] - r))
        high = min(first_row + rows - 1, math.floor(y[s] + r))
        left = max(0, math.ceil(x[s] - r))
        right = min(columns - 1, math.floor(x[s] + r))
        for i in range(low, high + 1):
            dy = i - y[s]
            py = dy * oversample + half
            iy = math.floor(py)
            near = abs(dy) < inner
            if near:
                cubic_weights(py - iy, wy)
            for j in range(left, right + 1):
                dx = j - x[s]
                r2 = dx * dx + dy * dy
                if r2 > r * r:
                    continue
                if near and abs(dx) < inner:
                    px = dx * oversample + half
                    ix = math.floor(px)
                    cubic_weights(px - ix, wx)
                    light = 0.0
                    for a in range(4):
                        row = table[iy - 1 + a]
                        light += wy[a] * (
                            wx[0] * row[ix - 1] + wx[1] * row[ix] + wx[2] * row[ix + 1] + wx[3] * row[ix + 2]
                        )
                else:
                    light = outer_light(r2, terms)
                block[i - first_row, j] += counts[s] * light


@njit(nogil=True, cache=True)
def add_tracks(
    image: Floats, x: Floats, y: Floats, dx: Floats, dy: Floats, charge: Floats, spread: float
) -> None:
    """Lay straight tracks of charge over a chip, blurred by diffusion.

    `image` (rows, columns) electrons, changed; tracks run from (x, y) by (dx, dy) pixels and hold `charge`
    electrons, even along the length; `spread` is the sigma of the diffusion in pixels.
    """
    rows, columns = image.shape
    margin = math.ceil(4.0 * spread) + 1
    root = spread * math.sqrt(2.0)
    for k in range(x.shape[0]):
        steps = 1 + int(4.0 * math.hypot(dx[k], dy[k]))
        part = charge[k] / steps
        for n in range(steps):
            t = (n + 0.5) / steps
            cx, cy = x[k] + t * dx[k], y[k] + t * dy[k]
            mx, my = math.floor(cx + 0.5), math.floor(cy + 0.5)
            for i in range(max(0, my - margin), min(rows, my + margin + 1)):
                fy = 0.5 * (math.erf((i + 0.5 - cy) / root) - math.erf((i - 0.5 - cy) / root))
                for j in range(max(0, mx - margin), min(columns, mx + margin + 1)):
                    fx = 0.5 * (math.erf((j + 0.5 - cx) / root) - math.erf((j - 0.5 - cx) / root))
                    image[i, j] += part * fy * fx


@njit(nogil=True, cache=True)
def bleed_columns(image: Floats, full_well: float, first: int, stop: int) -> None:
    """Let charge above the full well run along the columns, half up and half down, in columns first..stop-1.

    `image` (rows, columns) electrons, changed. Charge that reaches the end of a column is lost.
    """
    rows = image.shape[0]
    spilt = np.empty(rows)
    for j in range(first, stop):
        any_spilt = False
        for i in range(rows):
            spilt[i] = max(0.0, image[i, j] - full_well)
            if spilt[i] > 0.0:
                image[i, j] = full_well
                any_spilt = True
        if not any_spilt:
            continue
        moving = 0.0
        for i in range(rows):
            taken = min(moving, full_well - image[i, j])
            image[i, j] += taken
            moving += 0.5 * spilt[i] - taken
        moving = 0.0
        for i in range(rows - 1, -1, -1):
            taken = min(moving, full_well - image[i, j])
            image[i, j] += taken
            moving += 0.5 * spilt[i] - taken
