"""Step 7: all chips drizzled into the final image (DrizzlePac Handbook, section 7.1, step 7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS
from core.drizzle.chip import ChipInput, Image
from core.drizzle.settings import CombineParams
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
    chips: Iterable[ChipInput],
    frame: ChipWCS,
    params: CombineParams,
    *,
    total_exptime: float | None = None,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> Combined:
    """Drizzle all chips onto `frame`; `chips` may be a generator, so that one chip at a time is in memory.

    Pixels without weight hold `params.fillval`, else `params.maskval`, else NaN. With units "counts" the
    result is multiplied by `total_exptime` (seconds, the sum over the exposures). `progress` is advanced
    `work_units(frame)` times a chip. Raises `Refusal` for counts without an exposure time, `Cancelled`.
    """
    raise NotImplementedError
