"""An alternate WCS as the primary one: ours against drizzlepac, which rewrites the exposures for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from tests.peers.live import LAST_ALONE, Job, run_drizzlepac, run_ours, take

pytestmark = [pytest.mark.peers, pytest.mark.shared]
pytest.importorskip("drizzlepac")

PARAMS = {**LAST_ALONE, "output": "out", "wcskey": "OTHER", "final_bits": "64,32"}


def prepare(data: Path, folder: Path) -> list[str]:
    """The exposures with an alternate WCS named OTHER, each moved by another amount."""
    names = take(data, "cluster", folder)
    for number, name in enumerate(names):
        with fits.open(folder / name, mode="update", memmap=False) as hdus:
            for header in (hdu.header for hdu in hdus if hdu.name == "SCI"):
                for key in ("WCSAXES", "LONPOLE", "LATPOLE"):
                    if key in header:
                        header[key + "B"] = header[key]
                for axis in "12":
                    for key in ("CRPIX", "CRVAL", "CTYPE"):
                        header[f"{key}{axis}B"] = header[key + axis]
                    header[f"CUNIT{axis}B"] = "deg"
                    for other in "12":
                        header[f"CD{axis}_{other}B"] = header[f"CD{axis}_{other}"]
                header["CRVAL2B"] += (5 + number) / 3600
                header["WCSNAMEB"] = "OTHER"
    return names


def test_the_product_is_on_the_alternate(shared_data: Path, tmp_path: Path) -> None:
    for name in ("ours", "peer"):
        files = prepare(shared_data, tmp_path / name)
    run_drizzlepac([Job(tmp_path / "peer", files, PARAMS)])
    result = run_ours(tmp_path / "ours", files, PARAMS)
    with fits.open(result.science) as mine, fits.open(tmp_path / "peer" / result.science.name) as theirs:
        one, two = mine[0], theirs[0]
        for key in ("CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "CD1_1", "CD2_1"):
            assert one.header[key] == pytest.approx(two.header[key], rel=1e-9)
        weight = fits.getdata(result.weight) > 0
        differ = np.abs(one.data - two.data)[weight]
        # electrons per second; the read noise of an exposure is 0.08
        assert np.quantile(differ, 0.999) < 1e-5
