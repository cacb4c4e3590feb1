"""The sky of a chip: its level, and the noise that thresholds count in."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from core.align.settings import FindParams
from core.errors import Refusal
from core.kernels.statistics import clipped_moments, fill_histogram

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Sky:
    """Noise and level of the sky in image units, the threshold of the convolved image, electrons per unit."""

    sigma: float
    threshold: float
    level: float
    scatter: float
    electrons: float


@dataclass(frozen=True)
class Clipped:
    """Statistics of the pixels that clipping left, with the limits used last."""

    npix: int
    mean: float
    stddev: float
    least: float
    most: float


def clipped(values: Image, nclip: int = 3, nsigma: float = 3.0) -> Clipped:
    """Iteratively clipped statistics of finite 1-d values, as IRAF's imstatistics takes them; not empty."""
    result = _within(values, -np.inf, np.inf, float(values[0]))
    least, most = result.least, result.most
    for _ in range(nclip):
        low = max(least, result.mean - nsigma * result.stddev)
        high = min(most, result.mean + nsigma * result.stddev)
        result = _within(values, low, high, result.mean)
    return result


def _within(values: Image, low: float, high: float, pivot: float) -> Clipped:
    """Statistics of the values in [low, high]; equal values scatter by exactly nothing."""
    n, total, squares, least, most = clipped_moments(values, low, high, pivot)
    if least == most:
        return Clipped(n, least, 0.0, least, most)
    mean = total / n
    return Clipped(n, pivot + mean, sqrt(max((squares - total * mean) / (n - 1), 0.0)), least, most)


def mode(values: Image, stats: Clipped, binwidth: float) -> float:
    """Mode of the clipped pixels: parabola through the top of a histogram with bins of `binwidth` sigma.

    The bins are (most - least)/(bins - 1) wide but placed as if `binwidth` sigma wide, as stsci.imagestats does:
    the thresholds of drizzlepac's users rest on it.
    """
    width = binwidth * stats.stddev
    extent = stats.most - stats.least
    if width < 1e-6 or extent < 1e-6 or width > extent:
        return stats.least + 0.5 * width
    bins = int(extent / width) + 1
    counts = np.zeros(bins, np.int64)
    fill_histogram(values, np.float32(stats.least), np.float32(extent / (bins - 1)), counts)
    top = int(np.argmax(counts))
    if top in (0, bins - 1):
        return stats.least + (top + 0.5) * width
    left, right = int(counts[top] - counts[top - 1]), int(counts[top] - counts[top + 1])
    tilt = 0.5 * (left - right) / (left + right) if left + right else 0.0
    return stats.least + (top + 0.5 + tilt) * width


def noise(pixels: Image, estimate: str) -> float:
    """Standard deviation of the sky in image units; NaN when no pixel is finite.

    `handbook`: 1.5 times the standard deviation after three clipping rounds (DrizzlePac Handbook 7.1);
    `drizzlepac`: sqrt(2 |mode|), as drizzlepac 3 takes it; `robust`: 1.4826 times the median absolute deviation.
    """
    return SkyStatistics(pixels).noise(estimate)


class SkyStatistics:
    """A chip's sky, each figure worked out when first asked for; the pixels must not change meanwhile."""

    def __init__(self, pixels: Image) -> None:
        self._values = _finite(pixels)
        self._known: dict[str, float] = {}
        self.stats = clipped(self._values) if self._values.size else None

    def noise(self, estimate: str) -> float:
        """See `noise`."""
        if self.stats is None:
            return float("nan")
        if estimate not in self._known:
            self._known[estimate] = self._noise(estimate, self.stats)
        return self._known[estimate]

    def _noise(self, estimate: str, stats: Clipped) -> float:
        if estimate == "robust":
            return float(1.4826 * np.median(np.abs(self._values - np.median(self._values))))
        if estimate == "drizzlepac":
            return sqrt(2.0 * abs(mode(self._values, stats, 0.01)))
        return 1.5 * stats.stddev

    def sky(self, params: FindParams, electrons: float) -> Sky:
        """What the limits and the errors of positions need to know. Raises `Refusal` for a noise of 0."""
        if self.stats is None:
            nan = float("nan")
            return Sky(nan, nan, nan, nan, electrons)
        sigma = self.noise(params.noise) if params.computesig else float(params.skysigma or 0.0)
        if not sigma > 0:
            raise Refusal(
                f"The noise of the sky comes out as 0 ({params.noise}): the pixels are too coarse or all alike.",
                subject="computesig",
                advice="computesig = no and skysigma in image units, or another noise estimate.",
            )
        # drizzlepac calls sigma squared the sky; with no threshold it is the limit itself
        threshold = sigma * params.threshold if params.threshold is not None else sigma**2
        scatter = self.stats.stddev if params.computesig else sigma
        return Sky(sigma, threshold, self.stats.mean, scatter, electrons)


def _finite(pixels: Image) -> Image:
    values = np.ravel(pixels)
    good = np.isfinite(values)
    return values if good.all() else np.ascontiguousarray(values[good])
