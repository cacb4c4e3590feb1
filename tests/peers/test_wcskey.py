"""An alternate WCS as the primary one: ours against drizzlepac, which rewrites the exposures for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.drizzle.session import astrodrizzle
from core.params import TASKS

pytestmark = [pytest.mark.peers, pytest.mark.shared]
pytest.importorskip("drizzlepac")

PEER = """
import json, sys
from drizzlepac.astrodrizzle import AstroDrizzle
files, params = json.loads(sys.argv[1])
AstroDrizzle(files, preserve=False, num_cores=1, **params)
"""
PARAMS = {
    "output": "out", "wcskey": "OTHER", "skysub": False, "static": False, "driz_separate": False,
    "median": False, "blot": False, "driz_cr": False, "final_bits": "64,32",
}  # fmt: skip


def prepare(data: Path, folder: Path) -> list[str]:
    """The exposures with an alternate WCS named OTHER, each moved by another amount."""
    folder.mkdir()
    for number, path in enumerate(sorted((data / "omega_cen_simulated").glob("*_flt.fits"))):
        copy = folder / path.name
        copy.write_bytes(path.read_bytes())
        with fits.open(copy, mode="update", memmap=False) as hdus:
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
    return sorted(path.name for path in folder.glob("*_flt.fits"))


def test_the_product_is_on_the_alternate(shared_data: Path, tmp_path: Path) -> None:
    for name in ("ours", "peer"):
        files = prepare(shared_data, tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-c", PEER, json.dumps([files, PARAMS])],
        cwd=tmp_path / "peer",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    params = TASKS["astrodrizzle"].defaults().replaced(preserve=False, **PARAMS)
    result = astrodrizzle([tmp_path / "ours" / name for name in files], params, folder=tmp_path / "ours")
    with fits.open(result.science) as mine, fits.open(tmp_path / "peer" / result.science.name) as theirs:
        one, two = mine[0], theirs[0]
        for key in ("CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "CD1_1", "CD2_1"):
            assert one.header[key] == pytest.approx(two.header[key], rel=1e-9)
        weight = fits.getdata(result.weight) > 0
        differ = np.abs(one.data - two.data)[weight]
        # electrons per second; the read noise of an exposure is 0.08
        assert np.quantile(differ, 0.999) < 1e-5
