"""WCS names, archiving of the former WCS, refusals before anything is written."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data import wcsbook
from core.data.chipwcs import ChipWCS
from core.data.exposure import open_exposure
from core.data.wcsbook import check_wcsname, wcs_type, write_wcs
from core.errors import Refusal

Write = Callable[..., Path]


def moved(path: Path) -> dict[int, ChipWCS]:
    return {
        chip.extver: chip.wcs.moved(chip.wcs.crval + 1e-5, chip.wcs.cd * 1.0001)
        for chip in open_exposure(path).chips
    }


def headers(path: Path) -> list[fits.Header]:
    return [chip.header for chip in open_exposure(path).chips]


def test_the_new_wcs_is_primary_and_the_old_one_archived(exposure_file: Path) -> None:
    new, before = moved(exposure_file), headers(exposure_file)
    assert write_wcs(exposure_file, new, rms_ra=1e-7, rms_dec=2e-7, nmatch=55) == "TWEAK"
    for old, header, wcs in zip(before, headers(exposure_file), new.values(), strict=True):
        assert header["WCSNAME"] == header["FITNAME"] == "TWEAK"
        assert header["WCSTYPE"] == "user-defined"
        assert [header[f"CRVAL{i}"] for i in (1, 2)] == wcs.crval.tolist()
        assert header["CD1_2"] == wcs.cd[0, 1]
        assert header["ORIENTAT"] == pytest.approx(np.degrees(np.arctan2(wcs.cd[0, 1], wcs.cd[1, 1])))
        assert (header["RMS_RA"], header["RMS_DEC"], header["NMATCH"]) == (1e-7, 2e-7, 55)
        # angles on the sky, in the units of CUNIT (fault 9: RA not multiplied by cos Dec, axes mixed)
        assert (header["CRDER1"], header["CRDER2"]) == (1e-7, 2e-7)
        assert header["WCSNAMEA"] == "IDC_test"
        assert header["CRVAL1A"] == pytest.approx(old["CRVAL1"], abs=1e-11)
        assert header["CTYPE1A"] == "RA---TAN-SIP"
        for key in ("CRPIX1", "A_2_0", "CPDIS1", "DP1.EXTVER", "IDCSCALE"):
            assert header[key] == old[key]
    after = open_exposure(exposure_file)
    for chip, wcs in zip(after.chips, new.values(), strict=True):
        np.testing.assert_allclose(
            chip.wcs.pix_to_sky(3.0, 4.0), wcs.pix_to_sky(3.0, 4.0), rtol=0, atol=1e-12
        )
    assert after.primary["NEXTEND"] == 15  # the WCSCORR table is new


def test_pixels_flags_and_tables_stay(exposure_file: Path, hdus: fits.HDUList) -> None:
    write_wcs(exposure_file, moved(exposure_file))
    with fits.open(exposure_file) as after:
        for old in hdus[1:]:
            np.testing.assert_array_equal(after[old.name, old.ver].data, old.data)
        assert [hdu.name for hdu in after][len(hdus) :] == ["WCSCORR"]


def test_only_the_chips_given_change(exposure_file: Path) -> None:
    write_wcs(exposure_file, {2: moved(exposure_file)[2]})
    one, two = headers(exposure_file)
    assert (one["WCSNAME"], two["WCSNAME"]) == ("IDC_test", "TWEAK")
    assert "WCSNAMEA" not in one


def test_a_name_is_not_used_twice(exposure_file: Path) -> None:
    new = moved(exposure_file)
    write_wcs(exposure_file, new, wcsname="first")
    before = exposure_file.read_bytes()
    with pytest.raises(Refusal, match="already called") as refusal:
        write_wcs(exposure_file, new, wcsname="FIRST")
    assert refusal.value.subject == "wcsname"
    assert "reusename" in refusal.value.advice
    assert exposure_file.read_bytes() == before
    # replaced without archiving when allowed
    write_wcs(exposure_file, new, wcsname="first", reusename=True)
    assert "WCSNAMEB" not in headers(exposure_file)[0]
    # an alternate's name never
    for reuse in (False, True):
        with pytest.raises(Refusal, match="alternate WCS A"):
            check_wcsname(exposure_file, "idc_test", reuse)
    write_wcs(exposure_file, new, wcsname="second")
    assert headers(exposure_file)[0]["WCSNAMEB"] == "first"


@pytest.mark.parametrize("name", ["", "  ", "INDEF", "None"])
def test_a_blank_name_is_tweak(exposure_file: Path, name: str) -> None:
    assert check_wcsname(exposure_file, name, False) == "TWEAK"


@pytest.mark.parametrize("name", ["é", "x" * 61, "a\nb"])
def test_names_that_fits_cannot_hold(exposure_file: Path, name: str) -> None:
    with pytest.raises(Refusal, match="ASCII"):
        check_wcsname(exposure_file, name, False)


def test_a_header_without_a_name(hdus: fits.HDUList, write: Write) -> None:
    for extver in (1, 2):
        del hdus["SCI", extver].header["WCSNAME"]
    path = write(hdus)
    write_wcs(path, moved(path))
    assert headers(path)[0]["WCSNAMEA"] == "PRE-TWEAKREG"


def test_a_pc_matrix_becomes_cd(hdus: fits.HDUList, write: Write) -> None:
    for extver in (1, 2):
        h = hdus["SCI", extver].header
        for i in (1, 2):
            for j in (1, 2):
                h[f"PC{i}_{j}"] = h.pop(f"CD{i}_{j}") / 1e-5
            h[f"CDELT{i}"] = 1e-5
    path = write(hdus)
    new = moved(path)
    write_wcs(path, new)
    header = headers(path)[0]
    assert "PC1_1" not in header
    assert "CDELT1" not in header
    np.testing.assert_allclose(open_exposure(path).chips[0].wcs.cd, new[1].cd, rtol=1e-14)


def test_all_letters_in_use(hdus: fits.HDUList, write: Write) -> None:
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        hdus["SCI", 1].header[f"CRVAL1{letter}"] = 1.0
        hdus["SCI", 1].header[f"WCSNAME{letter}"] = f"name {letter}"
    path = write(hdus)
    with pytest.raises(Refusal, match="letters"):
        write_wcs(path, moved(path))


def test_a_chip_that_is_not_there(exposure_file: Path) -> None:
    wcs = moved(exposure_file)[1]
    before = exposure_file.read_bytes()
    with pytest.raises(Refusal) as refusal:
        write_wcs(exposure_file, {1: wcs, 3: wcs})
    assert refusal.value.subject == "SCI,3"
    assert exposure_file.read_bytes() == before


def test_nothing_is_printed_and_logging_is_as_before(
    exposure_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    level = logging.getLogger("astropy").level
    write_wcs(exposure_file, moved(exposure_file))
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("astropy").level == level


def test_types_of_names() -> None:
    assert wcs_type("TWEAK") == "user-defined"
    assert wcs_type("IDC_abc") == "undistorted not aligned"
    assert wcs_type("OPUS") == "pipeline default not aligned"
    # drizzlepac fails on names of this form
    assert wcs_type("IDC_abc-FIT") == "undistorted a posteriori solution"
    assert wcsbook.DEFAULT_NAME == "TWEAK"


@pytest.mark.shared
def test_real_files_with_histories(shared_data: Path, tmp_path: Path) -> None:
    names = ["sample_svm_flc", "sample_ipppssoot_flt", "2chipA", "2chipC"]
    for name in names:
        path = tmp_path / f"{name}.fits.gz"
        path.write_bytes((shared_data / "headers" / path.name).read_bytes())
        before = headers(path)[0]
        write_wcs(path, moved(path), wcsname="MINE")
        after = headers(path)[0]
        added = {k for k in after if k.startswith("WCSNAME")} - {k for k in before if k.startswith("WCSNAME")}
        assert len(added) == 1
        # under its own name, or with a counter when an alternate has that name
        assert after[added.pop()].startswith(before["WCSNAME"])
        with fits.open(path) as hdus:
            assert sum(hdu.name == "WCSCORR" for hdu in hdus) == 1
