"""Image statistics as the field knows them from IRAF's imstatistics: clipped moments, median, mode.

Both the static mask and the sky rest on these numbers, so they follow stsci.imagestats to the last digit that
matters, including its mode, whose bins are a little wider than the steps used to place them. Unlike it, pixels that
are NaN or infinite are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import Refusal
from core.kernels import statistics as kernel
from core.runs.spread import Threads, Workers, row_blocks

ROUNDING = 1e-13
_Moments = tuple[int, float, float, float, float]
BLOCK = 1 << 20
"""Pixels of one block of work; fixed, so that sums never depend on the number of threads."""


@dataclass(frozen=True)
class ImageStatistics:
    """Statistics of the pixels inside the last clipping limits; values in the units of the image.

    `stddev` has the divisor N - 1; `bins` is the number of histogram bins behind `mode` (1: all in one bin).
    `median` and `mode` are NaN when they were not asked for.
    """

    npix: int
    mean: float
    stddev: float
    minimum: float
    maximum: float
    median: float = float("nan")
    mode: float = float("nan")
    bins: int = 0


@dataclass(frozen=True)
class Clipping:
    """How outliers are left out: `rounds` times, beyond `lower_sigma` and `upper_sigma` standard deviations.

    `lower` and `upper` are limits that always hold (None: none). The limits of a round are found from all pixels,
    so a pixel that was left out may come back.
    """

    rounds: int = 0
    lower_sigma: float = 3.0
    upper_sigma: float = 3.0
    lower: float | None = None
    upper: float | None = None
    binwidth: float = 0.1


def image_statistics(
    image: NDArray[np.float32],
    clipping: Clipping = Clipping(),
    *,
    median: bool = False,
    mode: bool = False,
    workers: Workers | None = None,
    check: Callable[[], None] = lambda: None,
) -> ImageStatistics:
    """Statistics of all pixels of `image` (any shape, float32). `check` is called before every pass over them and may
    raise.

    Raises
    ------
    Refusal
        No finite pixel lies inside the limits.
    """
    flat = np.ascontiguousarray(image, dtype=np.float32).reshape(-1)
    blocks = [flat[start:stop] for start, stop in row_blocks(flat.size, BLOCK)]
    team = workers or Threads(1)
    check()
    low, high = _limits(blocks, clipping, team)
    start, stop, (npix, mean, stddev, least, most) = _clipped(blocks, (low, high), clipping, team, check)
    check()
    middle = _median(blocks, start, stop, npix, team) if median else float("nan")
    peak, bins = _mode(blocks, clipping.binwidth, stddev, least, most, team) if mode else (float("nan"), 0)
    return ImageStatistics(npix, mean, stddev, least, most, middle, peak, bins)


def _clipped(
    blocks: list[NDArray[np.float32]],
    limits: tuple[float, float],
    clipping: Clipping,
    team: Workers,
    check: Callable[[], None],
) -> tuple[float, float, _Moments]:
    """The limits and moments after all rounds. A round depends on the one before alone: nothing need be computed any
    more when one comes back."""
    low, high = limits
    made = [(low, high, _moments(blocks, low, high, 0.5 * (low + high), team))]
    seen: dict[tuple[float, float, float], int] = {}
    for number in range(1, clipping.rounds + 1):
        check()
        _, mean, stddev, *_ = made[-1][2]
        start = _single(max(low, mean - clipping.lower_sigma * stddev))
        stop = _single(min(high, mean + clipping.upper_sigma * stddev))
        first = seen.setdefault((start, stop, mean), number)
        if first < number:
            return made[first + (clipping.rounds - first) % (number - first)]
        made.append((start, stop, _moments(blocks, start, stop, mean, team)))
    return made[-1]


def _limits(blocks: list[NDArray[np.float32]], clipping: Clipping, team: Workers) -> tuple[float, float]:
    ranges = team.map(kernel.finite_range, blocks)
    low = min((r[0] for r in ranges), default=float("inf"))
    high = max((r[1] for r in ranges), default=float("-inf"))
    if clipping.lower is not None:
        low = max(low, clipping.lower)
    if clipping.upper is not None:
        high = min(high, clipping.upper)
    if not low <= high:
        raise Refusal(
            "No pixel lies inside the limits, so there are no statistics.",
            advice="Widen the limits, or look whether the image holds data.",
        )
    return _single(low), _single(high)


def _single(value: float) -> float:
    """Rounded to float32: limits meet float32 pixels, and this is the precision in which the field compares them."""
    return float(np.float32(value))


def _moments(
    blocks: list[NDArray[np.float32]], lower: float, upper: float, pivot: float, team: Workers
) -> _Moments:
    parts = team.map(lambda block: kernel.clipped_moments(block, lower, upper, pivot), blocks)
    npix = sum(part[0] for part in parts)
    if npix == 0:
        raise Refusal(
            "No pixel is left after clipping, so there are no statistics.",
            advice="Widen the limits or clip less.",
        )
    total = sum(part[1] for part in parts)
    squares = sum(part[2] for part in parts)
    spread = squares - total * total / npix
    # pixels all alike away from the pivot: what the two sums leave of each other is their rounding
    variance = spread / (npix - 1) if npix > 1 and spread > ROUNDING * squares else 0.0
    # stsci.imagestats starts its search for the extremes at the very first pixel, inside the limits or not; kept,
    # because the bins of the mode, and through it the static mask, hang on these numbers
    first = float(np.clip(blocks[0][0], lower, upper))
    extremes = [*(part[3:] for part in parts), (first, first)]
    least, most = float(np.nanmin(extremes)), float(np.nanmax(extremes))
    # rounded as stsci.imagestats returns them, so that the next limits take in the very same pixels; it also
    # keeps the mean of equal pixels equal to them
    mean, stddev = _single(pivot + total / npix), _single(np.sqrt(variance))
    return npix, mean, stddev, least, most


def _median(blocks: list[NDArray[np.float32]], lower: float, upper: float, npix: int, team: Workers) -> float:
    """The exact median: the mean, in float32, of the two middle values."""
    lowest = _order_statistic(blocks, lower, upper, (npix - 1) // 2, team)
    if npix % 2:
        return float(lowest)
    return float(np.mean(np.array([lowest, _order_statistic(blocks, lower, upper, npix // 2, team)])))


def _order_statistic(
    blocks: list[NDArray[np.float32]], lower: float, upper: float, rank: int, team: Workers
) -> np.float32:
    prefix = 0
    for level in (0, 1):

        def count(block: NDArray[np.float32], level: int = level, prefix: int = prefix) -> NDArray[np.int64]:
            counts = np.zeros(65536, np.int64)
            kernel.count_bits(block, block.view(np.uint32), lower, upper, level, prefix, counts)
            return counts

        below = np.cumsum(np.sum(team.map(count, blocks), axis=0))
        place = int(np.searchsorted(below, rank, side="right"))
        rank -= int(below[place - 1]) if place else 0
        prefix = place if level == 0 else (prefix << 16) | place
    word = prefix & 0x7FFFFFFF if prefix >> 31 else prefix ^ 0xFFFFFFFF
    return np.array([word], np.uint32).view(np.float32)[0]


def _mode(
    blocks: list[NDArray[np.float32]],
    binwidth: float,
    stddev: float,
    least: float,
    most: float,
    team: Workers,
) -> tuple[float, int]:
    """Place of the histogram's peak by a parabola through it and its neighbours, and the number of bins."""
    step, spread = binwidth * stddev, most - least
    tiny = 10.0 * float(np.finfo(np.float32).eps)
    if step < tiny or abs(spread) < tiny or step > spread:
        return least + 0.5 * step, 1
    bins = int(spread / step) + 1
    width = np.float32(spread / (bins - 1))

    def count(block: NDArray[np.float32]) -> NDArray[np.int64]:
        counts = np.zeros(bins, np.int64)
        kernel.fill_histogram(block, np.float32(least), width, counts)
        return counts

    return least + step * _peak(np.sum(team.map(count, blocks), axis=0)), bins


def _peak(counts: NDArray[np.int64]) -> float:
    """Position of the peak of a histogram in bins from its start."""
    top = int(np.argmax(counts))
    if counts.size == 2 and counts[0] == counts[1]:
        return 1.0
    if top in (0, counts.size - 1):
        return top + 0.5
    left, right = int(counts[top] - counts[top - 1]), int(counts[top] - counts[top + 1])
    if left + right == 0:
        return top + 0.5
    return top + 0.5 + 0.5 * (left - right) / (left + right)
