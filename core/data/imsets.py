"""Files that hold several exposures of one chip, as STIS writes them (CR-SPLIT: SCI,1 and SCI,2 are two exposures)."""

from __future__ import annotations

import math
from dataclasses import replace

from core.data.exposure import Chip, Exposure
from core.errors import Refusal


def separate_imsets(exposure: Exposure, *, complete: bool = True) -> tuple[Exposure, ...]:
    """One exposure for each image set; the exposure itself where SCI extensions are chips.

    Each takes exposure time, start and end from its own SCI header, and is told apart by `Exposure.part`.

    Raises
    ------
    Refusal
        An image set has no exposure time and the exposure is to be `complete`.
    """
    if not exposure.facts.imsets or len(exposure.chips) < 2:
        return (exposure,)
    return tuple(_part(exposure, chip, complete) for chip in exposure.chips)


def _part(exposure: Exposure, chip: Chip, complete: bool) -> Exposure:
    times = [chip.header.get(key) for key in ("EXPTIME", "EXPSTART", "EXPEND")]
    exptime, start, end = (float(t) if isinstance(t, int | float) else math.nan for t in times)
    if complete and not exptime > 0:
        raise Refusal(
            f"The exposure time of its image set {chip.extver} is {exptime:g} s.",
            file=exposure.path,
            subject=f"EXPTIME of SCI,{chip.extver}",
            advice="Leave the exposure out, or choose the other image sets with group.",
        )
    return replace(
        exposure,
        exptime=exptime,
        expstart=start,
        expend=end,
        chips=(replace(chip, exptime=exptime),),
        part=chip.extver,
    )
