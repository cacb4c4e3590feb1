"""The sky's figures are those of the image statistics, whatever is asked for first, and are worked out once."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from core.align import noise as module
from core.align.noise import CLIPPING, SkyStatistics
from core.align.settings import FindParams
from core.data.imagestats import image_statistics

ESTIMATES = ("handbook", "drizzlepac", "robust")


@pytest.fixture
def image() -> np.ndarray:
    rng = np.random.default_rng(4)
    pixels = rng.normal(50.0, 5.0, (200, 300)).astype(np.float32)
    pixels[rng.random(pixels.shape) < 0.01] += 900.0
    pixels[3, 4] = np.nan
    return pixels


@pytest.mark.parametrize("order", list(permutations(ESTIMATES)))
def test_the_order_of_questions_changes_no_answer(image: np.ndarray, order: tuple[str, ...]) -> None:
    plain = image_statistics(image, CLIPPING)
    statistics = SkyStatistics(image)
    found = {estimate: statistics.noise(estimate) for estimate in order}
    assert found["handbook"] == 1.5 * plain.stddev
    assert found["drizzlepac"] == np.sqrt(2.0 * abs(image_statistics(image, CLIPPING, mode=True).mode))
    assert (statistics.stats.mean, statistics.stats.stddev) == (plain.mean, plain.stddev)
    for estimate in ESTIMATES:
        sky = SkyStatistics(image).sky(FindParams(noise=estimate), 1.0)
        assert (sky.sigma, sky.level, sky.scatter) == (found[estimate], plain.mean, plain.stddev)


def test_the_pixels_are_gone_over_once(image: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    true = module.image_statistics
    monkeypatch.setattr(module, "image_statistics", lambda *a, **k: asked.append(k["mode"]) or true(*a, **k))
    SkyStatistics(image).sky(FindParams(noise="drizzlepac"), 1.0)
    assert asked == [True]


def test_without_pixels_there_is_no_noise() -> None:
    empty = SkyStatistics(np.full((5, 5), np.nan, np.float32))
    assert empty.stats is None
    for estimate in ESTIMATES:
        assert np.isnan(empty.noise(estimate))
        assert np.isnan(empty.sky(FindParams(noise=estimate), 1.0).threshold)
