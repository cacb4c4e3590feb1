"""The headers of an aligned image against those that a run of drizzlepac's tweakreg leaves."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import open_exposure
from core.data.wcsbook import wcs_type, write_wcs

pytest.importorskip("drizzlepac")
pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

NAMES = ("ibc301qrq_flt.fits", "ibc304v3q_flt.fits")


@pytest.fixture(scope="module")
def aligned(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which tweakreg aligned the second image to the first."""
    from drizzlepac import tweakreg

    folder = tmp_path_factory.mktemp("peer")
    for name in NAMES:
        shutil.copy(shared_data / "omega_cen_simulated" / name, folder)
        (folder / name).chmod(0o644)
    here = Path.cwd()
    os.chdir(folder)
    try:
        tweakreg.TweakReg(
            list(NAMES),
            imagefindcfg={"threshold": 2000, "conv_width": 3.5},
            interactive=False,
            updatehdr=True,
            wcsname="TWEAK",
            tolerance=3,
            see2dplot=False,
            residplot="No plot",
        )
    finally:
        os.chdir(here)
    return folder


def test_cards_are_those_of_drizzlepac(aligned: Path, shared_data: Path, tmp_path: Path) -> None:
    """Given its CRVAL and CD, the file is the same but for rounding and the rms."""
    theirs, ours = aligned / NAMES[1], tmp_path / NAMES[1]
    shutil.copy(shared_data / "omega_cen_simulated" / NAMES[1], ours)
    ours.chmod(0o644)
    write_wcs(
        ours, {c.extver: c.wcs for c in open_exposure(theirs).chips}, rms_ra=1e-7, rms_dec=1e-7, nmatch=9
    )
    # RMS_RA, RMS_DEC, CRDER: fault 9; the rest of FITNAME's group has other comments
    differ = {"RMS_RA", "RMS_DEC", "CRDER1", "CRDER2", "NMATCH"}
    with fits.open(ours) as a, fits.open(theirs) as b:
        assert [(h.name, h.ver) for h in a] == [(h.name, h.ver) for h in b]
        for one, two in zip(a, b, strict=True):
            assert sorted(one.header) == sorted(two.header)
            for key in set(one.header) - differ - {"", "COMMENT", "HISTORY"}:
                if key == "ORIENTAT":
                    assert one.header[key] == pytest.approx(two.header[key], abs=1e-9)
                else:
                    assert one.header[key] == two.header[key], key
            if one.data is not None:
                assert one.data.tobytes() == two.data.tobytes()


def test_stwcs_can_go_back_and_make_headerlets(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stwcs.wcsutil import altwcs, headerlet

    monkeypatch.chdir(tmp_path)  # stwcs leaves a log file
    path = tmp_path / NAMES[1]
    shutil.copy(shared_data / "omega_cen_simulated" / NAMES[1], path)
    path.chmod(0o644)
    old = open_exposure(path)
    new = {c.extver: c.wcs.moved(c.wcs.crval + 1e-5, c.wcs.cd * 1.0001) for c in old.chips}
    write_wcs(path, new, wcsname="OURS", rms_ra=1e-7, rms_dec=1e-7, nmatch=9)
    made = headerlet.create_headerlet(str(path), hdrname="ours", wcsname="OURS")
    assert made["SIPWCS", 1].header["CRVAL1"] == pytest.approx(new[1].crval[0], abs=1e-11)
    altwcs.restoreWCS(str(path), [("SCI", 1), ("SCI", 2)], wcskey="A")
    for before, after in zip(old.chips, open_exposure(path).chips, strict=True):
        np.testing.assert_allclose(after.wcs.crval, before.wcs.crval, rtol=0, atol=1e-11)
        np.testing.assert_allclose(after.wcs.cd, before.wcs.cd, rtol=0, atol=1e-18)


def test_their_reference_is_renamed_ours_is_not_touched(aligned: Path) -> None:
    """Fault 11: by WCSNAME nobody can tell the reference, an unmatched and an aligned image apart."""
    header = open_exposure(aligned / NAMES[0]).chips[0].header
    assert header["WCSNAME"] == "TWEAK"
    assert header["WCSTYPE"] == "not aligned: reference"


@pytest.mark.parametrize(
    "name",
    [
        "TWEAK", "IDC_abc", "OPUS", "IDC_abc-GSC240", "IDC_abc-HSC30", "IDC_abc-FIT_REL_GAIADR2",
        "IDC_abc-FIT_IMG_GAIAeDR3", "IDC_abc-FIT_SVM_2MASS", "OPUS-FIT_EVM_GAIADR1", "idc_x-fit_rel_none",
    ],
)  # fmt: skip
def test_types_are_those_of_drizzlepac(name: str) -> None:
    from drizzlepac.updatehdr import interpret_wcsname_type

    assert wcs_type(name) == interpret_wcsname_type(name)


@pytest.mark.parametrize(
    "name", ["omega_cen_simulated/ibc301qrq_flt.fits", "wfc3_uvis_2013fy27_visit02/idsj02axq_flc.fits"]
)
def test_gain_and_read_noise_are_those_of_drizzlepac(shared_data: Path, tmp_path: Path, name: str) -> None:
    from drizzlepac.wfc3Data import WFC3UVISInputImage

    path = tmp_path / Path(name).name
    shutil.copy(shared_data / name, path)
    image = WFC3UVISInputImage(str(path))
    image.setInstrumentParameters({})
    ours = open_exposure(path)
    for chip in ours.chips:
        peer = image["SCI", chip.extver]
        assert chip.gain == pytest.approx(peer._gain, rel=1e-12)
        assert chip.read_noise == pytest.approx(peer._rdnoise, rel=1e-12)
        assert chip.exptime == peer._exptime
        assert np.isclose(chip.header["MEANDARK"], peer.darkcurrent)
        if len(ours.chips) == 2:  # on subarrays drizzlepac goes by EXTVER, we by the chip
            assert ours.facts.cte_dir(chip.ccdchip) == peer.cte_dir
    image.close()
