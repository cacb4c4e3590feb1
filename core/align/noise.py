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
        self.stats = image_statistics(pixels, CLIPPING) if np.isfinite(pixels).any() else None

    def noise(self, estimate: str) -> float:
        """See `noise`."""
        if self.stats is None:
            return float("nan")
        if estimate not in self._known:
            self._known[estimate] = self._noise(estimate, self.stats)
        return self._known[estimate]

    def _noise(self, estimate: str, stats: ImageStatistics) -> float:
        if estimate == "robust":
            values = _finite(self._pixels)
            return float(1.4826 * np.median(np.abs(values - np.median(values))))
        if estimate == "drizzlepac":
            return sqrt(2.0 * abs(image_statistics(self._pixels, CLIPPING, mode=True).mode))
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
