"""The drizzle: flux of chip pixels dropped onto an output frame (Fruchter & Hook 2002, PASP 114, 144, eqs. 3-5); here
the kernel square, for the others see `core.kernels.profiles`.

A call works on one tile of the frame and reads those chip pixels that can reach it, in an order that is the same for
every tile. What falls is summed in a scratch with a margin around the tile, so that no drop need be cut, and then added
to the frame (`core.kernels.tilesums`). Tiles write disjoint rows, so any number of threads gives the same bits.

Up to MOST pixels of a chip row go together through the stages: the corners of their drops on the frame, the windows of
output pixels around them, the shares that these have in each drop, the weights that arrive, and the sums. All but
the last are loops over the pixels that the processor's vectors take; the last adds without asking questions: drops
that miss the tile go to a corner of the margin. There are three ways to the shares. Upright drops lie in four pixels
around a lattice point, most of them; those that stand on a corner are integrated along their edges, which costs one
division a drop; the rest row by row of pixels, with a division for every edge, row and column. Rare drops too large or
too odd for their window are outlined pixel by pixel.

No function here counts references to its arrays (_nrt=False): that would cost more than the arithmetic.
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
Scratch = tuple[Floats, Floats, Floats, Floats, Pixels, Pixels, Pixels, Places, Places]
Chip = tuple[Pixels, Pixels, np.float32, np.float32]
Layout = tuple[int, int, float]

CHUNK = 168  # one more than MOST, and a whole number of vectors
MOST = 160  # pixels of a chip row that go together
WIDEST = 6  # frame pixels, the edge of the largest window whose shares are made side by side
_ROW = np.uint64(CHUNK)
_U1, _U2, _U3, _U4, _U5 = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4), np.uint64(5)
_U6, _U7, _U8 = np.uint64(6), np.uint64(7), np.uint64(8)
_U9, _U10, _U11 = np.uint64(9), np.uint64(10), np.uint64(11)
# rows of the scratch `s`: 0-3 x of the corners, 4-7 y; one over the area, 0: drop does not fit; the window; slopes
_SCALE, _LEFT, _LOW, _SLOPE = (
    np.uint64(8 * CHUNK),
    np.uint64(9 * CHUNK),
    np.uint64(10 * CHUNK),
    np.uint64(11 * CHUNK),
)
_FAR = 1e9  # frame pixels, further than any frame goes
_TINY = 1e-12  # smaller overlaps (fraction of a drop) are rounding, not area
_SPECK = 1e-80  # keeps 0 / 0 away

ANYHOW, ON_CORNER, LEFT_LOWEST = 8, 16, 32  # bits of `turn`


@intrinsic
def _add_pair(context: Any, sums: Any, to: Any, pairs: Any, at: Any) -> tuple[Any, Any]:
    """sums[to] += pairs[at], sums[to + 1] += pairs[at + 1], of flat float32 arrays and uint64 places, as one vector:
    numba lets LLVM make vectors of long loops only."""

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        two = ir.VectorType(ir.FloatType(), 2).as_pointer()
        spots = []
        for n in (0, 2):
            data = context.make_array(signature.args[n])(context, builder, values[n]).data
            spots.append(builder.bitcast(builder.gep(data, [values[n + 1]]), two))
        more = [builder.load(spot, align=4) for spot in spots]
        builder.store(builder.fadd(*more), spots[0], align=4)
        return context.get_dummy_value()

    return types.void(sums, to, pairs, at), emit


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _node_line(grid: Grid, j: int, x: int, offset: float, n: int, shift: float, out: Floats, to: int) -> None:
    """Row j of nodes, between its nodes: frame positions plus `shift` of the FITS columns x + k + offset, k < n, x to
    out[to + k], y a row of the scratch further. A column has the same bits whatever x the line begins with."""
    gx, gy, step = grid
    inverse = 1.0 / step
    i = math.floor((x + offset) / step)
    k = 0
    while k < n:
        past = x + k - i * step
        m = min(math.ceil(step - (past + offset)), n - k)
        at_x, at_y = np.uint64(to + k), np.uint64(to + k + CHUNK)
        ax, ay = gx[j, i] + shift, gy[j, i] + shift
        sx, sy = (gx[j, i + 1] - gx[j, i]) * inverse, (gy[j, i + 1] - gy[j, i]) * inverse
        for step_on in range(np.uint64(m)):
            along = (past + step_on) + offset
            out[at_x + step_on] = ax + sx * along
            out[at_y + step_on] = ay + sy * along
        k += m
        i += 1


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _nodes(
    grid: Grid, y: float, x: int, half: float, n: int, have: Places, lines: Floats
) -> tuple[int, int, float]:
    """See that `lines` has the node rows around the FITS row y; where they begin in it, and how far between them y is.

    Three node rows are kept, each as the lines of the left and of the right edges of the pixels x + k, k < n (whole
    pixels, half = 0.5: of one edge more, and no others); half = 0: of the centres. `have` says which.
    """
    step = grid[2]
    j = math.floor(y / step)
    shift = 0.5 if half > 0.0 else 0.0
    for row in range(j, j + 2):
        slot = row % 3
        if have[slot] != row:
            have[slot] = row
            to = 4 * slot * CHUNK
            _node_line(grid, row, x, -half, n + 1 if half == 0.5 else n, shift, lines, to)
            if half != 0.5 and half > 0.0:
                _node_line(grid, row, x, half, n, shift, lines, to + 2 * CHUNK)
    return 4 * (j % 3) * CHUNK, 4 * ((j + 1) % 3) * CHUNK, y / step - j


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _between(lines: Floats, one: int, two: int, t: float, n: int, to: int, s: Floats) -> None:
    """Places between two node rows to row `to` of the scratch, and what is a row further in `lines` to `to` + 4."""
    a, b, at, stop = np.uint64(one), np.uint64(two), np.uint64(to * CHUNK), np.uint64(n)
    for k in range(stop):
        s[at + k] = lines[a + k] + (lines[b + k] - lines[a + k]) * t
    a, b, at = a + _ROW, b + _ROW, at + _U4 * _ROW
    for k in range(stop):
        s[at + k] = lines[a + k] + (lines[b + k] - lines[a + k]) * t


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _corners(
    grid: Grid, x: int, y: int, half: float, n: int, turn: int, have: Places, lines: Floats, s: Floats
) -> None:
    """Frame places, pixel edges at integers, of the corners of the drops of the FITS pixels (x + k, y), k < n < CHUNK:
    x into rows 0-3 of the scratch, y into rows 4-7, in the order upper left, upper right, lower right, lower left
    as seen on the frame.

    `turn` says how the chip lies there: bit 0 mirrors frame x, bit 1 frame y, bit 2: its rows go up or down.
    """
    for upper in range(2):
        one, two, t = _nodes(grid, y + half if upper else y - half, x, half, n, have, lines)
        for right in range(2):
            along, up = (upper, right) if turn & 4 else (right, upper)
            to_right, to_top = along ^ (turn & 1), up ^ (turn >> 1 & 1)
            corner = to_right if to_top else 3 - to_right
            corner = (corner - (1 if turn & LEFT_LOWEST else 0)) & 3
            skip = right if half == 0.5 else 2 * CHUNK * right
            _between(lines, one + skip, two + skip, t, n, corner, s)


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _whole(count: int) -> int:
    """The count of pixels, at most MOST, made a number of whole rounds."""
    return min((count + 7) // 8 * 8, MOST)


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _trim(s: Floats, n: int, tile: Tile) -> tuple[int, int]:
    """The part [k0, k1) of a chunk of corners that is left when those at the ends that miss the tile's rows are off."""
    low, high = float(tile[0]), float(tile[1])
    at_b, at_c, at_d = _U5 * _ROW, _U6 * _ROW, _U7 * _ROW
    first, stop = np.uint64(0), np.uint64(n)
    while first < stop:
        a, b, c, d = s[_U4 * _ROW + first], s[at_b + first], s[at_c + first], s[at_d + first]
        if max(a, b, c, d) > low and min(a, b, c, d) < high:
            break
        first += _U1
    while first < stop:
        k = stop - _U1
        a, b, c, d = s[_U4 * _ROW + k], s[at_b + k], s[at_c + k], s[at_d + k]
        if max(a, b, c, d) > low and min(a, b, c, d) < high:
            break
        stop = k
    if first == stop:
        return 0, 0
    # whole rounds of the loops, for what is left over of one costs more than a round
    length = _whole(int(stop) - int(first & ~np.uint64(7)))
    k0 = min(int(first & ~np.uint64(7)), MOST - length)
    return k0, k0 + length


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _weigh(chip: Chip, first: int, n: int, f: Pixels) -> None:
    """Weights of the pixels first + k, k < n, of the flat chip into row 0 of `f`, their values into row 1: 0 where the
    weight is, so that nothing of a bad pixel gets out, and after the last."""
    data, weight, gain, wscale = chip
    pixels, weights, at = data.reshape(-1), weight.reshape(-1), np.uint64(first)
    for k in range(np.uint64(n)):
        w = weights[at + k] * wscale
        f[k] = w
        f[_ROW + k] = pixels[at + k] * gain if w != np.float32(0.0) else np.float32(0.0)
    for k in range(np.uint64(n), np.uint64(MOST)):
        f[k] = np.float32(0.0)
        f[_ROW + k] = np.float32(0.0)


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _share_four(s: Floats, acc: Floats, k0: int, k1: int) -> None:
    """Shares of drops that lie in the four pixels around one lattice point (p, q): its row and its column cut the
    outline in two points each, and every share is a quadrilateral between a corner, two such points and the one
    where the cuts meet. A drop left of the column, or below the row, is cut at its own edge: shares of 0.

    Corners as `_corners` leaves them. Windows and sums of shares as `_windows` and `_share_window` make them; where
    the drop is not of this kind _SCALE is 0.
    """
    for k in range(np.uint64(k0), np.uint64(k1)):
        ax, bx, cx, dx = s[k], s[_ROW + k], s[_U2 * _ROW + k], s[_U3 * _ROW + k]
        ay, by = s[_U4 * _ROW + k], s[_U5 * _ROW + k]
        cy, dy = s[_U6 * _ROW + k], s[_U7 * _ROW + k]
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
        acc[k] = lower_left
        acc[_ROW + k] = lower_left + lower_right
        acc[_U2 * _ROW + k] = upper_left
        acc[_U3 * _ROW + k] = upper_left + upper_right
        s[_SCALE + k] = scale if fits else 0.0
        s[_LEFT + k] = p - 1.0
        s[_LOW + k] = q - 1.0


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _windows(s: Floats, side: int, k0: int, k1: int) -> None:
    """The windows of `side` x `side` pixels around drops of any orientation: _LEFT and _LOW are their first column and
    row, the corners become relative to those, _SCALE half of one over the area; 0 where the drop does not fit."""
    wide = float(side)
    for k in range(np.uint64(k0), np.uint64(k1)):
        ax, bx, cx, dx = s[k], s[_ROW + k], s[_U2 * _ROW + k], s[_U3 * _ROW + k]
        ay, by = s[_U4 * _ROW + k], s[_U5 * _ROW + k]
        cy, dy = s[_U6 * _ROW + k], s[_U7 * _ROW + k]
        left, low = np.floor(min(ax, bx, cx, dx)), np.floor(min(ay, by, cy, dy))
        area = (bx - dx) * (ay - cy) - (ax - cx) * (by - dy)
        fits = (max(ax, bx, cx, dx) < left + wide) & (max(ay, by, cy, dy) < low + wide)
        fits &= (abs(left) + abs(low) < _FAR) & (abs(area) > 1e-300)
        s[_SCALE + k] = 1.0 / area if fits else 0.0
        s[_LEFT + k] = left
        s[_LOW + k] = low
        s[k] = ax - left
        s[_ROW + k] = bx - left
        s[_U2 * _ROW + k] = cx - left
        s[_U3 * _ROW + k] = dx - left
        s[_U4 * _ROW + k] = ay - low
        s[_U5 * _ROW + k] = by - low
        s[_U6 * _ROW + k] = cy - low
        s[_U7 * _ROW + k] = dy - low


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _share_window(s: Floats, acc: Floats, side: int, k0: int, k1: int) -> None:
    """Sums of shares, times one over _SCALE: what part of a drop lies in each row of its window left of x = 1, 2 ...
    `side`; one after the other in the rows of `acc`.

    For each edge, cut to a row of pixels, that is the mean of max(c - x, 0) over it times its height; with u, v =
    c - x at its ends twice the mean is (max(u, 0) + max(v, 0))^2 / (|u| + |v|), whatever their signs.
    """
    first, stop = np.uint64(k0), np.uint64(k1)
    for cell in range(side * side):
        to = np.uint64(cell * CHUNK)
        for k in range(first, stop):
            acc[to + k] = 0.0
    for edge in range(4):
        at_x0, at_x1 = np.uint64(edge * CHUNK), np.uint64(((edge + 1) & 3) * CHUNK)
        at_y0, at_y1 = at_x0 + _U4 * _ROW, at_x1 + _U4 * _ROW
        for k in range(first, stop):
            dy = s[at_y1 + k] - s[at_y0 + k]
            s[_SLOPE + k] = (s[at_x1 + k] - s[at_x0 + k]) / dy if abs(dy) > 1e-14 else 0.0
        for row in range(side):
            one = np.uint64(row * side * CHUNK)
            two, three = one + _ROW, one + _U2 * _ROW
            low, high = float(row), row + 1.0
            if side == 2:
                for k in range(first, stop):
                    x0, y0, slope = s[at_x0 + k], s[at_y0 + k], s[_SLOPE + k]
                    ya, yb = min(max(y0, low), high), min(max(s[at_y1 + k], low), high)
                    u, v = 1.0 - (x0 + (ya - y0) * slope), 1.0 - (x0 + (yb - y0) * slope)
                    left = max(u, 0.0) + max(v, 0.0)
                    acc[one + k] += (yb - ya) * left * left / (abs(u) + abs(v) + _SPECK)
                    acc[two + k] += (yb - ya) * (2.0 + u + v)
            elif side == 3:
                for k in range(first, stop):
                    x0, y0, slope = s[at_x0 + k], s[at_y0 + k], s[_SLOPE + k]
                    ya, yb = min(max(y0, low), high), min(max(s[at_y1 + k], low), high)
                    u, v = 1.0 - (x0 + (ya - y0) * slope), 1.0 - (x0 + (yb - y0) * slope)
                    # two divisions in one: they cost more than all the rest
                    at_one, at_two = abs(u) + abs(v) + _SPECK, abs(1.0 + u) + abs(1.0 + v) + _SPECK
                    each = (yb - ya) / (at_one * at_two)
                    left = max(u, 0.0) + max(v, 0.0)
                    acc[one + k] += each * at_two * left * left
                    left = max(1.0 + u, 0.0) + max(1.0 + v, 0.0)
                    acc[two + k] += each * at_one * left * left
                    acc[three + k] += (yb - ya) * (4.0 + u + v)
            else:
                for column in range(side):
                    to, c = one + np.uint64(column * CHUNK), column + 1.0
                    for k in range(first, stop):
                        x0, y0, slope = s[at_x0 + k], s[at_y0 + k], s[_SLOPE + k]
                        ya, yb = min(max(y0, low), high), min(max(s[at_y1 + k], low), high)
                        u, v = c - (x0 + (ya - y0) * slope), c - (x0 + (yb - y0) * slope)
                        left = max(u, 0.0) + max(v, 0.0)
                        acc[to + k] += (yb - ya) * left * left / (abs(u) + abs(v) + _SPECK)


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _slopes(s: Floats, t: Floats, k0: int, k1: int) -> None:
    """Of drops that stand on a corner, in their windows: dx / dy of the edges from the right corner up and down, and
    from the left one up and down, into rows 0-3 of `t`, dy / dx / 2 into rows 4-7; _SCALE is made 0 where an edge
    is too steep or flat, and row 8 and on what nothing of the drop lies left of x = 1, 2 ... of."""
    for k in range(np.uint64(k0), np.uint64(k1)):
        top_x, right_x, low_x, left_x = s[k], s[_ROW + k], s[_U2 * _ROW + k], s[_U3 * _ROW + k]
        top_y, right_y = s[_U4 * _ROW + k], s[_U5 * _ROW + k]
        low_y, left_y = s[_U6 * _ROW + k], s[_U7 * _ROW + k]
        x1, y1, x2, y2 = right_x - top_x, top_y - right_y, right_x - low_x, right_y - low_y
        x3, y3, x4, y4 = top_x - left_x, top_y - left_y, low_x - left_x, left_y - low_y
        least = 1e-3 * abs(x1 * y2 + x2 * y1)
        a, b, c, d = x1 * y1, x2 * y2, x3 * y3, x4 * y4
        upright = (min(a, b, c, d) > least) & (min(x1, x2, x3, x4) > 0.0) & (min(y1, y2, y3, y4) > 0.0)
        s[_SCALE + k] = s[_SCALE + k] if upright else 0.0
        # one division for all
        ab, cd = a * b, c * d
        inverse = 1.0 / (ab * cd)
        ab, cd = inverse * cd, inverse * ab
        a, b, c, d = ab * b, ab * a, cd * d, cd * c
        t[k] = -x1 * x1 * a
        t[_ROW + k] = x2 * x2 * b
        t[_U2 * _ROW + k] = x3 * x3 * c
        t[_U3 * _ROW + k] = -x4 * x4 * d
        t[_U4 * _ROW + k] = -y1 * y1 * a
        t[_U5 * _ROW + k] = y2 * y2 * b
        t[_U6 * _ROW + k] = y3 * y3 * c
        t[_U7 * _ROW + k] = -y4 * y4 * d


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _left_of(t: Floats, c: float, k0: int, k1: int, to: int, acc: Floats) -> None:
    """Twice the integral of max(c - x, 0) dy from the places in rows 8-11 of `t` on to the tops of the edges, but for
    a part that is the same for all rows, to acc[to + k]. Along an edge it is max(c - x, 0)^2 dy / dx."""
    at = np.uint64(to)
    for k in range(np.uint64(k0), np.uint64(k1)):
        u, v = max(c - t[_U8 * _ROW + k], 0.0), max(c - t[_U9 * _ROW + k], 0.0)
        w, z = max(c - t[_U10 * _ROW + k], 0.0), max(c - t[_U11 * _ROW + k], 0.0)
        right = u * u * t[_U4 * _ROW + k] + v * v * t[_U5 * _ROW + k]
        acc[at + k] = (w * w * t[_U6 * _ROW + k] + z * z * t[_U7 * _ROW + k]) - right


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _share_turned(s: Floats, acc: Floats, t: Floats, side: int, k0: int, k1: int) -> None:
    """What `_share_window` does for drops that stand on a corner, no edge of which is steep or flat: corners top,
    right, lowest, left."""
    _slopes(s, t, k0, k1)
    first, stop = np.uint64(k0), np.uint64(k1)
    start, last = side * side * CHUNK, np.uint64((side - 1) * CHUNK)
    for row in range(-1, side):
        one, r = row * side * CHUNK if row >= 0 else start, row + 1.0
        area = np.uint64(one) + last
        for k in range(first, stop):
            right_x, low_x, left_x = s[_ROW + k], s[_U2 * _ROW + k], s[_U3 * _ROW + k]
            top_y, right_y = s[_U4 * _ROW + k], s[_U5 * _ROW + k]
            low_y, left_y = s[_U6 * _ROW + k], s[_U7 * _ROW + k]
            y1, y2 = max(min(r, top_y), right_y) - right_y, max(min(r, right_y), low_y) - low_y
            y3, y4 = max(min(r, top_y), left_y) - left_y, max(min(r, left_y), low_y) - low_y
            x1, x2 = right_x + y1 * t[k], low_x + y2 * t[_ROW + k]
            x3, x4 = left_x + y3 * t[_U2 * _ROW + k], low_x + y4 * t[_U3 * _ROW + k]
            acc[area + k] = (y1 * (right_x + x1) + y2 * (low_x + x2)) - (
                y3 * (left_x + x3) + y4 * (low_x + x4)
            )
            t[_U8 * _ROW + k] = x1
            t[_U9 * _ROW + k] = x2
            t[_U10 * _ROW + k] = x3
            t[_U11 * _ROW + k] = x4
        for column in range(side - 1):
            _left_of(t, column + 1.0, k0, k1, one + column * CHUNK, acc)
    for row in range(side - 1, -1, -1):
        before = (row - 1) * side * CHUNK if row > 0 else start
        for column in range(side):
            at, of = np.uint64((row * side + column) * CHUNK), np.uint64(before + column * CHUNK)
            if column == side - 1:
                for k in range(first, stop):
                    acc[at + k] -= acc[of + k]
            else:
                for k in range(first, stop):
                    acc[at + k] = acc[of + k] - acc[at + k]


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _places(s: Floats, f: Pixels, side: int, k0: int, k1: int, tile: Tile, place: Places) -> int:
    """Where in the scratch of the tile the windows begin; 0, which is in its margin, for drops that miss it, do not fit
    or weigh nothing. Returns how many weigh something and do not fit."""
    row0, row1, col0, col1, margin, wide = tile
    low, high, left, right = float(row0 - side), float(row1), float(col0 - side), float(col1)
    more_y, more_x, width = float(margin - row0), float(margin - col0), float(wide)
    odd = 0
    for k in range(np.uint64(k0), np.uint64(k1)):
        x, y, fits, weighs = s[_LEFT + k], s[_LOW + k], s[_SCALE + k] != 0.0, f[k] != np.float32(0.0)
        inside = fits & weighs & (x > left) & (x < right) & (y > low) & (y < high)
        place[k] = np.int64((y + more_y) * width + (x + more_x) if inside else 0.0)
        odd += (not fits) & weighs
    return odd


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _arrive(s: Floats, acc: Floats, f: Pixels, side: int, k0: int, k1: int, pairs: Pixels) -> None:
    """What arrives in each pixel of the windows, weight times value and weight side by side, one pixel after the other
    in the rows of `pairs`."""
    first, stop = np.uint64(k0), np.uint64(k1)
    for cell in range(side * side):
        at, to = np.uint64(cell * CHUNK), np.uint64(2 * cell * CHUNK)
        if cell % side == 0:
            for k in range(first, stop):
                share = acc[at + k] * s[_SCALE + k]
                a = np.float32(share * f[k]) if share > _TINY else np.float32(0.0)
                pairs[to + _U2 * k] = a * f[_ROW + k]
                pairs[to + _U2 * k + _U1] = a
        else:
            before = at - _ROW
            for k in range(first, stop):
                share = (acc[at + k] - acc[before + k]) * s[_SCALE + k]
                a = np.float32(share * f[k]) if share > _TINY else np.float32(0.0)
                pairs[to + _U2 * k] = a * f[_ROW + k]
                pairs[to + _U2 * k + _U1] = a


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _fall(pairs: Pixels, side: int, k0: int, k1: int, place: Places, wide: int, sums: Pixels) -> None:
    """Let drops fall into the scratch of the tile, in order."""
    line, cell = np.uint64(2 * wide), _U2 * _ROW
    for k in range(np.uint64(k0), np.uint64(k1)):
        here, at = _U2 * np.uint64(place[k]), _U2 * k
        if side == 2:
            _add_pair(sums, here, pairs, at)
            _add_pair(sums, here + _U2, pairs, at + cell)
            _add_pair(sums, here + line, pairs, at + _U2 * cell)
            _add_pair(sums, here + line + _U2, pairs, at + _U3 * cell)
        elif side == 3:
            for row in range(3):
                first = at + np.uint64(3 * row) * cell
                _add_pair(sums, here, pairs, first)
                _add_pair(sums, here + _U2, pairs, first + cell)
                _add_pair(sums, here + _U4, pairs, first + _U2 * cell)
                here += line
        else:
            for _ in range(side):
                for column in range(np.uint64(side)):
                    _add_pair(sums, here + _U2 * column, pairs, at)
                    at += cell
                here += line


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _outline(s: Floats, k: int, width: int, cells: Floats) -> None:
    """Green's theorem pixel by pixel: along each edge of drop `k` gather in `cells`, a window of rows of `width`, what
    summed along each row is the signed area of the drop in every pixel."""
    for edge in range(4):
        other = (edge + 1) & 3
        x0, y0 = s[edge * CHUNK + k], s[(4 + edge) * CHUNK + k]
        x1, y1 = s[other * CHUNK + k], s[(4 + other) * CHUNK + k]
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
                cells[at] += height - inside
                cells[at + 1] += inside
            else:
                rate = height / (right - left)
                while left < right:
                    stop = min(col + 1.0, right)
                    piece = rate * (stop - left)
                    inside = piece * (0.5 * (left + stop) - col)
                    cells[at] += piece - inside
                    cells[at + 1] += inside
                    left = stop
                    col += 1
                    at += 1
            xa, ya = xb, yb
            row += 1


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _fall_outlined(s: Floats, f: Pixels, k: int, tile: Tile, cells: Floats, sums: Pixels) -> None:
    """Let drop k fall, whatever its size and shape; corners relative to its window (`_windows`)."""
    row0, row1, col0, col1, margin, wide = tile
    ax, bx, cx, dx = s[k], s[CHUNK + k], s[2 * CHUNK + k], s[3 * CHUNK + k]
    ay, by, cy, dy = s[4 * CHUNK + k], s[5 * CHUNK + k], s[6 * CHUNK + k], s[7 * CHUNK + k]
    area = 0.5 * ((bx - dx) * (ay - cy) - (ax - cx) * (by - dy))
    c0, w0 = s[9 * CHUNK + k], s[10 * CHUNK + k]
    right, top = max(ax, bx, cx, dx), max(ay, by, cy, dy)
    if not (c0 < col1 and c0 + right > col0 and w0 < row1 and w0 + top > row0 and abs(area) > 0.0):
        return
    columns, rows = int(right) + 1, int(top) + 1
    width = columns + 2
    if rows * width > cells.size:
        return
    cells[: rows * width] = 0.0
    _outline(s, k, width, cells)
    left, low = int(c0), int(w0)
    for row in range(max(0, row0 - low), min(rows, row1 - low)):
        total = 0.0
        for column in range(columns):
            total += cells[row * width + column]
            share = total / area
            if share > _TINY and col0 <= left + column < col1:
                at = 2 * ((low + row - row0 + margin) * wide + left + column - col0 + margin)
                a = np.float32(share * f[k])
                sums[at] += a * f[CHUNK + k]
                sums[at + 1] += a


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _cut(
    s: Floats,
    acc: Floats,
    f: Pixels,
    turned: bool,
    side: int,
    k0: int,
    k1: int,
    tile: Tile,
    t: Floats,
    place: Places,
    pairs: Pixels,
    sums: Pixels,
) -> None:
    """Let drops of any shape fall, those that do not fit into windows of `side` last."""
    _windows(s, side, k0, k1)
    if turned:
        _share_turned(s, acc, t, side, k0, k1)
    else:
        _share_window(s, acc, side, k0, k1)
    odd = _places(s, f, side, k0, k1, tile, place)
    _arrive(s, acc, f, side, k0, k1, pairs)
    _fall(pairs, side, k0, k1, place, tile[5], sums)
    if odd > 0:
        for k in range(k0, k1):
            if s[8 * CHUNK + k] == 0.0 and f[k] != np.float32(0.0):
                _fall_outlined(s, f, k, tile, acc, sums)


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _pack(s: Floats, f: Pixels, k0: int, k1: int, p: Floats, g: Pixels, place: Places) -> int:
    """Copy corners, weights and values of the drops that `_share_four` left over to the beginning of `p` and `g`;
    returns how many. `place` is overwritten."""
    count = np.uint64(0)
    for k in range(np.uint64(k0), np.uint64(k1)):
        place[count] = np.int64(k)
        count += np.uint64(s[_SCALE + k] == 0.0 and f[k] != np.float32(0.0))
    for m in range(count):
        of = np.uint64(place[m])
        for row in range(8):
            p[np.uint64(row) * _ROW + m] = s[np.uint64(row) * _ROW + of]
        g[m], g[_ROW + m] = f[of], f[_ROW + of]
    whole = _whole(int(count))
    for m in range(count, np.uint64(whole)):
        g[m] = np.float32(0.0)
        g[_ROW + m] = np.float32(0.0)
    return whole


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def _drop_rows(
    grid: Grid,
    layout: Layout,
    chip: Chip,
    x: int,
    n: int,
    rows: tuple[int, int],
    tile: Tile,
    work: Scratch,
    sums: Pixels,
) -> None:
    """Let the FITS pixels x + k, k < n, of some chip rows fall."""
    s, p, lines, acc, f, g, pairs, place, have = work
    turn, side, half = layout
    have[:] = -1
    for y in range(rows[0], rows[1]):
        _corners(grid, x, y, half, n, turn, have, lines, s)
        k0, k1 = _trim(s, n, tile)
        if k0 >= k1:
            continue
        _weigh(chip, (y - 1) * chip[0].shape[1] + x - 1, n, f)
        if turn & ANYHOW:
            _cut(s, acc, f, (turn & ON_CORNER) != 0, side, k0, k1, tile, p, place, pairs, sums)
            continue
        _share_four(s, acc, k0, k1)
        odd = _places(s, f, 2, k0, k1, tile, place)
        _arrive(s, acc, f, 2, k0, k1, pairs)
        _fall(pairs, 2, k0, k1, place, tile[5], sums)
        if odd > 0:
            count = _pack(s, f, k0, k1, p, g, place)
            _cut(p, acc, g, False, side, 0, count, tile, s, place, pairs, sums)


def scratch(room: int) -> Scratch:
    """s, p, lines, acc, f, g, pairs, place, have; `room`: most frame pixels that the window around a drop can have."""
    s, p, lines = np.zeros(12 * CHUNK), np.zeros(12 * CHUNK), np.zeros(12 * CHUNK)
    acc, pairs = (
        np.zeros(max(WIDEST * (WIDEST + 1) * CHUNK, room)),
        np.zeros(2 * WIDEST**2 * CHUNK, np.float32),
    )
    f, g = np.zeros(2 * CHUNK, np.float32), np.zeros(2 * CHUNK, np.float32)
    return s, p, lines, acc, f, g, pairs, np.zeros(CHUNK, np.int64), np.zeros(3, np.int64)


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def drizzle_squares(
    grid: Grid, block: int, spans: Places, layout: Layout, chip: Chip, tile: Tile, work: Scratch, sums: Pixels
) -> None:
    """Drop the pixels of a chip, shrunk and carried over with their corners, on a tile.

    grid    gx, gy, step: frame position (0-based) of the nodes of the coordinate grid, float64 (ny, nx); node
            (j, i) lies at the chip's FITS pixel (i * step, j * step), positions between are bilinear
    spans   the blocks of block x block pixels that reach the tile (`core.kernels.tilesums.reach`)
    layout  turn, side, half: how the chip is turned (see `_corners`; with ANYHOW few drops are upright, with ON_CORNER
            they stand on their corners); edge of the window that drops fit into; half the edge of the shrunk pixel
    chip    data, weight (float32, rows x columns), gain, wscale: `gain` turns data into output units, `wscale`
            multiplies the weights; pixels of weight 0 do not exist for the drizzle
    tile    part of the frame and layout of `sums`, to which value times weight and weight are added
    """
    ny, nx = chip[0].shape
    # chunks begin at fixed columns, so that every tile adds in the same order
    width = max(MOST // block * block, min(block, MOST))
    for bj in range(spans.size // 2):
        x_first, x_stop = max(spans[2 * bj] * block, 1), min(spans[2 * bj + 1] * block, nx + 1)
        rows = (max(bj * block, 1), min((bj + 1) * block, ny + 1))
        for chunk in range(x_first // width * width, x_stop, width):
            x = max(chunk, x_first)
            _drop_rows(grid, layout, chip, x, min(chunk + width, x_stop) - x, rows, tile, work, sums)
