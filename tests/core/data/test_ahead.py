"""Copies made ahead: the same file in the end, and nothing left where they were not of use."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data import ahead as module
from core.data.ahead import Ahead
from core.data.exposure import open_exposure
from core.data.history import restore, rewrite_recorded, states
from core.data.onepass import Altered, alter
from core.data.statefiles import read_snapshot
from core.data.wcsbook import write_wcs
from core.errors import Refusal

Change = Callable[[fits.HDUList], None]


def aligned(shift: float, nmatch: int) -> Change:
    def change(hdus: fits.HDUList) -> None:
        for hdu in hdus:
            if hdu.name == "SCI":
                hdu.header["CRVAL1"] += shift
                hdu.header["NMATCH"] = nmatch
                hdu.header["RMS_RA"] = shift / 7.0
        table = fits.BinTableHDU.from_columns(
            [fits.Column("A", "D", array=np.full(5, shift))], name="WCSCORR"
        )
        hdus.append(table)

    return change


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def alone(path: Path) -> bool:
    return not [one for one in path.parent.iterdir() if one.name.endswith(".part")]


def test_the_file_is_the_one_that_is_made_without(exposure_file: Path, tmp_path: Path) -> None:
    plain, before = tmp_path / "deep" / exposure_file.name, digest(exposure_file)
    plain.parent.mkdir()
    shutil.copy(exposure_file, plain)
    first = rewrite_recorded(plain, aligned(1e-5, 55), action="Aligned")
    with Ahead({exposure_file: aligned(0.0, 0)}) as ahead:
        second = rewrite_recorded(exposure_file, aligned(1e-5, 55), action="Aligned", ahead=ahead)
        assert digest(exposure_file) == digest(plain)
    assert alone(exposure_file)
    assert first is not None
    assert second is not None
    assert second.digest == first.digest
    for ours, theirs in zip(states(exposure_file), states(plain), strict=True):
        mine, other = read_snapshot(exposure_file, ours), read_snapshot(plain, theirs)
        assert [part.data_sum for part in mine.parts] == [part.data_sum for part in other.parts]
        assert all(part.data_sum for part in mine.parts)
    restore(exposure_file, 1)
    assert digest(exposure_file) == before


def test_the_copy_is_taken_and_no_pixel_written_again(
    exposure_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    true = Altered.write
    monkeypatch.setattr(Altered, "write", lambda *a, **k: written.append(a) or true(*a, **k))
    with Ahead({exposure_file: aligned(0.0, 0)}) as ahead:
        rewrite_recorded(exposure_file, aligned(1e-5, 55), action="Aligned", ahead=ahead)
    assert len(written) == 1


def other_size(hdus: fits.HDUList) -> None:
    for number in range(200):
        hdus["SCI", 1].header[f"KEY{number}"] = number


def other_pixels(hdus: fits.HDUList) -> None:
    hdus["DQ", 1].data[2, 3] = 64


def fewer(hdus: fits.HDUList) -> None:
    del hdus["DQ", 2]


@pytest.mark.parametrize("change", [other_size, other_pixels, fewer])
def test_a_change_that_turns_out_otherwise_is_made_as_ever(
    exposure_file: Path, tmp_path: Path, change: Change
) -> None:
    altered = alter(exposure_file, change)
    assert altered is not None
    altered.write(tmp_path / "made.fits")
    with Ahead({exposure_file: aligned(0.0, 0)}) as ahead:
        rewrite_recorded(exposure_file, change, action="Changed", ahead=ahead)
        assert alone(exposure_file)
    assert digest(exposure_file) == digest(tmp_path / "made.fits")


def test_pixels_of_the_present_file_are_never_lost(exposure_file: Path) -> None:
    """Another program changes the pixels between the copy and the change: the copy is of no use any more."""
    with Ahead({exposure_file: aligned(0.0, 0)}) as ahead:
        ahead._done[exposure_file].wait()
        rewrite_recorded(exposure_file, other_pixels, action="Drizzled")
        rewrite_recorded(exposure_file, aligned(1e-5, 55), action="Aligned", ahead=ahead)
    assert alone(exposure_file)
    assert open_exposure(exposure_file).chips[0].read_dq()[2, 3] == 64


def test_without_a_change_nothing_is_left(exposure_file: Path) -> None:
    before = digest(exposure_file)
    with Ahead({exposure_file: aligned(0.0, 0)}) as ahead:
        ahead._done[exposure_file].wait()
        assert not alone(exposure_file)
        ahead.close()
        assert alone(exposure_file)
    assert alone(exposure_file)
    assert digest(exposure_file) == before


def no_table(hdus: fits.HDUList) -> None:
    raise KeyError("CD1_1")


@pytest.mark.parametrize("what", ["full disk", "little room", "no such card", "no such file", "protected"])
def test_what_goes_wrong_ahead_is_not_told(
    exposure_file: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    change = no_table if what == "no such card" else aligned(0.0, 0)
    path = exposure_file.with_name("gone.fits") if what == "no such file" else exposure_file
    with monkeypatch.context() as patch:
        if what == "full disk":
            patch.setattr(os, "fsync", full)
        elif what == "little room":
            usage = shutil.disk_usage(exposure_file.parent)
            patch.setattr(module.shutil, "disk_usage", lambda _: usage._replace(free=1000))
        elif what == "protected":
            patch.setattr(os, "access", lambda *_: False)
        ahead = Ahead({path: change})
        ahead.__enter__()
        ahead._done[path].wait()
    assert alone(exposure_file)
    rewrite_recorded(exposure_file, aligned(1e-5, 55), action="Aligned", ahead=ahead)
    ahead.__exit__(None, None, None)
    assert open_exposure(exposure_file).chips[0].header["NMATCH"] == 55


def test_only_so_many_lie_on_the_disk(exposure_file: Path) -> None:
    files = [exposure_file.with_name(f"{k}_flt.fits") for k in range(module.MOST + 3)]
    for file in files:
        shutil.copy(exposure_file, file)
    with Ahead(dict.fromkeys(files, aligned(0.0, 0))) as ahead:
        for event in ahead._done.values():
            event.wait()
        assert (
            len([one for one in exposure_file.parent.iterdir() if one.name.endswith(".part")]) == module.MOST
        )
    assert alone(exposure_file)


def test_a_written_wcs_takes_it_up(exposure_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the real change: what it does to the size of the headers does not hang on its values."""
    chips = {chip.extver: chip.wcs for chip in open_exposure(exposure_file).chips}
    from core.align.ahead import headers_ahead
    from core.params import TASKS

    values = TASKS["tweakreg"].defaults().replaced(updatehdr=True, wcsname="NEW")
    taken = []
    true = Ahead.finished
    monkeypatch.setattr(Ahead, "finished", lambda *a: taken.append(true(*a)) or taken[-1])
    with headers_ahead([exposure_file.with_name("ref_flt.fits"), exposure_file], values) as ahead:
        assert ahead is not None
        write_wcs(
            exposure_file,
            chips,
            wcsname="NEW",
            rms_ra=1.2e-7,
            rms_dec=3.4e-8,
            nmatch=1234,
            action="A",
            ahead=ahead,
        )
    assert taken[0] is not None
    assert open_exposure(exposure_file).chips[1].header["NMATCH"] == 1234
    with headers_ahead([exposure_file, exposure_file], values.replaced(updatehdr=False)) as none:
        assert none is None


def test_another_program_during_the_wait_is_noticed(exposure_file: Path) -> None:
    """The copy may be long in coming: what was written in the meantime is not thrown away for it."""
    with Ahead({exposure_file: aligned(0.0, 0)}) as ahead:
        done = ahead._done[exposure_file]
        done.wait()

        class Late:
            def wait(self) -> None:
                os.utime(exposure_file, (1, 1))

        ahead._done[exposure_file] = Late()  # type: ignore[assignment]
        with pytest.raises(Refusal, match="Another program changed the file"):
            rewrite_recorded(exposure_file, aligned(1e-5, 55), action="Aligned", ahead=ahead)
    assert alone(exposure_file)
    assert exposure_file.stat().st_mtime == 1
    assert open_exposure(exposure_file).chips[0].header.get("NMATCH") is None


def test_the_copies_of_a_killed_run_are_swept_by_the_next(
    exposure_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: gone.pid)
        ahead = Ahead({exposure_file: aligned(0.0, 0)})
        ahead.__enter__()
        ahead._done[exposure_file].wait()
        ahead._thread.join()  # and no close: the process was killed
    assert not alone(exposure_file)
    rewrite_recorded(exposure_file, aligned(1e-5, 55), action="Aligned")
    assert alone(exposure_file)
