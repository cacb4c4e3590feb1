"""Big files written in one pass: the bytes that astropy writes, whole or not at all, with and without the cache."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from core.data import segments
from core.data.planes import places
from core.data.segments import Piece, padding, read_past_cache, size_of, write_file, write_hdus
from core.errors import Cancelled, Refusal


def hdu_list(rows: int = 700) -> fits.HDUList:
    """All kinds of HDUs that products have, more than one buffer long."""
    rng = np.random.default_rng(3)
    image = rng.normal(0, 1, (rows, 1501)).astype(np.float32)
    header = fits.Header([("OBSERVER", "someone", "a comment that is far too long to be kept " * 2)])
    table = fits.BinTableHDU.from_columns([fits.Column("A", "10A", array=["one", "two"])], name="HDRTAB")
    return fits.HDUList(
        [
            fits.PrimaryHDU(header=header),
            fits.ImageHDU(image, name="SCI", ver=1),
            fits.ImageHDU(rng.integers(-9, 9, (3, 5, 7)).astype(np.int32), name="CTX"),
            fits.ImageHDU(rng.integers(-99, 99, (11, 13)).astype(np.int16), name="DQ"),
            fits.ImageHDU((image > 0).astype(np.uint8), name="MASK"),
            table,
        ]
    )


@pytest.mark.parametrize("direct", [True, False])
def test_the_bytes_are_those_of_astropy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, direct: bool
) -> None:
    monkeypatch.setattr(segments, "_direct", direct and segments._direct)
    expected = tmp_path / "astropy.fits"
    with pytest.warns(fits.verify.VerifyWarning):
        hdu_list().writeto(expected)
    write_hdus(hdu_list(), tmp_path / "ours.fits", durable=True)
    assert (tmp_path / "ours.fits").read_bytes() == expected.read_bytes()


def test_arrays_that_are_no_plain_numbers_are_written_by_astropy(tmp_path: Path) -> None:
    array = np.arange(20, dtype=np.uint16).reshape(4, 5) + np.uint16(65000)
    write_hdus(fits.HDUList([fits.PrimaryHDU(array)]), tmp_path / "a.fits")
    assert np.array_equal(fits.getdata(tmp_path / "a.fits"), array)


def test_pieces_of_other_files(tmp_path: Path) -> None:
    source = tmp_path / "source"
    data = np.random.default_rng(1).bytes(9_000_001)
    source.write_bytes(data)
    parts = [b"head", Piece(source, 3, 8_999_990), np.arange(5, dtype=np.float32), b"", padding(24)]
    write_file(parts, tmp_path / "made")
    made = (tmp_path / "made").read_bytes()
    assert len(made) == size_of(parts)
    assert made == b"head" + data[3:8_999_993] + np.arange(5, dtype=">f4").tobytes() + bytes(2880 - 24)


def test_stopping_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    path.write_bytes(b"old")
    calls = []

    def check() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_hdus(hdu_list(4000), path, check=check)
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.fits"]


def test_a_source_that_is_too_short_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"abc")
    with pytest.raises(Refusal, match="truncated"):
        write_file([Piece(source, 0, 4)], tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    hdus = hdu_list(3000)
    write_hdus(hdus, path)
    place = places(path)["SCI", 1]
    image = hdus["SCI"].data
    out = np.empty(image.size - 12_345, np.float32)
    read_past_cache(path, place.offset + 4 * 12_345, out)
    assert np.array_equal(out, image.reshape(-1)[12_345:])
    with pytest.raises(Refusal, match="truncated"):
        read_past_cache(path, path.stat().st_size - 8, np.empty(3, np.float32))


@pytest.mark.skipif(not segments._direct, reason="the system cannot write past its cache")
@pytest.mark.parametrize("where", ["open", "write"])
def test_a_file_system_that_cannot_write_past_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Some say so when a file is opened, some when the first bytes come."""
    fcntl = pytest.importorskip("fcntl")
    really = getattr(os, where)
    refused = []

    def cannot(file: Any, what: Any, *rest: Any) -> Any:
        flags = what if where == "open" else fcntl.fcntl(file, fcntl.F_GETFL)
        if flags & os.O_DIRECT:
            refused.append(1)
            raise OSError(errno.EINVAL, "Invalid argument")
        return really(file, what, *rest)

    expected = hdu_list(3000)["SCI"].data
    back = np.empty(expected.size, np.float32)
    monkeypatch.setattr(os, where, cannot)
    write_hdus(hdu_list(3000), tmp_path / "a.fits")
    read_past_cache(tmp_path / "a.fits", places(tmp_path / "a.fits")["SCI", 1].offset, back)
    monkeypatch.undo()
    assert refused
    assert np.array_equal(back, expected.reshape(-1))
    assert np.array_equal(fits.getdata(tmp_path / "a.fits", ext=("SCI", 1)), expected)


def test_a_slow_disk_is_written_through_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "_direct", True)
    pace = segments._Pace()
    pace.add(100 << 20, 10.0)  # too little to tell
    assert segments._direct
    pace.add(1000 << 20, 5.0)
    assert segments._direct
    pace.add(1000 << 20, 50.0)
    assert not segments._direct


@pytest.mark.skipif(not segments._direct, reason="the system cannot read past its cache")
def test_a_file_system_that_cannot_read_past_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some say so only when the first bytes are asked for."""
    fcntl = pytest.importorskip("fcntl")
    path, refused = tmp_path / "a", []
    path.write_bytes(np.arange(5000, dtype=">f4").tobytes())

    class Refusing(io.FileIO):
        number = errno.EINVAL

        def readinto(self, room: Any) -> Any:
            if fcntl.fcntl(self.fileno(), fcntl.F_GETFL) & os.O_DIRECT:
                refused.append(1)
                raise OSError(self.number, os.strerror(self.number))
            return super().readinto(room)

    monkeypatch.setattr(segments.io, "FileIO", Refusing)
    out = np.zeros(4990, np.float32)
    read_past_cache(path, 40, out)
    if not refused:
        pytest.skip("the file system opens nothing past its cache")
    assert np.array_equal(out, np.arange(10, 5000, dtype=np.float32))
    Refusing.number = errno.EIO
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        read_past_cache(path, 40, out)


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="the system takes no room ahead")
def test_a_full_disk_leaves_no_file_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, closed = [], []
    really_open, really_close = os.open, os.close

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "part").touch()
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", lambda *a, **k: opened.append(really_open(*a, **k)) or opened[-1])
        patch.setattr(os, "close", lambda file: closed.append(file) or really_close(file))
        patch.setattr(os, "posix_fallocate", full)
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            segments.write_segments([b"data"], tmp_path / "part")
    assert opened
    assert closed == opened
