"""Copies for photometry of drizzlepac's own products."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.drizzle.photometry import ready_for_photometry
from core.simulate import Scene, simulate
from tests.peers.live import STEPS_OFF, Job, run_drizzlepac

pytestmark = pytest.mark.peers
pytest.importorskip("drizzlepac")

COMMON = {**STEPS_OFF, "static": False, "final_wcs": True, "final_scale": 0.05}
PRODUCTS = (
    {"output": "one", "build": True},
    {"output": "parts", "final_units": "counts"},
    {"output": "with", "build": True, "skysub": False},
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("peer")
    simulate(Scene(seed=5, size="small", n_exposures=2), found)
    run_drizzlepac(Job(found, "*_flt.fits", {**COMMON, **asked}) for asked in PRODUCTS)
    return found


@pytest.mark.parametrize(("name", "place"), [("one_drz.fits", "SCI"), ("parts_drz_sci.fits", 0)])
def test_the_sky_is_that_of_the_product_without_subtraction(
    folder: Path, name: str, place: str | int
) -> None:
    made = ready_for_photometry(folder / name, "e")
    data, weights = fits.getdata(made.path, place), fits.getdata(folder / "with_drz.fits", "WHT")
    truth = fits.getdata(folder / "with_drz.fits", "SCI") * made.exptime
    whole = weights > 0.99 * weights.max()
    noise = 1.4826 * np.median(np.abs(truth[whole] - np.median(truth[whole])))
    assert made.unit == "ELECTRONS"
    assert made.sky > 0
    assert np.abs(data - truth)[whole].max() < 0.02 * noise
