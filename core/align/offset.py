"""The initial offset of an image: the peak in the 2D histogram of all coordinate differences.

Unlike drizzlepac's, bin [r, r] is zero offset for any search radius (it subtracts the unrounded radius), the
position comes from the box around the peak and cannot leave it, and a peak that chance could have made is
never used.
"""

from __future__ import annotations

from math import ceil, floor, sqrt

import numpy as np
from numpy.typing import NDArray

from core.align.chance import more_than
from core.align.results import Offset, PeakStatus, Sources
from core.align.settings import MatchParams
from core.align.sources import chosen, lone
from core.errors import Refusal
from core.kernels.match import difference_histogram

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SAME_PLACE = 0.7  # pixels within which two sources sit at the same place of the detector
LARGEST_RADIUS = 4000
CHANCE = 1e-4  # a peak counts if pairs by chance make one as high less often than this
LEAST_SHARP = 6  # pairs in the highest bin: fewer, and one double star can make a sharp peak
AS_HIGH = 0.7  # a rival that stands out by more than this part of the peak makes it ambiguous
_BOX = 2  # half size of the box that belongs to a peak
_NEAR = 10  # half size of the surroundings that say what is usual near the peak


def offset(image: Sources, reference: Sources, params: MatchParams, scale: float) -> Offset:
    """Offset image - reference in frame pixels of `scale` arcsec, with its histogram.

    With `use2dhist` off the given offsets, status NOT_USED. Raises `Refusal` for a search radius so large that
    the histogram would not fit in memory.
    """
    if not params.use2dhist:
        none = np.zeros((1, 1), np.int64)
        return Offset(params.xoffset, params.yoffset, none, 0, 0, 0, float("nan"), 0, PeakStatus.NOT_USED)
    radius = max(1, ceil(params.radius(scale) - 1e-9))
    if radius > LARGEST_RADIUS:
        raise Refusal(
            f"A search radius of {radius} pixels makes a histogram that does not fit.",
            subject="searchrad",
            advice=f"at most {LARGEST_RADIUS} pixels; check searchunits.",
        )
    sky, fixed = histogram_planes(image, reference, radius)
    found = peak(sky, radius)
    if found.status in (PeakStatus.GOOD, PeakStatus.EDGE) or not fixed.any():
        return found
    # Exposures of one pointing, whatever their headers say, show a star at the same pixels too: then the left-out
    # pairs count, but not those of single bright pixels.
    image, reference = chosen(image, ~lone(image)), chosen(reference, ~lone(reference))
    sky, fixed = histogram_planes(image, reference, radius)
    return peak(sky + fixed, radius) if fixed.any() else found


def histogram_planes(image: Sources, reference: Sources, radius: int) -> tuple[Ints, Ints]:
    """Histograms (2 radius + 1)² of the differences: pairs apart on the detector, and at the same place of it."""
    counts = difference_histogram(
        _table(image), _sorted(_table(reference)), radius, SAME_PLACE, 0, len(image)
    )
    return counts[0], counts[1]


def peak(histogram: Ints, radius: int) -> Offset:
    """The peak of a histogram of differences, if chance does not explain it.

    It is where the sums of 3x3 bins are highest, which bear some turn of the image; where chance could have made
    that one, where those of 2x2 bins or a bin is: among very many false sources a sharp peak stands out only there.
    """
    if not histogram.any():
        return Offset(0.0, 0.0, histogram, radius, 0, 0, 0.0, radius, PeakStatus.NO_DATA)
    wide = _peak(histogram, radius, 3)
    if wide.status is not PeakStatus.BAD_FIT:
        return wide
    sharper = (_peak(histogram, radius, size) for size in (2, 1))
    good = (p for p in sharper if p.status is not PeakStatus.BAD_FIT and p.height >= LEAST_SHARP)
    return next(good, wide)


def _peak(histogram: Ints, radius: int, size: int) -> Offset:
    """The highest sum of `size` x `size` bins, and what is to be known of it."""
    sums = sums_of(histogram, size)
    # of equal sums the one with the highest bin in the middle
    top_bin = np.unravel_index(int(np.argmax(sums + histogram / (histogram.max() + 1.0))), sums.shape)
    row, column = _highest_near(histogram, int(top_bin[0]), int(top_bin[1]))
    edge = int(min(row, column, 2 * radius - row, 2 * radius - column))
    away = np.ones(histogram.shape, bool)
    away[max(row - 3, 0) : row + 4, max(column - 3, 0) : column + 4] = False
    usual, spread = _surroundings(sums, away, row, column)
    top = float(sums[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2].max())
    significance = (top - usual) / sqrt(max(spread**2, usual, 1.0))
    each = usual / size**2
    x, y = centroid(histogram, row, column, each)
    rival, rival_x, rival_y = _rival(histogram, sums, away, usual, top, each)
    if not _beats_chance(top, usual, spread, 3 * sums.size):
        status = PeakStatus.BAD_FIT
    elif rival > AS_HIGH:
        status = PeakStatus.AMBIGUOUS
    else:
        status = PeakStatus.EDGE if edge == 0 else PeakStatus.GOOD
    second = int(histogram[away].max()) if away.any() else 0
    return Offset(
        x - radius,
        y - radius,
        histogram,
        radius,
        int(histogram[row, column]),
        second,
        significance,
        edge,
        status,
        rival,
        rival_x - radius,
        rival_y - radius,
    )


def _rival(
    histogram: Ints, sums: Floats, away: NDArray[np.bool_], usual: float, top: float, each: float
) -> tuple[float, float, float]:
    """How far the best other place stands out over how far the peak does, and where it lies (bins)."""
    others = np.where(away, sums, -1.0)
    row, column = (int(k) for k in np.unravel_index(int(np.argmax(others)), others.shape))
    if others[row, column] <= usual or top <= usual:
        return 0.0, float("nan"), float("nan")
    x, y = centroid(histogram, row, column, each)
    return float((others[row, column] - usual) / (top - usual)), x, y


def centroid(histogram: Ints, row: int, column: int, usual: float) -> tuple[float, float]:
    """x, y (bins) of the mean of the 5x5 box around a bin, what a bin `usual`ly holds taken off. It stays inside."""
    y0, x0 = max(row - _BOX, 0), max(column - _BOX, 0)
    box = histogram[y0 : row + _BOX + 1, x0 : column + _BOX + 1]
    excess = np.maximum(box - usual, 0.0)
    if not excess.sum() > 0:
        return float(column), float(row)
    y = float((excess.sum(axis=1) @ np.arange(box.shape[0])) / excess.sum()) + y0
    x = float((excess.sum(axis=0) @ np.arange(box.shape[1])) / excess.sum()) + x0
    return x, y


def sums_of(histogram: Ints, size: int = 3) -> Floats:
    """Sums of `size` x `size` bins: what a peak that falls between bins is judged by. An even box reaches further down.

    Beyond the histogram there is nothing. Whole numbers add up exactly in any order.
    """
    before, after = size // 2, size - 1 - size // 2
    total = np.pad(histogram.astype(np.int64), (before + 1, after), constant_values=0)
    total = total.cumsum(axis=0).cumsum(axis=1)
    rows, columns = histogram.shape
    strips = total[size:] - total[:rows]
    return (strips[:, size:] - strips[:, :columns]).astype(float)


def _highest_near(histogram: Ints, row: int, column: int) -> tuple[int, int]:
    """The highest bin of the 3x3 box around a bin."""
    y0, x0 = max(row - 1, 0), max(column - 1, 0)
    box = histogram[y0 : row + 2, x0 : column + 2]
    dy, dx = np.unravel_index(int(np.argmax(box)), box.shape)
    return y0 + int(dy), x0 + int(dx)


def _surroundings(sums: Floats, away: NDArray[np.bool_], row: int, column: int) -> tuple[float, float]:
    """Mean and scatter of the sums that are usual, of the whole histogram or near the peak, what is larger."""
    inner = away.copy()
    inner[[0, -1], :] = False  # their sums lack bins
    inner[:, [0, -1]] = False
    near = np.zeros_like(inner)
    near[max(row - _NEAR, 0) : row + _NEAR + 1, max(column - _NEAR, 0) : column + _NEAR + 1] = True
    values = [sums[chosen] for chosen in (inner, inner & near) if np.count_nonzero(chosen) >= 9]
    if not values:
        return 0.0, 0.0
    return max(float(v.mean()) for v in values), max(float(v.std()) for v in values)


def _beats_chance(top: float, usual: float, spread: float, trials: int) -> bool:
    """Whether pairs by chance make a sum of `top` anywhere less often than `CHANCE`.

    Poisson, with the excess scaled down where the sums scatter more than Poisson's do (clustered sources).
    """
    excess = spread / sqrt(usual) if usual > 0 and spread > sqrt(usual) else 1.0
    equivalent = usual + (top - usual) / excess
    return more_than(max(floor(equivalent) - 1.0, 0.0), max(usual, 1e-3)) * trials < CHANCE


def _table(sources: Sources) -> Floats:
    columns = (sources.u, sources.v, sources.extver, sources.x, sources.y)
    return np.ascontiguousarray(np.column_stack(columns).astype(np.float64))


def _sorted(table: Floats) -> Floats:
    return np.ascontiguousarray(table[np.argsort(table[:, 1], kind="stable")])
