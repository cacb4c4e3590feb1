"""Differences of the sky between exposures from what they share (DrizzlePac Handbook, step 2, skymethod match).

Every pair of exposures that overlaps says how much brighter one sees the same patch of the sky; all exposures
together are brought to agree by weighted least squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.data.exposure import Chip, Exposure
from core.drizzle.skyoverlap import shared_pixels, shared_sky
from core.drizzle.skypixels import SkyPixels, to_brightness
from core.errors import Refusal
from core.runs.progress import Progress
from core.runs.spread import Job, Threads

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class Pair:
    """Exposures `first` and `second` (numbers), the brightness each shows where both look, the pixels behind it."""

    first: int
    second: int
    brightness: tuple[float, float]
    pixels: tuple[int, int]


@dataclass(frozen=True)
class Differences:
    """Brightness to take off each exposure so that overlaps agree, the lowest 0; None: it overlaps no other.

    `warnings` say which exposures could not be compared; `found` is False when no two could be.
    """

    values: tuple[float | None, ...]
    warnings: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        return any(value is not None for value in self.values)


def sky_differences(
    exposures: Sequence[Exposure], pixels: SkyPixels, progress: Progress | None = None
) -> Differences:
    """Compare all pairs of exposures; `progress` is advanced once a chip.

    Values are surface brightness, as `core.drizzle.skypixels.to_brightness` makes it. Two exposures at a time are
    in memory.
    """
    job = _Comparing(tuple(exposures), pixels, progress)
    found = (pixels.workers or Threads(1)).each(_pairs_of, job, range(len(exposures)), progress)
    pairs = [pair for some in found for pair in some]
    values = solved(pairs, len(exposures))
    return Differences(values, tuple(_warnings(exposures, pairs, values)))


@dataclass(frozen=True, eq=False)
class _Comparing(Job):
    exposures: tuple[Exposure, ...]
    pixels: SkyPixels
    progress: Progress | None


def _pairs_of(job: _Comparing, k: int) -> list[Pair]:
    """An exposure compared with those after it."""
    exposures, progress, pairs = job.exposures, job.progress, []
    later = [n for n in range(k + 1, len(exposures)) if _touch(exposures[k], exposures[n])]
    images = _images(exposures[k], job.pixels) if later else {}
    for n in later:
        if progress is not None:
            progress.check()
        pair = _compared(k, n, exposures, images, job.pixels)
        if pair is not None:
            pairs.append(pair)
    if progress is not None:
        progress.advance(len(exposures[k].chips))
    return pairs


def solved(pairs: Sequence[Pair], count: int) -> tuple[float | None, ...]:
    """The sky of each of `count` exposures above the lowest, None for one without a pair.

    Least squares of w (x_i - x_j) = w (s_i - s_j), w the mean number of pixels of both (as stsci.skypac weighs),
    by the pseudo-inverse: exposures that no chain of pairs joins stay as near to each other as they can.
    """
    matrix, right = np.zeros((len(pairs), count)), np.zeros(len(pairs))
    for row, pair in enumerate(pairs):
        weight = 0.5 * sum(pair.pixels)
        matrix[row, pair.first], matrix[row, pair.second] = weight, -weight
        right[row] = weight * (pair.brightness[0] - pair.brightness[1])
    if not pairs:
        return (None,) * count
    found = np.linalg.pinv(matrix, rcond=1e-12) @ right
    paired = {k for pair in pairs for k in (pair.first, pair.second)}
    lowest = min(found[k] for k in paired)
    return tuple(float(found[k] - lowest) if k in paired else None for k in range(count))


def groups(pairs: Sequence[Pair], count: int) -> list[list[int]]:
    """The exposures that chains of pairs join, groups of more than one, in order."""
    group = list(range(count))
    for pair in pairs:
        old, new = sorted((group[pair.first], group[pair.second]), reverse=True)
        group = [new if one == old else one for one in group]
    members = [[k for k in range(count) if group[k] == one] for one in sorted(set(group))]
    return [found for found in members if len(found) > 1]


def _warnings(
    exposures: Sequence[Exposure], pairs: Sequence[Pair], values: Sequence[float | None]
) -> list[str]:
    if not pairs:
        return []
    said = [
        f"{exposure.name}: its sky could not be compared with any other exposure; nothing is matched."
        for exposure, value in zip(exposures, values, strict=True)
        if value is None
    ]
    parts = groups(pairs, len(exposures))
    if len(parts) > 1:
        names = "; ".join(", ".join(exposures[k].name for k in part) for part in parts)
        said.append(f"Nothing joins these groups of exposures, so their skies are not matched: {names}.")
    return said


def _touch(a: Exposure, b: Exposure) -> bool:
    return any(shared_sky(one.wcs, two.wcs) is not None for one in a.chips for two in b.chips)


def _images(exposure: Exposure, pixels: SkyPixels) -> dict[int, Pixels]:
    """The images of all chips by EXTVER, NaN where a pixel takes no part."""
    found = {}
    for chip in exposure.chips:
        image = chip.read("SCI")
        image[~pixels.good(exposure, chip)] = np.nan
        found[chip.extver] = image
    return found


def _compared(
    k: int, n: int, exposures: Sequence[Exposure], mine: dict[int, Pixels], pixels: SkyPixels
) -> Pair | None:
    """The pair of exposures `k` and `n`, None when the pixels they share are all bad in one of them."""
    first, second = exposures[k], exposures[n]
    theirs = _images(second, pixels)
    sums, counts = [0.0, 0.0], [0, 0]
    for one in first.chips:
        for two in second.chips:
            sky = shared_sky(one.wcs, two.wcs)
            if sky is None:
                continue
            sides = ((first, one, mine), (second, two, theirs))
            for side, (exposure, chip, images) in enumerate(sides):
                value, count = _patch(exposure, chip, images[chip.extver], sky, pixels)
                sums[side] += value * count
                counts[side] += count
    if min(counts) == 0:
        return None
    return Pair(k, n, (sums[0] / counts[0], sums[1] / counts[1]), (counts[0], counts[1]))


def _patch(
    exposure: Exposure, chip: Chip, image: Pixels, sky: Floats, pixels: SkyPixels
) -> tuple[float, int]:
    """Brightness of the chip inside the outline `sky` and the number of pixels behind it, (0, 0) for none."""
    seen = image[shared_pixels(chip.wcs, sky)]
    seen = seen[np.isfinite(seen)]
    try:
        value, count = pixels.measure(seen)
    except Refusal:
        return 0.0, 0
    return value * to_brightness(exposure, chip), count
