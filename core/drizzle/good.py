"""Which pixels of a chip are good: DQ flags, static mask and a further mask, by blocks of rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.data.dq import Bits
from core.data.exposure import Chip, Exposure
from core.data.planes import plane
from core.drizzle.static import StaticMasks
from core.kernels import stream as kernel
from core.runs.buffers import Buffers
from core.runs.spread import Threads, Workers, over_rows

Mask = NDArray[np.uint8]
_ROWS = 128
_NO_MASK = np.zeros((0, 0), np.uint8)


def usable(
    exposure: Exposure,
    chip: Chip,
    bits: Bits | None,
    reset: Bits | None,
    static: StaticMasks,
    own: Mask | None = None,
    *,
    workers: Workers | None = None,
    buffers: Buffers | None = None,
) -> NDArray[np.bool_]:
    """Pixels that DQ (with `bits` allowed and `reset` taken as not set), the static mask and the mask `own` (1 good,
    0 bad) let through."""
    bad = bad_flags(bits, reset)
    mask = static.of(exposure, chip)
    masks = (_NO_MASK if mask is None else mask, _NO_MASK if own is None else own)
    flags = plane(chip, "DQ")
    good: Mask = (buffers or Buffers()).take(chip.shape, np.uint8)

    def work(start: int, stop: int) -> None:
        kernel.good_rows(
            flags.rows(start, stop), bad, masks[0][start:stop], masks[1][start:stop], good[start:stop]
        )

    over_rows(work, chip.shape[0], _ROWS, workers or Threads(1))
    return good.view(np.bool_)


def bad_flags(bits: Bits | None, reset: Bits | None) -> int:
    """The DQ flags that make a pixel bad when those of `reset` are taken as not set; 0 for `bits` None."""
    return 0 if bits is None else bits.bad & ~(reset.allowed if reset is not None else 0)
