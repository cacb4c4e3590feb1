"""Kernels of the simulated detector on arrays small enough to know the answer."""

from __future__ import annotations

import numpy as np
import pytest

from core.kernels.render import add_stars, add_tracks, bleed_columns, cubic_weights
from core.simulate.psf import INNER, OVERSAMPLE, Psf


@pytest.mark.parametrize("t", [0.0, 0.25, 0.5, 0.99])
def test_cubic_weights_reproduce_parabolas(t: float) -> None:
    weights = np.empty(4)
    cubic_weights(t, weights)
    nodes = np.array([-1.0, 0.0, 1.0, 2.0])
    for power in (0, 1, 2):
        assert weights @ nodes**power == pytest.approx(t**power, abs=1e-12)


def test_blocks_of_rows_make_the_whole() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-20, 120, 60), rng.uniform(-20, 100, 60)
    stars = (x, y, rng.uniform(1e2, 1e5, 60), rng.uniform(5, 60, 60))
    shape = (Psf().table(), Psf().terms(), OVERSAMPLE, INNER)
    whole = np.zeros((80, 100))
    add_stars(whole, 0, *stars, *shape)
    parts = np.zeros((80, 100))
    for start in range(0, 80, 17):
        add_stars(parts[start : start + 17], start, *stars, *shape)
    np.testing.assert_array_equal(whole, parts)
    assert whole.max() > 1e4


def test_a_track_keeps_its_charge_and_direction() -> None:
    image = np.zeros((60, 80))
    one = [np.array([value]) for value in (20.0, 30.0, 30.0, 10.0, 5000.0)]
    add_tracks(image, *one, 0.3)
    assert image.sum() == pytest.approx(5000.0, rel=1e-4)
    y, x = np.nonzero(image > 1.0)
    assert (x.min(), x.max()) in [(19, 51), (20, 50), (19, 50), (20, 51)]
    np.testing.assert_allclose(y - 30, (x - 20) / 3, atol=1.6)


def test_tracks_off_the_border_lose_only_what_is_outside() -> None:
    image = np.zeros((20, 20))
    one = [np.array([value]) for value in (-0.5, 10.0, 0.0, 0.0, 100.0)]
    add_tracks(image, *one, 0.3)
    assert image.sum() == pytest.approx(50.0, rel=1e-3)


def test_bleeding_keeps_charge_and_fills_both_sides() -> None:
    image = np.full((41, 3), 10.0)
    image[20, 1] = 1000.0
    image[22, 1] = 200.0
    before = image.copy()
    bleed_columns(image, 100.0, 0, 3)
    assert image[:, 1].sum() == pytest.approx(before[:, 1].sum())
    assert image.max() <= 100.0 + 1e-9
    np.testing.assert_array_equal(image[:, [0, 2]], before[:, [0, 2]])
    full = np.flatnonzero(image[:, 1] > 99.99)
    np.testing.assert_array_equal(full, np.arange(full[0], full[-1] + 1))
    assert full[0] < 18
    assert full[-1] > 22


def test_charge_that_reaches_the_end_is_lost() -> None:
    image = np.zeros((5, 1))
    image[1, 0] = 1e4
    bleed_columns(image, 100.0, 0, 1)
    np.testing.assert_array_equal(image, np.full((5, 1), 100.0))
