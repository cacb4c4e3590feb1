"""What the steps read of a chip: its good pixels, and its pixels ready to be drizzled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.data.dq import Bits, good_pixels, without_bits
from core.data.exposure import Chip, Exposure
from core.data.units import effective_gain, to_electrons
from core.drizzle.chip import ChipInput, weight_map
from core.drizzle.sky import Sky
from core.drizzle.static import StaticMasks

Mask = NDArray[np.uint8]


def usable(
    exposure: Exposure, chip: Chip, bits: Bits | None, reset: Bits | None, static: StaticMasks
) -> NDArray[np.bool_]:
    """Pixels that DQ (with `bits` allowed and `reset` taken as not set) and the static mask let through."""
    good = good_pixels(without_bits(chip.read_dq(), reset), bits)
    mask = static.of(exposure, chip)
    return good if mask is None else good & mask.astype(np.bool_)


def chip_input(
    exposure: Exposure, chip: Chip, sky: Sky, good: NDArray[np.bool_], wht_type: str = "EXP"
) -> ChipInput:
    """The chip in electrons (per second if its unit is), sky subtracted, with weights 0 where it is not `good`.

    Pixels that are no numbers get weight 0 whatever their flags.
    """
    data = chip.read("SCI")
    if sky.subtract is not None:
        data -= np.float32(sky.subtract)
    gain = effective_gain(chip)
    if gain != 1.0:
        data *= np.float32(gain)
    finite = np.isfinite(data)
    if not finite.all():
        good = good & finite
        data[~finite] = 0.0
    err = chip.read("ERR") * np.float32(to_electrons(chip)) if wht_type == "ERR" else None
    return ChipInput(
        wcs=replace(chip.wcs, naxis=(chip.shape[1], chip.shape[0])),
        data=data,
        weight=weight_map(good, chip.exptime, wht_type=wht_type, err=err),
        exptime=chip.exptime,
        is_rate=chip.is_rate,
        name=f"{exposure.name}[SCI,{chip.extver}]",
    )
