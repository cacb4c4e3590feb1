"""Step 7 by tiles of the output: each holds all chips that reach it, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS
from core.data.exposure import Chip, Exposure
from core.drizzle import names
from core.drizzle.chip import ChipInput
from core.drizzle.combine import Combined, combine
from core.drizzle.given import as_mask
from core.drizzle.mapping import pixel_map
from core.drizzle.run import Run
from core.drizzle.settings import CombineParams
from core.drizzle.work import TILE_ROWS
from core.runs.spread import Job, tiles

Tile = tuple[int, int]
Made = tuple[Combined, tuple[int, ...]]
"""A tile, and the numbers of the chips of which a cosmic ray mask was used; of the first tile only, as warnings are."""
_COARSE = 32


@dataclass(frozen=True, eq=False)
class _Final(Job):
    run: Run
    params: CombineParams
    with_masks: bool

    def gained(self) -> Any:
        return self.run.gained()

    def gain(self, found: Any) -> None:
        self.run.gain(found)


def tiles_of(run: Run, params: CombineParams, with_masks: bool) -> Iterator[Made]:
    """The tiles of the final image, one after the other; `with_masks`: step 6 was run, or is given."""
    return run.workers.each(_tile, _Final(run, params, with_masks), _cut(run), run.progress)


def joined_tiles(run: Run, parts: Iterator[Made]) -> Made:
    """The final image of its tiles; a single tile is the image itself."""
    image: Combined | None = None
    numbers: tuple[int, ...] = ()
    for (start, stop), (part, used) in zip(_cut(run), parts, strict=True):
        numbers += used
        if (start, stop) == (0, run.final_frame.shape[0]):
            return part, numbers
        if image is None:
            take, shape = run.space.buffers.take, run.final_frame.shape
            image = Combined(
                take(shape, np.float32),
                take(shape, np.float32),
                take((len(part.ctx), *shape), np.int32),
            )
        image.sci[start:stop], image.wht[start:stop], image.ctx[:, start:stop] = part.sci, part.wht, part.ctx
    if image is None:
        raise AssertionError("an image without rows")
    return image, numbers


def _cut(run: Run) -> list[Tile]:
    rows, columns = run.final_frame.shape
    planes = 2 + -(-len(run.chips) // 32)
    return tiles(rows, TILE_ROWS, 4 * columns * planes, run.workers)


def _tile(job: _Final, rows: Tile) -> Made:
    run, numbers = job.run, list[int]()
    made = combine(
        _final_inputs(job, rows, numbers),
        run.final_frame,
        job.params,
        rows=None if rows == (0, run.final_frame.shape[0]) else rows,
        total_exptime=sum(exposure.exptime for exposure in run.exposures),
        count=len(run.chips),
        workers=run.workers,
        progress=run.progress,
        buffers=run.space.buffers,
    )
    return made, tuple(numbers)


def _final_inputs(job: _Final, rows: Tile, numbers: list[int]) -> Iterator[ChipInput | None]:
    """One chip after the other, so that only one is in memory, None for those that do not reach `rows`; the numbers of
    those that have masks go into `numbers`. What a person should hear is said with the first tile."""
    run, first = job.run, rows[0] == 0
    for number, (exposure, chip) in enumerate(run.chips):
        here = rows == (0, run.final_frame.shape[0]) or _reaches(chip.wcs, run.final_frame, rows)
        if not here and not first:
            yield None
            continue
        mask = final_mask(run, exposure, chip, job.with_masks)
        name = names.of_chip(exposure, chip, "crmask")
        if mask is not None and not job.with_masks and first:
            run.warn(f"driz_cr is off: the cosmic ray mask {name} of an earlier run is used.")
        good = run.usable(exposure, chip, run.plan.final_bits, mask)
        if mask is not None:
            numbers += [number] if first else []
            run.space.give_back(name)
        if first and not good.any():
            run.warn(f"{exposure.name}[SCI,{chip.extver}]: no good pixel is left for the final image.")
        if here:
            yield from run.lent(exposure, chip, good, job.params.wht_type)
        else:
            run.space.buffers.give(good)
            yield None


def _reaches(wcs: ChipWCS, frame: ChipWCS, rows: Tile) -> bool:
    """Whether drops of a chip may fall on these rows; no kernel reaches further than three pixels of the chip."""
    y = pixel_map(wcs, frame, _COARSE).y
    y = np.where(np.isfinite(y), y, np.nan)
    if np.isnan(y).all():
        return False
    margin = max(float(np.nanmax(np.abs(np.diff(y, axis=axis)), initial=0.0)) for axis in (0, 1))
    return bool(np.nanmin(y) - margin < rows[1] and np.nanmax(y) + margin >= rows[0])


def final_mask(run: Run, exposure: Exposure, chip: Chip, made: bool) -> NDArray[np.uint8] | None:
    """The cosmic ray mask of a chip: of this run, or with driz_cr off one that an earlier run left, if any."""
    name = names.of_chip(exposure, chip, "crmask")
    if not made and (len(run.exposures) < 2 or not run.space.has(name)):
        return None
    mask = as_mask(run.space.get(name))
    return mask if made or mask.shape == chip.shape else None
