"""`drizzledesk wcs`: list, restore, switch, tweakback."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from app.cli import main
from core.data.exposure import open_exposure
from core.data.wcsbook import write_wcs


def image(path: Path, *, alternate: bool = False) -> Path:
    primary = fits.PrimaryHDU()
    primary.header["ROOTNAME"] = path.name.split("_")[0]
    primary.header["D001DATA"] = "a_flt.fits[sci,1]"
    sci = fits.ImageHDU(np.zeros((40, 50), np.float32), name="SCI")
    for letter in ("", "A") if alternate else ("",):
        for i in (1, 2):
            sci.header[f"CTYPE{i}{letter}"] = ("RA---TAN", "DEC--TAN")[i - 1]
            sci.header[f"CRPIX{i}{letter}"] = 20.0
            sci.header[f"CRVAL{i}{letter}"] = 10.0 + (0.0 if letter else 1e-4)
            sci.header[f"CD{i}_{i}{letter}"] = 1e-5
        sci.header[f"WCSNAME{letter}"] = "OLD" if letter or not alternate else "NEW"
    fits.HDUList([primary, sci]).writeto(path)
    return path


@pytest.fixture
def exposure(tmp_path: Path) -> Path:
    return image(tmp_path / "a_flt.fits")


def move(path: Path, name: str) -> None:
    chip = open_exposure(path, complete=False).chips[0]
    new = {1: chip.wcs.moved(chip.wcs.crval + 1e-5, chip.wcs.cd)}
    write_wcs(path, new, wcsname=name, rms_ra=1e-6, rms_dec=1e-6, nmatch=9, action="Aligned to x_flt.fits")


def name_of(path: Path) -> str:
    return str(open_exposure(path, complete=False).chips[0].header["WCSNAME"])


def test_list(exposure: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wcs", "list", str(exposure)]) == 0
    assert "no history" in capsys.readouterr().out
    move(exposure, "FIRST")
    assert main(["wcs", "list", str(exposure)]) == 0
    out = capsys.readouterr().out
    assert "Aligned to x_flt.fits" in out
    assert "rms_ra_mas" in out
    assert main(["wcs", "list", "--json", str(exposure)]) == 0
    told = json.loads(capsys.readouterr().out)[str(exposure)]
    assert [one["name"] for one in told["versions"]][:2] == ["FIRST", "OLD"]
    assert [one["current"] for one in told["states"]] == [False, True]


def test_restore_steps_back_and_to_a_state(exposure: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = exposure.read_bytes()
    move(exposure, "FIRST")
    move(exposure, "SECOND")
    assert main(["wcs", "restore", str(exposure)]) == 0
    assert name_of(exposure) == "FIRST"
    assert main(["wcs", "restore", "--state", "1", str(exposure)]) == 0
    assert exposure.read_bytes() == whole
    assert "First seen" in capsys.readouterr().out
    assert main(["wcs", "restore", str(exposure)]) == 1
    assert "no state before" in capsys.readouterr().err


def test_one_file_that_fails_does_not_stop_the_others(
    exposure: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = image(tmp_path / "b_flt.fits")
    move(other, "FIRST")
    assert main(["wcs", "restore", "--state", "1", str(exposure), str(other)]) == 1
    captured = capsys.readouterr()
    assert "a_flt.fits" in captured.err
    assert "Traceback" not in captured.err
    assert name_of(other) == "OLD"


def test_edits_are_discarded_only_when_asked(exposure: Path, capsys: pytest.CaptureFixture[str]) -> None:
    move(exposure, "FIRST")
    with fits.open(exposure, mode="update") as hdus:
        hdus[1].header["CRVAL1"] = 3.0
    assert main(["wcs", "restore", "--state", "1", str(exposure)]) == 1
    assert "CRVAL1" in capsys.readouterr().err
    assert main(["wcs", "restore", "--state", "1", "--discard", str(exposure)]) == 0
    assert name_of(exposure) == "OLD"


def test_switch(exposure: Path, capsys: pytest.CaptureFixture[str]) -> None:
    move(exposure, "FIRST")
    assert main(["wcs", "switch", "--to", "old", str(exposure)]) == 0
    assert name_of(exposure) == "OLD"
    assert main(["wcs", "switch", "--to", "old", str(exposure)]) == 0
    assert "already" in capsys.readouterr().out
    assert main(["wcs", "switch", "--to", "Q", str(exposure)]) == 1
    assert "no WCS 'Q'" in capsys.readouterr().err


def test_tweakback(exposure: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drz = image(tmp_path / "p_drz.fits", alternate=True)
    assert main(["wcs", "tweakback", str(drz)]) == 0
    assert "WRITTEN" in capsys.readouterr().out
    assert name_of(exposure) == "NEW"
    crval = open_exposure(exposure, complete=False).chips[0].wcs.crval
    np.testing.assert_allclose(crval, [10.0001 + 1e-4, 10.0001 + 1e-4], rtol=0, atol=1e-8)
    assert main(["wcs", "tweakback", str(drz), str(exposure)]) == 1
    assert "already called" in capsys.readouterr().err


def test_wrong_use_is_2() -> None:
    for arguments in (["wcs"], ["wcs", "list"], ["wcs", "switch", "x.fits"], ["wcs", "undo"]):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 2
