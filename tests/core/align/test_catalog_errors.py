"""The errors that a reference catalog gives for its places: read as they are meant, and used as weights of the fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from align_shots import CENTRE, Shot, Sky, tuned
from astropy import units
from astropy.table import Table

from core.align.session import AlignSettings, align
from core.data.placeerrors import read_errors
from core.data.tables import read_table

Shoot = Callable[..., list[Path]]
EAST = 1.0 / 3600.0 / np.cos(np.radians(CENTRE[1]))
POOR, GOOD = 30.0, 0.5  # mas


def gaia(sky: Sky, tmp_path: Path) -> Table:
    """A catalog of which one star in five is known well, and that says so."""
    rng = np.random.default_rng(11)
    error = np.where(np.arange(len(sky.east)) % 5 == 0, GOOD, POOR)
    east, north = (place + error * rng.normal(0, 1e-3, len(error)) for place in (sky.east, sky.north))
    made = Table({"ra": CENTRE[0] + east * EAST, "dec": CENTRE[1] + north / 3600.0})
    made["ra_error"] = made["dec_error"] = error
    made.write(tmp_path / "gaia.ecsv")
    made.remove_columns(["ra_error", "dec_error"])
    made.write(tmp_path / "bare.ecsv")
    return made


def off(files: list[Path], settings: AlignSettings, catalog: Path) -> tuple[float, float]:
    """How far the aligned chip is from its true place, and the error that the fit tells (both mas)."""
    (image,) = align(files, tuned(settings, refcat=str(catalog), refxcol="ra", refycol="dec")).images
    east, north = np.subtract(image.new_wcs[1].crval, CENTRE) * (1.0 / EAST, 3600.0)
    told = np.sqrt(np.trace(image.fit.covariance[:2, :2]))
    return 1e3 * float(np.hypot(east, north)), 1e3 * float(told) * image.new_wcs[1].scale


def test_stars_that_a_catalog_knows_well_carry_the_fit(
    shoot: Shoot, settings: AlignSettings, tmp_path: Path
) -> None:
    sky = Sky.random(150, half=9.0)
    files = shoot(Shot("a", error=(0.2, 0.1)), sky=sky)
    gaia(sky, tmp_path)
    weighted, told = off(files, settings, tmp_path / "gaia.ecsv")
    alike, told_alike = off(files, settings, tmp_path / "bare.ecsv")
    assert weighted < 0.4 * alike
    assert told < 0.4 * told_alike
    assert weighted < 4.0 * told


def table(tmp_path: Path, **columns: object) -> Path:
    Table(columns).write(tmp_path / "t.ecsv", overwrite=True)
    return tmp_path / "t.ecsv"


def test_errors_are_read_by_gaias_and_vizier_names_in_their_units(tmp_path: Path) -> None:
    path = table(tmp_path, ra_error=[3.0, np.nan, 1.0], dec_error=[4.0, 1.0, 1.0], pmra_error=[1.0, 1.0, 2.0])
    errors = read_errors(read_table(path))
    assert errors.place == pytest.approx([np.sqrt(12.5), (np.sqrt(12.5) + 1.0) / 2.0, 1.0])
    assert not errors.motion.any()  # of one axis only
    seconds = table(tmp_path, e_RA_ICRS=[0.005] * units.arcsec, e_DE_ICRS=[0.005] * units.arcsec)
    assert read_errors(read_table(seconds)).place == pytest.approx([5.0])
    assert read_errors(read_table(table(tmp_path, ra=[1.0], dec=[2.0]))) is None
    assert read_errors(read_table(table(tmp_path, ra_error=[0.0], dec_error=[0.0]))) is None


def test_errors_of_motions_add_up_with_the_years(tmp_path: Path) -> None:
    columns = {name: [3.0, 3.0] for name in ("ra_error", "dec_error")}
    moving = {name: [0.4, np.nan] for name in ("pmra_error", "pmdec_error")}
    errors = read_errors(read_table(table(tmp_path, **columns, **moving)))
    assert errors.after(-10.0) == pytest.approx([5.0, 3.0])
