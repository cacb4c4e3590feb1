"""Rotations of the sky against what they mean."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from core.simulate.sphere import (
    angles,
    directions,
    linear_terms,
    offset_by,
    pointing_error,
    separation_mas,
    tangent_matrix,
    turn,
)

ANCHOR, TRUE = (201.69, -47.48), (201.6903, -47.4799)


def test_directions_and_angles_are_inverse() -> None:
    ra, dec = np.array([0.0, 12.5, 359.9]), np.array([-89.0, 0.0, 45.0])
    back = angles(directions(ra, dec))
    np.testing.assert_allclose(back, (ra, dec), atol=1e-12)


def test_turn_adds_to_position_angles() -> None:
    """North through east, as astropy counts it."""
    start, end = SkyCoord(*ANCHOR, unit="deg"), SkyCoord(*TRUE, unit="deg")
    point = start.directional_offset_by(30 * u.deg, 60 * u.arcsec)
    moved = angles(turn(ANCHOR, TRUE, 2.0) @ directions(point.ra.deg, point.dec.deg))
    landed = SkyCoord(*moved, unit="deg")
    assert end.position_angle(landed).deg == pytest.approx(32.0, abs=1e-7)
    assert end.separation(landed).arcsec == pytest.approx(60.0, abs=1e-8)


def test_pointing_error_scales_about_the_true_anchor() -> None:
    error = pointing_error(ANCHOR, TRUE, 0.0, 1e-3)
    point = SkyCoord(*ANCHOR, unit="deg").directional_offset_by(70 * u.deg, 100 * u.arcsec)
    landed = SkyCoord(*angles(error @ directions(point.ra.deg, point.dec.deg)), unit="deg")
    assert SkyCoord(*TRUE, unit="deg").separation(landed).arcsec == pytest.approx(100.1, abs=1e-6)


def test_linear_terms_undo_tangent_matrix() -> None:
    crval, cd = np.array([201.7, -47.5]), np.array([[9.9e-6, 5.6e-6], [5.0e-6, -9.6e-6]])
    back = linear_terms(tangent_matrix(crval, cd))
    np.testing.assert_allclose(back[0], crval, atol=1e-12)
    np.testing.assert_allclose(back[1], cd, atol=1e-19)


def test_offset_by_goes_east_and_north() -> None:
    start = SkyCoord(*ANCHOR, unit="deg")
    end = SkyCoord(*offset_by(*ANCHOR, 0.3, -0.4), unit="deg")
    east, north = start.spherical_offsets_to(end)
    assert east.to_value(u.mas) == pytest.approx(300.0, abs=1e-3)
    assert north.to_value(u.mas) == pytest.approx(-400.0, abs=1e-3)
    assert separation_mas(directions(*ANCHOR), directions(end.ra.deg, end.dec.deg)) == pytest.approx(
        500.0, abs=1e-3
    )
