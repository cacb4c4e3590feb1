"""What belongs to a tile of the output frame while drops fall on it: the chip pixels that reach it, the scratch that
they are summed in, and how that gets to the frame.

The scratch holds value times weight and weight of a pixel side by side, with a margin around the tile.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]
Context = NDArray[np.int32]
Places = NDArray[np.int64]
Tile = tuple[int, int, int, int, int, int]
"""Rows [0], [1] of the frame and columns [2], [3], the margin, and the pixels of a row of the scratch."""

_U1, _U2 = np.uint64(1), np.uint64(2)


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def reach(
    gx: Floats,
    nodes: int,
    lo: Floats,
    hi: Floats,
    low: float,
    high: float,
    nx: int,
    pad: float,
    spans: Places,
) -> tuple[int, int]:
    """The blocks of chip pixels that meet the frame rows low..high, and the frame columns that they can reach.

    gx     frame columns of the nodes of the coordinate grid, `nodes` of them along the edge of a block
    lo, hi bounds in frame rows of every block (`core.kernels.grid`)
    spans  becomes, flat, the first block and the last + 1 of every row of blocks

    Returns the first column and the last + 1, `pad` columns more to each side, of the `nx` of the frame.
    """
    left, right = float(nx), 0.0
    for bj in range(lo.shape[0]):
        first, last = lo.shape[1], 0
        for bi in range(lo.shape[1]):
            if hi[bj, bi] >= low and lo[bj, bi] <= high:
                first = min(first, bi)
                last = bi + 1
        spans[2 * bj], spans[2 * bj + 1] = first, last
        if first >= last:
            continue
        i0, i1 = max(first * nodes - 1, 0), min(last * nodes + 2, gx.shape[1])
        for j in range(max(bj * nodes - 1, 0), min((bj + 1) * nodes + 2, gx.shape[0])):
            for i in range(i0, i1):
                left = gx[j, i] if gx[j, i] < left else left
                right = gx[j, i] if gx[j, i] > right else right
    return int(max(left - pad, 0.0)), int(max(min(right + pad + 2.0, float(nx)), 0.0))


def tile_of(rows: tuple[int, int], columns: tuple[int, int], margin: int) -> Tile:
    """The tile of these rows and columns. Rows of its scratch take an odd number of the cache's lines: else what lies
    above each other would have to share one place in the cache."""
    wide = ((columns[1] - columns[0] + 2 * margin + 7) // 8 | 1) * 8
    return (*rows, *columns, margin, wide)


def scratch_size(tile: Tile) -> int:
    """Float32 numbers in the scratch of a tile."""
    return 2 * (tile[1] - tile[0] + 2 * tile[4]) * tile[5]


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
def merge(sums: Pixels, tile: Tile, sci: Pixels, wht: Pixels, ctx: Context, bit: np.int32) -> None:
    """Add what fell on a tile to the frame, by pieces of rows, those where nothing fell left alone; set `bit` in `ctx`
    where weight arrived, 0: `ctx` is not touched."""
    row0, row1, col0, col1, margin, wide = tile
    nx, none = sci.shape[1], np.float32(0.0)
    out_sci, out_wht, out_ctx = sci.reshape(-1), wht.reshape(-1), ctx.reshape(-1)
    for row in range(row0, row1):
        for first in range(col0, col1, 64):
            n = np.uint64(min(64, col1 - first))
            at = np.uint64(2 * ((row - row0 + margin) * wide + first - col0 + margin))
            touched = 0
            for k in range(n):
                touched += sums[at + _U2 * k + _U1] != none
            if touched == 0:
                continue
            to = np.uint64(row * nx + first)
            for k in range(n):
                out_sci[to + k] += sums[at + _U2 * k]
                out_wht[to + k] += sums[at + _U2 * k + _U1]
            if bit != 0:
                for k in range(n):
                    out_ctx[to + k] |= bit if sums[at + _U2 * k + _U1] != none else np.int32(0)


@njit(nogil=True, cache=True, error_model="numpy")
def settle(sci: Pixels, wht: Pixels, fill: np.float32) -> None:
    """Turn sums into weighted means (Fruchter & Hook 2002, eq. 5), `fill` where there is no weight; in place."""
    for row in range(sci.shape[0]):
        for col in range(sci.shape[1]):
            w = wht[row, col]
            sci[row, col] = sci[row, col] / w if w != np.float32(0.0) else fill
