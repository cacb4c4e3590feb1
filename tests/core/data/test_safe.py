"""Files are replaced whole or not at all: full disks, kills, read-only folders."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import subprocess
import sys
import textwrap
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.io.fits.verify import VerifyWarning

from core.data import safe
from core.data.exposure import open_exposure
from core.errors import Refusal
from core.runs.spread import Threads
from tests.killing import victims

ROOT = Path(safe.__file__).parents[2]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def alone(path: Path) -> bool:
    """No temporary file or folder is left beside `path`."""
    return [p.name for p in path.parent.iterdir()] == [path.name]


def set_sky(hdus: fits.HDUList) -> None:
    hdus["SCI", 1].header["MDRIZSKY"] = 1.0


def test_new_text_and_modes(tmp_path: Path) -> None:
    path = tmp_path / "shifts.txt"
    safe.write_text("ä\n", path)
    assert path.read_bytes() == "ä\n".encode()
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask
    path.chmod(0o640)
    safe.write_text("b\n", path)
    assert path.stat().st_mode & 0o777 == 0o640
    assert alone(path)


def test_leftovers_of_a_killed_run_are_swept_after_a_day(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    old, young, folder, other = (
        tmp_path / f".{n}.part" for n in ("a.txt.abc", "a.txt.def", "a.txt.dir", "b.txt.abc")
    )
    folder.mkdir()
    (folder / "a.txt").touch()
    for one in (old, young, other):
        one.touch()
    for one in (old, folder, other):
        os.utime(one, (1e9, 1e9))
    safe.write_text("x", path)
    assert {p.name for p in tmp_path.iterdir()} == {"a.txt", young.name, other.name}


def test_leftovers_of_a_process_that_is_no_more_are_swept_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    prefix = safe.prefix_of(path)
    ours, dead, elsewhere = (
        tmp_path / f"{start}x_1.part"
        for start in (
            prefix,
            prefix.replace(f"-{os.getpid()}-", f"-{gone.pid}-"),
            f".a.txt.otherhost-{gone.pid}-",
        )
    )
    for one in (ours, dead, elsewhere):
        one.touch()
    safe.write_text("x", path)
    assert {one.name for one in tmp_path.iterdir()} == {"a.txt", ours.name, elsewhere.name}


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    real = tmp_path / "there" / "a.txt"
    real.write_text("old")
    link = tmp_path / "a.txt"
    link.symlink_to(real)
    safe.write_text("new", link)
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_an_error_inside_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def half() -> None:
        with safe.replacing(path) as part:
            part.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert path.read_text() == "old"
    assert alone(path)


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="There is no folder"):
        safe.write_text("x", tmp_path / "no" / "a.txt")


def test_write_protected_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(Refusal, match="write-protected"):
        safe.write_text("x", path)
    assert path.read_text() == "old"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder_is_refused(exposure_file: Path) -> None:
    exposure_file.parent.chmod(0o500)
    try:
        with pytest.raises(Refusal, match="may not write"):
            safe.rewrite_fits(exposure_file, set_sky)
    finally:
        exposure_file.parent.chmod(0o700)


def test_folder_that_takes_no_new_file_is_refused(
    exposure_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(safe.tempfile, "mkstemp", closed)
    with pytest.raises(Refusal, match="may not write") as refusal:
        safe.rewrite_fits(exposure_file, set_sky)
    assert Path(refusal.value.file) == exposure_file


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_full_disk_keeps_the_old_file(
    exposure_file: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    before = digest(exposure_file)

    def full(*_: object, **__: object) -> None:
        raise FULL

    monkeypatch.setattr(os, where, full)
    with pytest.raises(Refusal, match="is full") as refusal:
        safe.rewrite_fits(exposure_file, set_sky)
    assert Path(refusal.value.file) == exposure_file
    monkeypatch.undo()
    assert digest(exposure_file) == before
    assert alone(exposure_file)


@pytest.mark.parametrize("limit", [4_000, 60_000, 90_000])
def test_a_write_that_stops_half_way_keeps_the_old_file(exposure_file: Path, limit: int) -> None:
    """The system's own limit on the size of files, in a process of its own: writes really fail in the middle."""
    pytest.importorskip("resource")
    before = digest(exposure_file)
    assert exposure_file.stat().st_size > 90_000
    code = f"""
        import resource, signal, sys
        from core.data import safe
        from core.errors import Refusal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
        def change(hdus):
            for number in range(80):
                hdus["SCI", 1].header[f"KEY{{number}}"] = number
        try:
            safe.rewrite_fits(sys.argv[1], change)
        except Refusal as refusal:
            print(refusal)
            sys.exit(3)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(exposure_file)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "as large as this" in done.stdout
    assert exposure_file.name in done.stdout
    assert digest(exposure_file) == before
    assert alone(exposure_file)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs kill -9")
def test_killed_at_any_moment_the_old_or_the_new_file_is_whole(exposure_file: Path) -> None:
    """A process that rewrites the file over and over is killed at odd moments."""
    code = """
        from core.data import safe
        def work(path):
            number = 0
            while True:
                number += 1
                def change(hdus):
                    hdus["SCI", 1].header["MDRIZSKY"] = float(number)
                    hdus["DQ", 1].data[...] = number % 100
                safe.rewrite_fits(path, change)
                print(number, flush=True)
    """
    seen = set()
    with victims(code, exposure_file) as writer:
        for times, pause in enumerate((0.0, 0.001, 0.003, 0.005, 0.008, 0.012, 0.018, 0.025), 1):
            with writer.killed(times):
                time.sleep(pause)
            chip = open_exposure(exposure_file).chips[0]
            number = chip.header["MDRIZSKY"]
            assert number >= times
            assert np.unique(chip.read_dq()).tolist() == [number % 100]
            seen.add(number)
    assert writer.late == 0
    assert len(seen) > 1


def test_only_what_changed_changes(exposure_file: Path, hdus: fits.HDUList) -> None:
    with exposure_file.open("ab") as stream:
        stream.write(_headerlet())
    before = _parts(exposure_file)
    safe.rewrite_fits(exposure_file, lambda h: h["SCI", 2].header.update(MDRIZSKY=2.0))
    after = _parts(exposure_file)
    assert before.keys() == after.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {("SCI", 2, "header")}


def test_gzip_stays_gzip(exposure_file: Path, tmp_path: Path) -> None:
    packed = tmp_path / "deep" / "a_flt.fits.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(exposure_file.read_bytes()))
    safe.rewrite_fits(packed, set_sky)
    assert packed.read_bytes()[:2] == b"\x1f\x8b"
    assert open_exposure(packed).chips[0].header["MDRIZSKY"] == 1.0
    assert alone(packed)


def test_new_gzip_by_name(hdus: fits.HDUList, tmp_path: Path) -> None:
    path = tmp_path / "new.fits.gz"
    safe.write_fits(hdus, path)
    assert len(open_exposure(path).chips) == 2


def test_checksums_are_renewed(exposure_file: Path) -> None:
    with fits.open(exposure_file) as hdus:
        hdus.writeto(exposure_file, overwrite=True, checksum=True)
    safe.rewrite_fits(exposure_file, set_sky)
    with fits.open(exposure_file, checksum=True) as hdus:
        for hdu in hdus:
            assert hdu.verify_checksum() == 1
            assert hdu.verify_datasum() == 1


def test_damaged_files_are_not_rewritten(exposure_file: Path) -> None:
    exposure_file.write_bytes(exposure_file.read_bytes()[:-9000])
    before = digest(exposure_file)
    with pytest.raises(Refusal, match="truncated") as refusal:
        safe.rewrite_fits(exposure_file, set_sky)
    assert Path(refusal.value.file) == exposure_file
    assert digest(exposure_file) == before


def _headerlet() -> bytes:
    """A non-standard extension, as stwcs attaches headerlets."""
    cards = ["XTENSION= 'HDRLET  '", "BITPIX  =                    8", "NAXIS   =                    1",
             "NAXIS1  =                 2880", "PCOUNT  =                    0", "GCOUNT  =                    1",
             "EXTNAME = 'HDRLET  '", "EXTVER  =                    1", "END"]  # fmt: skip
    return "".join(card.ljust(80) for card in cards).ljust(2880).encode() + bytes(range(192)) * 15


def _parts(path: Path) -> dict[tuple[str, int, str], bytes]:
    raw = path.read_bytes()
    with fits.open(path) as hdus:
        found = {}
        for hdu in hdus:
            info = hdu.fileinfo()
            found[hdu.name, hdu.ver, "header"] = raw[info["hdrLoc"] : info["datLoc"]]
            found[hdu.name, hdu.ver, "data"] = raw[info["datLoc"] : info["datLoc"] + info["datSpan"]]
        return found


def test_a_comment_that_is_cut_is_no_news_other_warnings_are(
    tmp_path: Path, recwarn: pytest.WarningsRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    hdus = fits.HDUList([fits.PrimaryHDU()])
    hdus[0].header["PHOTFLAM"] = (1.2345e-19, "inverse sensitivity, " * 6)
    safe.write_fits(hdus, tmp_path / "a.fits")
    assert not recwarn.list
    assert fits.getheader(tmp_path / "a.fits")["PHOTFLAM"] == 1.2345e-19
    true = fits.HDUList.writeto

    def doubtful(*args: object, **named: object) -> None:
        warnings.warn("Something is doubtful", VerifyWarning, stacklevel=1)
        true(*args, **named)

    monkeypatch.setattr(fits.HDUList, "writeto", doubtful)
    safe.write_fits(hdus, tmp_path / "a.fits")
    assert [str(one.message) for one in recwarn.list] == ["Something is doubtful"]


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_files_written_side_by_side_have_the_usual_mode(tmp_path: Path) -> None:
    """The mask of a process can only be read by setting it: two threads at it left it open for everybody."""
    before = os.umask(0o027)
    try:
        names = [tmp_path / f"{number}.txt" for number in range(60)]
        Threads(6).map(lambda path: safe.write_text("x", path), names)
        assert {path.stat().st_mode & 0o777 for path in names} == {0o640}
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
