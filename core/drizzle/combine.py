"""Step 7: all chips drizzled into the final image (DrizzlePac Handbook, section 7.1, step 7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS
from core.drizzle.chip import ChipInput, Image
from core.drizzle.drop import Canvas, blank, context_bit, drop_chip, drop_of, settle
from core.drizzle.mapping import pixel_map
from core.drizzle.settings import CombineParams
from core.drizzle.work import TILE_ROWS
from core.runs.buffers import Buffers
from core.runs.progress import Progress
from core.runs.spread import Workers


@dataclass(frozen=True, eq=False)
class Combined:
    """The final image.

    `sci` and `wht` are float32 (rows, columns) of the frame, `ctx` int32 (planes, rows, columns): bit
    (n - 1) % 32 of plane (n - 1) // 32 is set where chip n (1, 2 ... in the order given) has weight.
    """

    sci: Image
    wht: Image
    ctx: NDArray[np.int32]


def combine(
    chips: Iterable[ChipInput | None],
    frame: ChipWCS,
    params: CombineParams,
    *,
    rows: tuple[int, int] | None = None,
    total_exptime: float | None = None,
    count: int = 0,
    workers: Workers | None = None,
    progress: Progress | None = None,
    buffers: Buffers | None = None,
) -> Combined:
    """Drizzle all chips onto `frame`; `chips` may be a generator, so that one chip at a time is in memory.

    With `rows` only the rows [start, stop) of the image are made; a chip that does not reach them may be None.
    `count` says how many they are; without it context planes are joined, and copied, at the end.
    Pixels without weight hold `params.fillval`, else `params.maskval`, else NaN. With units "counts" the
    result is multiplied by `total_exptime` (seconds, the sum over the exposures). `progress` is advanced
    `work_units(frame)` times a chip. The images are taken from `buffers`. Raises `Refusal` for counts without an
    exposure time, `Cancelled`.
    """
    if params.units == "counts" and total_exptime is None:
        raise ValueError("total counts need the total exposure time")
    store = buffers or Buffers()
    first, last = rows or (0, frame.shape[0])
    if rows is None:
        sci, wht = (blank(frame.shape, np.float32, store, workers, progress) for _ in range(2))
        context = _planes(-(-count // 32), frame, store, workers, progress)
    else:  # the system gives memory to the rows that are written, and to no others
        sci, wht = (np.zeros(frame.shape, np.float32) for _ in range(2))
        context = np.zeros((-(-count // 32), *frame.shape), np.int32)
    planes: list[NDArray[np.int32]] = []
    for number, chip in enumerate(chips, start=1):
        if number % 32 == 1:
            known = len(planes) < len(context)
            planes.append(context[len(planes)] if known else _planes(1, frame, store, workers, progress)[0])
        if chip is None:
            if progress is not None:
                progress.advance(-(-(last - first) // TILE_ROWS))
            continue
        canvas = Canvas(sci, wht, planes[-1], context_bit(number))
        where = pixel_map(chip.wcs, frame, params.stepsize, workers=workers, progress=progress)
        drop = drop_of(params, chip, frame)
        drop_chip(
            chip.data,
            chip.weight,
            where,
            drop,
            canvas,
            rows=rows,
            workers=workers,
            progress=progress,
            buffers=store,
        )
    sci, wht = sci[first:last], wht[first:last]
    fill = params.fillval if params.fillval is not None else params.maskval
    settle(Canvas(sci, wht), np.nan if fill is None else fill, workers=workers)
    if params.units == "counts" and total_exptime is not None:
        np.multiply(sci, np.float32(total_exptime), out=sci, where=wht != 0)
    whole = len(context) and len(planes) == len(context)
    return Combined(sci, wht, (context if whole else _cube(planes, frame))[:, first:last])


def _planes(
    count: int, frame: ChipWCS, buffers: Buffers, workers: Workers | None, progress: Progress | None
) -> NDArray[np.int32]:
    """So many empty planes, (planes, rows, columns)."""
    rows, columns = frame.shape
    array: NDArray[np.int32] = blank((count * rows, columns), np.int32, buffers, workers, progress)
    return array.reshape(count, rows, columns)


def _cube(planes: list[NDArray[np.int32]], frame: ChipWCS) -> NDArray[np.int32]:
    """The context planes as one array; the usual single plane is not copied."""
    if len(planes) == 1:
        return planes[0][np.newaxis]
    return np.stack(planes) if planes else np.zeros((1, *frame.shape), np.int32)
