"""What the steps read of a chip: its pixels ready to be drizzled; by blocks of rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.data.exposure import Chip, Exposure
from core.data.planes import plane
from core.data.units import effective_gain, to_electrons
from core.drizzle.chip import ChipInput, weight_map
from core.drizzle.ivm import Maps, inverse_variance
from core.drizzle.sky import Sky
from core.kernels import stream as kernel
from core.runs.buffers import Buffers
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers, over_rows

_ROWS = 128


def chip_input(
    exposure: Exposure,
    chip: Chip,
    sky: Sky,
    good: NDArray[np.bool_],
    wht_type: str = "EXP",
    *,
    maps: Maps | None = None,
    workers: Workers | None = None,
    progress: Progress | None = None,
    buffers: Buffers | None = None,
) -> ChipInput:
    """The chip in electrons (per second if its unit is), sky subtracted, with weights 0 where it is not `good`.

    Pixels that are no numbers get weight 0 whatever their flags. `maps` are for weights of type IVM; data and weights
    are taken from `buffers`; `progress` is only asked whether to stop.
    """
    source, store = plane(chip), buffers or Buffers()
    data, weight = store.take(chip.shape, np.float32), store.take(chip.shape, np.float32)
    subtracted = np.float32(0.0 if sky.subtract is None else sky.subtract)
    gain = np.float32(effective_gain(chip))
    seen = good.view(np.uint8)

    def work(start: int, stop: int) -> None:
        if progress is not None:
            progress.check()
        here = slice(start, stop)
        source.read(start, stop, data[here])
        kernel.prepare_rows(data[here], seen[here], subtracted, gain, np.float32(chip.exptime), weight[here])

    over_rows(work, chip.shape[0], _ROWS, workers or Threads(1))
    if wht_type != "EXP":
        good = weight > 0
        store.give(weight)
        weight = _variance_weight(exposure, chip, sky, good, wht_type, maps or Maps())
    return ChipInput(
        wcs=replace(chip.wcs, naxis=(chip.shape[1], chip.shape[0])),
        data=data,
        weight=weight,
        exptime=chip.exptime,
        is_rate=chip.is_rate,
        name=f"{exposure.name}[SCI,{chip.extver}]",
    )


def _variance_weight(
    exposure: Exposure, chip: Chip, sky: Sky, good: NDArray[np.bool_], wht_type: str, maps: Maps
) -> NDArray[np.float32]:
    if wht_type == "IVM":
        return inverse_variance(exposure, chip, sky.noise, maps) * good
    err = chip.read("ERR") * np.float32(to_electrons(chip))
    return weight_map(good, chip.exptime, wht_type=wht_type, err=err)
