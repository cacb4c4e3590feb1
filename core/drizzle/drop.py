"""One chip dropped onto the frame: what the separate and the final drizzle have in common."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from core.data.chipwcs import ChipWCS
from core.drizzle.chip import ChipInput, Image, scale_ratio
from core.drizzle.mapping import PixelMap
from core.drizzle.settings import CombineParams, DropParams
from core.drizzle.work import TILE_ROWS
from core.kernels import drizzle as square_kernel
from core.kernels import profiles as profile_kernels
from core.kernels import tilesums
from core.runs.buffers import Buffers
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers, over_rows

_FWHM = 2.3548  # of a Gaussian, in sigma, with drizzlepac's digits
_POINT_BELOW = 0.001
# when most drops lie in four pixels: the part of their width that is due to turn or skew, and that width (pixels)
_UPRIGHT, _FOUR_WIDE = 0.12, 1.35
_LEAST_SKEW, _LEAST = 0.05, 0.1
_LUT_STEP = float(np.float32(0.01))  # pixels; single precision, so that entries are the ones drizzlepac takes


Spans = NDArray[np.int64]
Tile = tilesums.Tile
_Fall = Callable[[Spans, square_kernel.Chip, Tile, Image], None]


@dataclass(frozen=True, eq=False)
class Canvas:
    """The frame while chips fall on it: sums of weight times value and of weight (float32, start with zeros), a
    context plane and the chip's bit in it (0: no context)."""

    sci: Image
    wht: Image
    ctx: NDArray[np.int32] = field(default_factory=lambda: np.zeros((1, 1), np.int32))
    bit: int = 0


def blank(
    shape: tuple[int, int],
    kind: DTypeLike,
    buffers: Buffers,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> NDArray[Any]:
    """An array of zeros, its memory taken from `buffers`; `progress` is only asked whether to stop."""
    array = buffers.take(shape, kind)

    def work(first: int, stop: int) -> None:
        if progress is not None:
            progress.check()
        array[first:stop] = 0

    over_rows(work, shape[0], TILE_ROWS, workers or Threads())
    return array


@dataclass(frozen=True)
class Drop:
    """How pixels fall.

    Attributes
    ----------
    kernel : square, turbo, point, gaussian, lanczos3 or tophat; `pixfrac` at most 0.001 makes every kernel point
    pixfrac : size of the drop in chip pixels
    ratio : pixel scale of the frame over that of the chip
    per_second : factor that makes the pixels a rate
    weight_scale : factor on the weights
    """

    kernel: str
    pixfrac: float = 1.0
    ratio: float = 1.0
    per_second: float = 1.0
    weight_scale: float = 1.0


def drop_chip(
    data: Image,
    weight: Image,
    where: PixelMap,
    drop: Drop,
    canvas: Canvas,
    *,
    rows: tuple[int, int] | None = None,
    workers: Workers | None = None,
    progress: Progress | None = None,
    buffers: Buffers | None = None,
) -> None:
    """Add one chip to `canvas`, or to its rows [start, stop) alone.

    Pixels of weight 0 leave no trace at all, whatever their value. Values are multiplied by ratio^2 so that flux,
    not surface brightness, is kept. `progress` is advanced once per tile of `TILE_ROWS` frame rows. Memory
    is taken from `buffers`, and given back.
    """
    team, store = workers or Threads(), buffers or Buffers()
    gain = np.float32(drop.per_second) * np.float32(drop.ratio**2)
    pixels = (np.ascontiguousarray(data, np.float32), np.ascontiguousarray(weight, np.float32))
    chip = (*pixels, gain, np.float32(drop.weight_scale))
    reach, margin, fall = _how(drop, where)
    nodes, columns = where.block // where.step, canvas.sci.shape[1]
    start, end = rows or (0, canvas.sci.shape[0])

    def work(first: int, stop: int) -> None:
        low, high = first - 0.5 - reach, stop - 0.5 + reach
        spans = np.empty(2 * where.bounds[0].shape[0], np.int64)
        found = tilesums.reach(where.x, nodes, *where.bounds, low, high, columns, reach + 2.0, spans)
        if found[0] < found[1]:
            tile = tilesums.tile_of((first, stop), found, margin)
            sums = store.take((tilesums.scratch_size(tile),), np.float32)
            sums[:] = 0.0
            fall(spans, chip, tile, sums)
            tilesums.merge(sums, tile, canvas.sci, canvas.wht, canvas.ctx, np.int32(canvas.bit))
            store.give(sums)

    over_rows(work, end - start, TILE_ROWS, team, progress, first=start)


def _how(drop: Drop, where: PixelMap) -> tuple[float, int, _Fall]:
    """How far a drop may reach beyond its pixel, in frame pixels, the margin that its window needs, and what lets a
    chip fall on a tile."""
    grid, block = (where.x, where.y, float(where.step)), where.block
    if drop.kernel == "square" and drop.pixfrac > _POINT_BELOW:
        layout = _layout(drop.pixfrac, where)

        def squares(spans: Spans, chip: square_kernel.Chip, tile: Tile, sums: Image) -> None:
            square_kernel.drizzle_squares(
                grid, block, spans, layout, chip, tile, square_kernel.scratch(where.room), sums
            )

        return 0.0, layout[1], squares
    profile = _profile(drop)
    # half pixels up are the next pixel's, so that a whole number of pixels meets one more
    side = math.ceil(2 * profile[1] - 1e-9) + 1

    def profiles(spans: Spans, chip: square_kernel.Chip, tile: Tile, sums: Image) -> None:
        profile_kernels.drizzle_profiles(
            grid, block, spans, side, profile, chip, tile, profile_kernels.scratch(), sums
        )

    return profile[1], min(side, profile_kernels.WIDEST), profiles


def _layout(pixfrac: float, where: PixelMap) -> tuple[int, int, float]:
    """How the pixels of a chip lie on the frame, as `core.kernels.drizzle.drizzle_squares` takes it; for all tiles the
    same, so that a drop has the same shares everywhere."""
    width, skew = where.extents
    side = min(max(math.ceil(pixfrac * width - 1e-6) + 1, 2), square_kernel.WIDEST)
    turn = where.turn
    if skew > _UPRIGHT * width or pixfrac * width > _FOUR_WIDE:
        turn |= square_kernel.ANYHOW
    # integrals along edges lose digits where these are steep, and where the drop is small in its window
    if (
        turn & square_kernel.ANYHOW
        and where.leaning
        and skew > _LEAST_SKEW * width
        and pixfrac * width > _LEAST * side
    ):
        turn |= square_kernel.ON_CORNER | (square_kernel.LEFT_LOWEST if where.leaning > 0 else 0)
    return turn, side, pixfrac / 2


def settle(canvas: Canvas, fill: float, *, workers: Workers | None = None) -> None:
    """Make weighted means of the sums, once all chips have fallen; `fill` where there is no weight."""

    def work(first: int, stop: int) -> None:
        tilesums.settle(canvas.sci[first:stop], canvas.wht[first:stop], np.float32(fill))

    over_rows(work, canvas.sci.shape[0], TILE_ROWS, workers or Threads())


def drop_of(params: DropParams, chip: ChipInput, frame: ChipWCS) -> Drop:
    """How the pixels of `chip` fall on `frame`."""
    ratio = scale_ratio(frame, chip.wcs)
    return Drop(
        params.kernel, params.pixfrac, ratio, chip.per_second, weight_scale(params, chip.exptime, ratio)
    )


def weight_scale(params: DropParams, exptime: float, ratio: float) -> float:
    """The factor on the weights of a chip: of `exptime` seconds; for weights of type ERR 1 / ratio^4, of type IVM
    exptime^2 / ratio^4."""
    kind = params.wht_type if isinstance(params, CombineParams) else "EXP"
    if kind != "EXP":
        return (exptime**2 if kind == "IVM" else 1.0) / ratio**4
    return params.wt_scl.of(exptime)


def context_bit(number: int) -> int:
    """The bit of chip `number` (1, 2 ...) in its context plane, as a signed 32-bit value."""
    bit = 1 << ((number - 1) % 32)
    return bit - (1 << 32) if bit == 1 << 31 else bit


def _profile(drop: Drop) -> tuple[int, float, float, float, Image]:
    """Kernel, reach in frame pixels, two numbers and a table, as `core.kernels.profiles` takes them."""
    pixfrac, ratio, nothing = drop.pixfrac, drop.ratio, np.zeros(1, np.float32)
    if drop.kernel == "point" or pixfrac <= _POINT_BELOW:
        return profile_kernels.POINT, 0.0, 0.0, 0.0, nothing
    half = pixfrac / ratio / 2
    if drop.kernel == "turbo":
        return profile_kernels.TURBO, half, ratio**2 / pixfrac**2, 0.0, nothing
    if drop.kernel == "tophat":
        return profile_kernels.TOPHAT, half, half**2, 0.0, nothing
    if drop.kernel == "gaussian":
        steepness = _FWHM**2 * ratio**2 / pixfrac**2 / 2
        reach = max(2.5 * pixfrac / _FWHM / ratio, 1.2 / ratio)
        return profile_kernels.GAUSSIAN, reach, steepness / np.pi, steepness, nothing
    return profile_kernels.LANCZOS, 3 * pixfrac / ratio, ratio / _LUT_STEP / pixfrac, 0.0, _lanczos_table(3)


def _lanczos_table(order: int) -> Image:
    """sinc(x) sinc(x / order) every 0.01 pixels, 512 entries, 0 from x = order on."""
    x = np.float32(np.pi * np.arange(512) * _LUT_STEP).astype(float)
    window = np.sinc(x / np.pi) * np.sinc(x / np.pi / order)
    return np.where(x < np.pi * order, window, 0.0).astype(np.float32)
