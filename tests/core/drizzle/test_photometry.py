"""Copies for photometry: the arithmetic, the sky of a drizzled scene, headers, refusals."""

from __future__ import annotations

import hashlib
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.drizzle.photometry import ready_for_photometry
from core.drizzle.results import phot_name
from core.drizzle.session import astrodrizzle
from core.errors import Refusal
from core.params import TASKS
from core.simulate import Truth

WEIGHT = np.array([[10.0, 0.0, 4.0], [2.0, 1.0, 0.0]], np.float32)
VALUE = np.array([[1.0, 7.0, -2.0], [0.5, 100.0, np.nan]], np.float32)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def product(folder: Path, *, build: bool = True, bunit: str = "ELECTRONS/S", unit: str = "ELECTRONS") -> Path:
    """A product of exposures of 10 s and 30 s, with a sky of 5 and 21 in `unit`, on pixels half as wide."""
    primary = fits.Header()
    primary["INSTRUME"], primary["DETECTOR"], primary["EXPTIME"] = "WFC3", "UVIS", 40.0
    for number, time in ((1, 10.0), (2, 30.0)):
        primary[f"D{number:03d}DEXP"] = time
        primary[f"D{number:03d}SCAL"], primary[f"D{number:03d}ISCL"] = 0.02, 0.04
    columns = [
        fits.Column("MDRIZSKY", "D", array=np.array([5.0, 21.0])),
        fits.Column("EXPTIME", "D", array=np.array([10.0, 30.0])),
        fits.Column("BUNIT", "12A", array=np.array([unit, unit])),
        fits.Column("CCDGAIN", "D", array=np.array([1.5, 2.0])),
    ]
    table = fits.BinTableHDU.from_columns(columns, name="HDRTAB")
    if build:
        sci = fits.ImageHDU(VALUE, name="SCI")
        sci.header["BUNIT"] = bunit
        path = folder / "f_drz.fits"
        fits.HDUList(
            [fits.PrimaryHDU(header=primary), sci, fits.ImageHDU(WEIGHT, name="WHT"), table]
        ).writeto(path)
        return path
    path = folder / "f_drz_sci.fits"
    primary["BUNIT"] = bunit
    fits.HDUList([fits.PrimaryHDU(VALUE, primary), table]).writeto(path)
    fits.PrimaryHDU(WEIGHT).writeto(folder / "f_drz_wht.fits")
    return path


def change(path: Path, work: Callable[[fits.HDUList], object]) -> None:
    with fits.open(path, mode="update") as hdus:
        work(hdus)


SKY = (5.0 + 21.0) / 40.0 / 4.0  # electrons a second on a pixel of a quarter of the area


@pytest.mark.parametrize("build", [True, False])
@pytest.mark.parametrize(
    ("bunit", "rate"), [("ELECTRONS/S", VALUE), ("ELECTRONS", VALUE / 40), ("COUNTS/S", VALUE * 2)]
)
@pytest.mark.parametrize(("unit", "seconds"), [("e", 40.0), ("e/s", 1.0)])
def test_value_and_sky_in_the_unit_asked_for(
    tmp_path: Path, build: bool, bunit: str, rate: np.ndarray, unit: str, seconds: float
) -> None:
    path = product(tmp_path, build=build, bunit=bunit)
    if bunit.startswith("COUNTS"):  # of a detector that no table of ours knows: CCDGAIN of the last chip
        change(path, lambda hdus: hdus[0].header.update(INSTRUME="NEWCAM"))
    before = digest(path)
    made = ready_for_photometry(path, unit)
    assert digest(path) == before
    assert made.path == tmp_path / "f_phot.fits"
    with fits.open(made.path) as hdus:
        place = 1 if build else 0
        header, data = hdus[place].header, hdus[place].data
        assert len(hdus) == (4 if build else 2)
        assert hdus[0].header["FILENAME"] == "f_phot.fits"
    seen = WEIGHT > 0
    np.testing.assert_allclose(data[seen], ((rate + SKY) * seconds)[seen], rtol=2e-7)
    np.testing.assert_array_equal(data[~seen], VALUE[~seen])
    assert header["BUNIT"] == ("ELECTRONS" if unit == "e" else "ELECTRONS/S") == made.unit
    assert header["SKYADDED"] == pytest.approx(SKY * seconds, rel=1e-12)
    assert header["EXPTIME"] == 40.0
    assert header["EFFGAIN"] == made.gain == 40.0 / seconds
    assert "f_drz" in str(header["HISTORY"])


def test_sky_of_exposures_in_counts_and_per_second(tmp_path: Path) -> None:
    path = product(tmp_path, unit="COUNTS/S")
    change(path, lambda hdus: hdus[0].header.update(INSTRUME="NEWCAM"))
    made = ready_for_photometry(path, "e/s")
    assert made.sky == pytest.approx((10 * 5 * 1.5 + 30 * 21 * 2.0) / 40 / 4)


@pytest.mark.parametrize(
    ("subject", "spoil"),
    [
        ("HDRTAB", lambda hdus: hdus.__delitem__("HDRTAB")),
        ("EXPTIME", lambda hdus: hdus[0].header.remove("EXPTIME")),
        ("BUNIT", lambda hdus: hdus["SCI"].header.update(BUNIT="JANSKY")),
        ("BUNIT", lambda hdus: hdus["SCI"].header.remove("BUNIT")),
        ("WHT", lambda hdus: hdus.__delitem__("WHT")),
        ("SCI", lambda hdus: hdus.__delitem__("SCI")),
        ("D002SCAL and D002ISCL", lambda hdus: hdus[0].header.remove("D002ISCL")),
        ("MDRIZSKY", lambda hdus: hdus["HDRTAB"].data.__setitem__("MDRIZSKY", np.nan)),
        ("BUNIT", lambda hdus: hdus["HDRTAB"].data.__setitem__("BUNIT", "K")),
        ("gain", lambda hdus: (hdus["HDRTAB"].data.__setitem__("BUNIT", "COUNTS"), hdus[0].header.update(INSTRUME="X"),
                               hdus["HDRTAB"].data.__setitem__("CCDGAIN", 0.0))),
    ],
)  # fmt: skip
def test_refusals_by_name(tmp_path: Path, subject: str, spoil: Callable[[fits.HDUList], object]) -> None:
    path = product(tmp_path)
    change(path, spoil)
    with pytest.raises(Refusal) as told:
        ready_for_photometry(path)
    assert told.value.subject == subject
    assert path.name in str(told.value)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["f_drz.fits"]


def test_missing_weights_of_a_file_of_one_array(tmp_path: Path) -> None:
    path = product(tmp_path, build=False)
    (tmp_path / "f_drz_wht.fits").unlink()
    with pytest.raises(Refusal, match=r"f_drz_wht\.fits"):
        ready_for_photometry(path)


def test_never_over_the_product_nor_another_file(tmp_path: Path) -> None:
    path = product(tmp_path, build=False)
    other = tmp_path / "mine.fits"
    shutil.copy(path, other)
    for output in (path, tmp_path / "f_drz_wht.fits", other, tmp_path / "a_flt.fits"):
        before = digest(output) if output.exists() else ""
        with pytest.raises(Refusal):
            ready_for_photometry(path, output=output)
        assert (digest(output) if output.exists() else "") == before
    made = ready_for_photometry(path)
    assert ready_for_photometry(path, "e/s").path == made.path  # such a copy may be made anew
    with pytest.raises(Refusal, match="already"):
        ready_for_photometry(made.path, output=tmp_path / "twice.fits")


def test_no_sky_is_told(tmp_path: Path) -> None:
    path = product(tmp_path)
    change(path, lambda hdus: hdus["HDRTAB"].data.__setitem__("MDRIZSKY", 0.0))
    assert "no sky" in ready_for_photometry(path).notes[0]


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("f606w_drz.fits", "f606w_phot.fits"),
        ("a_drc_sci.fits", "a_phot.fits"),
        ("x.fits.gz", "x_phot.fits"),
    ],
)
def test_names(name: str, made: str) -> None:
    assert phot_name(f"/data/{name}") == made


@pytest.mark.parametrize(("scale", "units", "build"), [(None, "cps", True), (0.06, "counts", False)])
def test_sky_of_a_scene_is_the_one_before_subtraction(
    copies: Callable[..., list[Path]], aligned: Truth, scale: float | None, units: str, build: bool
) -> None:
    files = copies()
    last = dict.fromkeys(("static", "driz_separate", "median", "blot", "driz_cr", "preserve"), False)
    params = TASKS["astrodrizzle"].defaults().replaced(output="s", final_units=units, build=build, **last)
    if scale:
        params = params.replaced(final_wcs=True, final_scale=scale)
    result = astrodrizzle(files, params, folder=files[0].parent)
    other = astrodrizzle(files, params.replaced(skysub=False, output="with"), folder=files[0].parent)
    made = ready_for_photometry(result.science, "e/s")
    place = "SCI" if build else 0
    with fits.open(made.path) as hdus:
        data = hdus[place].data
        ratio = hdus[0].header["D001SCAL"] / hdus[0].header["D001ISCL"]
    weight = fits.getdata(result.weight, "WHT" if build else 0)
    truth = fits.getdata(other.science, place) / (120.0 if units == "counts" else 1.0)
    whole = weight > 0.99 * weight.max()
    assert whole.mean() > 0.1
    noise = 1.4826 * np.median(np.abs(truth[whole] - np.median(truth[whole])))
    assert np.abs(data - truth)[whole].max() < 0.01 * noise
    # the stars of a crowded field make every estimate of the sky a little high
    assert made.sky == pytest.approx(aligned.scene["sky"] * ratio**2, abs=float(noise))
    assert math.isclose(ratio, 1.0, rel_tol=0.01) == (scale is None)
