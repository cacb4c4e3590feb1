"""The file made in one pass against the one that astropy makes by changing a copy, byte for byte."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data import onepass
from core.data.exposure import open_exposure
from core.data.onepass import alter
from core.data.safe import change_copy, rewrite_fits
from core.data.snapshot import capture
from core.data.wcsbook import update_wcs
from core.errors import Refusal

Change = Callable[[fits.HDUList], None]


def cards(hdus: fits.HDUList) -> None:
    for number in range(100):
        hdus["SCI", 1].header[f"KEY{number}"] = (number, "a card that makes the header longer")
    del hdus["SCI", 2].header["ORIENTAT"]


def flags(hdus: fits.HDUList) -> None:
    hdus["DQ", 1].data[3, 4] = 4096
    hdus["SCI", 2].header["MDRIZSKY"] = 3.5


def pixels(hdus: fits.HDUList) -> None:
    hdus["SCI", 1].data += 1.0


def extensions(hdus: fits.HDUList) -> None:
    table = fits.BinTableHDU.from_columns([fits.Column("A", "D", array=np.arange(5.0))], name="WCSCORR")
    hdus.append(table)
    del hdus["DQ", 2]
    hdus[0].header["NEXTEND"] = len(hdus) - 1


def nothing(hdus: fits.HDUList) -> None:
    pass


def aligned(hdus: fits.HDUList) -> None:
    chips = {chip.extver: chip.wcs for chip in open_exposure(hdus.filename()).chips}
    update_wcs(hdus, chips, wcsname="FIRST", rms_ra=1e-6, rms_dec=2e-6, nmatch=55)


@pytest.mark.parametrize("change", [cards, flags, pixels, extensions, nothing, aligned])
def test_same_bytes_as_a_changed_copy(exposure_file: Path, tmp_path: Path, change: Change) -> None:
    copy, made = tmp_path / "copy.fits", tmp_path / "made.fits"
    shutil.copy(exposure_file, copy)
    change_copy(copy, change)
    before = capture(exposure_file)
    altered = alter(exposure_file, change)
    assert altered is not None
    written = altered.write(made, sums=True)
    assert made.read_bytes() == copy.read_bytes()
    for ours, theirs in ((written.before, before), (written.after, capture(copy))):
        assert ours.digest == theirs.digest
        assert [part.key for part in ours.parts] == [part.key for part in theirs.parts]
        assert [part.data_sum for part in ours.parts] == [part.data_sum for part in theirs.parts]
        assert [part.header for part in ours.parts] == [part.header for part in theirs.parts]
        assert [part.size for part in ours.parts] == [part.size for part in theirs.parts]
    rewrite_fits(exposure_file, change)
    assert exposure_file.read_bytes() == copy.read_bytes()


@pytest.mark.parametrize("without", ["", "copy_file_range"])
def test_where_the_system_cannot_copy(
    exposure_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: str
) -> None:
    """Between some file systems copy_file_range fails; elsewhere there is none."""
    altered = alter(exposure_file, nothing)
    assert altered is not None
    if without:
        monkeypatch.delattr(os, without, raising=False)
    else:
        monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
    altered.write(tmp_path / "made.fits")
    assert (tmp_path / "made.fits").read_bytes() == exposure_file.read_bytes()


def refuse(*_: object) -> int:
    raise OSError(18, "Invalid cross-device link")


def test_pixels_are_not_read_for_a_change_of_headers(
    exposure_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onepass, "_encoded", lambda *_: pytest.fail("an extension was encoded anew"))
    altered = alter(exposure_file, cards)
    assert altered is not None
    altered.write(tmp_path / "made.fits", sums=True)


def test_a_file_without_padding_at_its_end(exposure_file: Path, tmp_path: Path) -> None:
    with exposure_file.open("r+b") as stream:
        data = stream.read()
        stream.truncate(len(data.rstrip(b"\0")) + 16)
    short = hashlib.sha256(exposure_file.read_bytes()).hexdigest()
    altered = alter(exposure_file, nothing)
    assert altered is not None
    altered.write(tmp_path / "made.fits")
    assert hashlib.sha256((tmp_path / "made.fits").read_bytes()).hexdigest() == short
    rewrite_fits(exposure_file, extensions)
    with fits.open(exposure_file) as hdus:
        assert hdus["WCSCORR"].data["A"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_another_program_in_between_is_noticed(exposure_file: Path, tmp_path: Path) -> None:
    altered = alter(exposure_file, cards)
    assert altered is not None
    os.utime(exposure_file, (1, 1))
    with pytest.raises(Refusal, match="Another program changed the file"):
        altered.write(tmp_path / "made.fits")


def test_packed_files_and_files_with_checksums_are_changed_as_copies(
    exposure_file: Path, tmp_path: Path
) -> None:
    with fits.open(exposure_file) as hdus:
        for name in ("a.fits.gz", "b.fits"):
            hdus.writeto(tmp_path / name, checksum=name == "b.fits")
            assert alter(tmp_path / name, cards) is None


def test_a_header_that_contradicts_its_pixels_is_not_written(exposure_file: Path) -> None:
    before = exposure_file.read_bytes()
    with pytest.raises(ValueError, match="does not describe its data"):
        rewrite_fits(exposure_file, lambda hdus: hdus["SCI", 1].header.set("NAXIS1", 3))
    assert exposure_file.read_bytes() == before
