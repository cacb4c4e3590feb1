"""The noise of median and cosmic rays in electrons, whatever the unit of the exposures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.drizzle.session import astrodrizzle
from core.params import TASKS
from tests.hst_exposures import CAMERAS, write_set

SEEN = ("*_single_sci.fits", "*_med.fits", "*_crmask.fits", "x_drz_sci.fits", "x_drz_wht.fits")


def converted(folder: Path, unit: str, factor: float) -> list[Path]:
    """The exposures of STIS (counts, gain 4.016) with pixels times `factor`, in `unit`."""
    files = write_set(CAMERAS["stis_ccd"], folder)
    for path in files:
        with fits.open(path, mode="update") as hdus:
            for name in ("SCI", "ERR"):
                hdus[name].data = (hdus[name].data * factor).astype(np.float32)
            hdus["SCI"].header["BUNIT"] = unit
    return files


@pytest.mark.parametrize(
    ("combine", "unit", "factor"),
    [
        ("minmed", "ELECTRONS", 4.016),
        ("minmed", "COUNTS/S", 0.01),
        ("minmed", "ELECTRONS/S", 0.04016),
        ("iminmed", "ELECTRONS", 4.016),
        ("median", "COUNTS/S", 0.01),
    ],
)
def test_counts_electrons_and_rates_give_the_same(
    tmp_path: Path, combine: str, unit: str, factor: float
) -> None:
    """Fault 16: drizzlepac counts the gain twice in the noise of cosmic rays, and mixes counts with electrons in
    that of minmed, so that more is flagged in counts than in electrons."""
    params = TASKS["astrodrizzle"].defaults().replaced(
        output="x", preserve=False, proc_unit="electrons", static=False, combine_type=combine, sky_bits="",
        driz_sep_bits="16", final_bits="16",
    )  # fmt: skip
    counts, other = converted(tmp_path / "counts", "COUNTS", 1.0), converted(tmp_path / "other", unit, factor)
    one, two = (astrodrizzle(files, params, folder=files[0].parent) for files in (counts, other))
    for first, second in zip(one.exposures, two.exposures, strict=True):
        assert first.chips[0].sky * factor == pytest.approx(second.chips[0].sky, rel=1e-4)
    for pattern in SEEN:
        names = sorted(path.name for path in (tmp_path / "counts").glob(pattern))
        assert names
        for name in names:
            mine, theirs = (
                fits.getdata(tmp_path / folder / name).astype(float) for folder in ("counts", "other")
            )
            near = np.isclose(mine, theirs, rtol=1e-4, atol=1e-4 * np.nanstd(mine), equal_nan=True)
            assert near.mean() > 0.999, name  # a pixel at the very limit may fall either way
