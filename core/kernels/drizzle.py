"""The drizzle: flux of chip pixels dropped onto an output frame (Fruchter & Hook 2002, PASP 114, 144, eqs. 3-5).

One call of `drizzle_tile` works on one tile, the output rows [row0, row1), and reads those chip pixels that can reach
it, in the order of the chip. Tiles write disjoint rows, so any number of threads gives the same bits.

Up to CHUNK pixels of a chip row go together through four stages: their places on the frame, the shares that
output pixels have in each drop, the odd ones among them as a list of (output pixel, share), and the sums. The
inner loops are without calls: numba counts references to arrays at every call, which costs more than the
arithmetic.
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


CHUNK = 256
WINDOW = 14 * CHUNK
_AREA = np.uint64(20 * CHUNK)
_FAR = 1e9  # frame pixels, further than any frame goes
_TINY = 1e-12  # smaller overlaps (fraction of a drop) are rounding, not area

SQUARE, TURBO, POINT, GAUSSIAN, LANCZOS, TOPHAT = 0, 1, 2, 3, 4, 5


@njit(nogil=True, cache=True, error_model="numpy")
def _map_row(
    grid: Grid, x: float, y: float, count: int, shift: float, out: Floats, at_x: int, at_y: int
) -> None:
    """Frame positions, plus `shift`, of the chip's FITS pixels (x + k, y), k < count, to out[at_x + k], out[at_y + k].

    Along a row the bilinear grid is linear within a cell, so a cell costs one multiplication a point.
    """
    gx, gy, step = grid
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
        ax += sx * (here - i * step) + shift
        ay += sy * (here - i * step) + shift
        to_x, to_y = np.uint64(at_x + k), np.uint64(at_y + k)
        for m in range(np.uint64(n)):
            out[to_x + m] = ax + sx * m
            out[to_y + m] = ay + sy * m
        k += n


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
def _share_four(s: Floats, n: int) -> None:
    """Shares of drops that cover the four pixels around one lattice point: the outline then crosses each of the four
    half lines from that point once and every share is a quadrilateral with a corner there; nothing is clipped.

    s: scratch of rows of CHUNK; rows 0-3 x and 4-7 y of the corners upper left, upper right, lower right, lower left
    (frame pixel edges at integers); rows 8-11 become the shares of the four pixels, rows 12, 13 the lattice
    point, 12 is -_FAR where the drop is not of this kind.
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
            (abs(p) + abs(q) < _FAR)
            & (p <= min(bx, cx))
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
        s[12 * CHUNK + k] = p if fits else -_FAR
        s[13 * CHUNK + k] = q


@njit(nogil=True, cache=True, error_model="numpy")
def _pack(s: Floats, n: int, p: Floats) -> int:
    """Copy the drops that `_share_four` did not take and whose window is no larger than 3 x 3 pixels to the scratch
    `p`: corners, counted from the window's own, in rows 0-7, the window's in rows 18, 19, the area in row 20. Their
    place in `p` goes to row 13 of `s`, -1 for larger windows. Returns how many they are."""
    count = 0
    for k in range(n):
        if s[12 * CHUNK + k] > -_FAR:
            continue
        s[13 * CHUNK + k] = -1.0
        xa, xb, xc, xd = s[k], s[CHUNK + k], s[2 * CHUNK + k], s[3 * CHUNK + k]
        ya, yb, yc, yd = s[4 * CHUNK + k], s[5 * CHUNK + k], s[6 * CHUNK + k], s[7 * CHUNK + k]
        x0, y0 = np.floor(min(xa, xb, xc, xd)), np.floor(min(ya, yb, yc, yd))
        area = 0.5 * ((xb - xd) * (ya - yc) - (xa - xc) * (yb - yd))
        far = not (abs(x0) + abs(y0) < _FAR and abs(area) > 0.0)
        if far or max(xa, xb, xc, xd) >= x0 + 3.0 or max(ya, yb, yc, yd) >= y0 + 3.0:
            continue
        p[count], p[CHUNK + count], p[2 * CHUNK + count], p[3 * CHUNK + count] = (
            xa - x0,
            xb - x0,
            xc - x0,
            xd - x0,
        )
        p[4 * CHUNK + count], p[5 * CHUNK + count] = ya - y0, yb - y0
        p[6 * CHUNK + count], p[7 * CHUNK + count] = yc - y0, yd - y0
        p[18 * CHUNK + count], p[19 * CHUNK + count], p[20 * CHUNK + count] = x0, y0, area
        s[13 * CHUNK + k] = count
        count += 1
    return count


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
    for edge in range(4):
        other = (edge + 1) & 3
        at_x0, at_x1 = np.uint64(edge * CHUNK), np.uint64(other * CHUNK)
        at_y0, at_y1 = np.uint64((4 + edge) * CHUNK), np.uint64((4 + other) * CHUNK)
        for row in range(3):
            one = np.uint64((8 + 3 * row) * CHUNK)
            two, three = one + np.uint64(CHUNK), one + np.uint64(2 * CHUNK)
            low, high = float(row), row + 1.0
            for k in range(stop):
                x0, y0 = p[at_x0 + k], p[at_y0 + k]
                dx, dy = p[at_x1 + k] - x0, p[at_y1 + k] - y0
                ya, yb = min(max(y0, low), high), min(max(y0 + dy, low), high)
                slope = dx / dy if abs(dy) > 1e-14 else 0.0
                xa, xb = x0 + (ya - y0) * slope, x0 + (yb - y0) * slope
                height = 0.5 * (yb - ya) / p[_AREA + k]
                left = max(1.0 - xa, 0.0) + max(1.0 - xb, 0.0)
                p[one + k] += height * left * left / (abs(1.0 - xa) + abs(1.0 - xb) + 1e-300)
                left = max(2.0 - xa, 0.0) + max(2.0 - xb, 0.0)
                p[two + k] += height * left * left / (abs(2.0 - xa) + abs(2.0 - xb) + 1e-300)
                p[three + k] += height * (6.0 - xa - xb)


@njit(nogil=True, cache=True, error_model="numpy")
def _share_box(s: Floats, n: int, reach: float, density: float) -> None:
    """What `_share_four` does, for the boxes of kernel turbo around the places in rows 0, 1, no wider than a pixel."""
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
        s[12 * CHUNK + k] = p if abs(p) + abs(q) < _FAR else -_FAR
        s[13 * CHUNK + k] = q


@njit(nogil=True, cache=True, error_model="numpy")
def _corners(grid: Grid, x: float, y: float, half: float, n: int, turn: int, s: Floats) -> None:
    """Corners of the drops of the FITS pixels (x + k, y), k < n < CHUNK, into rows 0-7 of the scratch, pixel edges at
    integers.

    `turn` (0-7) says which corner lies upper left on the frame: bit 0 mirrors x, bit 1 mirrors y, bit 2 swaps the axes.
    Whole pixels (half = 0.5) share corners with their neighbours.
    """
    shared = half == 0.5
    for end in range(2):  # the left corners of the chip's pixels, then the right ones
        for corner in range(4):
            # 0 upper left, 1 upper right, 2 lower right, 3 lower left, as seen on the frame
            to_right = (corner == 1 or corner == 2) != ((turn & 1) == 1)
            to_top = (corner < 2) != ((turn & 2) == 2)
            if turn & 4:
                to_right, to_top = to_top, to_right
            if to_right != (end == 1):
                continue
            if shared and end == 1:
                mate = 3 - corner if turn & 4 else corner ^ 1
                for k in range(n):
                    s[corner * CHUNK + k] = s[mate * CHUNK + k + 1]
                    s[(4 + corner) * CHUNK + k] = s[(4 + mate) * CHUNK + k + 1]
                continue
            px, py = (x + half if to_right else x - half), (y + half if to_top else y - half)
            _map_row(grid, px, py, n + 1 if shared else n, 0.5, s, corner * CHUNK, (4 + corner) * CHUNK)


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
def _list_square(s: Floats, p: Floats, k: int, n: int, tile: Tile, shares: Shares) -> int:
    """List the shares (output pixel, share) of the drops k, k + 1 ... of the scratch that `_share_four` did not take,
    while there is room, those of drop k from start[k] to start[k + 1]; returns the first drop not listed."""
    row0, row1, nx = tile
    start, at, part = shares
    m = 0
    while k < n:
        start[k] = m
        k += 1
        if s[12 * CHUNK + k - 1] > -_FAR:
            continue
        if s[13 * CHUNK + k - 1] >= 0.0:
            if m + 9 > at.size:
                k -= 1
                break
            c = int(s[13 * CHUNK + k - 1])
            c0, w0 = int(p[18 * CHUNK + c]), int(p[19 * CHUNK + c])
            for row in range(3):
                before = 0.0
                for column in range(3):
                    upto = p[(8 + 3 * row + column) * CHUNK + c]
                    share, before = upto - before, upto
                    col = c0 + column
                    if share > _TINY and col >= 0 and col < nx and w0 + row >= row0 and w0 + row < row1:
                        at[m], part[m] = (w0 + row) * nx + col, share
                        m += 1
            continue
        xa, xb, xc, xd = s[k - 1], s[CHUNK + k - 1], s[2 * CHUNK + k - 1], s[3 * CHUNK + k - 1]
        ya, yb, yc, yd = (
            s[4 * CHUNK + k - 1],
            s[5 * CHUNK + k - 1],
            s[6 * CHUNK + k - 1],
            s[7 * CHUNK + k - 1],
        )
        x_low, x_high = min(xa, xb, xc, xd), max(xa, xb, xc, xd)
        y_low, y_high = min(ya, yb, yc, yd), max(ya, yb, yc, yd)
        area = 0.5 * ((xb - xd) * (ya - yc) - (xa - xc) * (yb - yd))
        if not (x_high > 0.0 and x_low < nx and y_high > row0 and y_low < row1 and abs(area) > 0.0):
            continue
        c0, w0 = math.floor(x_low), math.floor(y_low)
        columns, rows = math.floor(x_high) - c0 + 1, math.floor(y_high) - w0 + 1
        width = columns + 2
        if m + rows * columns > at.size and m > 0:
            k -= 1
            break
        for cell in range(WINDOW, WINDOW + rows * width):
            s[cell] = 0.0
        _outline(s, k - 1, c0, w0, width)
        for row in range(max(w0, row0), min(w0 + rows, row1)):
            total = 0.0
            for column in range(columns):
                total += s[WINDOW + (row - w0) * width + column]
                share = total / area
                col = c0 + column
                if share > _TINY and col >= 0 and col < nx:
                    at[m], part[m] = row * nx + col, share
                    m += 1
    start[k] = m
    return k


@njit(nogil=True, cache=True, error_model="numpy")
def _list_box(s: Floats, k: int, n: int, reach: float, density: float, tile: Tile, shares: Shares) -> int:
    """The list of kernel turbo: boxes of half width `reach` parallel to the frame; `density` is one over their area."""
    row0, row1, nx = tile
    start, at, part = shares
    m = 0
    most = int((2.0 * reach + 2.0) ** 2)
    while k < n and m + most <= at.size:
        start[k] = m
        west, east = s[k] - reach, s[k] + reach
        south, north = s[CHUNK + k] - reach, s[CHUNK + k] + reach
        k += 1
        if not (north > row0 - 0.5 and south < row1 - 0.5 and east > -0.5 and west < nx - 0.5):
            continue
        c0, c1 = max(math.floor(west + 0.5), 0), min(math.floor(east + 0.5), nx - 1)
        w0, w1 = max(math.floor(south + 0.5), row0), min(math.floor(north + 0.5), row1 - 1)
        for row in range(w0, w1 + 1):
            high = min(north, row + 0.5) - max(south, row - 0.5)
            for col in range(c0, c1 + 1):
                wide = min(east, col + 0.5) - max(west, col - 0.5)
                if wide > 0.0 and high > 0.0:
                    at[m], part[m] = row * nx + col, wide * high * density
                    m += 1
    start[k] = m
    return k


@njit(nogil=True, cache=True, error_model="numpy")
def _list_point(s: Floats, n: int, tile: Tile, shares: Shares) -> int:
    """The list of kernel point: everything falls into the nearest pixel."""
    row0, row1, nx = tile
    start, at, part = shares
    m = 0
    for k in range(n):
        start[k] = m
        x, y = s[k] + 0.5, s[CHUNK + k] + 0.5
        if x >= 0.0 and x < nx and y >= row0 and y < row1:
            at[m], part[m] = int(y) * nx + int(x), 1.0
            m += 1
    start[n] = m
    return n


@njit(nogil=True, cache=True, error_model="numpy")
def _list_profile(s: Floats, k: int, n: int, drop: Drop, tile: Tile, shares: Shares) -> int:
    """The list of the kernels that are a profile around the pixel's place, cut to a box of `reach` frame pixels:
    gaussian a * exp(-b r^2); tophat 1 where r^2 <= a; lanczos table[a |dx| + 1] * table[a |dy| + 1]."""
    row0, row1, nx = tile
    start, at, part = shares
    shape, reach, a, b, table = drop
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
        for row in range(w0, w1 + 1):
            dy = y - row
            for col in range(c0, c1 + 1):
                dx = x - col
                share = 0.0
                if shape == GAUSSIAN:
                    share = np.float64(np.float32(a * math.exp(-(dx * dx + dy * dy) * b)))
                elif shape == TOPHAT:
                    share = 1.0 if dx * dx + dy * dy <= a else 0.0
                else:
                    # one entry further than the distance, as drizzlepac looks it up
                    i, j = math.floor(abs(dx) * a + 0.5) + 1, math.floor(abs(dy) * a + 0.5) + 1
                    if i < table.size and j < table.size:
                        share = np.float64(table[i] * table[j])
                if share != 0.0:
                    at[m], part[m] = row * nx + col, share
                    m += 1
    start[k] = m
    return k


@njit(nogil=True, cache=True, error_model="numpy")
def _fall(
    s: Floats,
    k0: int,
    k1: int,
    shares: Shares,
    pixels: Pixels,
    weights: Pixels,
    gain: np.float32,
    wscale: np.float32,
    tile: Tile,
    canvas: Canvas,
) -> None:
    """Let the drops k0 .. k1 - 1 fall, in order, those with a lattice point by their four shares, the others as listed;
    drops without weight do not fall."""
    row0, row1, nx = tile
    start, at, part = shares
    sci, wht, ctx, bit = canvas
    for k in range(k0, k1):
        w = weights[k] * wscale
        if w == np.float32(0.0):
            continue
        value = pixels[k] * gain
        four = s[12 * CHUNK + k] > -_FAR
        first, stop = (0, 4) if four else (start[k], start[k + 1])
        right, upper = int(s[12 * CHUNK + k]), int(s[13 * CHUNK + k])
        for m in range(first, stop):
            if four:
                col, row = right - 1 + ((m ^ (m >> 1)) & 1), upper - (m >> 1)
                share = s[(8 + m) * CHUNK + k]
                if not (share > _TINY and col >= 0 and col < nx and row >= row0 and row < row1):
                    continue
                place = np.uint64(row * nx + col)
            else:
                place, share = np.uint64(at[m]), part[m]
            arriving = np.float32(share * w)
            if arriving == np.float32(0.0):
                continue
            sci[place] += arriving * value
            wht[place] += arriving
            if bit != 0 and arriving > np.float32(0.0):
                ctx[place] |= bit


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
    small_box = kernel == TURBO and reach <= 0.5
    s, p = np.empty(WINDOW + room), np.empty(21 * CHUNK)
    size = max(room, 16 * CHUNK)
    shares = (np.zeros(CHUNK + 1, np.int64), np.empty(size, np.int64), np.empty(size))
    for bj in range(lo.shape[0]):
        first, last = _span(lo, hi, bj, row0 - 0.5 - reach, row1 - 0.5 + reach)
        x_first, x_stop = max(first * block, 1), min(last * block, nx + 1)
        for y in range(max(bj * block, 1), min((bj + 1) * block, ny + 1)):
            for x in range(x_first, x_stop, CHUNK - 1):
                n = min(CHUNK - 1, x_stop - x)
                if kernel == SQUARE:
                    _corners(grid, float(x), float(y), a, n, turn, s)
                    _share_four(s, n)
                    _share_nine(p, _pack(s, n, p))
                else:
                    _map_row(grid, float(x), float(y), n, 0.0, s, 0, CHUNK)
                    s[12 * CHUNK : 13 * CHUNK] = -_FAR
                if small_box:
                    _share_box(s, n, reach, a)
                pixels, weights = data[y - 1, x - 1 : x - 1 + n], weight[y - 1, x - 1 : x - 1 + n]
                k, stop = 0, n
                while k < n:
                    if kernel == SQUARE:
                        stop = _list_square(s, p, k, n, tile, shares)
                    elif kernel == TURBO and not small_box:
                        stop = _list_box(s, k, n, reach, a, tile, shares)
                    elif kernel == POINT:
                        stop = _list_point(s, n, tile, shares)
                    elif kernel != TURBO:
                        stop = _list_profile(s, k, n, drop, tile, shares)
                    _fall(s, k, stop, shares, pixels, weights, gain, wscale, tile, flat)
                    k = stop


@njit(nogil=True, cache=True, error_model="numpy")
def settle(sci: Pixels, wht: Pixels, fill: np.float32) -> None:
    """Turn sums into weighted means (Fruchter & Hook 2002, eq. 5), `fill` where there is no weight; in place."""
    for row in range(sci.shape[0]):
        for col in range(sci.shape[1]):
            w = wht[row, col]
            sci[row, col] = sci[row, col] / w if w != np.float32(0.0) else fill
