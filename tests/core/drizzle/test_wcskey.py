"""An alternate WCS as the primary one for a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import open_exposure
from core.drizzle.session import astrodrizzle
from core.errors import Refusal
from core.params import TASKS

Copies = Callable[..., list[Path]]
OFF = {"driz_separate": False, "median": False, "blot": False, "driz_cr": False, "static": False}
DEFAULTS = TASKS["astrodrizzle"].defaults().replaced(output="out", preserve=False, skysub=False, **OFF)
SHIFT = 3.0 / 3600


def archive(files: list[Path], letter: str = "B", name: str = "SHIFTED") -> None:
    """An alternate WCS in all chips: the primary one moved by 3 arcsec in declination."""
    for path in files:
        with fits.open(path, mode="update", memmap=False) as hdus:
            for hdu in (hdu for hdu in hdus if hdu.name == "SCI"):
                header = hdu.header
                for key in ("CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2", "CTYPE1", "CTYPE2"):
                    header[key + letter] = header[key]
                for key in ("CD1_1", "CD1_2", "CD2_1", "CD2_2"):
                    header[key + letter] = header[key]
                header["CRVAL2" + letter] += SHIFT
                header["WCSNAME" + letter] = name


def science(files: list[Path], folder: Path, resume: bool = False, **values: Any) -> fits.PrimaryHDU:
    result = astrodrizzle(files, DEFAULTS.replaced(**values), folder=folder, resume=resume)
    with fits.open(result.science, memmap=False) as hdus:
        return fits.PrimaryHDU(np.array(hdus[0].data), hdus[0].header.copy())


@pytest.mark.parametrize("word", ["B", "b", "SHIFTED", " shifted "])
def test_letter_or_name_takes_the_place_of_the_primary(copies: Copies, tmp_path: Path, word: str) -> None:
    files = copies()
    archive(files)
    primary = open_exposure(files[0]).chips
    chosen = open_exposure(files[0], wcskey=word).chips
    for one, other in zip(primary, chosen, strict=True):
        assert other.wcs.crval[1] - one.wcs.crval[1] == pytest.approx(SHIFT, abs=1e-12)
        assert other.wcs.keys["WCSNAME"] == "SHIFTED"
        # the distortion is the primary's
        assert np.array_equal(one.wcs.sip_a, other.wcs.sip_a)


def test_a_run_on_an_alternate(copies: Copies, tmp_path: Path) -> None:
    files = copies()
    archive(files)
    before = [_primary(path) for path in files]
    plain = science(files, tmp_path / "plain", True)
    moved = science(files, tmp_path / "moved", True, wcskey="shifted")
    # not exact: circles of declination are a little shorter there, so the outline is another by 0.1 mas
    assert moved.header["CRVAL2"] - plain.header["CRVAL2"] == pytest.approx(SHIFT, abs=1e-7)
    assert moved.header["CRVAL1"] == pytest.approx(plain.header["CRVAL1"], abs=1e-6)
    assert (moved.header["WCSNAME"], moved.header["D001WKEY"]) == ("SHIFTED", "shifted")
    assert abs(np.array(moved.data.shape) - plain.data.shape).max() <= 1
    assert [_primary(path) for path in files] == before


def _primary(path: Path) -> list[float]:
    header = fits.getheader(path, ("SCI", 1))
    return [header[key] for key in ("CRVAL1", "CRVAL2", "CD1_1", "CRVAL2B")]


def test_the_primary_by_its_name(copies: Copies) -> None:
    path = copies()[0]
    fits.setval(path, "WCSNAME", value="IDC_first", ext=("SCI", 1))
    fits.setval(path, "WCSNAME", value="IDC_first", ext=("SCI", 2))
    for word in ("", "primary", "idc_FIRST"):
        assert np.array_equal(
            open_exposure(path, wcskey=word).chips[0].wcs.crval, open_exposure(path).chips[0].wcs.crval
        )


def test_of_two_of_one_name_the_latest(copies: Copies) -> None:
    files = copies()[:1]
    archive(files, "B", "SAME")
    archive(files, "C", "SAME")
    fits.setval(files[0], "CRVAL1C", value=12.5, ext=("SCI", 1))
    assert open_exposure(files[0], wcskey="same").chips[0].wcs.crval[0] == 12.5


def test_every_exposure_must_have_it(copies: Copies, tmp_path: Path) -> None:
    files = copies()
    archive(files[:2])
    with pytest.raises(Refusal, match=files[2].name) as caught:
        science(files, tmp_path / "out", wcskey="B")
    assert caught.value.subject == "wcskey"
    assert "the primary" in caught.value.what
    assert caught.value.advice
