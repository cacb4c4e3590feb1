"""The tabulated star image against the profile summed on a fine grid."""

from __future__ import annotations

import numpy as np
import pytest

from core.kernels.render import add_stars
from core.simulate.psf import INNER, OVERSAMPLE, Psf


def render(psf: Psf, x: float, y: float, size: int = 61, reach: float = 200.0) -> np.ndarray:
    image = np.zeros((size, size))
    one = [np.array([value]) for value in (x, y, 1.0, reach)]
    add_stars(image, 0, *one, psf.table(), psf.terms(), OVERSAMPLE, INNER)
    return image


def fine_sum(psf: Psf, x: float, y: float, size: int = 61, parts: int = 40) -> np.ndarray:
    """Every pixel split into parts x parts."""
    offset = (np.arange(parts) + 0.5) / parts - 0.5
    position = (np.arange(size)[:, None] + offset).ravel()
    fine = psf.profile(position[None, :] - x, position[:, None] - y)
    return fine.reshape(size, parts, size, parts).mean(axis=(1, 3))


@pytest.mark.parametrize(("x", "y"), [(30.0, 30.0), (30.5, 30.5), (30.37, 29.81), (29.06, 30.93)])
def test_pixels_are_integrals_of_the_profile(x: float, y: float) -> None:
    psf = Psf(focus=1.01)
    made, wanted = render(psf, x, y), fine_sum(psf, x, y)
    assert np.abs(made - wanted).max() < 1e-4 * wanted.max()
    outside = np.hypot(*(np.mgrid[:61, :61] - np.array([y, x])[:, None, None])) > 12
    np.testing.assert_allclose(made[outside], wanted[outside], rtol=2e-3)


def test_all_light_is_there() -> None:
    """In a wide field what is missing is the wings outside: 0.13 / (1 + (r / 5)^2) beyond r."""
    made = render(Psf(), 300.2, 299.7, size=601, reach=300.0)
    assert made.sum() == pytest.approx(1.0 - 0.13 / (1.0 + 60.0**2), abs=1e-5)


def test_stars_beyond_reach_of_the_chip_add_what_falls_on_it() -> None:
    whole = render(Psf(), 30.0, -4.3, size=61)
    assert whole[0].max() == pytest.approx(fine_sum(Psf(), 30.0, -4.3)[0].max(), rel=1e-3)
    assert whole.sum() < 0.5


def test_reach_leaves_less_than_the_faintest_light() -> None:
    psf = Psf()
    counts = np.array([100.0, 1e5, 1e7])
    reach = psf.reach(counts)
    left = counts * psf.profile(reach, np.zeros(3))
    assert np.all(left < 0.025)
    assert np.all(np.diff(reach) > 0)
