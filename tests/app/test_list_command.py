"""`drizzledesk astrodrizzle @list`: exposures with their inverse variance maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from tests.hst_exposures import CAMERAS, write_set


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A list of two exposures with maps beside it."""
    files = write_set(CAMERAS["hrc"], tmp_path / "data", count=2)
    lines = []
    for path in files:
        values = np.full(CAMERAS["hrc"].shape, 0.02, np.float32)
        name = path.name.replace("_flt", "_ivm")
        fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(values, name="IVM")]).writeto(path.with_name(name))
        lines.append(f"{path.name} {name}\n")
    (tmp_path / "data" / "all.txt").write_text("".join(lines))
    return tmp_path / "data" / "all.txt"


@pytest.mark.parametrize("way", ["argument", "parameter"])
def test_the_list_of_the_parameter_input_and_its_maps(
    command, listed: Path, tmp_path: Path, way: str
) -> None:
    given = [f"@{listed}"] if way == "argument" else ["-p", f"input=@{listed}"]
    steps = [f"-p{name}=no" for name in ("driz_separate", "median", "blot", "driz_cr", "preserve", "static")]
    asked = [*given, "-p", "final_wht_type=IVM", "-p", "final_bits=16", "-p", "output=x", *steps]
    done = command("astrodrizzle", *asked, "--dir", tmp_path / "out")
    assert done.status == 0, done.err
    weight = fits.getdata(tmp_path / "out" / "x_drz_wht.fits")
    assert weight.max() == pytest.approx(2 * 0.02 * 100.0**2, rel=0.05)


def test_a_map_that_is_not_there_is_a_failure(command, listed: Path, tmp_path: Path) -> None:
    listed.with_name("jtest00xh_ivm.fits").unlink()
    done = command("astrodrizzle", f"@{listed}", "-p", "final_wht_type=IVM", "--dir", tmp_path / "out")
    assert done.status == 1
    assert "jtest00xh_ivm.fits" in done.err[-1]
    assert not list((tmp_path / "out").glob("*"))
