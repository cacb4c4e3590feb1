"""Resampling an image at given positions: what blotting does for the rows of a chip.

All interpolants are separable: a row of weights for x, one for y. Beyond the border poly3 and poly5 go on by
point reflection, 2 * edge - mirrored value (as IRAF's image interpolation does); the others repeat the edge.
Positions are rounded to float32 first, which moves them by 2e-4 pixel at most: drizzlepac has always done so, and
cosmic ray masks should come out as they do there.

Sources: the polynomials are Everett's central differences (Abramowitz & Stegun 1964, 25.2.26); weights and taper of
the sinc are those of IRAF's sinc interpolant.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]
Indices = NDArray[np.int32]

NEAREST, LINEAR, POLY3, POLY5, SINC = 0, 1, 2, 3, 4

_CHUNK = 256
_SINC_HALF = 7


@njit(nogil=True, cache=True, error_model="numpy")
def _everett(s: float, quintic: bool, w: Floats) -> None:
    """Weights of the samples at -2 ... 3 for a position 0 <= s < 1 (cubic: the outer two are 0)."""
    t = 1.0 - s
    e2, g2 = t * (t * t - 1.0) / 6.0, s * (s * s - 1.0) / 6.0
    e4 = g4 = 0.0
    if quintic:
        e4, g4 = e2 * (t * t - 4.0) / 20.0, g2 * (s * s - 4.0) / 20.0
    w[0] = e4
    w[1] = e2 - 4.0 * e4 + g4
    w[2] = t - 2.0 * e2 + 6.0 * e4 + g2 - 4.0 * g4
    w[3] = s - 2.0 * g2 + 6.0 * g4 + e2 - 4.0 * e4
    w[4] = g2 - 4.0 * g4 + e4
    w[5] = g4


@njit(nogil=True, cache=True, error_model="numpy")
def _sinc_weights(d: float, w: Floats) -> None:
    """Tapered sinc weights, their sum 1, of the samples at -7 ... 7 for a position d from the middle one."""
    total = 0.0
    for k in range(2 * _SINC_HALF + 1):
        offset = k - _SINC_HALF
        a = (0.5 * math.pi / _SINC_HALF * offset) ** 2
        taper = (1.0 - 0.49670 * a + 0.03705 * a * a) ** 2
        if d == 0.0:
            w[k] = 1.0 if offset == 0 else 0.0
        else:
            w[k] = (1.0 if offset % 2 == 0 else -1.0) * taper / (d - offset)
        total += w[k]
    for k in range(2 * _SINC_HALF + 1):
        w[k] /= total


@njit(nogil=True, cache=True, error_model="numpy")
def _weights(kind: int, x: float, sinscl: float, w: Floats) -> tuple[int, int]:
    """Fill `w` for position `x`; returns the first sample's index and the number of samples."""
    if kind == NEAREST:
        w[0] = 1.0
        return int(x + 0.5), 1
    if kind == SINC:
        middle = math.floor(x + 0.5)
        d = (x - middle) * sinscl
        _sinc_weights(0.0 if abs(d) < 0.001 else d, w)
        return middle - _SINC_HALF, 2 * _SINC_HALF + 1
    i = int(x)
    if kind == LINEAR:
        w[0], w[1] = 1.0 - (x - i), x - i
        return i, 2
    _everett(x - i, kind == POLY5, w)
    if kind == POLY5:
        return i - 2, 6
    for k in range(4):
        w[k] = w[k + 1]
    return i - 1, 4


@njit(nogil=True, cache=True, error_model="numpy")
def _inside(i: int, n: int) -> int:
    return min(max(i, 0), n - 1)


@njit(nogil=True, cache=True, error_model="numpy")
def _along(image: Pixels, row: int, i: int, reflect: bool) -> float:
    """The sample in column `i`, which may lie beyond the border, of a row of the image."""
    n = image.shape[1]
    if i >= 0 and i < n:
        return np.float64(image[row, i])
    edge = _inside(i, n)
    if not reflect:
        return np.float64(image[row, edge])
    return 2.0 * image[row, edge] - image[row, _inside(2 * edge - i, n)]


@njit(nogil=True, cache=True, error_model="numpy")
def _value(image: Pixels, x: float, y: float, kind: int, sinscl: float, wx: Floats, wy: Floats) -> float:
    """The image at one position inside it."""
    ix, nx = _weights(kind, x, sinscl, wx)
    iy, ny = _weights(kind, y, sinscl, wy)
    reflect = kind in (POLY3, POLY5)
    rows = image.shape[0]
    total = 0.0
    for j in range(ny):
        row = iy + j
        edge = _inside(row, rows)
        line = 0.0
        for i in range(nx):
            sample = _along(image, edge, ix + i, reflect)
            if reflect and row != edge:
                sample = 2.0 * sample - _along(image, _inside(2 * edge - row, rows), ix + i, True)
            line += wx[i] * sample
        total += wy[j] * line
    return total


@njit(nogil=True, cache=True, error_model="numpy")
def resample(
    image: Pixels,
    x: Floats,
    y: Floats,
    kind: int,
    sinscl: float,
    factor: np.float32,
    sky: np.float32,
    out: Pixels,
) -> None:
    """out = image(x, y) * factor + sky; `sky` alone where the position is not within 0 <= x <= columns, 0 <= y <= rows.

    image float32 (rows, columns); x, y float64 and out float32 of one shape; positions 0-based.
    """
    ny, nx = image.shape
    wx, wy = np.empty(15), np.empty(15)
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            px, py = np.float64(np.float32(x[r, c])), np.float64(np.float32(y[r, c]))
            value = 0.0
            if px >= 0.0 and px <= nx and py >= 0.0 and py <= ny:
                value = _value(image, px, py, kind, sinscl, wx, wy)
            out[r, c] = value * factor + sky


@njit(nogil=True, cache=True, error_model="numpy")
def _everett_chunk(x: Floats, first: int, n: int, s: Pixels, at: int, whole: Indices) -> None:
    """Quintic weights of n positions into rows at ... at + 5 of the scratch, their integer parts into `whole`."""
    for k in range(n):
        p = np.float32(x[first + k])
        i = np.int32(p)
        whole[k] = i
        b = p - np.float32(i)
        t = np.float32(1.0) - b
        e2 = t * (t * t - np.float32(1.0)) * np.float32(1 / 6)
        g2 = b * (b * b - np.float32(1.0)) * np.float32(1 / 6)
        e4 = e2 * (t * t - np.float32(4.0)) * np.float32(0.05)
        g4 = g2 * (b * b - np.float32(4.0)) * np.float32(0.05)
        four, six, two = np.float32(4.0), np.float32(6.0), np.float32(2.0)
        s[at * _CHUNK + k] = e4
        s[(at + 1) * _CHUNK + k] = e2 - four * e4 + g4
        s[(at + 2) * _CHUNK + k] = t - two * e2 + six * e4 + g2 - four * g4
        s[(at + 3) * _CHUNK + k] = b - two * g2 + six * g4 + e2 - four * e4
        s[(at + 4) * _CHUNK + k] = g2 - four * g4 + e4
        s[(at + 5) * _CHUNK + k] = g4


@njit(nogil=True, cache=True, error_model="numpy")
def _poly5_run(flat: Pixels, at: int, stride: int, s: Pixels, k0: int, k1: int) -> None:
    """Values of the chunk's pixels k0 .. k1 - 1, whose samples lie side by side, into row 12 of the scratch.

    `at` is the index of the first sample of pixel k0 in the flattened image. Pixels, not samples, are the inner loop:
    that is what the processor's vectors can take.
    """
    for k in range(k0, k1):
        s[12 * _CHUNK + k] = np.float32(0.0)
    for j in range(6):
        base = at + j * stride - k0
        for k in range(k0, k1):
            line = (
                s[k] * flat[base + k]
                + s[_CHUNK + k] * flat[base + k + 1]
                + s[2 * _CHUNK + k] * flat[base + k + 2]
                + s[3 * _CHUNK + k] * flat[base + k + 3]
                + s[4 * _CHUNK + k] * flat[base + k + 4]
                + s[5 * _CHUNK + k] * flat[base + k + 5]
            )
            s[12 * _CHUNK + k] += s[(6 + j) * _CHUNK + k] * line


@njit(nogil=True, cache=True, error_model="numpy")
def resample_poly5(
    image: Pixels, x: Floats, y: Floats, factor: np.float32, sky: np.float32, out: Pixels
) -> None:
    """`resample` with poly5, the usual case, many pixels at once: pixels of a row whose samples advance by one pixel
    each, on the same rows of the image, are taken together. Values differ from `resample` by rounding."""
    ny, nx = image.shape
    flat = image.ravel()
    s = np.empty(13 * _CHUNK, np.float32)
    ix, iy = np.empty(_CHUNK, np.int32), np.empty(_CHUNK, np.int32)
    wx, wy = np.empty(15), np.empty(15)
    for r in range(out.shape[0]):
        for first in range(0, out.shape[1], _CHUNK):
            n = min(_CHUNK, out.shape[1] - first)
            _everett_chunk(x[r], first, n, s, 0, ix)
            _everett_chunk(y[r], first, n, s, 6, iy)
            k = 0
            while k < n:
                i, j = ix[k], iy[k]
                if i >= 2 and i < nx - 3 and j >= 2 and j < ny - 3:
                    stop = k + 1
                    longest = min(n, k + nx - 3 - i)
                    while stop < longest and iy[stop] == j and ix[stop] == i + (stop - k):
                        stop += 1
                    _poly5_run(flat, (j - 2) * nx + i - 2, nx, s, k, stop)
                    for m in range(k, stop):
                        out[r, first + m] = s[12 * _CHUNK + m] * factor + sky
                    k = stop
                    continue
                px, py = np.float64(np.float32(x[r, first + k])), np.float64(np.float32(y[r, first + k]))
                value = 0.0
                if px >= 0.0 and px <= nx and py >= 0.0 and py <= ny:
                    value = _value(image, px, py, POLY5, 1.0, wx, wy)
                out[r, first + k] = value * factor + sky
                k += 1
