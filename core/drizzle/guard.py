"""Watch over step 6: stars that are flagged as cosmic rays, and whether it is because an exposure lies elsewhere.

Where an exposure is misaligned the median holds no stars, and the stars of all exposures are flagged. They differ
from cosmic rays in that the same pattern is flagged in every exposure, at a constant distance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS
from core.drizzle.cosmic import Detector
from core.kernels.starcores import star_cores
from core.runs.spread import Threads, Workers, row_blocks

Floats = NDArray[np.float64]
_ROWS = 128
_KEPT_A_BLOCK = 512
_KEPT_A_CHIP = 400
_SHARE = 0.3  # of the star centres; aligned exposures show less than a hundredth
_FLAGGED = 8  # stars of an exposure that must be flagged before it is looked at
_FEWEST, _FEWEST_FAR = 4, 12  # stars that must agree on one distance
_CELL = 2.0  # arcseconds; what is flagged in one such cell may be one track of a cosmic ray
_CHANCE = 1e-4  # at most, of as many agreeing anywhere by chance
_CELL_OF_STEPS = 0.1  # arcseconds
_PIXELS_OFF = 2.0  # centres are whole pixels: the median of a few is no better than one
_SPARSE = 200  # star centres of a chip up to which those that are not flagged are looked at too
_CHANCE_OF_ALL = 1e-5  # the same as _CHANCE where they are
_REACH, _FAR = 2.0, 10.0  # arcseconds: usual errors of pointing, and those after a lost guide star


@dataclass(frozen=True, eq=False)
class Cores:
    """Star centres of a chip: how many, how many of them flagged, and the brightest flagged ones.

    `x`, `y` are 0-based pixels, float64 (n,), n at most 400, the brightest first; `kept` float64 (m, 2), the same of
    those that are not flagged, in sparse fields only.
    """

    count: int
    flagged: int
    x: Floats
    y: Floats
    kept: Floats = field(default_factory=lambda: np.empty((0, 2)))


@dataclass(frozen=True)
class Repeat:
    """The stars flagged in an exposure stand `distance` arcseconds from those flagged in `other`; `stars` agree."""

    name: str
    other: str
    distance: float
    stars: int


def find_cores(
    data: NDArray[np.float32],
    usable: NDArray[np.bool_],
    clean: NDArray[np.uint8],
    detector: Detector,
    workers: Workers | None = None,
) -> Cores:
    """Star centres of a chip and which of them are flagged.

    `data` float32 (rows, columns) in input units, with its sky; `usable` bool; `clean` uint8, 0 where a cosmic ray
    was flagged.
    """
    good = usable.view(np.uint8)

    def work(rows: tuple[int, int]) -> tuple[int, Floats]:
        x, y = (np.empty(_KEPT_A_BLOCK, np.int32) for _ in range(2))
        height, flagged = np.empty(_KEPT_A_BLOCK, np.float32), np.empty(_KEPT_A_BLOCK, np.uint8)
        noise2, sky = detector.read_noise**2, max(detector.sky, 0.0)
        count = star_cores(
            data, good, clean, detector.to_electrons, sky, noise2, *rows, x, y, height, flagged
        )
        return count, np.array([each[:count] for each in (x, y, height, flagged)], np.float64)

    made = (workers or Threads(1)).map(work, row_blocks(data.shape[0], _ROWS))
    counted = sum(count for count, _ in made)
    x, y, height, flagged = np.concatenate([each for _, each in made], axis=1)
    hit = np.flatnonzero(flagged)
    hit = hit[np.argsort(-height[hit], kind="stable")][:_KEPT_A_CHIP]
    share = float(flagged.mean()) if flagged.size else 0.0
    kept = np.column_stack([x, y])[flagged == 0] if counted <= _SPARSE else np.empty((0, 2))
    return Cores(counted, round(share * counted), x[hit], y[hit], kept)


def share_of(chips: Sequence[Cores]) -> tuple[int, float]:
    """Flagged star centres of an exposure, and their share of all."""
    count, flagged = (sum(getattr(chip, name) for chip in chips) for name in ("count", "flagged"))
    return flagged, flagged / count if count else 0.0


def repeats(
    exposures: Mapping[str, Sequence[tuple[ChipWCS, Cores]]], frame: ChipWCS, near: float
) -> tuple[Repeat, ...]:
    """Exposures of which a large part of the stars is flagged, where the same stars are flagged in another one.

    `exposures` by name, each with its chips; distances are measured in `frame`, the linear frame of step 3. Those
    that are at most `near` arcseconds apart keep each other company, and the one with most company is `other`.
    """
    places = {name: _in_frame(chips, frame) for name, chips in exposures.items() if _flagged(chips)}
    every = {name: _in_frame(exposures[name], frame, kept=True) for name in places}

    def between(a: str, b: str) -> tuple[float, int] | None:
        found = _step(places[a], places[b], frame.scale)
        return found if found is not None else _sparse_step(every[a], every[b], frame.scale, near)

    steps = {(a, b): found for a in places for b in places if a != b and (found := between(a, b)) is not None}
    if not steps:
        return ()

    def company(name: str) -> int:
        return sum(1 for (a, _), (distance, _) in steps.items() if a == name and distance <= near)

    middle = max(places, key=company)
    return tuple(Repeat(name, middle, *steps[name, middle]) for name in places if (name, middle) in steps)


def _flagged(chips: Sequence[tuple[ChipWCS, Cores]]) -> bool:
    flagged, share = share_of([cores for _, cores in chips])
    return flagged >= _FLAGGED and share > _SHARE


def _step(first: Floats, second: Floats, scale: float) -> tuple[float, int] | None:
    """The common step of two exposures, near if there is one, else far."""
    near = common_step(first, second, scale)
    return near if near is not None else common_step(first, second, scale, _FAR, _FEWEST_FAR)


def _sparse_step(first: Floats, second: Floats, scale: float, near: float) -> tuple[float, int] | None:
    """The common step of all stars of two exposures, flagged or not; None where they are on the same places.

    Of two exposures that lie apart only part of the stars is flagged in each, and in a sparse field too few in both.
    Where they lie on each other more stars agree on no step than on any other.
    """
    found = common_step(first, second, scale, chance=_CHANCE_OF_ALL, cell=min(_CELL_OF_STEPS, 0.85 * scale))
    return found if found is not None and found[0] > max(near, _PIXELS_OFF * scale) else None


def _in_frame(chips: Sequence[tuple[ChipWCS, Cores]], frame: ChipWCS, *, kept: bool = False) -> Floats:
    """Flagged stars, with `kept` all of sparse fields, (n, 2) 0-based pixels of the frame."""
    made = [np.empty((0, 2))]
    for wcs, cores in chips:
        found = np.column_stack([cores.x, cores.y])
        if kept:
            found = np.concatenate([found, cores.kept]) if cores.count <= _SPARSE else found[:0]
        if len(found):
            made.append(np.column_stack(frame.sky_to_pix(*wcs.pix_to_sky(*found.T))))
    return np.concatenate(made)


def common_step(
    first: Floats,
    second: Floats,
    scale: float,
    reach: float = _REACH,
    fewest: int = _FEWEST,
    chance: float = _CHANCE,
    cell: float = _CELL_OF_STEPS,
) -> tuple[float, int] | None:
    """The distance in arcseconds at which most stars of `first` have one of `second`, and how many; None when chance
    would give as many.

    Both are (n, 2) pixels of a frame of `scale` arcseconds a pixel. The differences are counted in cells of `cell`
    arcseconds, three by three of them together, out to `reach` arcseconds. In a sparse field a few stars (`fewest`)
    are enough, if they stand apart: flagged cosmic rays of two exposures are hardly ever so near to each other, but
    where they are, two long tracks, it is many times at once.
    """
    steps = (second[None, :, :] - first[:, None, :]) * scale
    near = np.abs(steps).max(axis=2) < reach
    of, step = np.nonzero(near)[0], steps[near]
    edges = np.arange(-reach, reach + 0.5 * cell, cell)
    counts = np.histogram2d(step[:, 0], step[:, 1], bins=(edges, edges))[0]
    boxes = sum(
        counts[j : j - 2 or None, i : i - 2 or None] for j in range(3) for i in range(3)
    )  # by their lower cell
    place = np.unravel_index(int(np.argmax(boxes)), boxes.shape)
    stars = int(boxes[place])
    others = 9.0 * (len(step) - stars + 1) / counts.size  # expected of a box
    if stars < max(fewest, others + 6.0 * math.sqrt(others)):
        return None
    middle = np.array([edges[place[0]], edges[place[1]]]) + 1.5 * cell
    inside = np.abs(step - middle).max(axis=1) <= 1.5 * cell
    apart = len(np.unique((first[of[inside]] * scale // _CELL).astype(np.int64), axis=0))
    most = stars > _SHARE * min(len(first), len(second)) and stars >= _FLAGGED
    if apart < fewest or not (most or _as_many(apart, others) * boxes.size < chance):
        return None
    return float(np.hypot(*np.median(step[inside], axis=0))), stars


def _as_many(count: int, expected: float) -> float:
    """A bound from above, close in the tail, of the Poisson probability of `count` or more where fewer are expected:
    the first term over a geometric series of the following ones."""
    if expected >= count + 1:
        return 1.0
    first = math.exp(count * math.log(expected) - expected - math.lgamma(count + 1.0))
    return first / (1.0 - expected / (count + 1.0))
