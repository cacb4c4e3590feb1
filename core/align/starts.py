"""Where drizzlepac begins to match, for who must repeat an alignment that was made with it.

Three ways of its versions, with the faults that are needed to begin where they did. None is used unless asked for:

"drizzlepac": of today, since February 2020. The peak of the 2D histogram by a parabola through the 5x5 bins around the
    highest, wherever in the histogram that lies; counted from the search radius, while zero lies at the next whole
    number (`core.align.offset` has none of both).
"drizzlepac 3.0": until then. The bins are not quite a pixel: 2 int(r) + 1 of them share 2 r + 1 pixels.
"drizzlepac 2": before. The centre of mass of the 7x7 bins around the highest; a bin counts from its lower edge, which
    is half a pixel too low; then the tolerance is 1.5 pixels, whatever is given.

Positions are taken 1-based, as they stand in drizzlepac's catalogs, so that they are rounded alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from core.align.results import Sources
from core.align.settings import MatchParams
from core.data.imagestats import Clipping, image_statistics

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

AT_ONCE = 2_000_000  # differences held at a time
OLD_TOLERANCE = 1.5  # pixels
_BOX, _OLD_BOX = 2, 3  # half sizes of what belongs to a peak
_CURVED = 6  # terms of a parabola in two dimensions


@dataclass(frozen=True)
class Start:
    """Offset image - reference in frame pixels, and how far from it a pair may be."""

    x: float
    y: float
    tolerance: float


def start(image: Sources, reference: Sources, params: MatchParams, scale: float) -> Start:
    """Where the version that `params.matching` names begins, in a frame of `scale` arcsec; without histogram the given
    offsets. Of a histogram without pairs zero, as there."""
    given = Start(params.xoffset, params.yoffset, params.tolerance)
    if not params.use2dhist:
        return given
    xy, uv = (np.column_stack([one.u, one.v]) + 1.0 for one in (image, reference))
    radius = params.radius(scale)
    if abs(radius - round(radius)) < 1e-9:  # of arcseconds that make whole pixels
        radius = float(round(radius))
    if params.matching == "drizzlepac 2":
        place = centre_of_mass(truncated_histogram(xy, uv, radius))
        return Start(place[0] - radius, place[1] - radius, OLD_TOLERANCE) if place is not None else given
    place = parabola_peak(histogram(xy, uv, radius, whole=params.matching == "drizzlepac"))
    if place is None:
        return Start(0.0, 0.0, params.tolerance)
    return Start(place[0] - radius, place[1] - radius, params.tolerance)


def histogram(xy: Floats, uv: Floats, radius: float, *, whole: bool) -> Floats:
    """Counts of all differences `xy` (n, 2) - `uv` (m, 2), rows = y: bins of one pixel to the next `whole` radius, or
    2 int(radius) + 1 bins over 2 radius + 1 pixels."""
    size = 2 * ceil(radius) + 1 if whole else int(2.0 * radius + 1.0)
    reach = radius + 0.5
    half = ceil(radius) + 0.5 if whole else reach
    edges = np.linspace(-half, half, size + 1)
    counts = np.zeros(size * size)
    for d in differences(xy, uv, half):
        inside = d[((d >= -half) & (d < half)).all(axis=1)]
        column, row = (np.searchsorted(edges, inside[:, k], side="right") - 1 for k in (0, 1))
        counts += np.bincount(row * size + column, minlength=size * size)
    return counts.reshape(size, size)


def truncated_histogram(xy: Floats, uv: Floats, radius: float) -> Floats:
    """Counts of differences, rows = y: int(2 radius) + 1 bins of one pixel from -radius on, in single precision."""
    size = int(2.0 * radius) + 1
    single = np.float32(radius)
    counts = np.zeros(size * size)
    for d in differences(xy.astype(np.float32), uv.astype(np.float32), radius):
        inside = d[(np.abs(d) < single).all(axis=1)]
        column, row = (inside + single).astype(np.int64).T
        counts += np.bincount(row * size + column, minlength=size * size)
    return counts.reshape(size, size)


def differences(
    xy: NDArray[np.floating], uv: NDArray[np.floating], reach: float
) -> Iterator[NDArray[np.floating]]:
    """(k, 2) differences `xy` (n, 2) - `uv` (m, 2) in parts; all that are at most `reach` long on each axis."""
    uv = uv[np.argsort(uv[:, 1], kind="stable")]
    reach += 1e-3  # single precision
    first = np.searchsorted(uv[:, 1], xy[:, 1] - reach, side="left")
    counts = np.searchsorted(uv[:, 1], xy[:, 1] + reach, side="right") - first
    ends = np.cumsum(counts)
    begin = 0
    while begin < len(xy):
        done = ends[begin - 1] if begin else 0
        stop = max(begin + 1, int(np.searchsorted(ends, done + AT_ONCE, side="right")))
        part = counts[begin:stop]
        which = np.repeat(np.arange(begin, stop), part)
        step = np.arange(int(part.sum())) - np.repeat(np.cumsum(part) - part, part)
        yield xy[which] - uv[first[which] + step]
        begin = stop


def parabola_peak(counts: Floats) -> tuple[float, float] | None:
    """x, y (bins) of the maximum of a parabola fitted to the bins with pairs among the 5x5 around the highest; the
    highest itself where it lies at the lower border or the parabola has no maximum in the histogram; the centre of
    mass of fewer than six bins. None without pairs."""
    if not counts.any():
        return None
    size = len(counts)
    row, column = (int(k) for k in np.unravel_index(int(np.argmax(counts)), counts.shape))
    highest = float(column), float(row)
    if np.count_nonzero(counts) == 1 or row == 0 or column == 0:
        return highest
    (x0, x1), (y0, y1) = (_side(k, size) for k in (column, row))
    y, x = (k.ravel() for k in np.mgrid[y0:y1, x0:x1])
    d = counts[y0:y1, x0:x1].ravel()
    full = d > 0
    x, y, d = x[full], y[full], d[full]
    if len(d) < _CURVED:
        return float(x @ d / d.sum()), float(y @ d / d.sum())
    terms = np.column_stack([np.ones_like(x), x, y, x * y, x * x, y * y])
    _, a, b, c, e, f = np.linalg.lstsq(terms, d, rcond=None)[0]
    bend = 4.0 * e * f - c * c
    if bend <= 0 or (e > 0 and f >= 0) or (e >= 0 and f > 0):
        return highest
    top = (b * c - 2.0 * f * a) / bend, (a * c - 2.0 * b * e) / bend
    inside = all(0.0 <= k <= size - 1.0 for k in top)
    return (float(top[0]), float(top[1])) if inside else highest


def _side(place: int, size: int) -> tuple[int, int]:
    """First and last-but-one bin of the box around `place`, moved inwards at the upper border."""
    low = max(0, place - _BOX)
    high = min(size, low + 2 * _BOX + 1)
    return (max(0, high - 2 * _BOX - 1) if high == size else low), high


def centre_of_mass(counts: Floats) -> tuple[float, float] | None:
    """x, y (bins) of the mean of the 7x7 bins around the highest; None where that does not stand out of the clipped
    mode by one standard deviation, as it nearly always does."""
    if not counts.any():
        return None
    pixels = counts.astype(np.float32)
    told = image_statistics(pixels, Clipping(rounds=1), mode=True)
    if told.stddev == 0.0:
        told = image_statistics(pixels, Clipping(rounds=0), mode=True)
    if counts.max() < told.mode + told.stddev:
        return None
    row, column = (int(k) for k in np.unravel_index(int(np.argmax(counts)), counts.shape))
    y0, x0 = max(0, row - _OLD_BOX), max(0, column - _OLD_BOX)
    box = counts[y0 : row + _OLD_BOX + 1, x0 : column + _OLD_BOX + 1]
    x = float(box.sum(axis=0) @ np.arange(box.shape[1]) / box.sum())
    y = float(box.sum(axis=1) @ np.arange(box.shape[0]) / box.sum())
    return x + x0, y + y0
