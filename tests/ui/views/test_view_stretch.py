"""Cuts, stretches and reduced copies."""

from __future__ import annotations

import time

import numpy as np
import pytest
from astropy.visualization import ZScaleInterval

from ui.views.stretch import (
    CUTS,
    STRETCHES,
    Look,
    curve,
    halved,
    limits,
    mask_bytes,
    pyramid,
    to_bytes,
    value_at,
    zscale,
)


@pytest.fixture
def sky() -> np.ndarray:
    data = np.random.default_rng(1).normal(100.0, 10.0, (300, 400)).astype(np.float32)
    data[50, 60] = 5000.0
    return data


@pytest.mark.parametrize("seed", range(5))
def test_zscale_is_that_of_astropy(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.normal(100, 10, 40_000) + random.exponential(30, 40_000) * (random.random(40_000) < 0.2)
    assert zscale(values) == pytest.approx(ZScaleInterval().get_limits(values), rel=1e-9)


@pytest.mark.parametrize("cuts", CUTS)
def test_no_cut_fails_on_nan_infinity_or_a_constant(cuts: str) -> None:
    look = Look(cuts, low=1.0, high=2.0)
    data = np.full((40, 50), np.nan, dtype=np.float32)
    for filled in (data, np.where(np.arange(50) < 3, np.inf, data), np.full((40, 50), 7.0, np.float32)):
        low, high = limits(filled, look)
        assert np.isfinite([low, high]).all()
        assert high > low


def test_percentile_and_extent_are_those_of_the_pixels(sky: np.ndarray) -> None:
    assert limits(sky, Look("min-max")) == (float(sky.min()), 5000.0)
    assert limits(sky, Look("98 %")) == pytest.approx(np.percentile(sky, [1, 99]), rel=1e-6)


def test_linear_levels_run_from_1_to_255_and_nan_is_0() -> None:
    data = np.array([[-np.inf, -5.0, 0.0, 127.0, 254.0, 900.0, np.inf, np.nan]], dtype=np.float32)
    assert to_bytes(data, 0.0, 254.0).tolist() == [[1, 1, 1, 128, 255, 255, 255, 0]]


@pytest.mark.parametrize("stretch", STRETCHES)
def test_every_stretch_is_its_curve_to_one_level(stretch: str) -> None:
    data = np.linspace(10.0, 30.0, 4001, dtype=np.float32)[None]
    share = (data[0].astype(float) - 10.0) / 20.0
    expected = 1.0 + 254.0 * curve(stretch, share)
    levels = to_bytes(data, 10.0, 30.0, stretch)[0]
    assert np.abs(levels - expected).max() <= 1.0
    assert (np.diff(levels.astype(int)) >= 0).all()


@pytest.mark.parametrize("stretch", STRETCHES)
def test_value_at_undoes_the_curve(stretch: str) -> None:
    share = np.linspace(0.0, 1.0, 11)
    back = [value_at(float(bright), 5.0, 9.0, stretch) for bright in curve(stretch, share)]
    assert back == pytest.approx(5.0 + 4.0 * share)


def test_integers_are_stretched_too() -> None:
    assert to_bytes(np.array([[0, 254]], dtype=np.int64), 0.0, 254.0).tolist() == [[1, 255]]


def test_halving_takes_the_mean_of_those_with_data() -> None:
    block = np.array([[10, 20, 0, 0], [30, 40, 0, 8]], dtype=np.uint8)
    assert halved(block, by_maximum=False).tolist() == [[25, 8]]
    assert halved(np.zeros((2, 2), np.uint8), by_maximum=False).tolist() == [[0]]


def test_a_mask_keeps_its_one_flagged_pixel_in_every_copy() -> None:
    mask = np.ones((1001, 2003), dtype=np.uint8)
    mask[777, 1234] = 0
    copies = pyramid(mask_bytes(mask), by_maximum=True)
    assert [copy.shape for copy in copies] == [(1001, 2003), (501, 1002), (251, 501), (126, 251)]
    for step, copy in enumerate(copies):
        assert np.argwhere(copy == 255).tolist() == [[777 >> step, 1234 >> step]]


def test_speed_of_a_chip(capsys: pytest.CaptureFixture[str]) -> None:
    data = np.random.default_rng(2).normal(0, 1, (2051, 4096)).astype(np.float32)
    data[::7, ::11] = np.nan
    times = {}
    for stretch in STRETCHES:
        start = time.perf_counter()
        levels = to_bytes(data, *limits(data, Look("zscale")), stretch)
        pyramid(levels, by_maximum=False)
        times[stretch] = time.perf_counter() - start
    with capsys.disabled():
        print("\ncut, stretch and reduce 4096 x 2051:", {k: f"{v * 1e3:.0f} ms" for k, v in times.items()})
    assert max(times.values()) < 3.0
