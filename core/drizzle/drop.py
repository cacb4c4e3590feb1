"""One chip dropped onto the frame: what the separate and the final drizzle have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from core.data.chipwcs import ChipWCS
from core.drizzle.chip import ChipInput, Image, scale_ratio
from core.drizzle.mapping import PixelMap
from core.drizzle.settings import CombineParams, DropParams
from core.drizzle.work import TILE_ROWS
from core.kernels import drizzle as kernels
from core.kernels.grid import transpose_rows
from core.runs.buffers import Buffers
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers, over_rows

_FWHM = 2.3548  # of a Gaussian, in sigma, with drizzlepac's digits
_POINT_BELOW = 0.001
_LUT_STEP = float(np.float32(0.01))  # pixels; single precision, so that entries are the ones drizzlepac takes


@dataclass(frozen=True, eq=False)
class Canvas:
    """The frame while chips fall on it: sums of weight times value and of weight (float32, start with zeros), a
    context plane and the chip's bit in it (0: no context)."""

    sci: Image
    wht: Image
    ctx: NDArray[np.int32] = field(default_factory=lambda: np.zeros((1, 1), np.int32))
    bit: int = 0


def blank(
    shape: tuple[int, int], kind: DTypeLike, buffers: Buffers, workers: Workers | None = None
) -> NDArray[Any]:
    """An array of zeros, its memory taken from `buffers`."""
    array = buffers.take(shape, kind)

    def work(first: int, stop: int) -> None:
        array[first:stop] = 0

    over_rows(work, shape[0], 4 * TILE_ROWS, workers or Threads())
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
    pixels = (np.ascontiguousarray(data, np.float32), np.ascontiguousarray(weight, np.float32))
    team, store = workers or Threads(), buffers or Buffers()
    turned = drop.kernel == "square" and bool(where.turn & 4)
    if turned:  # what falls side by side is added fastest
        where = where.transposed
        pixels = (_transposed(pixels[0], team, store), _transposed(pixels[1], team, store))
    grid, blocks = (where.x, where.y, float(where.step)), (*where.bounds, where.block)
    profile = _profile(drop)
    room = where.room if drop.kernel == "square" else int(2 * profile[1] + 3) ** 2
    gain = np.float32(drop.per_second) * np.float32(drop.ratio**2)
    chip = (*pixels, gain, np.float32(drop.weight_scale))
    planes = (canvas.sci, canvas.wht, canvas.ctx, np.int32(canvas.bit))

    def work(first: int, stop: int) -> None:
        kernels.drizzle_tile(grid, blocks, where.turn, room, profile, chip, first, stop, planes)

    start, end = rows or (0, canvas.sci.shape[0])
    over_rows(work, end - start, TILE_ROWS, team, progress, first=start)
    if turned:
        store.give(*pixels)


def _transposed(image: Image, team: Workers, buffers: Buffers) -> Image:
    """The image with rows and columns exchanged, C order."""
    out: Image = buffers.take((image.shape[1], image.shape[0]), np.float32)
    over_rows(lambda first, stop: transpose_rows(image, first, stop, out), out.shape[0], 512, team)
    return out


def settle(canvas: Canvas, fill: float, *, workers: Workers | None = None) -> None:
    """Make weighted means of the sums, once all chips have fallen; `fill` where there is no weight."""

    def work(first: int, stop: int) -> None:
        kernels.settle(canvas.sci[first:stop], canvas.wht[first:stop], np.float32(fill))

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
    """Kernel, reach in frame pixels, two numbers and a table, as `core.kernels.drizzle.drizzle_tile` takes them."""
    pixfrac, ratio, nothing = drop.pixfrac, drop.ratio, np.zeros(1, np.float32)
    if drop.kernel == "point" or pixfrac <= _POINT_BELOW:
        return kernels.POINT, 0.5, 0.0, 0.0, nothing
    if drop.kernel == "square":
        return kernels.SQUARE, 0.0, pixfrac / 2, 0.0, nothing
    half = pixfrac / ratio / 2
    if drop.kernel == "turbo":
        return kernels.TURBO, half, ratio**2 / pixfrac**2, 0.0, nothing
    if drop.kernel == "tophat":
        return kernels.TOPHAT, half, half**2, 0.0, nothing
    if drop.kernel == "gaussian":
        steepness = _FWHM**2 * ratio**2 / pixfrac**2 / 2
        reach = max(2.5 * pixfrac / _FWHM / ratio, 1.2 / ratio)
        return kernels.GAUSSIAN, reach, steepness / np.pi, steepness, nothing
    return kernels.LANCZOS, 3 * pixfrac / ratio, ratio / _LUT_STEP / pixfrac, 0.0, _lanczos_table(3)


def _lanczos_table(order: int) -> Image:
    """sinc(x) sinc(x / order) every 0.01 pixels, 512 entries, 0 from x = order on."""
    x = np.float32(np.pi * np.arange(512) * _LUT_STEP).astype(float)
    window = np.sinc(x / np.pi) * np.sinc(x / np.pi / order)
    return np.where(x < np.pi * order, window, 0.0).astype(np.float32)
