"""Step 1: the static mask, pixels far below the typical background (DrizzlePac Handbook, section 7.1, step 1).

A pixel that is high in the dark frame but not in the exposure turns strongly negative when the dark is subtracted,
and the DQ flags do not always tell. One mask serves all chips of one kind: a pixel bad in any of them is bad in all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.exposure import Chip, Exposure
from core.data.imagestats import Clipping, image_statistics
from core.data.planes import plane
from core.errors import Refusal
from core.kernels import stream as kernel
from core.runs.buffers import Buffers
from core.runs.progress import Progress
from core.runs.spread import Job, Threads, Workers, row_blocks

Mask = NDArray[np.uint8]
Bytes = tuple[tuple[int, int], bytes]
_ROWS = 128
_CLIPPING = Clipping(rounds=3, lower_sigma=3.0, upper_sigma=3.0, binwidth=0.1)


@dataclass(frozen=True, order=True)
class Signature:
    """What chips must share to share a static mask: detector, size (rows, columns), EXTVER."""

    detector: str
    shape: tuple[int, int]
    extver: int


@dataclass(frozen=True, eq=False)
class StaticMasks:
    """uint8 masks (1 good, 0 bad) by signature, and the limits (image units) that made them, for the log.

    They are pickled as bits.
    """

    masks: Mapping[Signature, Mask] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def of(self, exposure: Exposure, chip: Chip) -> Mask | None:
        """The mask of a chip, or None when there is none."""
        return self.masks.get(signature(exposure, chip))

    def __reduce__(self) -> Any:
        return _unpacked_all, ({key: _packed(mask) for key, mask in self.masks.items()}, self.notes)


def signature(exposure: Exposure, chip: Chip) -> Signature:
    # image sets of a file are exposures of one chip
    extver = 1 if exposure.part else chip.extver
    return Signature(f"{exposure.instrument}/{exposure.detector}", chip.shape, extver)


def static_masks(
    exposures: Sequence[Exposure],
    params: Mapping[str, Any],
    *,
    workers: Workers | None = None,
    progress: Progress | None = None,
    buffers: Buffers | None = None,
) -> StaticMasks:
    """Masks of all signatures among the chips of `exposures`.

    A pixel is bad where it is below mode - static_sig * stddev of its chip, both clipped three times at 3 sigma,
    in the units of the image and whatever its DQ. A chip whose values fall into one histogram bin says nothing.
    `progress` is advanced once a chip.
    """
    team, store = workers or Threads(1), buffers or Buffers()
    chips = [(exposure, chip) for exposure in exposures for chip in exposure.chips]
    job = _Chips(tuple(chip for _, chip in chips), float(params["static_sig"]), team, progress, store)
    masks: dict[Signature, Mask] = {}
    notes = []
    low = team.each(_low_pixels, job, range(len(chips)), progress)
    for (exposure, chip), found in zip(chips, low, strict=True):
        where = signature(exposure, chip)
        if where in masks:
            _take_out(masks[where], found.good, team)
        else:
            masks[where] = found.good.copy()
        store.give(found.good)
        notes.append(f"{exposure.name}[SCI,{chip.extver}]: {found.note}")
    return StaticMasks(masks, tuple(notes))


@dataclass(frozen=True, eq=False)
class _Chips(Job):
    chips: tuple[Chip, ...]
    sigma: float
    workers: Workers
    progress: Progress | None
    buffers: Buffers


@dataclass(frozen=True, eq=False)
class _Low:
    """The mask of one chip, pickled as bits, and what was done."""

    good: Mask
    note: str

    def __reduce__(self) -> Any:
        return _unpacked_low, (_packed(self.good), self.note)


def _low_pixels(job: _Chips, number: int) -> _Low:
    """The mask of one chip alone, its memory taken from the buffers."""
    chip = job.chips[number]
    good: Mask = job.buffers.take(chip.shape, np.uint8)

    def fill(block: tuple[int, int]) -> None:
        good[slice(*block)] = 1

    job.workers.map(fill, row_blocks(chip.shape[0], _ROWS))
    note = _mask_low(job, chip, good)
    if job.progress is not None:
        job.progress.advance()
    return _Low(good, note)


def _take_out(mask: Mask, other: Mask, workers: Workers) -> None:
    """Make bad in `mask` what is bad in `other`."""

    def work(block: tuple[int, int]) -> None:
        here = slice(*block)
        np.bitwise_and(mask[here], other[here], out=mask[here])

    workers.map(work, row_blocks(mask.shape[0], _ROWS))


def _packed(mask: Mask) -> Bytes:
    return (mask.shape[0], mask.shape[1]), np.packbits(mask).tobytes()


def _unpacked(packed: Bytes) -> Mask:
    shape, bits = packed
    return np.unpackbits(np.frombuffer(bits, np.uint8), count=shape[0] * shape[1]).reshape(shape)


def _unpacked_all(masks: Mapping[Signature, Bytes], notes: tuple[str, ...]) -> StaticMasks:
    return StaticMasks({key: _unpacked(packed) for key, packed in masks.items()}, notes)


def _unpacked_low(good: Bytes, note: str) -> _Low:
    return _Low(_unpacked(good), note)


def _mask_low(job: _Chips, chip: Chip, good: Mask) -> str:
    """Take the low pixels of one chip out of `good`; say what was done."""
    workers, buffers = job.workers, job.buffers
    check = job.progress.check if job.progress is not None else lambda: None
    pixels = plane(chip).whole(buffers.take(chip.shape, np.float32), workers=workers)
    try:
        stats = image_statistics(pixels, _CLIPPING, mode=True, workers=workers, check=check)
        if stats.bins < 2:
            return "all values in one bin, no static mask from it"
        limit = stats.mode - job.sigma * stats.stddev
        count = _mask_below(pixels, limit, good, workers)
    except Refusal:
        return "no pixel is a number, no static mask from it"
    finally:
        buffers.give(pixels)
    return f"mode {stats.mode:.6g}, rms {stats.stddev:.6g}, {count} pixels below {limit:.6g}"


def _mask_below(pixels: NDArray[np.float32], limit: float, good: Mask, workers: Workers) -> int:
    """Take the pixels below `limit` out of `good`; how many they are."""

    def mask(block: tuple[int, int]) -> int:
        here = slice(*block)
        return int(kernel.mask_below(pixels[here], limit, good[here]))

    return sum(workers.map(mask, row_blocks(good.shape[0], _ROWS)))


def mask_name(root: str, where: Signature) -> str:
    """The file name of a mask: what comes before the last "_" of the output root, size, EXTVER.

    The rule is drizzlepac's: of the output "f606w" nothing is left, "ngc_f606w" gives "ngc".
    """
    rows, columns = where.shape
    return f"{root.rpartition('_')[0]}_{rows}x{columns}_{where.extver}_staticMask.fits"
