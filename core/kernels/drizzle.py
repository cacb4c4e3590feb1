"""The drizzle: flux of chip pixels dropped onto an output frame (Fruchter & Hook 2002, PASP 114, 144, eqs. 3-5).

One call of `drizzle_tile` works on one tile, the output rows [row0, row1), and reads those chip pixels that can reach
it, in an order that is the same for every tile. Tiles write disjoint rows, so any number of threads gives the same
bits.

Up to CHUNK pixels of a chip row go together through the stages: their places on the frame, the shares that output
pixels have in each drop, what then arrives (weights, weights times values), and the sums. All but the last are
loops over the chunk that the processor's vectors take; the last adds without asking questions. Drops of the
usual size have four or nine output pixels; larger ones and those cut by the border of a tile are listed
pixel by pixel. The inner loops are without calls: numba counts references to arrays at every call, which costs more
than the arithmetic.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]
Context = NDArray[np.int32]
Places = NDArray[np.int64]
Grid = tuple[Floats, Floats, float]
Tile = tuple[int, int, int]
Shares = tuple[Places, Places, Floats]
Drop = tuple[int, float, float, float, Pixels]
Canvas = tuple[Pixels, Pixels, Context, np.int32]


CHUNK = 264
WINDOW = 22 * CHUNK
SIDE = 8  # frame pixels, the widest profile that is not listed
_ROW = np.uint64(CHUNK)
_SLOPE, _AREA = np.uint64(17 * CHUNK), np.uint64(20 * CHUNK)
_FAR = 1e9  # frame pixels, further than any frame goes
_TINY = 1e-12  # smaller overlaps (fraction of a drop) are rounding, not area
# instead of a place on the frame, what else a drop can be; _PACKED - n: the n-th of the packed ones
_NOTHING, _ODD, _LISTED, _PACKED = -1, -2, -3, -4

SQUARE, TURBO, POINT, GAUSSIAN, LANCZOS, TOPHAT = 0, 1, 2, 3, 4, 5


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
def _lines(grid: Grid, x: float, y: float, half: float, n: int, again: bool, s: Floats) -> None:
    """Frame places, pixel edges at integers, of the corners of the drops of the FITS pixels (x + k, y), k < n < CHUNK:
    rows 14, 15 of the scratch their lower left ones, 16, 17 upper left, 18, 19 lower right, 20, 21 upper right.

    Whole pixels (half = 0.5) share corners with their neighbours, and with those of the row below: `again` says that
    the row below was the last one asked for.
    """
    if half != 0.5:
        for corner in range(4):
            px, py = (x - half if corner < 2 else x + half), (y + half if corner & 1 else y - half)
            _map_row(grid, px, py, n, 0.5, s, (14 + 2 * corner) * CHUNK, (15 + 2 * corner) * CHUNK)
        return
    if again:
        for k in range(n + 1):
            s[14 * CHUNK + k] = s[16 * CHUNK + k]
            s[15 * CHUNK + k] = s[17 * CHUNK + k]
    else:
        _map_row(grid, x - 0.5, y - 0.5, n + 1, 0.5, s, 14 * CHUNK, 15 * CHUNK)
    _map_row(grid, x - 0.5, y + 0.5, n + 1, 0.5, s, 16 * CHUNK, 17 * CHUNK)
    for row in range(4):
        to, neighbour = np.uint64((18 + row) * CHUNK), np.uint64((14 + row) * CHUNK + 1)
        for k in range(np.uint64(n)):
            s[to + k] = s[neighbour + k]


@njit(nogil=True, cache=True, error_model="numpy")
def _corners(n: int, turn: int, s: Floats) -> None:
    """Order the corners of `_lines` as upper left, upper right, lower right, lower left, as seen on the frame: x into
    rows 0-3 of the scratch, y into rows 4-7.

    `turn` (0-3) says which corner lies where: bit 0 mirrors x, bit 1 mirrors y. Chips whose rows go up or down the
    frame come transposed, because what falls side by side is added fastest.
    """
    for corner in range(4):
        to_right = (corner == 1 or corner == 2) != ((turn & 1) == 1)
        to_top = (corner < 2) != ((turn & 2) == 2)
        first = np.uint64((14 + (4 if to_right else 0) + (2 if to_top else 0)) * CHUNK)
        to = np.uint64(corner * CHUNK)
        for k in range(np.uint64(n)):
            s[to + k] = s[first + k]
        first, to = first + _ROW, to + np.uint64(4) * _ROW
        for k in range(np.uint64(n)):
            s[to + k] = s[first + k]


@njit(nogil=True, cache=True, error_model="numpy")
def _boxes(n: int, reach: float, s: Floats) -> None:
    """Corners, in the order of `_corners`, of boxes of half width `reach` around the places in rows 0, 1."""
    for k in range(n):
        x, y = s[k] + 0.5, s[CHUNK + k] + 0.5
        s[k] = x - reach
        s[3 * CHUNK + k] = x - reach
        s[CHUNK + k] = x + reach
        s[2 * CHUNK + k] = x + reach
        s[4 * CHUNK + k] = y + reach
        s[5 * CHUNK + k] = y + reach
        s[6 * CHUNK + k] = y - reach
        s[7 * CHUNK + k] = y - reach


@njit(nogil=True, cache=True, error_model="numpy")
def _share_four(s: Floats, n: int) -> None:
    """Shares of drops that lie in the four pixels around one lattice point (p, q): its row and its column cut the
    outline in two points each, and every share is a quadrilateral between a corner, two such points and the one
    where the cuts meet. A drop left of the column, or below the row, is cut at its own edge: shares of 0.

    Corners as `_corners` leaves them; rows 8-11 become the shares upper left, upper right, lower right, lower left,
    rows 12, 13 the lattice point; 12 is -_FAR where the drop is not of this kind.
    """
    for k in range(n):
        ax, bx, cx, dx = s[k], s[CHUNK + k], s[2 * CHUNK + k], s[3 * CHUNK + k]
        ay, by, cy, dy = s[4 * CHUNK + k], s[5 * CHUNK + k], s[6 * CHUNK + k], s[7 * CHUNK + k]
        p, q = np.ceil(max(ax, dx)), np.ceil(max(cy, dy))
        left_of, below = p > max(bx, cx), q > max(ay, by)
        top_x, top_y = bx if left_of else p, by if left_of else ay + (by - ay) * ((p - ax) / (bx - ax))
        low_x, low_y = cx if left_of else p, cy if left_of else dy + (cy - dy) * ((p - dx) / (cx - dx))
        left_x, left_y = ax if below else dx + (ax - dx) * ((q - dy) / (ay - dy)), ay if below else q
        right_x, right_y = bx if below else cx + (bx - cx) * ((q - cy) / (by - cy)), by if below else q
        x, y = right_x if left_of else p, top_y if below else q
        upper_left = (x - ax) * (top_y - left_y) + (ay - y) * (top_x - left_x)
        upper_right = (bx - x) * (top_y - right_y) + (by - y) * (right_x - top_x)
        lower_right = (cx - x) * (right_y - low_y) + (y - cy) * (right_x - low_x)
        lower_left = (x - dx) * (left_y - low_y) + (y - dy) * (low_x - left_x)
        scale = 1.0 / (upper_left + upper_right + lower_right + lower_left)
        fits = (
            (abs(p) + abs(q) < _FAR)
            & (left_of | (p <= min(bx, cx)))
            & (below | (q <= min(ay, by)))
            & (min(ax, bx, cx, dx) >= p - 1.0)
            & (max(bx, cx) <= p + 1.0)
            & (min(ay, by, cy, dy) >= q - 1.0)
            & (max(ay, by) <= q + 1.0)
            & (top_y >= y)
            & (y >= low_y)
            & (x >= left_x)
            & (right_x >= x)
            & (abs(scale) < 1e300)
        )
        s[8 * CHUNK + k] = upper_left * scale
        s[9 * CHUNK + k] = upper_right * scale
        s[10 * CHUNK + k] = lower_right * scale
        s[11 * CHUNK + k] = lower_left * scale
        s[12 * CHUNK + k] = p if fits else -_FAR
        s[13 * CHUNK + k] = q


@njit(nogil=True, cache=True, error_model="numpy")
def _share_box(s: Floats, n: int, reach: float, density: float) -> None:
    """What `_share_four` does, for boxes of half width `reach` around the places in rows 0, 1, no wider than a pixel;
    `density` is one over their area."""
    size = 2.0 * reach
    for k in range(n):
        west, south = s[k] + 0.5 - reach, s[CHUNK + k] + 0.5 - reach
        p, q = np.floor(west) + 1.0, np.floor(south) + 1.0
        left, bottom = min(p - west, size), min(q - south, size)
        right, top = max(west + size - p, 0.0), max(south + size - q, 0.0)
        s[8 * CHUNK + k] = left * top * density
        s[9 * CHUNK + k] = right * top * density
        s[10 * CHUNK + k] = right * bottom * density
        s[11 * CHUNK + k] = left * bottom * density
        s[12 * CHUNK + k] = p if abs(p) + abs(q) < _FAR else -2.0 * _FAR
        s[13 * CHUNK + k] = q


@njit(nogil=True, cache=True, error_model="numpy")
def _weigh(
    pixels: Pixels, weights: Pixels, first: int, n: int, gain: np.float32, wscale: np.float32, f: Pixels
) -> None:
    """Weights of the pixels first + k, k < n, of flat arrays into row 0 of `f`, their values into row 1."""
    at = np.uint64(first)
    for k in range(np.uint64(n)):
        f[k] = weights[at + k] * wscale
        f[_ROW + k] = pixels[at + k] * gain


@njit(nogil=True, cache=True, error_model="numpy")
def _place_four(s: Floats, f: Pixels, n: int, tile: Tile, place: Places) -> int:
    """What arrives of the drops of `_share_four` in the pixels lower left, lower right, upper left, upper right:
    weights into rows 2-5 of `f`, weights times values into rows 6-9. Into `place` goes the pixel lower left, or
    what else the drop is; returns how many are listed because the border of the tile cuts them."""
    row0, row1, nx = tile
    for m in range(4):
        share_at = np.uint64((10 + (1 - m if m < 2 else m - 4)) * CHUNK)
        to = np.uint64((2 + m) * CHUNK)
        for k in range(np.uint64(n)):
            share = s[share_at + k]
            a = np.float32(share * f[k]) if share > _TINY else np.float32(0.0)
            f[to + k] = a
            f[to + np.uint64(4) * _ROW + k] = a * f[_ROW + k] if a != np.float32(0.0) else np.float32(0.0)
    listed = 0
    for k in range(n):
        p, q = s[12 * CHUNK + k], s[13 * CHUNK + k]
        inside = (p >= 1.0) & (p < nx) & (q > row0) & (q < row1)
        near = (p >= 0.0) & (p <= nx) & (q >= row0) & (q <= row1)
        kind = (q - 1.0) * nx + (p - 1.0) if inside else (_LISTED if near else _NOTHING)
        kind = _ODD if p == -_FAR else kind
        kind = _NOTHING if f[k] == np.float32(0.0) else kind
        listed += kind == _LISTED
        place[k] = np.int64(kind)
    return listed


@njit(nogil=True, cache=True, error_model="numpy")
def _pack(
    s: Floats, f: Pixels, n: int, p: Floats, tile: Tile, place: Places, nines: Places
) -> tuple[int, int]:
    """Copy the drops of kind _ODD whose window is no larger than 3 x 3 pixels to the scratch `p`: corners, counted
    from the window's own, in rows 0-7, the window's in rows 18, 19, the area in row 20; to rows 10, 11 of `f` their
    weights and values. Larger windows, and those that the border cuts, become _LISTED; row 13 of `s` says where in
    `p` they are, -1: they are not. Returns how many are in `p`, and how many are listed."""
    row0, row1, nx = tile
    count = listed = 0
    for k in range(n):
        if place[k] != _ODD:
            continue
        xa, xb, xc, xd = s[k], s[CHUNK + k], s[2 * CHUNK + k], s[3 * CHUNK + k]
        ya, yb, yc, yd = s[4 * CHUNK + k], s[5 * CHUNK + k], s[6 * CHUNK + k], s[7 * CHUNK + k]
        x0, y0 = np.floor(min(xa, xb, xc, xd)), np.floor(min(ya, yb, yc, yd))
        x1, y1 = max(xa, xb, xc, xd), max(ya, yb, yc, yd)
        area = 0.5 * ((xb - xd) * (ya - yc) - (xa - xc) * (yb - yd))
        if not (x1 > 0.0 and x0 < nx and y1 > row0 and y0 < row1 and abs(area) > 0.0):
            place[k] = _NOTHING
            continue
        s[13 * CHUNK + k] = -1.0
        small = x1 < x0 + 3.0 and y1 < y0 + 3.0
        place[k] = _PACKED - count
        if not (small and x0 >= 0.0 and x0 + 3.0 <= nx and y0 >= row0 and y0 + 3.0 <= row1):
            place[k] = _LISTED
            listed += 1
        if not small:
            continue
        s[13 * CHUNK + k] = count
        p[count], p[CHUNK + count] = xa - x0, xb - x0
        p[2 * CHUNK + count], p[3 * CHUNK + count] = xc - x0, xd - x0
        p[4 * CHUNK + count], p[5 * CHUNK + count] = ya - y0, yb - y0
        p[6 * CHUNK + count], p[7 * CHUNK + count] = yc - y0, yd - y0
        p[18 * CHUNK + count], p[19 * CHUNK + count], p[20 * CHUNK + count] = x0, y0, area
        f[10 * CHUNK + count], f[11 * CHUNK + count] = f[k], f[CHUNK + k]
        nines[count] = int(y0) * nx + int(x0)
        count += 1
    return count, listed


@njit(nogil=True, cache=True, error_model="numpy")
def _share_nine(p: Floats, count: int) -> None:
    """Shares of packed drops in the 3 x 3 pixels of their windows: rows 8-16 of `p` become, row after row of pixels,
    what part of a drop lies there left of x = 1, 2 and 3.

    For each edge, cut to a row of pixels, that is the mean of max(c - x, 0) over it times its height; with u, v =
    c - x at its ends the mean is (max(u, 0) + max(v, 0))^2 / (|u| + |v|) / 2, whatever their signs.
    """
    stop = np.uint64(count)
    for cell in range(8 * CHUNK, 17 * CHUNK):
        p[cell] = 0.0
    for k in range(stop):
        p[_AREA + k] = 0.5 / p[_AREA + k]
    for edge in range(4):
        other = (edge + 1) & 3
        at_x0, at_x1 = np.uint64(edge * CHUNK), np.uint64(other * CHUNK)
        at_y0, at_y1 = np.uint64((4 + edge) * CHUNK), np.uint64((4 + other) * CHUNK)
        for k in range(stop):
            dy = p[at_y1 + k] - p[at_y0 + k]
            p[_SLOPE + k] = (p[at_x1 + k] - p[at_x0 + k]) / dy if abs(dy) > 1e-14 else 0.0
        for row in range(3):
            one = np.uint64((8 + 3 * row) * CHUNK)
            two, three = one + np.uint64(CHUNK), one + np.uint64(2 * CHUNK)
            low, high = float(row), row + 1.0
            for k in range(stop):
                x0, y0, slope = p[at_x0 + k], p[at_y0 + k], p[_SLOPE + k]
                ya, yb = min(max(y0, low), high), min(max(p[at_y1 + k], low), high)
                xa, xb = x0 + (ya - y0) * slope, x0 + (yb - y0) * slope
                height = (yb - ya) * p[_AREA + k]
                left = max(1.0 - xa, 0.0) + max(1.0 - xb, 0.0)
                p[one + k] += height * left * left / (abs(1.0 - xa) + abs(1.0 - xb) + 1e-300)
                left = max(2.0 - xa, 0.0) + max(2.0 - xb, 0.0)
                p[two + k] += height * left * left / (abs(2.0 - xa) + abs(2.0 - xb) + 1e-300)
                p[three + k] += height * (6.0 - xa - xb)


@njit(nogil=True, cache=True, error_model="numpy")
def _arrive_nine(p: Floats, f: Pixels, count: int) -> None:
    """What arrives of packed drops in their windows: rows 8-16 of `p` become the shares of single pixels; weights go
    into rows 12-20 of `f`, weights times values into rows 21-29."""
    stop = np.uint64(count)
    for row in range(3):
        one = np.uint64((8 + 3 * row) * CHUNK)
        for k in range(stop):
            p[one + np.uint64(2) * _ROW + k] -= p[one + _ROW + k]
            p[one + _ROW + k] -= p[one + k]
    for cell in range(9):
        share_at, to = np.uint64((8 + cell) * CHUNK), np.uint64((12 + cell) * CHUNK)
        for k in range(stop):
            share = p[share_at + k]
            a = np.float32(share * f[np.uint64(10) * _ROW + k]) if share > _TINY else np.float32(0.0)
            f[to + k] = a
            value = f[np.uint64(11) * _ROW + k]
            f[to + np.uint64(9) * _ROW + k] = a * value if a != np.float32(0.0) else np.float32(0.0)


@njit(nogil=True, cache=True, error_model="numpy")
def _outline(s: Floats, k: int, c0: int, w0: int, width: int) -> None:
    """Green's theorem pixel by pixel: along each edge of drop `k` gather, from s[WINDOW] on, what summed along each row
    is the signed area of the drop in every pixel of a window of rows of `width` with its corner at (c0, w0)."""
    for edge in range(4):
        other = (edge + 1) & 3
        x0, y0 = s[edge * CHUNK + k] - c0, s[(4 + edge) * CHUNK + k] - w0
        x1, y1 = s[other * CHUNK + k] - c0, s[(4 + other) * CHUNK + k] - w0
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
            at = WINDOW + row * width + col
            if right <= col + 1.0:
                inside = height * (0.5 * (left + right) - col)
                s[at] += height - inside
                s[at + 1] += inside
            else:
                rate = height / (right - left)
                while left < right:
                    stop = min(col + 1.0, right)
                    piece = rate * (stop - left)
                    inside = piece * (0.5 * (left + stop) - col)
                    s[at] += piece - inside
                    s[at + 1] += inside
                    left = stop
                    col += 1
                    at += 1
            xa, ya = xb, yb
            row += 1


@njit(nogil=True, cache=True, error_model="numpy")
def _list_window(s: Floats, k: int, m: int, tile: Tile, shares: Shares) -> int:
    """List the shares of drop k, whatever its size, from place `m` on; returns the next place, -1: there is no room."""
    row0, row1, nx = tile
    at, part = shares[1], shares[2]
    xa, xb, xc, xd = s[k], s[CHUNK + k], s[2 * CHUNK + k], s[3 * CHUNK + k]
    ya, yb, yc, yd = s[4 * CHUNK + k], s[5 * CHUNK + k], s[6 * CHUNK + k], s[7 * CHUNK + k]
    area = 0.5 * ((xb - xd) * (ya - yc) - (xa - xc) * (yb - yd))
    c0, w0 = math.floor(min(xa, xb, xc, xd)), math.floor(min(ya, yb, yc, yd))
    columns, rows = math.floor(max(xa, xb, xc, xd)) - c0 + 1, math.floor(max(ya, yb, yc, yd)) - w0 + 1
    width = columns + 2
    if m + rows * columns > at.size and m > 0:
        return -1
    for cell in range(WINDOW, WINDOW + rows * width):
        s[cell] = 0.0
    _outline(s, k, c0, w0, width)
    for row in range(max(w0, row0), min(w0 + rows, row1)):
        total = 0.0
        for column in range(columns):
            total += s[WINDOW + (row - w0) * width + column]
            share = total / area
            col = c0 + column
            if share > _TINY and col >= 0 and col < nx:
                at[m], part[m] = row * nx + col, share
                m += 1
    return m


@njit(nogil=True, cache=True, error_model="numpy")
def _list_square(s: Floats, p: Floats, k: int, n: int, tile: Tile, place: Places, shares: Shares) -> int:
    """List the shares (output pixel, share) of the drops k, k + 1 ... of kind _LISTED, while there is room, those of
    drop k from start[k] to start[k + 1]; returns the first drop not listed."""
    row0, row1, nx = tile
    start, at, part = shares
    m = 0
    while k < n:
        start[k] = m
        if place[k] != _LISTED:
            k += 1
            continue
        if m + 9 > at.size:
            break
        four, c = s[12 * CHUNK + k] > -_FAR, int(s[13 * CHUNK + k])
        if not four and c < 0:
            more = _list_window(s, k, m, tile, shares)
            if more < 0:
                break
            m = more
            k += 1
            continue
        side = 2 if four else 3
        c0 = int(s[12 * CHUNK + k]) - 1 if four else int(p[18 * CHUNK + c])
        w0 = c - 1 if four else int(p[19 * CHUNK + c])
        for row in range(side):
            for column in range(side):
                # the shares of four go round from the upper left
                cell = (8 + (column if row else 3 - column)) * CHUNK + k
                share = s[cell] if four else p[(8 + 3 * row + column) * CHUNK + c]
                col, line = c0 + column, w0 + row
                if share > _TINY and col >= 0 and col < nx and line >= row0 and line < row1:
                    at[m], part[m] = line * nx + col, share
                    m += 1
        k += 1
    start[k] = m
    return k


@njit(nogil=True, cache=True, error_model="numpy")
def _place_points(s: Floats, f: Pixels, n: int, tile: Tile, place: Places) -> None:
    """Kernel point: everything falls into the nearest pixel; weights into row 2 of `f`, times values into row 6."""
    row0, row1, nx = tile
    for k in range(n):
        x, y = np.floor(s[k] + 0.5), np.floor(s[CHUNK + k] + 0.5)
        inside = (x >= 0.0) & (x < nx) & (y >= row0) & (y < row1) & (f[k] != np.float32(0.0))
        place[k] = np.int64(y * nx + x if inside else -1.0)
        f[2 * CHUNK + k] = f[k]
        f[6 * CHUNK + k] = f[k] * f[CHUNK + k]


@njit(nogil=True, cache=True, error_model="numpy")
def _factor(drop: Drop, distance: float) -> float:
    """What a profile has at a distance along one axis: exp(-b d^2), or the table at a d."""
    if drop[0] == GAUSSIAN:
        return math.exp(-distance * distance * drop[3])
    if drop[0] == TOPHAT:
        return 0.0
    # one entry further than the distance, as drizzlepac looks it up
    i = math.floor(distance * drop[2] + 0.5) + 1
    return np.float64(drop[4][i]) if i < drop[4].size else 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def _list_profile(s: Floats, k: int, n: int, drop: Drop, tile: Tile, shares: Shares) -> int:
    """The list of the kernels that are a profile around the pixel's place, cut to a box of `reach` frame pixels:
    gaussian a * exp(-b r^2); tophat 1 where r^2 <= a; lanczos table[a |dx| + 1] * table[a |dy| + 1]."""
    row0, row1, nx = tile
    start, at, part = shares
    shape, reach, a = drop[:3]
    columns = np.empty(int(2.0 * reach) + 3)
    m = 0
    most = int((2.0 * reach + 2.0) ** 2)
    while k < n and m + most <= at.size:
        start[k] = m
        x, y = s[k], s[CHUNK + k]
        k += 1
        if not (
            y + reach >= row0 - 0.5 and y - reach < row1 - 0.5 and x + reach >= -0.5 and x - reach < nx - 0.5
        ):
            continue
        c0, c1 = max(math.floor(x - reach + 0.5), 0), min(math.floor(x + reach + 0.5), nx - 1)
        w0, w1 = max(math.floor(y - reach + 0.5), row0), min(math.floor(y + reach + 0.5), row1 - 1)
        # a share is a product of one factor of its column and one of its row, but for the disc of tophat
        for col in range(c0, c1 + 1):
            columns[col - c0] = _factor(drop, abs(x - col))
        for row in range(w0, w1 + 1):
            dy = y - row
            factor = _factor(drop, abs(dy))
            for col in range(c0, c1 + 1):
                share = float(np.float32(columns[col - c0] * factor))
                if shape == TOPHAT:
                    share = 1.0 if (x - col) ** 2 + dy * dy <= a else 0.0
                elif shape == GAUSSIAN:
                    share = float(np.float32(a * columns[col - c0] * factor))
                if share != 0.0:
                    at[m], part[m] = row * nx + col, share
                    m += 1
    start[k] = m
    return k


@njit(nogil=True, cache=True, error_model="numpy")
def _fall(
    f: Pixels,
    k0: int,
    k1: int,
    point: bool,
    place: Places,
    nines: Places,
    shares: Shares,
    nx: int,
    flat: Canvas,
) -> None:
    """Let the drops k0 .. k1 - 1 fall, in order, each as what it is."""
    sci, wht, ctx, bit = flat
    start, at, part = shares
    wide, one, zero = np.uint64(nx), np.uint64(1), np.float32(0.0)
    for k in range(np.uint64(k0), np.uint64(k1)):
        kind = place[k]
        here = np.uint64(kind)
        if kind >= 0 and point:
            sci[here] += f[np.uint64(6) * _ROW + k]
            wht[here] += f[np.uint64(2) * _ROW + k]
            if bit != 0:
                ctx[here] |= bit if f[np.uint64(2) * _ROW + k] > zero else np.int32(0)
        elif kind >= 0:
            over = here + wide
            sci[here] += f[np.uint64(6) * _ROW + k]
            sci[here + one] += f[np.uint64(7) * _ROW + k]
            sci[over] += f[np.uint64(8) * _ROW + k]
            sci[over + one] += f[np.uint64(9) * _ROW + k]
            wht[here] += f[np.uint64(2) * _ROW + k]
            wht[here + one] += f[np.uint64(3) * _ROW + k]
            wht[over] += f[np.uint64(4) * _ROW + k]
            wht[over + one] += f[np.uint64(5) * _ROW + k]
            if bit != 0:
                ctx[here] |= bit if f[np.uint64(2) * _ROW + k] > zero else np.int32(0)
                ctx[here + one] |= bit if f[np.uint64(3) * _ROW + k] > zero else np.int32(0)
                ctx[over] |= bit if f[np.uint64(4) * _ROW + k] > zero else np.int32(0)
                ctx[over + one] |= bit if f[np.uint64(5) * _ROW + k] > zero else np.int32(0)
        elif kind <= _PACKED:
            drop = np.uint64(_PACKED - kind)
            here = np.uint64(nines[drop])
            for row in range(3):
                for column in range(3):
                    to = here + np.uint64(column)
                    a = f[np.uint64(12 + 3 * row + column) * _ROW + drop]
                    sci[to] += f[np.uint64(21 + 3 * row + column) * _ROW + drop]
                    wht[to] += a
                    if bit != 0:
                        ctx[to] |= bit if a > zero else np.int32(0)
                here += wide
        elif kind == _LISTED:
            for m in range(start[k], start[k + np.uint64(1)]):
                to, a = np.uint64(at[m]), np.float32(part[m] * f[k])
                if a == zero:
                    continue
                sci[to] += a * f[_ROW + k]
                wht[to] += a
                if bit != 0 and a > zero:
                    ctx[to] |= bit


@njit(nogil=True, cache=True, error_model="numpy")
def drizzle_tile(
    grid: Grid,
    blocks: tuple[Floats, Floats, int],
    turn: int,
    room: int,
    drop: Drop,
    chip: tuple[Pixels, Pixels, np.float32, np.float32],
    row0: int,
    row1: int,
    canvas: Canvas,
) -> None:
    """Drop the pixels of a chip on the rows [row0, row1) of the frame.

    grid        gx, gy, step: frame position (0-based) of the nodes of the coordinate grid, float64 (ny, nx); node
                (j, i) lies at the chip's FITS pixel (i * step, j * step), positions between are bilinear
    blocks      lo, hi, block: bounds in frame rows of every block of block x block pixels (`core.kernels.grid`)
    turn, room  how the chip is turned (see `_corners`); most pixels that the window around a drop can have
    drop        kernel, reach in frame pixels, a, b, table. SQUARE: the pixel shrunk to pixfrac, carried over with its
                corners, a = pixfrac / 2; TURBO: a box, a = 1 / its area; POINT; others: see `_list_profile`
    chip        data, weight (float32, rows x columns), gain, wscale: `gain` turns data into output units, `wscale`
                multiplies the weights; pixels of weight 0 do not exist for the drizzle
    canvas      sci, wht, ctx, bit: sums of weight times value and of weight (float32, the frame; `settle` makes
                means of them); `bit` is set in `ctx` (int32) where weight arrives, 0: `ctx` is not touched
    """
    lo, hi, block = blocks
    kernel, reach, a = drop[:3]
    data, weight, gain, wscale = chip
    ny, nx = data.shape
    tile = (row0, row1, canvas[0].shape[1])
    flat = (canvas[0].reshape(-1), canvas[1].reshape(-1), canvas[2].reshape(-1), canvas[3])
    pixels, weights = data.reshape(-1), weight.reshape(-1)
    outlined = kernel == SQUARE or (kernel == TURBO and reach > 0.5)
    s, p, f = np.empty(WINDOW + room), np.empty(21 * CHUNK), np.empty(30 * CHUNK, np.float32)
    place, nines = np.empty(CHUNK, np.int64), np.empty(CHUNK, np.int64)
    size = max(room, 16 * CHUNK)
    shares = (np.zeros(CHUNK + 1, np.int64), np.empty(size, np.int64), np.empty(size))
    # chunks begin at fixed columns, so that every tile adds in the same order
    width = max((CHUNK - 1) // block * block, min(block, CHUNK - 1))
    for bj in range(lo.shape[0]):
        first, last = _span(lo, hi, bj, row0 - 0.5 - reach, row1 - 0.5 + reach)
        x_first, x_stop = max(first * block, 1), min(last * block, nx + 1)
        for chunk in range(x_first // width * width, x_stop, width):
            x = max(chunk, x_first)
            n = min(chunk + width, x_stop) - x
            y_first = max(bj * block, 1)
            for y in range(y_first, min((bj + 1) * block, ny + 1)):
                _weigh(pixels, weights, (y - 1) * nx + x - 1, n, gain, wscale, f)
                listed = 0
                if kernel == SQUARE:
                    _lines(grid, float(x), float(y), a, n, y > y_first, s)
                    _corners(n, turn, s)
                else:
                    _map_row(grid, float(x), float(y), n, 0.0, s, 0, CHUNK)
                if outlined:
                    if kernel == TURBO:
                        _boxes(n, reach, s)
                    _share_four(s, n)
                    listed = _place_four(s, f, n, tile, place)
                    count, more = _pack(s, f, n, p, tile, place, nines)
                    listed += more
                    _share_nine(p, count)
                    _arrive_nine(p, f, count)
                elif kernel == TURBO:
                    _share_box(s, n, reach, a)
                    listed = _place_four(s, f, n, tile, place)
                elif kernel == POINT:
                    _place_points(s, f, n, tile, place)
                else:
                    listed = n
                    place[:n] = _LISTED
                k, stop = 0, n
                while k < n:
                    if kernel >= GAUSSIAN:
                        stop = _list_profile(s, k, n, drop, tile, shares)
                    elif listed > 0:
                        stop = _list_square(s, p, k, n, tile, place, shares)
                    _fall(f, k, stop, kernel == POINT, place, nines, shares, tile[2], flat)
                    k = stop


@njit(nogil=True, cache=True, error_model="numpy")
def settle(sci: Pixels, wht: Pixels, fill: np.float32) -> None:
    """Turn sums into weighted means (Fruchter & Hook 2002, eq. 5), `fill` where there is no weight; in place."""
    for row in range(sci.shape[0]):
        for col in range(sci.shape[1]):
            w = wht[row, col]
            sci[row, col] = sci[row, col] / w if w != np.float32(0.0) else fill
