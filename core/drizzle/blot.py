"""Step 5: the median taken back to the pixels of a chip (DrizzlePac Handbook, section 7.1, step 5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.chipwcs import ChipWCS
from core.drizzle.chip import Image, scale_ratio
from core.drizzle.mapping import pixel_map
from core.drizzle.rim import Rim, rim_positions, rim_size
from core.drizzle.settings import INTERPOLANTS, BlotParams
from core.drizzle.work import TILE_ROWS
from core.kernels import blot as kernels
from core.runs.buffers import Buffers
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers, over_rows, row_blocks

_KINDS = dict(
    zip(
        INTERPOLANTS,
        (kernels.NEAREST, kernels.LINEAR, kernels.POLY3, kernels.POLY5, kernels.SINC),
        strict=True,
    )
)
_ROWS = 16


@dataclass(frozen=True, eq=False)
class Blotted:
    """The median as the chip would have seen it: `sci` float32 (rows, columns) of the chip, in its input units,
    sky added; `rim` the same one pixel beyond its borders (`core.drizzle.rim`)."""

    sci: Image
    rim: Rim


def blot(
    median: Image,
    frame: ChipWCS,
    wcs: ChipWCS,
    params: BlotParams,
    *,
    exptime: float,
    sky: float | None = None,
    conversion: float = 1.0,
    workers: Workers | None = None,
    progress: Progress | None = None,
    buffers: Buffers | None = None,
) -> Blotted:
    """Resample `median` (float32, per second, on `frame`) to the pixels of the chip `wcs`.

    The value is multiplied by `exptime`, divided by the square of the scale ratio (frame over chip) and by
    `conversion` (what turned input units into those of the comparison: EXPTIME for rates, the gain for
    DN), and then the sky is added: `sky` (input units) with addsky on, else `params.skyval`. Chip pixels
    that lie outside the median get the sky alone.
    `progress` is advanced `blot_units(wcs)` times. The image is taken from `buffers`.
    """
    where = pixel_map(wcs, frame, params.stepsize, workers=workers, progress=progress)
    added = sky if params.addsky else params.skyval
    factor = exptime / scale_ratio(frame, wcs) ** 2 / conversion
    sci = (buffers or Buffers()).take(wcs.shape, np.float32)
    image = np.ascontiguousarray(median, np.float32)
    values = (np.float32(factor), np.float32(added or 0.0))

    def work(first: int, stop: int) -> None:
        # few rows at a time: their positions stay in the processor's cache
        for top, bottom in row_blocks(stop - first, _ROWS):
            here = slice(first + top, first + bottom)
            x, y = where.positions(here.start, here.stop)
            kernels.resample(image, x, y, _KINDS[params.interp], params.sinscl, *values, sci[here])

    over_rows(work, wcs.shape[0], TILE_ROWS, workers or Threads(), progress)
    rim = np.empty(rim_size(wcs.shape), np.float32)
    beyond = rim_positions(wcs, frame, params.stepsize)
    kernels.resample(image, *beyond, _KINDS[params.interp], params.sinscl, *values, rim[None])
    return Blotted(sci, rim)
