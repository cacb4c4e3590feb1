"""Drops that are a profile around a pixel's place on the output frame: box, point, Gaussian, lanczos, disc (Fruchter &
Hook 2002, PASP 114, 144; the forms are those of drizzlepac's kernels turbo, point, gaussian, lanczos3, tophat).

A call works on one tile of the frame, as `core.kernels.drizzle` does. All but the disc are products of one factor a
column and one a row, so that of a window of side x side pixels only 2 * side numbers are computed; those for CHUNK
pixels of a chip row together, in loops that the processor's vectors take.
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
Places = NDArray[np.int64]
Grid = tuple[Floats, Floats, float]
Tile = tuple[int, int, int, int, int, int]
Drop = tuple[int, float, float, float, Pixels]
Chip = tuple[Pixels, Pixels, np.float32, np.float32]
Scratch = tuple[Floats, Pixels, Places]

CHUNK = 168
WIDEST = 16  # frame pixels, the edge of the largest window whose factors are made side by side
_ROW = np.uint64(CHUNK)
_U1, _U2 = np.uint64(1), np.uint64(2)
_TINY = 1e-12  # smaller overlaps (fraction of a drop) are rounding, not area

TURBO, POINT, GAUSSIAN, LANCZOS, TOPHAT = 1, 2, 3, 4, 5


@njit(nogil=True, cache=True, error_model="numpy")
def _map_row(
    grid: Grid, x: float, y: float, count: int, shift: float, out: Floats, at_x: int, at_y: int
) -> None:
    """Frame positions, plus `shift`, of the chip's FITS pixels (x + k, y), k < count, to out[at_x + k], out[at_y + k].

    Along a row the bilinear grid is linear within a cell, so a cell costs one multiplication a point. A point gets
    the same bits whatever the row begins with.
    """
    gx, gy, step = grid
    j = math.floor(y / step)
    t = y / step - j
    i = math.floor(x / step)
    bx = gx[j, i] * (1.0 - t) + gx[j + 1, i] * t + shift
    by = gy[j, i] * (1.0 - t) + gy[j + 1, i] * t + shift
    inverse = 1.0 / step
    k = 0
    while k < count:
        ax, ay = bx, by
        bx = gx[j, i + 1] * (1.0 - t) + gx[j + 1, i + 1] * t + shift
        by = gy[j, i + 1] * (1.0 - t) + gy[j + 1, i + 1] * t + shift
        sx, sy = (bx - ax) * inverse, (by - ay) * inverse
        past = x + k - i * step
        n = min(math.ceil(step - past), count - k)
        to_x, to_y = np.uint64(at_x + k), np.uint64(at_y + k)
        if n == 10:  # whole cells of the usual step, unrolled
            for m in range(10):
                out[to_x + np.uint64(m)] = ax + sx * (past + m)
            for m in range(10):
                out[to_y + np.uint64(m)] = ay + sy * (past + m)
        else:
            for m in range(np.uint64(n)):
                out[to_x + m] = ax + sx * (past + m)
                out[to_y + m] = ay + sy * (past + m)
        k += n
        i += 1


@njit(nogil=True, cache=True, error_model="numpy")
def map_rows(gx: Floats, gy: Floats, step: float, y0: int, y1: int, out_x: Floats, out_y: Floats) -> None:
    """Frame positions (0-based, float64 (y1 - y0, nx)) of the centres of the pixels of chip rows [y0, y1)."""
    nx = out_x.shape[1]
    line = np.empty(2 * nx)
    for y in range(y0, y1):
        _map_row((gx, gy, step), 1.0, y + 1.0, nx, 0.0, line, 0, nx)
        out_x[y - y0, :] = line[:nx]
        out_y[y - y0, :] = line[nx:]


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _weigh(chip: Chip, first: int, n: int, scale: np.float32, f: Pixels) -> None:
    """Weights of the pixels first + k, k < n, of the flat chip into row 0 of `f`, their values into row 1: 0 where the
    weight is, so that nothing of a bad pixel gets out."""
    data, weight, gain, _ = chip
    pixels, weights, at = data.reshape(-1), weight.reshape(-1), np.uint64(first)
    for k in range(np.uint64(n)):
        w = weights[at + k] * scale
        f[k] = w
        f[_ROW + k] = pixels[at + k] * gain if w != np.float32(0.0) else np.float32(0.0)


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _places(s: Floats, f: Pixels, side: int, reach: float, n: int, tile: Tile, place: Places) -> None:
    """The windows around the places in rows 0 and 1 of the scratch: first column and row to rows 2 and 3; where they
    begin in the scratch of the tile to `place`, 0, which is in its margin, for drops that miss it or weigh nothing."""
    row0, row1, col0, col1, margin, wide = tile
    low, high, left, right = float(row0 - side), float(row1), float(col0 - side), float(col1)
    more_y, more_x, width = float(margin - row0), float(margin - col0), float(wide)
    for k in range(np.uint64(n)):
        x, y = np.floor(s[k] - reach + 0.5), np.floor(s[_ROW + k] - reach + 0.5)
        inside = (f[k] != np.float32(0.0)) & (x > left) & (x < right) & (y > low) & (y < high)
        place[k] = np.int64((y + more_y) * width + (x + more_x) if inside else 0.0)
        s[_U2 * _ROW + k] = x
        s[np.uint64(3) * _ROW + k] = y


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _factors(s: Floats, side: int, n: int, drop: Drop, f: Pixels) -> None:
    """Of the windows around places the factors of their columns to rows 2, 3 ... of `f`, those of their rows after: a
    share is a product of both."""
    shape, reach, a, b, table = drop
    stop = np.uint64(n)
    for axis in range(2):
        at, window = np.uint64(axis * CHUNK), np.uint64((2 + axis) * CHUNK)
        for cell in range(side):
            to, off = np.uint64((2 + axis * side + cell) * CHUNK), float(cell)
            if shape == TURBO:
                for k in range(stop):
                    d = abs(s[at + k] - s[window + k] - off)
                    overlap = min(d + 0.5, reach) - max(d - 0.5, -reach)
                    f[to + k] = np.float32(overlap if overlap * 2.0 > _TINY * reach else 0.0)
            elif shape == GAUSSIAN:
                for k in range(stop):
                    d = s[at + k] - s[window + k] - off
                    # 2^n times the series of 2^fraction, good to 5e-9
                    t = max(d * d * b * -1.4426950408889634, -1000.0)
                    n = np.floor(t + 0.5)
                    z = (t - n) * 0.6931471805599453
                    e = 1.0 + z / 7.0
                    for m in range(6):
                        e = 1.0 + z * e * (1.0 / (6 - m))
                    bits = np.int64((np.int64(n) + np.int64(1023)) << np.int64(52))
                    past = np.floor(s[at + k] + reach + 0.5) < s[window + k] + off
                    f[to + k] = np.float32(0.0 if past else e * bits.view(np.float64))
            elif shape == LANCZOS:
                for k in range(stop):
                    # one entry further than the distance, as drizzlepac looks it up
                    i = np.int64(abs(s[at + k] - s[window + k] - off) * a + 0.5) + 1
                    f[to + k] = table[np.uint64(i)] if (i > 0) & (i < table.size) else np.float32(0.0)
            else:
                for k in range(stop):
                    f[to + k] = np.float32(1.0)


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _factor(drop: Drop, distance: float) -> float:
    """What a profile has at a distance along one axis: overlap with a box, exp(-b d^2), or the table at a d."""
    shape, reach, a, b, table = drop
    if shape == TURBO:
        overlap = min(distance + 0.5, reach) - max(distance - 0.5, -reach)
        return overlap if overlap * 2.0 > _TINY * reach else 0.0
    if shape == GAUSSIAN:
        return math.exp(-distance * distance * b)
    if shape == LANCZOS:
        # one entry further than the distance, as drizzlepac looks it up
        i = math.floor(distance * a + 0.5) + 1
        return np.float64(table[i]) if i < table.size else 0.0
    return 1.0


@intrinsic
def _add_product(
    context: Any, sums: Any, to: Any, factors: Any, at: Any, one: Any, two: Any
) -> tuple[Any, Any]:
    """sums[to] += factors[at] * one, sums[to + 1] += factors[at] * two, of flat float32 arrays, uint64 places and
    float32 numbers, as one vector: numba lets LLVM make vectors of long loops only."""

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        pair, number = ir.VectorType(ir.FloatType(), 2), ir.IntType(32)
        spots = []
        for n in (0, 2):
            data = context.make_array(signature.args[n])(context, builder, values[n]).data
            spots.append(builder.gep(data, [values[n + 1]]))
        spot, factor = builder.bitcast(spots[0], pair.as_pointer()), builder.load(spots[1])
        both, numbers = ir.Constant(pair, ir.Undefined), ir.Constant(pair, ir.Undefined)
        for n in range(2):
            both = builder.insert_element(both, factor, number(n))
            numbers = builder.insert_element(numbers, values[4 + n], number(n))
        more = builder.fmul(both, numbers)
        builder.store(builder.fadd(builder.load(spot, align=4), more), spot, align=4)
        return context.get_dummy_value()

    return types.void(sums, to, factors, at, one, two), emit


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _fall_product(f: Pixels, side: int, n: int, place: Places, wide: int, sums: Pixels) -> None:
    """Let drops whose shares are products of factors fall into the scratch of the tile, in order."""
    line, columns, rows = np.uint64(2 * wide), _U2 * _ROW, np.uint64((2 + side) * CHUNK)
    for k in range(np.uint64(n)):
        here, value, weight = _U2 * np.uint64(place[k]), f[_ROW + k], f[k]
        if side == 2:
            low, high = f[rows + k] * weight, f[rows + _ROW + k] * weight
            _add_product(sums, here, f, columns + k, low * value, low)
            _add_product(sums, here + _U2, f, columns + _ROW + k, low * value, low)
            _add_product(sums, here + line, f, columns + k, high * value, high)
            _add_product(sums, here + line + _U2, f, columns + _ROW + k, high * value, high)
        else:
            for row in range(np.uint64(side)):
                factor = f[rows + row * _ROW + k] * weight
                times = factor * value
                for column in range(np.uint64(side)):
                    _add_product(sums, here + _U2 * column, f, columns + column * _ROW + k, times, factor)
                here += line


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _fall_profile(s: Floats, f: Pixels, k: int, drop: Drop, tile: Tile, sums: Pixels) -> None:
    """Let one drop fall that is a profile around the pixel's place, whatever its size; see `drizzle_profiles`."""
    row0, row1, col0, col1, margin, wide = tile
    shape, reach, a = drop[:3]
    x, y = s[k], s[CHUNK + k]
    if not (
        y + reach >= row0 - 0.5
        and y - reach < row1 - 0.5
        and x + reach >= col0 - 0.5
        and x - reach < col1 - 0.5
    ):
        return
    c0, c1 = max(math.floor(x - reach + 0.5), col0), min(math.floor(x + reach + 0.5), col1 - 1)
    w0, w1 = max(math.floor(y - reach + 0.5), row0), min(math.floor(y + reach + 0.5), row1 - 1)
    for row in range(w0, w1 + 1):
        dy = y - row
        factor = _factor(drop, abs(dy))
        at = 2 * ((row - row0 + margin) * wide + c0 - col0 + margin)
        for col in range(c0, c1 + 1):
            share = factor * _factor(drop, abs(x - col))
            if shape == TOPHAT:
                share = 1.0 if (x - col) ** 2 + dy * dy <= a else 0.0
            weight = np.float32(share) * f[k]
            sums[at] += weight * f[CHUNK + k]
            sums[at + 1] += weight
            at += 2


def scratch() -> Scratch:
    """Places and windows; weights, values and factors; places in the scratch of the tile."""
    s, f = np.zeros(4 * CHUNK), np.zeros((2 + 2 * WIDEST) * CHUNK, np.float32)
    return s, f, np.zeros(CHUNK, np.int64)


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def drizzle_profiles(
    grid: Grid,
    block: int,
    spans: Places,
    side: int,
    drop: Drop,
    chip: Chip,
    tile: Tile,
    work: Scratch,
    sums: Pixels,
) -> None:
    """Drop the pixels of a chip on a tile.

    grid   gx, gy, step: frame position (0-based) of the nodes of the coordinate grid, float64 (ny, nx); node (j, i)
           lies at the chip's FITS pixel (i * step, j * step), positions between are bilinear
    spans  the blocks of block x block pixels that reach the tile (`core.kernels.tilesums.reach`)
    side   edge of the window of pixels that the box of `reach` meets
    drop   kernel, reach in frame pixels, a, b, table; cut to a box of `reach` around the place. TURBO: that box, a = 1
           over its area; POINT: the nearest pixel; GAUSSIAN: a * exp(-b r^2); LANCZOS: table[a |dx| + 1] *
           table[a |dy| + 1]; TOPHAT: 1 where r^2 <= a
    chip   data, weight (float32, rows x columns), gain, wscale: `gain` turns data into output units, `wscale`
           multiplies the weights; pixels of weight 0 do not exist for the drizzle
    tile   part of the frame and layout of `sums`, to which value times weight and weight are added
    """
    ny, nx = chip[0].shape
    s, f, place = work
    scale = chip[3] * np.float32(drop[2]) if drop[0] == TURBO or drop[0] == GAUSSIAN else chip[3]
    single = drop[0] == TOPHAT or side > WIDEST
    # chunks begin at fixed columns, so that every tile adds in the same order
    width = max(CHUNK // block * block, min(block, CHUNK))
    for bj in range(spans.size // 2):
        x_first, x_stop = max(spans[2 * bj] * block, 1), min(spans[2 * bj + 1] * block, nx + 1)
        for chunk in range(x_first // width * width, x_stop, width):
            x = max(chunk, x_first)
            n = min(chunk + width, x_stop) - x
            for y in range(max(bj * block, 1), min((bj + 1) * block, ny + 1)):
                _map_row(grid, float(x), float(y), n, 0.0, s, 0, CHUNK)
                _weigh(chip, (y - 1) * nx + x - 1, n, scale, f)
                if single:
                    for k in range(n):
                        if f[k] != np.float32(0.0):
                            _fall_profile(s, f, k, drop, tile, sums)
                else:
                    _places(s, f, side, drop[1], n, tile, place)
                    _factors(s, side, n, drop, f)
                    _fall_product(f, side, n, place, tile[5], sums)
