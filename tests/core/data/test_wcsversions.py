"""The versions of the WCS of real files, and switching to each of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from core.data.exposure import open_exposure
from core.data.headerlets import HeaderletWords, apply_headerlet, export_headerlet
from core.data.history import restore, states
from core.data.wcsbook import write_wcs
from core.data.wcsversions import switch, versions
from core.errors import Refusal


@pytest.fixture
def real(shared_data: Path, tmp_path: Path) -> Path:
    path = tmp_path / "idsj02axq_flc.fits"
    shutil.copyfile(shared_data / "wfc3_uvis_2013fy27_visit02" / path.name, path)
    return path


@pytest.mark.shared
def test_what_the_archive_put_in(real: Path) -> None:
    found = versions(real)
    assert [one.id for one in found[:3]] == ["primary", "A", "O"]
    assert found[0].name == "IDC_2731450pi-GSC240"
    assert not found[0].usable
    assert [one.kind for one in found].count("headerlet") == 4
    assert {one.name for one in found if one.kind == "table"} >= {"OPUS", "IDC_2731450pi"}


@pytest.mark.shared
def test_every_usable_version_becomes_the_primary_and_all_is_undone(real: Path) -> None:
    whole = real.read_bytes()
    number = 0
    for one in versions(real):
        if not one.usable:
            continue
        made = switch(real, one.id)
        if made is None:
            continue
        chip = open_exposure(real).chips[0]
        assert chip.header["WCSNAME"] == one.name
        np.testing.assert_allclose(chip.wcs.crval, one.crval, rtol=0, atol=1e-11)
        assert "FITNAME" not in chip.header
        number += 1
    assert number >= 5
    # the former primary is kept once, however often one switches
    names = [one.name for one in versions(real) if one.kind == "alternate"]
    assert names.count("IDC_2731450pi-GSC240") == 1
    restore(real, 1)
    assert real.read_bytes() == whole


@pytest.mark.shared
def test_a_headerlet_of_a_solution_comes_back_as_it_was(real: Path, tmp_path: Path) -> None:
    new = {c.extver: c.wcs.moved(c.wcs.crval + 1e-5, c.wcs.cd * 1.0001) for c in open_exposure(real).chips}
    whole = real.read_bytes()
    target = tmp_path / "one_hlet.fits"
    export_headerlet(real, target, HeaderletWords(hdrname="one"), new=new, wcsname="ONE", nmatch=5)
    assert real.read_bytes() == whole
    with pytest.raises(Refusal, match="exists"):
        export_headerlet(real, target, HeaderletWords(hdrname="one"))
    apply_headerlet(real, target)
    x, y = np.array([0.0, 500.0]), np.array([0.0, 400.0])
    for chip in open_exposure(real).chips:
        np.testing.assert_allclose(
            chip.wcs.pix_to_sky(x, y), new[chip.extver].pix_to_sky(x, y), rtol=0, atol=1e-10
        )
    assert states(real)[-1].action == "Headerlet one"


def test_a_wcs_that_is_not_there(exposure_file: Path) -> None:
    with pytest.raises(Refusal, match="no WCS 'Z'"):
        switch(exposure_file, "Z")
    assert switch(exposure_file, "primary") is None


def test_switching_forgets_the_fit_and_remembers_it(exposure_file: Path) -> None:
    new = {c.extver: c.wcs.moved(c.wcs.crval + 1e-5, c.wcs.cd) for c in open_exposure(exposure_file).chips}
    write_wcs(exposure_file, new, rms_ra=1e-7, rms_dec=2e-7, nmatch=5)
    switch(exposure_file, "A")
    header = open_exposure(exposure_file).chips[1].header
    assert header["WCSNAME"] == "IDC_test"
    assert not {"FITNAME", "NMATCH", "RMS_RA", "CRDER1"} & set(header)
    switch(exposure_file, "TWEAK")
    header = open_exposure(exposure_file).chips[1].header
    assert (header["NMATCH"], header["RMS_RA"], header["FITNAME"]) == (5, 1e-7, "TWEAK")
