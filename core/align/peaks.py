"""The peaks of an image's 2D histogram as a person meets them: the rivals, and the one under a click."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from core.align.offset import centroid, sums_of
from core.align.results import Offset, PeakStatus

REACH = 4  # bins around a click in which its peak is looked for
APART = 3  # bins: what is nearer belongs to the same peak


@dataclass(frozen=True)
class Peak:
    """A peak: offset image - reference in frame pixels, its highest bin, the pairs in 3x3 bins, and how far those
    stand out of what is usual in the histogram, over its scatter."""

    x: float
    y: float
    height: int
    pairs: int
    significance: float


def nearest_peak(offset: Offset, x: float, y: float) -> tuple[float, float]:
    """The peak that a click at `x`, `y` (frame pixels) means: the centroid of the 5x5 bins around the fullest place
    within `REACH` bins, which it cannot leave. Where no pair is near, or there is no histogram, the click itself."""
    r = offset.radius
    column, row = round(x) + r, round(y) + r
    size = offset.histogram.shape[0]
    y0, x0 = max(row - REACH, 0), max(column - REACH, 0)
    if offset.status is PeakStatus.NOT_USED or column + REACH < 0 or row + REACH < 0:
        return float(x), float(y)
    sums = sums_of(offset.histogram)
    near = sums[y0 : row + REACH + 1, x0 : column + REACH + 1]
    if not near.size or not near.any():
        return float(x), float(y)
    box = offset.histogram[y0 : row + REACH + 1, x0 : column + REACH + 1]
    # of equal sums the fuller bin, then the nearer one
    rows, columns = np.mgrid[y0 : y0 + box.shape[0], x0 : x0 + box.shape[1]]
    distance = np.hypot(rows - r - y, columns - r - x) / (10.0 * size)
    best = np.argmax(near + box / (box.max() + 1.0) - distance)
    dy, dx = np.unravel_index(int(best), near.shape)
    cx, cy = centroid(offset.histogram, y0 + int(dy), x0 + int(dx), float(np.median(sums)) / 9.0)
    return cx - r, cy - r


def peaks(offset: Offset, n: int = 5) -> tuple[Peak, ...]:
    """The `n` highest peaks, highest first, none within `APART` bins of a higher one."""
    if offset.status is PeakStatus.NOT_USED or not offset.histogram.any():
        return ()
    sums = sums_of(offset.histogram)
    usual, spread = float(sums.mean()), float(sums.std())
    left = sums + offset.histogram / (offset.histogram.max() + 1.0)
    found: list[Peak] = []
    while len(found) < n and left.max() > 0:
        row, column = (int(k) for k in np.unravel_index(int(np.argmax(left)), left.shape))
        here = slice(max(row - APART, 0), row + APART + 1), slice(max(column - APART, 0), column + APART + 1)
        near = slice(max(row - 1, 0), row + 2), slice(max(column - 1, 0), column + 2)
        x, y = centroid(offset.histogram, row, column, usual / 9.0)
        found.append(
            Peak(
                x - offset.radius,
                y - offset.radius,
                int(offset.histogram[near].max()),
                int(sums[row, column]),
                (float(sums[row, column]) - usual) / sqrt(max(spread**2, usual, 1.0)),
            )
        )
        left[here] = 0.0
    return tuple(found)


def chosen_peak(offset: Offset, x: float, y: float) -> Offset:
    """The histogram with a person's peak at `x`, `y` in place of the one that was found."""
    r = offset.radius
    row, column = round(y) + r, round(x) + r
    sums = sums_of(offset.histogram)
    size = offset.histogram.shape[0]
    inside = 0 <= row < size and 0 <= column < size
    away = np.ones(sums.shape, bool)
    away[
        max(row - APART, 0) : max(row + APART + 1, 0), max(column - APART, 0) : max(column + APART + 1, 0)
    ] = False
    near = offset.histogram[max(row - 1, 0) : max(row + 2, 0), max(column - 1, 0) : max(column + 2, 0)]
    spread = sqrt(max(float(sums.var()), float(sums.mean()), 1.0))
    return replace(
        offset,
        x=float(x),
        y=float(y),
        height=int(near.max(initial=0)),
        second=int(offset.histogram[away].max(initial=0)),
        significance=(float(sums[row, column]) - float(sums.mean())) / spread if inside else 0.0,
        edge_distance=max(min(row, column, size - 1 - row, size - 1 - column), 0),
        status=PeakStatus.CHOSEN,
    )
