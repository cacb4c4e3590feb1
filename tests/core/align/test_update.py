"""New chip WCSs: the fit's correction on the sky, exactly, for every chip alike."""

from __future__ import annotations

import numpy as np
import pytest

from core.align.fit import fit
from core.align.settings import FitParams
from core.align.update import corrected, sky_rms
from core.data.chipwcs import ChipWCS
from tests.placings import similarity


def chip(ra: float = 201.7, dec: float = -47.48, roll: float = 37.0, scale: float = 0.04) -> ChipWCS:
    c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    cd = scale / 3600.0 * np.array([[-c, s], [s, c]])
    return ChipWCS(np.array([2048.0, 1026.0]), np.array([ra, dec]), cd, (4096, 2051))


def made_fit(matrix: np.ndarray, shift: tuple[float, float], seed: int = 1) -> object:
    uv = np.random.default_rng(seed).uniform(-2000, 2000, (50, 2))
    return fit(uv @ matrix + shift, uv, FitParams(fitgeometry="general"))


@pytest.mark.parametrize("dec", [-47.48, 0.0, 88.5])
@pytest.mark.parametrize(
    "matrix", [np.eye(2), similarity(0.01, 1.00003), np.array([[1.0001, 2e-5], [-5e-5, 0.9999]])]
)
def test_pixels_land_where_the_fit_puts_them(matrix: np.ndarray, dec: float) -> None:
    frame = chip(dec=dec, roll=150.0)
    middle = frame.pix_to_sky(2600.0, 300.0)
    present = chip(*(float(v) for v in middle), roll=40.0)
    made = made_fit(matrix, (7.3, -12.1))
    new = corrected(present, frame, made)
    x, y = np.meshgrid(np.linspace(0, 4095, 9), np.linspace(0, 2050, 7))
    centre = frame.crpix - 1.0
    u, v = frame.sky_to_pix(*present.pix_to_sky(x, y))
    xy = np.stack([u, v], axis=-1) - centre
    wanted = (xy - made.shift) @ np.linalg.inv(made.matrix) + centre
    got = np.stack(frame.sky_to_pix(*new.pix_to_sky(x, y)), axis=-1)
    # a linear map about one tangent point is one about another up to the second order: 1e-3 px at 2000 px
    assert np.abs(got - wanted).max() < 2e-3
    near = np.stack(frame.sky_to_pix(*new.pix_to_sky(2047.0, 1025.0)), axis=-1)
    u, v = frame.sky_to_pix(*present.pix_to_sky(2047.0, 1025.0))
    exact = (np.array([u, v]) - centre - made.shift) @ np.linalg.inv(made.matrix) + centre
    assert near == pytest.approx(exact, abs=1e-7)


def test_crpix_and_distortion_stay() -> None:
    present = chip()
    new = corrected(present, chip(roll=150.0), made_fit(similarity(0.01, 1.0), (1.0, 2.0)))
    assert np.array_equal(new.crpix, present.crpix)
    assert new.naxis == present.naxis
    assert 0.0 <= new.crval[0] < 360.0


def test_an_identical_fit_changes_nothing() -> None:
    present = chip(ra=0.00001)
    new = corrected(present, chip(ra=359.99), made_fit(np.eye(2), (0.0, 0.0)))
    assert new.crval == pytest.approx(present.crval, abs=1e-12)
    assert new.cd == pytest.approx(present.cd, rel=1e-9)


def test_rms_on_the_sky_is_turned_not_mixed() -> None:
    """Fault 9: drizzlepac writes the difference of two positions, wrong by cos Dec, and cancelled in rotated frames."""
    rng = np.random.default_rng(1)
    uv = rng.uniform(-500, 500, (4000, 2))
    made = fit(uv + rng.normal(0, 1, uv.shape) * [0.1, 0.02], uv, FitParams(nclip=0))
    for roll, wanted in ((0.0, (0.1, 0.02)), (90.0, (0.02, 0.1)), (45.0, (0.0721, 0.0721))):
        east, north = sky_rms(made, chip(dec=60.0, roll=roll))
        assert np.array([east, north]) * 3600 / 0.04 == pytest.approx(wanted, rel=0.05)
