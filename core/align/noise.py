"""The sky of a chip: its level, and the noise that thresholds count in."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from core.align.settings import FindParams
from core.data.imagestats import Clipping, ImageStatistics, image_statistics
from core.errors import Refusal

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Sky:
    """Noise and level of the sky in image units, the threshold of the convolved image, electrons per unit."""

    sigma: float
    threshold: float
    level: float
    scatter: float
    electrons: float


CLIPPING = Clipping(rounds=3, lower_sigma=3.0, upper_sigma=3.0, binwidth=0.01)


def noise(pixels: Image, estimate: str) -> float:
    """Standard deviation of the sky in image units; NaN when no pixel is finite.

    `handbook`: 1.5 times the standard deviation after three clipping rounds (DrizzlePac Handbook 7.1);
    `drizzlepac`: sqrt(2 |mode|), as drizzlepac 3 takes it; `robust`: 1.4826 times the median absolute deviation.
    """
    return SkyStatistics(pixels).noise(estimate)


class SkyStatistics:
    """A chip's sky, each figure worked out when first asked for; the pixels must not change meanwhile."""

    def __init__(self, pixels: Image) -> None:
        self._pixels = pixels
        self._known: dict[str, float] = {}
        self._stats: ImageStatistics | None = None
        self._empty = False

    @property
    def stats(self) -> ImageStatistics | None:
        """Clipped statistics; None when no pixel is finite."""
        return self._statistics(mode=False)

    def _statistics(self, *, mode: bool) -> ImageStatistics | None:
        """The mode takes one pass more over what the moments take five for, and does not change them."""
        known = self._stats
        if self._empty or (known is not None and not (mode and np.isnan(known.mode))):
            return known
        try:
            self._stats = image_statistics(self._pixels, CLIPPING, mode=mode)
        except Refusal:
            if np.isfinite(self._pixels).any():
                raise
            self._empty = True
        return self._stats

    def noise(self, estimate: str) -> float:
        """See `noise`."""
        if estimate not in self._known:
            self._known[estimate] = self._noise(estimate)
        return self._known[estimate]

    def _noise(self, estimate: str) -> float:
        stats = self._statistics(mode=estimate == "drizzlepac")
        if stats is None:
            return float("nan")
        if estimate == "robust":
            values = _finite(self._pixels)
            return float(1.4826 * np.median(np.abs(values - np.median(values))))
        return sqrt(2.0 * abs(stats.mode)) if estimate == "drizzlepac" else 1.5 * stats.stddev

    def sky(self, params: FindParams, electrons: float) -> Sky:
        """What the limits and the errors of positions need to know. Raises `Refusal` for a noise of 0."""
        # the noise first: what it needs of the statistics is most
        sigma = self.noise(params.noise) if params.computesig else float(params.skysigma or 0.0)
        stats = self.stats
        if stats is None:
            nan = float("nan")
            return Sky(nan, nan, nan, nan, electrons)
        if not sigma > 0:
            raise Refusal(
                f"The noise of the sky comes out as 0 ({params.noise}): the pixels are too coarse or all alike.",
                subject="computesig",
                advice="computesig = no and skysigma in image units, or another noise estimate.",
            )
        # drizzlepac calls sigma squared the sky; with no threshold it is the limit itself
        threshold = sigma * params.threshold if params.threshold is not None else sigma**2
        scatter = stats.stddev if params.computesig else sigma
        return Sky(sigma, threshold, stats.mean, scatter, electrons)


def _finite(pixels: Image) -> Image:
    values = np.ravel(pixels)
    good = np.isfinite(values)
    return values if good.all() else np.ascontiguousarray(values[good])
