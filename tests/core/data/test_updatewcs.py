"""updatewcs through stwcs: with reference files made of a real header's own distortions, and without them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import open_exposure
from core.data.history import restore, states
from core.data.updatewcs import KEYWORDS, reference_files, update_all, updatewcs
from core.data.wcsbook import write_wcs
from core.data.wcsversions import versions
from core.errors import Refusal
from core.simulate import Scene, simulate
from tests.core.data.reference_tables import write_idctab, write_lookup

GRID = [v.ravel() for v in np.meshgrid(np.linspace(0.0, 4095.0, 9), np.linspace(0.0, 2050.0, 7))]
SIMULATED = Scene(seed=3, n_exposures=1, density=0.02, noise=False, defects=False, cr_rate=0.0)


def references(exposure: Path, folder: Path) -> Path:
    """The three files that the exposure names, in a new folder."""
    folder.mkdir()
    with fits.open(exposure) as hdus:
        names = [hdus[0].header[key].partition("$")[2] for key in ("IDCTAB", "NPOLFILE", "D2IMFILE")]
        write_idctab(hdus, folder / names[0])
        write_lookup(hdus, "WCSDVARR", folder / names[1])
        write_lookup(hdus, "D2IMARR", folder / names[2])
    return folder


@pytest.fixture
def real(shared_data: Path, tmp_path: Path) -> Path:
    """The headers of a WFC3/UVIS exposure of the archive, aligned to Gaia there."""
    path = tmp_path / "ib4606c6q_flc.fits"
    with fits.open(shared_data / "headers" / "sample_svm_flc.fits.gz") as hdus:
        hdus.writeto(path)
    return path


@pytest.fixture
def simulated(tmp_path: Path) -> Path:
    return simulate(SIMULATED, tmp_path / "simulated").files[0]


@pytest.fixture
def iref(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that iref names; empty."""
    folder = tmp_path / "references"
    monkeypatch.setenv("iref", f"{folder}/")
    return folder


def test_the_pipeline_s_wcs_comes_out_again(real: Path, iref: Path) -> None:
    """Alternate A is what the archive's pipeline made of its own tables; it was written with 12 decimals."""
    references(real, iref)
    assert set(reference_files(real)) == {"IDCTAB", "NPOLFILE", "D2IMFILE"}
    pipeline = open_exposure(real, complete=False, wcskey="A")
    state = updatewcs(real)
    assert state is not None
    assert state.detail == (
        "IDCTAB 2731450pi_idc.fits, NPOLFILE y7b1516qi_npl.fits, D2IMFILE y7b1516hi_d2i.fits"
    )
    made = open_exposure(real, complete=False)
    for was, now in zip(pipeline.chips, made.chips, strict=True):
        x, y = now.wcs.sky_to_pix(*was.wcs.pix_to_sky(*GRID))
        assert max(abs(x - GRID[0]).max(), abs(y - GRID[1]).max()) < 3e-5
        assert now.wcs.sip_a == pytest.approx(was.wcs.sip_a, rel=1e-10, abs=1e-24)
        assert now.header["WCSNAME"] == "IDC_2731450pi"
        assert now.header["WCSTYPE"] == "undistorted not aligned"
        assert not {"FITNAME", "RMS_RA", "NMATCH", "HDRNAME"} & set(now.header)


@pytest.mark.filterwarnings("ignore")
def test_the_headers_are_those_of_stwcs(simulated: Path, iref: Path, tmp_path: Path) -> None:
    references(simulated, iref)
    beside = Path(shutil.copy(simulated, tmp_path / "stwcs_flt.fits"))
    from stwcs import updatewcs as stwcs

    stwcs.updatewcs(str(beside), use_db=False)
    updatewcs(simulated)
    with fits.open(simulated) as ours, fits.open(beside) as theirs:
        assert [(h.name, h.ver) for h in ours if h.name != "WCSCORR"] == [(h.name, h.ver) for h in theirs]
        for ver in (1, 2):
            one, two = (hdus["SCI", ver].header for hdus in (ours, theirs))
            added = {key for key in one if key not in two}
            assert all(key.startswith(("WCSTYPE", "WCSAXES")) or key.endswith(("A", "O")) for key in added), (
                added
            )
            for key in two:
                if key not in ("HISTORY", "COMMENT", "WCSTYPE", ""):
                    assert one[key] == two[key], key
            for name in ("WCSDVARR", "D2IMARR"):
                assert (ours[name, ver].data == theirs[name, ver].data).all()
        for key in ("DISTNAME", "SIPNAME", "UPWCSVER"):
            assert ours[0].header[key] == theirs[0].header[key]
        assert (ours["SCI", 1].data == theirs["SCI", 1].data).all()


def test_recorded_undone_and_the_alignment_kept(simulated: Path, iref: Path) -> None:
    references(simulated, iref)
    with fits.open(
        simulated, mode="update"
    ) as hdus:  # else stwcs takes the table for a new one and all WCSs for invalid
        for ver in (1, 2):
            hdus["SCI", ver].header["IDCTAB"] = hdus[0].header["IDCTAB"]
    chips = open_exposure(simulated).chips
    write_wcs(simulated, {c.extver: c.wcs.moved(c.wcs.crval + 1e-5, c.wcs.cd) for c in chips}, wcsname="MINE")
    whole = simulated.read_bytes()
    updatewcs(simulated)
    named = {one.name: one.kind for one in reversed(versions(simulated))}
    assert (named["IDC_2731450pi"], named["MINE"]) == ("primary", "alternate")
    assert [one.action for one in states(simulated)][-1] == "Distortions from reference files"
    restore(simulated, 1)
    assert simulated.read_bytes() == whole


def test_files_beside_the_exposure_do_as_well(
    simulated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("iref", raising=False)
    for path in references(simulated, tmp_path / "r").iterdir():
        shutil.move(path, simulated.parent)
    assert updatewcs(simulated) is not None
    assert "iref" not in os.environ


@pytest.mark.parametrize("keyword", KEYWORDS[:3])
def test_a_missing_file_is_named_with_keyword_and_variable(
    simulated: Path, iref: Path, keyword: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    references(simulated, iref)
    name = fits.getheader(simulated)[keyword]
    (iref / name.partition("$")[2]).unlink()
    whole = simulated.read_bytes()
    with pytest.raises(Refusal, match="iref") as caught:
        updatewcs(simulated)
    told = str(caught.value)
    assert simulated.name in told
    assert keyword in told
    assert name in told
    assert "updatewcs off" in told
    monkeypatch.delenv("iref")
    with pytest.raises(Refusal, match="the environment variable iref is not set"):
        updatewcs(simulated)
    assert simulated.read_bytes() == whole
    assert states(simulated) == ()


def test_what_cannot_be_made_leaves_the_file(simulated: Path, iref: Path, tmp_path: Path) -> None:
    references(simulated, iref)
    idctab = iref / fits.getheader(simulated)["IDCTAB"].partition("$")[2]
    with fits.open(idctab, mode="update") as hdus:
        hdus[1].data["FILTER"][:] = "F999X"
    whole = simulated.read_bytes()
    with pytest.raises(Refusal, match=r"stwcs cannot make the WCS: Problem finding row in IDCTAB.*F606W"):
        updatewcs(simulated)
    shutil.move(idctab, simulated.parent)
    with pytest.raises(Refusal, match="two folders"):
        updatewcs(simulated)
    assert simulated.read_bytes() == whole
    with fits.open(simulated, mode="update") as hdus:
        hdus[0].header["IDCTAB"] = "N/A"
    with pytest.raises(Refusal, match="names no distortion table"):
        updatewcs(simulated)
    fits.PrimaryHDU(np.zeros((9, 9), np.float32)).writeto(tmp_path / "plain.fits")
    with pytest.raises(Refusal, match="Only exposures"):
        updatewcs(tmp_path / "plain.fits")


def test_one_bad_exposure_stops_no_other(simulated: Path, iref: Path, tmp_path: Path) -> None:
    references(simulated, iref)
    other = tmp_path / "other_flt.fits"
    shutil.copy(simulated, other)
    with fits.open(other, mode="update") as hdus:
        hdus[0].header["NPOLFILE"] = "jref$none_npl.fits"
    bad, good = update_all([other, simulated])
    assert bad.reason.startswith("other_flt.fits: NPOLFILE")
    assert (good.reason, good.wcsname) == ("", "IDC_2731450pi")


def test_the_command(simulated: Path, iref: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from app.cli import main

    assert main(["wcs", "update", str(simulated)]) == 1
    assert "IDCTAB" in capsys.readouterr().err
    for option in (["--updatewcs"], ["-p", "updatewcs=yes"]):
        for task in ("tweakreg", "astrodrizzle"):
            assert main([task, str(simulated), *option, "--dir", str(iref.parent / "out")]) == 1
            assert "IDCTAB" in capsys.readouterr().err
    references(simulated, iref)
    first = Path(shutil.copy(simulated, iref.parent / "first_flt.fits"))
    assert main(["wcs", "update", str(simulated)]) == 0
    assert "IDC_2731450pi" in capsys.readouterr().out
    main(["tweakreg", str(first), "--updatewcs", "--dir", str(iref.parent / "out"), "-p", "writecat=no"])
    assert "updatewcs: first_flt.fits: WCS IDC_2731450pi: IDCTAB" in capsys.readouterr().err
    assert [one.action for one in states(first)] == ["First seen", "Distortions from reference files"]
