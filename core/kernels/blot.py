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
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]
Indices = NDArray[np.int32]
Places = NDArray[np.int64]

NEAREST, LINEAR, POLY3, POLY5, SINC = 0, 1, 2, 3, 4

_CHUNK = 256
_SINC_HALF = 7
_TAPS = 15  # samples along one axis, at most

# Unsigned indices: with signed ones numba looks after negative values, and that keeps loops from being vectorised.
_U1, _U2, _U3, _U4 = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
_U5, _U8 = np.uint64(5), np.uint64(8)
_ROW = np.uint64(_CHUNK)
_TOTAL, _LINE, _ROWS_Y = (
    np.uint64(2 * _TAPS * _CHUNK),
    np.uint64((2 * _TAPS + 1) * _CHUNK),
    np.uint64(_TAPS * _CHUNK),
)


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
def _everett_chunk(s: Pixels, n: int, quintic: bool) -> None:
    """`_everett` of the n fractions in row 0 of `s`: weights into rows 0-5, or 0-3."""
    one, two, four, six = np.float32(1.0), np.float32(2.0), np.float32(4.0), np.float32(6.0)
    sixth, twentieth = np.float32(1 / 6), np.float32(1 / 20)
    for k in range(n):
        b = s[k]
        t = one - b
        e2 = t * (t * t - one) * sixth
        g2 = b * (b * b - one) * sixth
        e4 = e2 * (t * t - four) * twentieth
        g4 = g2 * (b * b - four) * twentieth
        if quintic:
            s[k] = e4
            s[_CHUNK + k] = e2 - four * e4 + g4
            s[2 * _CHUNK + k] = t - two * e2 + six * e4 + g2 - four * g4
            s[3 * _CHUNK + k] = b - two * g2 + six * g4 + e2 - four * e4
            s[4 * _CHUNK + k] = g2 - four * g4 + e4
            s[5 * _CHUNK + k] = g4
        else:
            s[k] = e2
            s[_CHUNK + k] = t - two * e2 + g2
            s[2 * _CHUNK + k] = b - two * g2 + e2
            s[3 * _CHUNK + k] = g2


@njit(nogil=True, cache=True, error_model="numpy")
def _weigh_chunk(
    x: Floats, r: int, c: int, n: int, kind: int, sinscl: float, s: Pixels, first: Indices, w: Floats
) -> None:
    """Weights of the positions x[r, c + k], k < n, into rows 0, 1 ... of `s`, and into `first` the index of the first
    sample of each, far below 0 for a position below 0 or none."""
    here = x[r, c : c + n]
    for k in range(n):
        p = np.float32(here[k])
        i = np.int32(p)
        s[k] = p - np.float32(i)
        first[k] = i if p >= np.float32(0.0) else np.int32(-1000)
    if kind == NEAREST:
        for k in range(n):
            first[k] += np.int32(s[k] >= np.float32(0.5))
            s[k] = np.float32(1.0)
    elif kind == LINEAR:
        for k in range(n):
            s[_CHUNK + k] = s[k]
            s[k] = np.float32(1.0) - s[k]
    elif kind == SINC:
        for k in range(n):
            below, taps = _weights(SINC, np.float64(np.float32(here[k])), sinscl, w)
            first[k] = below if first[k] >= 0 else np.int32(-1000)
            for m in range(taps):
                s[m * _CHUNK + k] = w[m]
    else:
        _everett_chunk(s, n, kind == POLY5)
        for k in range(n):
            first[k] -= 2 if kind == POLY5 else 1


@njit(nogil=True, cache=True, error_model="numpy")
def _add_run(s: Pixels, flat: Pixels, corner: int, stride: int, taps: int, k0: int, k1: int) -> None:
    """Values of the pixels k0 .. k1 - 1 of the chunk, whose samples lie side by side, into row _TOTAL of the scratch.

    `corner` is the flat index of the first sample of pixel k0. Pixels, not samples, are the inner loop: so the
    processor's vectors can take them.
    """
    first, stop = np.uint64(k0), np.uint64(k1)
    for k in range(first, stop):
        s[_TOTAL + k] = np.float32(0.0)
    if k1 - k0 < 4:  # too short for vectors
        for k in range(first, stop):
            for j in range(taps):
                base = np.uint64(corner + j * stride - k0) + k
                line = np.float32(0.0)
                for i in range(taps):
                    line += s[np.uint64(i * _CHUNK) + k] * flat[base + np.uint64(i)]
                s[_TOTAL + k] += s[_ROWS_Y + np.uint64(j * _CHUNK) + k] * line
        return
    for j in range(taps):
        base = np.uint64(corner + j * stride - k0)
        weight = _ROWS_Y + np.uint64(j * _CHUNK)
        for k in range(first, stop):
            s[_LINE + k] = np.float32(0.0)
        for i in range(taps):
            tap, sample = np.uint64(i * _CHUNK), base + np.uint64(i)
            for k in range(first, stop):
                s[_LINE + k] += s[tap + k] * flat[sample + k]
        for k in range(first, stop):
            s[_TOTAL + k] += s[weight + k] * s[_LINE + k]


def _column_sums(rows: int) -> Any:
    """A function of (image, first, width, weights, k, out, to), flat float32 arrays and uint64 places: the samples of
    one pixel, eight columns by `rows` rows from image[first] on, each row times its weight of rows k, _CHUNK + k ...
    of `weights`, summed down their columns into out[to] and the seven after it.

    Written in vectors of eight, because numba lets LLVM make vectors of long loops only.
    """

    def typed(
        context: Any, image: Any, first: Any, width: Any, weights: Any, k: Any, out: Any, to: Any
    ) -> tuple[Any, Any]:
        def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            eight, number = ir.VectorType(ir.FloatType(), 8), ir.IntType(32)
            samples, factors, sums = (
                context.make_array(signature.args[n])(context, builder, values[n]).data for n in (0, 3, 5)
            )
            here, weight, total = values[1], values[4], None
            for _ in range(rows):
                place = builder.bitcast(builder.gep(samples, [here]), eight.as_pointer())
                factor = builder.load(builder.gep(factors, [weight]))
                one = builder.insert_element(ir.Constant(eight, ir.Undefined), factor, number(0))
                all_eight = builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(number, 8), [0] * 8))
                term = builder.fmul(builder.load(place, align=4), all_eight)
                total = term if total is None else builder.fadd(total, term)
                here, weight = builder.add(here, values[2]), builder.add(weight, weight.type(_CHUNK))
            place = builder.bitcast(builder.gep(sums, [values[6]]), eight.as_pointer())
            builder.store(total, place, align=4)
            return context.get_dummy_value()

        return types.void(image, first, width, weights, k, out, to), emit

    return intrinsic(typed)


_sum_four, _sum_six = _column_sums(4), _column_sums(6)


@njit(nogil=True, cache=True, error_model="numpy")
def _starts(
    ix: Indices, iy: Indices, n: int, shape: tuple[int, int], taps: int, wide: int, start: Places
) -> None:
    """Into `start` the flat index of the first sample of each pixel, -1 where the samples, `wide` columns of them
    (`taps` are needed), do not lie inside the image."""
    ny, nx = shape
    for k in range(n):
        i, j = np.int64(ix[k]), np.int64(iy[k])
        inside = (i >= 0) & (i <= nx - wide) & (j >= 0) & (j <= ny - taps)
        start[k] = j * nx + i if inside else -1


@njit(nogil=True, cache=True, error_model="numpy")
def _sum_inside(s: Pixels, f: Pixels, start: Places, n: int, nx: int, kind: int, columns: Pixels) -> None:
    """Values of the pixels whose samples lie inside the image, into row _TOTAL of the scratch."""
    stop, wide = np.uint64(n), np.uint64(nx)
    if kind == POLY5:
        for k in range(stop):
            if start[k] >= 0:
                _sum_six(f, np.uint64(start[k]), wide, s, _ROWS_Y + k, columns, _U8 * k)
        for k in range(stop):
            at = _U8 * k
            line = (
                s[k] * columns[at] + s[_ROW + k] * columns[at + _U1] + s[_U2 * _ROW + k] * columns[at + _U2]
            )
            more = s[_U3 * _ROW + k] * columns[at + _U3] + s[_U4 * _ROW + k] * columns[at + _U4]
            s[_TOTAL + k] = line + more + s[_U5 * _ROW + k] * columns[at + _U5]
    elif kind == POLY3:
        for k in range(stop):
            if start[k] >= 0:
                _sum_four(f, np.uint64(start[k]), wide, s, _ROWS_Y + k, columns, _U8 * k)
        for k in range(stop):
            at = _U8 * k
            line = s[k] * columns[at] + s[_ROW + k] * columns[at + _U1]
            s[_TOTAL + k] = (
                line + s[_U2 * _ROW + k] * columns[at + _U2] + s[_U3 * _ROW + k] * columns[at + _U3]
            )
    elif kind == LINEAR:
        for k in range(stop):
            at = np.uint64(max(start[k], 0))
            low = s[k] * f[at] + s[_ROW + k] * f[at + _U1]
            high = s[k] * f[at + wide] + s[_ROW + k] * f[at + wide + _U1]
            s[_TOTAL + k] = s[_ROWS_Y + k] * low + s[_ROWS_Y + _ROW + k] * high
    else:
        for k in range(stop):
            s[_TOTAL + k] = f[np.uint64(max(start[k], 0))]


@njit(nogil=True, cache=True, error_model="numpy")
def _sum_runs(s: Pixels, flat: Pixels, start: Places, n: int, nx: int) -> None:
    """What `_sum_inside` does for the sinc: pixels whose samples advance by one pixel each are taken together."""
    k = 0
    while k < n:
        stop = k + 1
        if start[k] >= 0:
            while stop < n and start[stop] == start[k] + (stop - k):
                stop += 1
            _add_run(s, flat, start[k], nx, _TAPS, k, stop)
        k = stop


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
    """out = image(x, y) * factor + sky; `sky` alone where not 0 <= x <= columns and 0 <= y <= rows.

    image float32 (rows, columns); x, y float64 and out float32 of one shape; positions 0-based. A row of `out` goes
    through in chunks: weights, then the sums down the columns of samples and along them. Only pixels near the border
    of the image, where samples have to be made up, and those of the sinc are taken one by one or in runs.
    """
    ny, nx = image.shape
    flat = image.reshape(-1)
    taps = 15 if kind == SINC else (1, 2, 4, 6)[kind]
    wide = 8 if kind in (POLY3, POLY5) else taps
    s, columns = np.empty((2 * _TAPS + 2) * _CHUNK, np.float32), np.empty(8 * _CHUNK, np.float32)
    s_y = s[_TAPS * _CHUNK :]
    ix, iy, start = np.empty(_CHUNK, np.int32), np.empty(_CHUNK, np.int32), np.empty(_CHUNK, np.int64)
    wx, wy = np.empty(_TAPS), np.empty(_TAPS)
    for r in range(out.shape[0]):
        for c in range(0, out.shape[1], _CHUNK):
            n = min(_CHUNK, out.shape[1] - c)
            _weigh_chunk(x, r, c, n, kind, sinscl, s, ix, wx)
            _weigh_chunk(y, r, c, n, kind, sinscl, s_y, iy, wy)
            _starts(ix, iy, n, image.shape, taps, wide, start)
            if kind == SINC:
                _sum_runs(s, flat, start, n, nx)
            elif ny >= taps and nx >= wide:
                _sum_inside(s, flat, start, n, nx, kind, columns)
            for k in range(n):
                value = s[2 * _TAPS * _CHUNK + k]
                if start[k] < 0:
                    px, py = np.float64(np.float32(x[r, c + k])), np.float64(np.float32(y[r, c + k]))
                    value = np.float32(0.0)
                    if px >= 0.0 and px <= nx and py >= 0.0 and py <= ny:
                        value = np.float32(_value(image, px, py, kind, sinscl, wx, wy))
                out[r, c + k] = value * factor + sky
