"""Sky values and flags written into exposures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import open_exposure
from core.data.update import update_exposure
from core.errors import Refusal


def test_sky_and_flags_in_one_go(exposure_file: Path) -> None:
    old = open_exposure(exposure_file)
    flags = old.chips[0].read_dq()
    flags.flat[::5] |= 4096
    update_exposure(exposure_file, sky={1: 1.5, 2: -0.25}, dq={1: flags})
    new = open_exposure(exposure_file)
    assert [chip.header["MDRIZSKY"] for chip in new.chips] == [1.5, -0.25]
    np.testing.assert_array_equal(new.chips[0].read_dq(), flags)
    np.testing.assert_array_equal(new.chips[1].read_dq(), old.chips[1].read_dq())
    for before, after in zip(old.chips, new.chips, strict=True):
        np.testing.assert_array_equal(before.read(), after.read())
    with fits.open(exposure_file) as hdus:
        assert hdus["DQ", 1].header["BITPIX"] == 16


def test_all_sixteen_flags_survive(exposure_file: Path) -> None:
    flags = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64) * 21
    assert flags.max() > 60_000
    update_exposure(exposure_file, dq={2: flags})
    np.testing.assert_array_equal(open_exposure(exposure_file).chips[1].read_dq(), flags)


def test_unsigned_flags_stay_unsigned(hdus: fits.HDUList, write) -> None:
    hdus["DQ", 1].data = np.zeros((48, 64), np.uint16)
    path = write(hdus)
    flags = np.full((48, 64), 40_000, np.uint16)
    update_exposure(path, dq={1: flags})
    np.testing.assert_array_equal(open_exposure(path).chips[0].read_dq(), flags)
    with fits.open(path) as after:
        assert after["DQ", 1].data.dtype.kind == "u"


def test_constant_flags_become_real_ones(hdus: fits.HDUList, write) -> None:
    constant = fits.ImageHDU(name="DQ", ver=1)
    constant.header.update(NPIX1=64, NPIX2=48, PIXVALUE=0)
    hdus["DQ", 1] = constant
    path = write(hdus)
    flags = np.full((48, 64), 16, np.uint16)
    update_exposure(path, dq={1: flags})
    np.testing.assert_array_equal(open_exposure(path).chips[0].read_dq(), flags)


def test_nothing_to_do_does_not_touch_the_file(exposure_file: Path) -> None:
    before = exposure_file.stat().st_mtime_ns
    update_exposure(exposure_file)
    assert exposure_file.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "how",
    [
        {"sky": {3: 1.0}},
        {"dq": {3: np.zeros((48, 64), np.uint16)}},
        {"dq": {1: np.zeros((48, 65), np.uint16)}},
    ],
)
def test_refusals_leave_the_file_alone(exposure_file: Path, how: dict) -> None:
    before = exposure_file.read_bytes()
    with pytest.raises(Refusal) as refusal:
        update_exposure(exposure_file, **how)
    assert Path(refusal.value.file) == exposure_file
    assert exposure_file.read_bytes() == before


@pytest.mark.parametrize("gone", [False, True])
def test_what_another_program_wrote_meanwhile_stays(exposure_file: Path, gone: bool) -> None:
    """It comes while the pieces are copied: the flags then belong to pixels that are not there any more."""
    other = exposure_file.read_bytes()[::-1]
    calls = []

    def check() -> None:
        calls.append(1)
        if len(calls) > 2:
            return
        if gone:
            exposure_file.unlink(missing_ok=True)
        else:
            new = exposure_file.with_name("new.fits")
            new.write_bytes(other)
            new.replace(exposure_file)

    with pytest.raises(Refusal):
        update_exposure(exposure_file, dq={1: np.full((48, 64), 16, np.uint16)}, check=check)
    assert calls
    assert exposure_file.exists() != gone
    assert gone or exposure_file.read_bytes() == other
    assert not list(exposure_file.parent.glob(".*"))
