"""A solution of a drizzled image carried back to its exposures, against the truth."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from align_shots import Shot, missed_by, tan_wcs
from astropy.io import fits
from astropy.wcs import WCS

from core.align.results import Written
from core.align.tweakback import read_tweak, tweakback
from core.data.exposure import open_exposure
from core.data.history import restore, states
from core.errors import Refusal

Shoot = Callable[..., list[Path]]
# the header's error of all exposures alike: what an alignment of their drizzled image finds
ERROR = (0.31, -0.17)
PLACES = {"a": (0.0, 0.0, 0.0), "b": (3.0, -2.0, 5.0), "c": (-4.0, 3.0, -40.0)}
X, Y = np.array([0.0, 119.0, 0.0, 119.0, 60.0]), np.array([0.0, 0.0, 119.0, 119.0, 60.0])


def before_and_after(roll: float, scale: float = 1.0) -> tuple[WCS, WCS]:
    """WCSs of a drizzled image: `roll` degrees, `scale` and ERROR away from the truth, and the truth."""
    old, new = tan_wcs(*ERROR, roll + 30.0, 500), tan_wcs(0.0, 0.0, 30.0, 500)
    old.wcs.cd *= scale
    return old, new


def product(
    folder: Path,
    files: list[Path],
    *,
    alternates: tuple[str, ...] = ("DRZWCS",),
    roll: float = 0.0,
    scale: float = 1.0,
) -> Path:
    """A drizzled image with its WCS before and after an alignment that found the truth."""
    old, new = before_and_after(roll, scale)
    sci = fits.ImageHDU(np.zeros((500, 500), np.float32), name="SCI")
    for letter, wcs in [("", new), *((letter, old) for letter, _ in zip("ABC", alternates, strict=False))]:
        for i in (1, 2):
            sci.header[f"CTYPE{i}{letter}"] = ("RA---TAN", "DEC--TAN")[i - 1]
            sci.header[f"CRPIX{i}{letter}"] = wcs.wcs.crpix[i - 1]
            sci.header[f"CRVAL{i}{letter}"] = wcs.wcs.crval[i - 1]
            for j in (1, 2):
                sci.header[f"CD{i}_{j}{letter}"] = wcs.wcs.cd[i - 1, j - 1]
    sci.header["WCSNAME"] = "TWEAK"
    for letter, name in zip("ABC", alternates, strict=False):
        sci.header[f"WCSNAME{letter}"] = name
    sci.header["RMS_RA"], sci.header["RMS_DEC"], sci.header["NMATCH"] = 1e-7, 2e-7, 77
    primary = fits.PrimaryHDU()
    for number, path in enumerate(files, 1):
        primary.header[f"D{number:03d}DATA"] = f"{path.name}[sci,1]"
    path = folder / "made_drz.fits"
    fits.HDUList([primary, sci]).writeto(path)
    return path


@pytest.fixture
def files(shoot: Shoot) -> list[Path]:
    return shoot(*(Shot(name, *place, error=ERROR, size=120) for name, place in PLACES.items()))


def sky(path: Path) -> np.ndarray:
    """RA and Dec of corners and centre, degrees."""
    return np.column_stack(open_exposure(path, complete=False).chips[0].wcs.pix_to_sky(X, Y))


def distance(one: np.ndarray, two: np.ndarray) -> float:
    """The largest, in mas."""
    off = np.hypot((one[:, 0] - two[:, 0]) * np.cos(np.radians(one[:, 1])), one[:, 1] - two[:, 1])
    return float(off.max()) * 3.6e6


def errors(files: list[Path]) -> list[float]:
    """The distance of each exposure from where it truly is, in mas."""
    missed = missed_by(Shot("any", error=ERROR))
    true = [tan_wcs(*PLACES[path.name[0]], 120, missed) for path in files]
    return [
        distance(sky(path), np.column_stack(wcs.all_pix2world(X, Y, 0)))
        for path, wcs in zip(files, true, strict=True)
    ]


def test_exposures_get_to_the_truth(files: list[Path], tmp_path: Path) -> None:
    assert min(errors(files)) > 300
    done = tweakback(product(tmp_path, files))
    assert [one.status for one in done] == [Written.WRITTEN] * 3
    # the errors were added to RA and Dec, which is no move of the whole sky: 4 arcsec away 0.01 mas are left
    assert max(errors(files)) < 0.02
    header = open_exposure(files[1], complete=False).chips[0].header
    assert (header["WCSNAME"], header["WCSNAMEA"], header["NMATCH"]) == ("TWEAK", "MADE", 77)
    assert (header["RMS_RA"], header["RMS_DEC"]) == (1e-7, 2e-7)


@pytest.mark.parametrize(("roll", "scale"), [(0.0, 1.0), (0.3, 1.0), (-1.0, 1.001)])
def test_the_sky_moves_as_that_of_the_drizzled_image(
    files: list[Path], tmp_path: Path, roll: float, scale: float
) -> None:
    """Held to astropy: sky of the exposure, pixel of the old drizzled image, sky of the new one."""
    old, new = before_and_after(roll, scale)
    before = [sky(path) for path in files]
    tweakback(product(tmp_path, files, roll=roll, scale=scale))
    for path, was in zip(files, before, strict=True):
        want = new.wcs_pix2world(old.wcs_world2pix(was, 0), 0)
        assert distance(sky(path), want) < 2e-5
        assert distance(sky(path), was) > 100


def test_recorded_and_undone(files: list[Path], tmp_path: Path) -> None:
    before = hashlib.sha256(files[0].read_bytes()).digest()
    drz = product(tmp_path, files)
    whole = drz.read_bytes()
    tweakback(drz, files[:1], wcsname="BACK")
    assert drz.read_bytes() == whole
    assert (states(files[0])[-1].action, states(files[0])[-1].wcsname) == (
        "Tweakback from made_drz.fits",
        "BACK",
    )
    assert states(files[1]) == ()
    restore(files[0], 1)
    assert hashlib.sha256(files[0].read_bytes()).digest() == before


def test_done_twice_is_refused(files: list[Path], tmp_path: Path) -> None:
    drz = product(tmp_path, files)
    tweakback(drz)
    again = errors(files)
    done = tweakback(drz)
    assert [one.status for one in done] == [Written.FAILED] * 3
    assert "already called" in done[0].reason
    assert errors(files) == again


def test_one_missing_exposure_does_not_stop_the_others(files: list[Path], tmp_path: Path) -> None:
    drz = product(tmp_path, files)
    files[1].unlink()
    done = tweakback(drz)
    assert [one.status for one in done] == [Written.WRITTEN, Written.FAILED, Written.WRITTEN]
    assert "b_flt.fits" in done[1].reason


def test_which_wcs_was_the_original(files: list[Path], tmp_path: Path) -> None:
    drz = product(tmp_path, files, alternates=("FIRST", "SECOND"))
    with pytest.raises(Refusal, match="not clear which WCS") as refusal:
        tweakback(drz)
    assert "FIRST" in str(refusal.value)
    assert read_tweak(drz, original="SECOND").original == "SECOND"
    assert read_tweak(drz, original="a").original == "FIRST"
    with pytest.raises(Refusal, match="no WCS 'NONE'"):
        read_tweak(drz, original="none")
    with pytest.raises(Refusal, match="the same"):
        read_tweak(drz, original="TWEAK")


def test_what_is_no_aligned_drizzled_image(files: list[Path], tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="only one WCS"):
        tweakback(product(tmp_path, files, alternates=()))
    with pytest.raises(Refusal, match="no such file"):
        tweakback(tmp_path / "nowhere_drz.fits")


def test_inputs_are_names_never_paths(tmp_path: Path) -> None:
    drz = product(tmp_path, [])
    with pytest.raises(Refusal, match="exposures it was made of"):
        tweakback(drz)
    with fits.open(drz, mode="update") as hdus:
        hdus[0].header["D001DATA"] = "/etc/../etc/x_flt.fits[sci,1]"
        hdus[0].header["D002DATA"] = "y_flt.fits[sci,1]"
        hdus[0].header["D003DATA"] = "y_flt.fits[sci,2]"
    assert read_tweak(drz).inputs == ("x_flt.fits", "y_flt.fits")
