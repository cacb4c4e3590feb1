"""Step 3: every exposure drizzled alone onto the common frame (DrizzlePac Handbook, section 7.1, step 3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.data.chipwcs import ChipWCS
from core.drizzle.chip import ChipInput, Image
from core.drizzle.settings import SeparateParams
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
) -> Single:
    """Drizzle the chips of one exposure onto `frame`.

    Pixels that nothing good fell on have weight 0 and hold `params.fillval`, or 0 when it is None (drizzlepac
    leaves the values of bad pixels there). `progress` is advanced `work_units(frame)` times a chip.
    Raises `Refusal` for counts without an exposure time, `Cancelled`.
    """
    raise NotImplementedError
