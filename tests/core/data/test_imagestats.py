"""Image statistics against numpy on pixels whose answer is plain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data import imagestats
from core.data.imagestats import Clipping, image_statistics
from core.errors import Refusal
from core.runs.spread import Threads

floats = st.floats(-1e5, 1e5, width=32)


def test_moments_and_median_without_clipping() -> None:
    image = np.random.default_rng(0).normal(5, 2, (50, 60)).astype(np.float32)
    stats = image_statistics(image, median=True)
    assert stats.npix == image.size
    assert stats.mean == pytest.approx(image.mean(dtype=np.float64), rel=1e-6)
    assert stats.stddev == pytest.approx(image.std(ddof=1, dtype=np.float64), rel=1e-6)
    assert stats.median == np.median(image)
    assert (stats.minimum, stats.maximum) == (image.min(), image.max())


@given(st.lists(floats, min_size=1, max_size=60))
@settings(max_examples=80, deadline=None)
def test_the_median_is_exact_whatever_the_signs(values: list[float]) -> None:
    image = np.array(values, np.float32)
    assert image_statistics(image, median=True).median == np.median(image)


def test_outliers_are_clipped() -> None:
    image = np.random.default_rng(1).normal(10, 1, 10_000).astype(np.float32)
    image[::100] = 1e4
    stats = image_statistics(image, Clipping(5, 4.0, 4.0), median=True, mode=True)
    assert stats.npix <= 9_900
    assert stats.mean == pytest.approx(10, abs=0.05)
    assert stats.mode == pytest.approx(10, abs=0.2)


def test_pixels_that_are_no_numbers_do_not_count() -> None:
    image = np.random.default_rng(2).normal(3, 1, (40, 40)).astype(np.float32)
    holed = np.concatenate([image.ravel(), np.full(300, np.nan, np.float32), [np.inf, -np.inf]]).astype(
        np.float32
    )
    plain = image_statistics(image, Clipping(3), median=True, mode=True)
    assert image_statistics(holed, Clipping(3), median=True, mode=True) == plain


def test_limits_hold() -> None:
    image = np.arange(100, dtype=np.float32)
    stats = image_statistics(image, Clipping(0, lower=10.0, upper=19.0), median=True)
    assert (stats.npix, stats.median) == (10, 14.5)


@pytest.mark.parametrize(
    ("values", "clipping"),
    [([np.nan, np.nan], Clipping()), ([], Clipping()), ([1.0, 2.0], Clipping(lower=5.0))],
)
def test_no_pixels_are_refused(values: list[float], clipping: Clipping) -> None:
    with pytest.raises(Refusal, match="No pixel"):
        image_statistics(np.array(values, np.float32), clipping)


def test_equal_pixels_have_no_bins() -> None:
    stats = image_statistics(np.full((20, 20), 0.1, np.float32), Clipping(5), median=True, mode=True)
    assert stats.stddev == 0.0
    assert stats.bins == 1
    assert stats.median == np.float32(0.1)


def test_threads_change_nothing() -> None:
    image = np.random.default_rng(3).gamma(2, 5, (1700, 1300)).astype(np.float32)
    one, two = (
        image_statistics(image, Clipping(5, 4.0, 4.0), median=True, mode=True, workers=Threads(n))
        for n in (1, 3)
    )
    assert one == two


@pytest.mark.parametrize("other", [1.0, 0.3, 12.7, 255.0])
def test_pixels_that_clipping_leaves_all_alike_have_no_scatter(other: float) -> None:
    """The limits of a round come from the mean of the round before, which lies between the pixels."""
    image = np.zeros((700, 900), np.float32)
    image[::37, ::41] = other
    stats = image_statistics(image, Clipping(rounds=3))
    assert (stats.mean, stats.stddev) == (0.0, 0.0)


@pytest.mark.parametrize("period", [1, 2, 3])
def test_many_rounds_take_no_longer_than_those_that_change_something(
    monkeypatch: pytest.MonkeyPatch, period: int
) -> None:
    """And give what all rounds would, whether the limits settle or come back after some rounds."""
    calls = 0

    def moments(_blocks: Any, lower: float, upper: float, pivot: float, _team: Any) -> Any:
        nonlocal calls
        calls += 1
        following = pivot + 1.0 if pivot < 5 else 6.0 - period
        return 10, following, 0.0, lower, upper

    monkeypatch.setattr(imagestats, "_moments", moments)
    image = np.array([0.0, 2.0, 9.0], np.float32)
    means = [image_statistics(image, Clipping(rounds)).mean for rounds in range(12)]
    assert len(set(means[-period:])) == period
    assert means[8] == means[8 - period]
    calls = 0
    assert image_statistics(image, Clipping(12 * 9_000 + 8)).mean == means[8]
    assert calls < 12


def test_the_rounds_that_clipping_settles_in() -> None:
    image = np.random.default_rng(3).normal(10, 1, 5_000).astype(np.float32)
    many = image_statistics(image, Clipping(1_000_000_000, 2.0, 2.0), median=True, mode=True)
    assert many == image_statistics(image, Clipping(40, 2.0, 2.0), median=True, mode=True)


def test_statistics_stop_between_passes() -> None:
    """A chip's statistics are several passes; whoever wants to stop need not wait for all of them."""
    asked = []

    def check() -> None:
        asked.append(1)
        if len(asked) == 3:
            raise InterruptedError

    pixels = np.random.default_rng(3).normal(0, 1, 5000).astype(np.float32)
    with pytest.raises(InterruptedError):
        image_statistics(pixels, Clipping(rounds=5), mode=True, check=check)
