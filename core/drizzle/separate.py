"""Step 3: every exposure drizzled alone onto the common frame (DrizzlePac Handbook, section 7.1, step 3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.data.chipwcs import ChipWCS
from core.drizzle.chip import ChipInput, Image
from core.drizzle.drop import Canvas, blank, drop_chip, drop_of, settle
from core.drizzle.mapping import pixel_map
from core.drizzle.settings import SeparateParams
from core.runs.buffers import Buffers
from core.runs.progress import Progress
from core.runs.spread import Workers


@dataclass(frozen=True, eq=False)
class Single:
    """One exposure on the common frame: `sci` per second, `wht`; float32 (rows, columns) of the frame."""

    sci: Image
    wht: Image


def separate(
    chips: Iterable[ChipInput],
    frame: ChipWCS,
    params: SeparateParams,
    *,
    workers: Workers | None = None,
    progress: Progress | None = None,
    buffers: Buffers | None = None,
) -> Single:
    """Drizzle the chips of one exposure onto `frame`.

    Pixels that nothing good fell on have weight 0 and hold `params.fillval`, or 0 when it is None (drizzlepac
    leaves the values of bad pixels there). `progress` is advanced `work_units(frame)` times a chip.
    The images are taken from `buffers`. Raises `Refusal` for counts without an exposure time, `Cancelled`.
    """
    store = buffers or Buffers()
    sci, wht = (blank(frame.shape, np.float32, store, workers, progress) for _ in range(2))
    canvas = Canvas(sci, wht)
    for chip in chips:
        where = pixel_map(chip.wcs, frame, params.stepsize, workers=workers, progress=progress)
        drop = drop_of(params, chip, frame)
        drop_chip(
            chip.data, chip.weight, where, drop, canvas, workers=workers, progress=progress, buffers=store
        )
    settle(canvas, 0.0 if params.fillval is None else params.fillval, workers=workers)
    return Single(canvas.sci, canvas.wht)
