"""The drizzle: flux of chip pixels dropped onto an output frame (Fruchter & Hook 2002, PASP 114, 144, eqs. 3-5).

One call works on one tile, the output rows [row0, row1), and reads those chip pixels that can reach it, in the order of
the chip. Tiles write disjoint rows, so any number of threads gives the same bits.

Every tile function takes
    gx, gy      float64 (ny, nx): frame position (0-based) of the nodes of the coordinate grid; node (j, i) lies at
                the chip's FITS pixel (i * step, j * step), positions between are bilinear
    lo, hi      float64: bounds in frame rows of the corners of the pixels of every block of `block` x `block` pixels
    data        float32 (rows, columns), the chip; `gain` (float32) turns it into output units
    weight      float32, same shape; pixels of weight 0 do not exist for the drizzle; `wscale` multiplies it
    sci, wht    float32, the frame: running weighted mean and sum of weights
    ctx, bit    int32: `bit` is set in `ctx` where weight arrives; bit 0: no context, `ctx` is not touched
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]
Context = NDArray[np.int32]

CHUNK = 256
_TINY = 1e-12  # smaller overlaps (fraction of a drop) are rounding, not area

GAUSSIAN, LANCZOS, TOPHAT = 0, 1, 2


@njit(nogil=True, cache=True, error_model="numpy")
def _map_row(
    gx: Floats, gy: Floats, step: float, x: float, y: float, count: int, out: Floats, at_x: int, at_y: int
) -> None:
    """Frame positions of the chip's FITS pixels (x + k, y), k < count, into out[at_x + k] and out[at_y + k].

    Along a row the bilinear grid is linear within a cell, so a cell costs one multiplication a point.
    """
    j = math.floor(y / step)
    t = y / step - j
    k = 0
    while k < count:
        here = x + k
        i = math.floor(here / step)
        n = min(math.ceil((i + 1) * step - here), count - k)
        ax = gx[j, i] * (1.0 - t) + gx[j + 1, i] * t
        ay = gy[j, i] * (1.0 - t) + gy[j + 1, i] * t
        sx = (gx[j, i + 1] * (1.0 - t) + gx[j + 1, i + 1] * t - ax) / step
        sy = (gy[j, i + 1] * (1.0 - t) + gy[j + 1, i + 1] * t - ay) / step
        ax += sx * (here - i * step)
        ay += sy * (here - i * step)
        for m in range(n):
            out[at_x + k + m] = ax + sx * m
            out[at_y + k + m] = ay + sy * m
        k += n


@njit(nogil=True, cache=True, error_model="numpy")
def map_rows(
    gx: Floats, gy: Floats, step: float, y0: int, y1: int, nx: int, out_x: Floats, out_y: Floats
) -> None:
    """Frame positions (0-based, float64 (y1 - y0, nx)) of the centres of the pixels of chip rows [y0, y1)."""
    line = np.empty(2 * nx)
    for y in range(y0, y1):
        _map_row(gx, gy, step, 1.0, y + 1.0, nx, line, 0, nx)
        out_x[y - y0, :] = line[:nx]
        out_y[y - y0, :] = line[nx:]


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


@njit(nogil=True, cache=True, error_model="numpy")
def _span(lo: Floats, hi: Floats, bj: int, low: float, high: float) -> tuple[int, int]:
    """First and last + 1 block of block row `bj` that meets the rows low..high."""
    first, last = lo.shape[1], 0
    for bi in range(lo.shape[1]):
        if hi[bj, bi] >= low and lo[bj, bi] <= high:
            first = min(first, bi)
            last = bi + 1
    return first, last


@njit(nogil=True, cache=True, error_model="numpy")
def _drop(
    sci: Pixels,
    wht: Pixels,
    ctx: Context,
    bit: np.int32,
    row: int,
    col: int,
    value: np.float32,
    weight: np.float32,
) -> None:
    """Weighted mean of what lies at an output pixel and what arrives (Fruchter & Hook 2002, eqs. 3 and 4)."""
    before = wht[row, col]
    after = before + weight
    if before == np.float32(0.0):
        sci[row, col] = value
    elif after != np.float32(0.0):
        sci[row, col] = (sci[row, col] * before + weight * value) / after
    wht[row, col] = after
    if bit != 0 and weight > np.float32(0.0):
        ctx[row, col] |= bit


@njit(nogil=True, cache=True, error_model="numpy")
def _walk_edge(acc: Floats, width: int, x0: float, y0: float, x1: float, y1: float) -> None:
    """Add to `acc` what lies right of the edge (x0, y0)-(x1, y1), signed by its direction in y.

    acc[row * width + column] becomes, after a running sum along each row, the area of the polygon in that pixel;
    rows and columns are unit squares from 0 (Green's theorem, pixel by pixel).
    """
    if y0 == y1:
        return
    sign = 1.0
    if y0 > y1:
        x0, y0, x1, y1 = x1, y1, x0, y0
        sign = -1.0
    row = math.floor(y0)
    xa, ya = x0, y0
    while ya < y1:
        yb = min(row + 1.0, y1)
        xb = x1
        if yb < y1:
            xb = x0 + (x1 - x0) * ((yb - y0) / (y1 - y0))
            xb = min(max(xb, min(x0, x1)), max(x0, x1))
        left, right = min(xa, xb), max(xa, xb)
        height = sign * (yb - ya)
        col = math.floor(left)
        at = row * width + col
        if right <= col + 1.0:
            inside = height * (0.5 * (left + right) - col)
            acc[at] += height - inside
            acc[at + 1] += inside
        else:
            rate = height / (right - left)
            while left < right:
                stop = min(col + 1.0, right)
                piece = rate * (stop - left)
                inside = piece * (0.5 * (left + stop) - col)
                acc[at] += piece - inside
                acc[at + 1] += inside
                left = stop
                col += 1
                at += 1
        xa, ya = xb, yb
        row += 1


@njit(nogil=True, cache=True, error_model="numpy")
def _drop_any(
    s: Floats,
    k: int,
    acc: Floats,
    row0: int,
    row1: int,
    sci: Pixels,
    wht: Pixels,
    ctx: Context,
    bit: np.int32,
    value: np.float32,
    weight: np.float32,
) -> Floats:
    """Drop one pixel whose corners are s[0..7, k] (x of the four, y of the four) by walking around its outline."""
    xa, xb, xc, xd = s[k], s[CHUNK + k], s[2 * CHUNK + k], s[3 * CHUNK + k]
    ya, yb, yc, yd = s[4 * CHUNK + k], s[5 * CHUNK + k], s[6 * CHUNK + k], s[7 * CHUNK + k]
    x_low, x_high = min(xa, xb, xc, xd), max(xa, xb, xc, xd)
    y_low, y_high = min(ya, yb, yc, yd), max(ya, yb, yc, yd)
    nx = sci.shape[1]
    if not (x_high > 0.0 and x_low < nx and y_high > row0 and y_low < row1):
        return acc
    c0, c1 = math.floor(x_low), math.floor(x_high)
    w0, w1 = math.floor(y_low), math.floor(y_high)
    columns, rows = int(c1 - c0) + 1, int(w1 - w0) + 1
    area = 0.5 * ((xb - xd) * (ya - yc) - (xa - xc) * (yb - yd))
    if not abs(area) > 0.0:
        return acc
    width = columns + 2
    if rows * width > acc.size:
        acc = np.empty(2 * rows * width)
    acc[: rows * width] = 0.0
    _walk_edge(acc, width, xa - c0, ya - w0, xb - c0, yb - w0)
    _walk_edge(acc, width, xb - c0, yb - w0, xc - c0, yc - w0)
    _walk_edge(acc, width, xc - c0, yc - w0, xd - c0, yd - w0)
    _walk_edge(acc, width, xd - c0, yd - w0, xa - c0, ya - w0)
    # walked with the y axis up, an outline of positive `area` runs clockwise: left edge upwards
    for row in range(rows):
        out_row = int(w0) + row
        if out_row < row0 or out_row >= row1:
            continue
        total = 0.0
        for column in range(columns):
            total += acc[row * width + column]
            part = total / area
            out_col = int(c0) + column
            if part > _TINY and out_col >= 0 and out_col < nx:
                dow = np.float32(part * weight)
                if dow != np.float32(0.0):
                    _drop(sci, wht, ctx, bit, out_row, out_col, value, dow)
    return acc


@njit(nogil=True, cache=True, error_model="numpy")
def _share_four(s: Floats, n: int) -> None:
    """Shares of drops that cover the four pixels around one lattice point: the outline then crosses each of the four
    half lines from that point once and every share is a quadrilateral with a corner there; nothing is clipped.

    s: scratch of rows of CHUNK; rows 0-3 x and 4-7 y of the corners upper left, upper right, lower right, lower left
    (frame pixel edges at integers); rows 8-11 become the shares of the four pixels, rows 12, 13 the lattice
    point, 12 negative where the drop is not of this kind.
    """
    for k in range(n):
        ax, bx, cx, dx = s[k], s[CHUNK + k], s[2 * CHUNK + k], s[3 * CHUNK + k]
        ay, by, cy, dy = s[4 * CHUNK + k], s[5 * CHUNK + k], s[6 * CHUNK + k], s[7 * CHUNK + k]
        p = np.ceil(max(ax, dx))
        q = np.ceil(max(cy, dy))
        top = ay + (by - ay) * ((p - ax) / (bx - ax)) - q
        bottom = q - (dy + (cy - dy) * ((p - dx) / (cx - dx)))
        left = p - (dx + (ax - dx) * ((q - dy) / (ay - dy)))
        right = cx + (bx - cx) * ((q - cy) / (by - cy)) - p
        upper_left = (p - ax) * top + (ay - q) * left
        upper_right = (bx - p) * top + (by - q) * right
        lower_right = (cx - p) * bottom + (q - cy) * right
        lower_left = (p - dx) * bottom + (q - dy) * left
        scale = 1.0 / (upper_left + upper_right + lower_right + lower_left)
        fits = (
            (p <= min(bx, cx))
            & (q <= min(ay, by))
            & (min(ax, dx) >= p - 1.0)
            & (max(bx, cx) <= p + 1.0)
            & (min(cy, dy) >= q - 1.0)
            & (max(ay, by) <= q + 1.0)
            & (top >= 0.0)
            & (bottom >= 0.0)
            & (left >= 0.0)
            & (right >= 0.0)
        )
        s[8 * CHUNK + k] = upper_left * scale
        s[9 * CHUNK + k] = upper_right * scale
        s[10 * CHUNK + k] = lower_right * scale
        s[11 * CHUNK + k] = lower_left * scale
        s[12 * CHUNK + k] = p if fits else -1.0
        s[13 * CHUNK + k] = q


@njit(nogil=True, cache=True, error_model="numpy")
def _drop_four(
    s: Floats,
    k: int,
    row0: int,
    row1: int,
    sci: Pixels,
    wht: Pixels,
    ctx: Context,
    bit: np.int32,
    value: np.float32,
    weight: np.float32,
) -> None:
    """Drop one pixel that covers the four pixels around the lattice point in rows 12, 13 of the scratch."""
    right, upper = int(s[12 * CHUNK + k]), int(s[13 * CHUNK + k])
    nx = sci.shape[1]
    for low in range(2):
        row = upper - low
        if row < row0 or row >= row1:
            continue
        west = s[(11 if low else 8) * CHUNK + k]
        east = s[(10 if low else 9) * CHUNK + k]
        if right >= 1 and right <= nx and west > _TINY:
            _drop(sci, wht, ctx, bit, row, right - 1, value, np.float32(west * weight))
        if right >= 0 and right < nx and east > _TINY:
            _drop(sci, wht, ctx, bit, row, right, value, np.float32(east * weight))


@njit(nogil=True, cache=True, error_model="numpy")
def _corners(
    gx: Floats, gy: Floats, step: float, x: float, y: float, half: float, n: int, turn: int, s: Floats
) -> None:
    """Corners of the drops of the FITS pixels (x + k, y), k < n, into rows 0-7 of the scratch, pixel edges at integers.

    `turn` (0-7) says which corner lies upper left on the frame: bit 0 mirrors x, bit 1 mirrors y, bit 2 swaps the axes.
    """
    for corner in range(4):
        # 0 upper left, 1 upper right, 2 lower right, 3 lower left, as seen on the frame
        to_right, to_top = corner == 1 or corner == 2, corner < 2
        if turn & 1:
            to_right = not to_right
        if turn & 2:
            to_top = not to_top
        if turn & 4:
            to_right, to_top = to_top, to_right
        px = x + half if to_right else x - half
        py = y + half if to_top else y - half
        _map_row(gx, gy, step, px, py, n, s, corner * CHUNK, (4 + corner) * CHUNK)
    for row in range(8):
        for k in range(n):
            s[row * CHUNK + k] += 0.5


@njit(nogil=True, cache=True, error_model="numpy")
def square_tile(
    gx: Floats,
    gy: Floats,
    step: float,
    lo: Floats,
    hi: Floats,
    block: int,
    half: float,
    turn: int,
    data: Pixels,
    weight: Pixels,
    gain: np.float32,
    wscale: np.float32,
    row0: int,
    row1: int,
    sci: Pixels,
    wht: Pixels,
    ctx: Context,
    bit: np.int32,
) -> None:
    """Kernel square: the drop is the pixel shrunk to pixfrac (`half` = pixfrac / 2) and carried over with its four
    corners; its weight is shared by area."""
    ny, nx = data.shape
    s = np.empty(14 * CHUNK)
    acc = np.empty(64)
    for bj in range(lo.shape[0]):
        first, last = _span(lo, hi, bj, row0 - 0.5, row1 - 0.5)
        if first >= last:
            continue
        x_first, x_stop = max(first * block, 1), min(last * block, nx + 1)
        for y in range(max(bj * block, 1), min((bj + 1) * block, ny + 1)):
            for x in range(x_first, x_stop, CHUNK):
                n = min(CHUNK, x_stop - x)
                _corners(gx, gy, step, float(x), float(y), half, n, turn, s)
                _share_four(s, n)
                for k in range(n):
                    w = weight[y - 1, x - 1 + k] * wscale
                    if w == np.float32(0.0):
                        continue
                    value = data[y - 1, x - 1 + k] * gain
                    if s[12 * CHUNK + k] >= 0.0:
                        _drop_four(s, k, row0, row1, sci, wht, ctx, bit, value, w)
                    else:
                        acc = _drop_any(s, k, acc, row0, row1, sci, wht, ctx, bit, value, w)


@njit(nogil=True, cache=True, error_model="numpy")
def turbo_tile(
    gx: Floats,
    gy: Floats,
    step: float,
    lo: Floats,
    hi: Floats,
    block: int,
    reach: float,
    density: float,
    data: Pixels,
    weight: Pixels,
    gain: np.float32,
    wscale: np.float32,
    row0: int,
    row1: int,
    sci: Pixels,
    wht: Pixels,
    ctx: Context,
    bit: np.int32,
) -> None:
    """Kernel turbo: the drop is a box of half width `reach` frame pixels parallel to the frame's axes; `density` is
    one over its area."""
    ny, nx = data.shape
    onx = sci.shape[1]
    s = np.empty(2 * CHUNK)
    for bj in range(lo.shape[0]):
        first, last = _span(lo, hi, bj, row0 - 0.5 - reach, row1 - 0.5 + reach)
        if first >= last:
            continue
        x_first, x_stop = max(first * block, 1), min(last * block, nx + 1)
        for y in range(max(bj * block, 1), min((bj + 1) * block, ny + 1)):
            for x in range(x_first, x_stop, CHUNK):
                n = min(CHUNK, x_stop - x)
                _map_row(gx, gy, step, float(x), float(y), n, s, 0, CHUNK)
                for k in range(n):
                    w = weight[y - 1, x - 1 + k] * wscale
                    west, east = s[k] - reach, s[k] + reach
                    south, north = s[CHUNK + k] - reach, s[CHUNK + k] + reach
                    inside = north >= row0 - 0.5 and south < row1 - 0.5 and east >= -0.5 and west < onx - 0.5
                    if w == np.float32(0.0) or not inside:
                        continue
                    value = data[y - 1, x - 1 + k] * gain
                    c0, c1 = max(math.floor(west + 0.5), 0), min(math.floor(east + 0.5), onx - 1)
                    w0, w1 = (
                        max(math.floor(south + 0.5), row0),
                        min(math.floor(north + 0.5), row1 - 1),
                    )
                    for row in range(w0, w1 + 1):
                        high = min(north, row + 0.5) - max(south, row - 0.5)
                        for col in range(c0, c1 + 1):
                            wide = min(east, col + 0.5) - max(west, col - 0.5)
                            if wide > 0.0 and high > 0.0:
                                dow = np.float32(wide * high * density * w)
                                _drop(sci, wht, ctx, bit, row, col, value, dow)


@njit(nogil=True, cache=True, error_model="numpy")
def point_tile(
    gx: Floats,
    gy: Floats,
    step: float,
    lo: Floats,
    hi: Floats,
    block: int,
    data: Pixels,
    weight: Pixels,
    gain: np.float32,
    wscale: np.float32,
    row0: int,
    row1: int,
    sci: Pixels,
    wht: Pixels,
    ctx: Context,
    bit: np.int32,
) -> None:
    """Kernel point: everything falls into the nearest pixel."""
    ny, nx = data.shape
    onx = sci.shape[1]
    s = np.empty(2 * CHUNK)
    for bj in range(lo.shape[0]):
        first, last = _span(lo, hi, bj, row0 - 1.0, row1)
        if first >= last:
            continue
        x_first, x_stop = max(first * block, 1), min(last * block, nx + 1)
        for y in range(max(bj * block, 1), min((bj + 1) * block, ny + 1)):
            for x in range(x_first, x_stop, CHUNK):
                n = min(CHUNK, x_stop - x)
                _map_row(gx, gy, step, float(x), float(y), n, s, 0, CHUNK)
                for k in range(n):
                    w = weight[y - 1, x - 1 + k] * wscale
                    px, py = s[k] + 0.5, s[CHUNK + k] + 0.5
                    if w != np.float32(0.0) and px >= 0.0 and px < onx and py >= row0 and py < row1:
                        _drop(sci, wht, ctx, bit, int(py), int(px), data[y - 1, x - 1 + k] * gain, w)


@njit(nogil=True, cache=True, error_model="numpy")
def _height(shape: int, table: Pixels, a: float, b: float, dx: float, dy: float) -> float:
    """Height of a drop's profile at (dx, dy) frame pixels from its middle."""
    if shape == GAUSSIAN:
        return np.float64(np.float32(a * math.exp(-(dx * dx + dy * dy) * b)))
    if shape == TOPHAT:
        return 1.0 if dx * dx + dy * dy <= a else 0.0
    # one entry further than the distance, as drizzlepac looks it up
    i = math.floor(abs(dx) * a + 0.5) + 1
    j = math.floor(abs(dy) * a + 0.5) + 1
    if i >= table.size or j >= table.size:
        return 0.0
    return np.float64(table[i] * table[j])


@njit(nogil=True, cache=True, error_model="numpy")
def profile_tile(
    gx: Floats,
    gy: Floats,
    step: float,
    lo: Floats,
    hi: Floats,
    block: int,
    shape: int,
    table: Pixels,
    a: float,
    b: float,
    reach: float,
    data: Pixels,
    weight: Pixels,
    gain: np.float32,
    wscale: np.float32,
    row0: int,
    row1: int,
    sci: Pixels,
    wht: Pixels,
    ctx: Context,
    bit: np.int32,
) -> None:
    """Kernels gaussian, lanczos3 and tophat: a profile around the pixel's position, cut to a box of `reach` pixels.

    gaussian: a * exp(-b r^2); tophat: 1 where r^2 <= a; lanczos: table[|dx| a + 1] * table[|dy| a + 1].
    """
    ny, nx = data.shape
    onx = sci.shape[1]
    s = np.empty(2 * CHUNK)
    for bj in range(lo.shape[0]):
        first, last = _span(lo, hi, bj, row0 - 0.5 - reach, row1 - 0.5 + reach)
        if first >= last:
            continue
        x_first, x_stop = max(first * block, 1), min(last * block, nx + 1)
        for y in range(max(bj * block, 1), min((bj + 1) * block, ny + 1)):
            for x in range(x_first, x_stop, CHUNK):
                n = min(CHUNK, x_stop - x)
                _map_row(gx, gy, step, float(x), float(y), n, s, 0, CHUNK)
                for k in range(n):
                    w = weight[y - 1, x - 1 + k] * wscale
                    px, py = s[k] + 0.5, s[CHUNK + k] + 0.5
                    near = py + reach >= row0 and py - reach < row1 and px + reach >= 0.0 and px - reach < onx
                    if w == np.float32(0.0) or not near:
                        continue
                    value = data[y - 1, x - 1 + k] * gain
                    c0, c1 = max(math.floor(px - reach), 0), min(math.floor(px + reach), onx - 1)
                    w0, w1 = (
                        max(math.floor(py - reach), row0),
                        min(math.floor(py + reach), row1 - 1),
                    )
                    for row in range(w0, w1 + 1):
                        for col in range(c0, c1 + 1):
                            dow = np.float32(_height(shape, table, a, b, s[k] - col, s[CHUNK + k] - row) * w)
                            if dow != np.float32(0.0):
                                _drop(sci, wht, ctx, bit, row, col, value, dow)
