"""Thresholds in images of other units and without their sky."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.align.find import find_in
from core.align.noise import noise
from core.align.settings import FindParams

PARAMS = FindParams(threshold=10.0)


@pytest.fixture(scope="module")
def stars() -> np.ndarray:
    """Stars of 300 to 4000 electrons on a sky of 200 electrons, 300 x 300 pixels."""
    rng = np.random.default_rng(8)
    ys, xs = np.mgrid[:300, :300]
    image = np.full(xs.shape, 200.0)
    for px, py in rng.uniform(15, 285, (40, 2)):
        image += rng.uniform(300, 4000) * np.exp(-0.5 * ((xs - px) ** 2 + (ys - py) ** 2) / 0.85**2)
    return (rng.poisson(image) + rng.normal(0, 3.0, image.shape)).astype(np.float32)


@pytest.mark.parametrize("kind", ["handbook", "robust"])
@pytest.mark.parametrize(("sky", "unit"), [(200.0, 1.0), (0.0, 40.0), (200.0, 40.0), (-500.0, 1.0)])
def test_depth_depends_neither_on_the_sky_nor_on_the_unit(
    stars: np.ndarray, kind: str, sky: float, unit: float
) -> None:
    """Fault 5: drizzlepac's noise is sqrt(2 |mode|), which is right for electrons with their sky alone."""
    params = replace(PARAMS, noise=kind)
    whole = find_in(stars, params)
    other = find_in(((stars - 200.0 + sky) / unit).astype(np.float32), params)
    assert len(whole) > 20
    assert abs(len(other) - len(whole)) <= 1
    assert other.sigma * unit == pytest.approx(whole.sigma, rel=0.01)


def test_what_drizzlepacs_noise_makes_of_them(stars: np.ndarray) -> None:
    """Fault 5: without the sky its threshold falls to nothing, in electrons per second it rises."""
    right = noise(stars, "drizzlepac")
    assert noise(stars - np.float32(200.0), "drizzlepac") < 0.3 * right
    assert noise(stars / np.float32(40.0), "drizzlepac") * 40.0 > 6.0 * right


def test_limits_of_flux_and_peak_hold_without_the_sky(stars: np.ndarray) -> None:
    """Fault 5: drizzlepac's fluxes hold the sky, so that fluxmin means something else under each sky."""
    params = replace(PARAMS, fluxmin=5000.0)
    whole = find_in(stars, params)
    bare = find_in(stars - np.float32(200.0), params)
    assert 0 < len(whole) < len(find_in(stars, PARAMS))
    assert len(bare) == len(whole)
    assert bare.flux == pytest.approx(whole.flux, rel=0.01)  # a neighbour at the edge of a circle or not
