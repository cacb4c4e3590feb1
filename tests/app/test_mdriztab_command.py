"""`drizzledesk astrodrizzle --mdriztab`: the pipeline's values reach the run, those of the command line first."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.io import fits

from tests.mdriztab import write_table


@pytest.mark.parametrize("flag", [["--mdriztab"], ["-p", "mdriztab=yes"]])
def test_the_run_takes_the_pipelines_values(
    simulated, copied, command, tmp_path: Path, flag: list[str]
) -> None:
    files = copied(simulated.files[:1], tmp_path)
    fits.setval(files[0], "MDRIZTAB", value="iref$t_mdz.fits")
    write_table(tmp_path / "t_mdz.fits")
    done = command("astrodrizzle", *files, *flag, "-p", "output=x", "-p", "context=no", "--dir", tmp_path)
    assert done.status == 0, done.err
    assert "MDRIZTAB: 8 values of t_mdz.fits, row 4 (F606W, 1 or more exposures)" in done.err
    with fits.open(tmp_path / "x_drz.fits") as hdus:  # build = T in the table
        assert [hdu.name for hdu in hdus[1:3]] == ["SCI", "WHT"]
        assert hdus["SCI"].header["BUNIT"] == "ELECTRONS"  # final_units counts


def test_a_table_that_is_not_there_is_a_failure(simulated, copied, command, tmp_path: Path) -> None:
    files = copied(simulated.files[:1], tmp_path)
    done = command("astrodrizzle", *files, "--mdriztab", "--dir", tmp_path)
    assert done.status == 1
    assert "MDRIZTAB" in done.err[-1]
