"""Proper motions against astropy's, anywhere on the sky."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.time import Time

from core.data.motions import Motions, julian_year, moved


def test_motions_agree_with_astropy() -> None:
    rng = np.random.default_rng(3)
    ra, dec = rng.uniform(0, 360, 60), np.degrees(np.arcsin(rng.uniform(-1, 1, 60)))
    ra[:3], dec[:3] = (0.0, 359.9999999, 10.0), (5.0, -40.0, 89.9999)
    pm_ra, pm_dec = rng.normal(0, 500, 60), rng.normal(0, 500, 60)
    ours = moved(
        ra, dec, Motions(pm_ra, pm_dec, np.full(60, 2016.0)), julian_year(Time(2003.5, format="jyear").mjd)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = SkyCoord(
            ra * units.deg,
            dec * units.deg,
            distance=1e6 * units.kpc,
            pm_ra_cosdec=pm_ra * units.mas / units.yr,
            pm_dec=pm_dec * units.mas / units.yr,
            obstime=Time(2016.0, format="jyear", scale="tdb"),
        ).apply_space_motion(new_obstime=Time(2003.5, format="jyear", scale="tdb"))
    away = SkyCoord(*ours, unit="deg").separation(theirs.icrs).to_value(units.mas)
    assert away.max() < 1e-2  # of up to 20 arcsec
    assert SkyCoord(ra, dec, unit="deg").separation(theirs.icrs).to_value(units.mas).min() > 100


def test_sources_without_a_motion_stay_exactly() -> None:
    ra, dec = np.array([359.999999999999, 12.3]), np.array([-89.9, 45.6])
    same = moved(ra, dec, Motions(np.zeros(2), np.zeros(2), np.zeros(2)), 2010.0)
    assert np.array_equal(same, (ra, dec))


def test_the_year_of_a_date() -> None:
    assert julian_year(51544.5) == 2000.0
    assert julian_year(57388.5) == pytest.approx(2016.0)
