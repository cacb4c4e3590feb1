"""Big FITS files written as a row of segments: headers, arrays, pieces of other files; one pass, one small buffer.

astropy copies an array twice to turn its bytes and once more into the system's cache of files. Here blocks of 4 MB
are turned on their way into one buffer that is used again and again and, where the system takes it (O_DIRECT),
go past that cache: filling it costs more processor time than all the rest of the writing, and it would push the
exposures out. On a disk that turns out slow the cache is used after all.
"""

from __future__ import annotations

import io
import mmap
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.fitsfile import quiet
from core.data.onepass import Stamp, refuse_if_changed
from core.data.planes import fill, turn
from core.data.safe import replacing, write_fits
from core.errors import Refusal

BLOCK = 2880
_CHUNK = 4 << 20
_MADE = 1 << 20  # bytes of rows made at once: they are still in the processor's cache when they are turned
_PAGE = 4096
_DIRECT_FROM = 4 << 20  # bytes of a file
_SLOW = 60e6  # bytes a second, of each of several that write
_TRIAL = 200e6
_CANNOT = (22, 95)  # EINVAL, EOPNOTSUPP: what a file system says that cannot do it
_direct = hasattr(os, "O_DIRECT")


@dataclass(frozen=True)
class Piece:
    """`size` bytes of another file from `offset` on, as they are; with a `stamp` of that file only."""

    path: Path
    offset: int
    size: int
    stamp: Stamp | None = None


@dataclass(frozen=True, eq=False)
class Made:
    """An array (rows, columns) that is made while it is written, a few rows at a time: `rows(start, stop, out)` fills
    `out`, of type `dtype`, in this machine's byte order."""

    shape: tuple[int, int]
    dtype: np.dtype[Any]
    rows: Callable[[int, int, NDArray[Any]], None]

    @property
    def nbytes(self) -> int:
        return self.shape[0] * self.shape[1] * self.dtype.itemsize

    def whole(self) -> NDArray[Any]:
        """All of it."""
        array = np.empty(self.shape, self.dtype)
        self.rows(0, self.shape[0], array)
        return array


Segment = bytes | NDArray[Any] | Made | Piece
"""Arrays are written big-endian, C order, without padding."""


def padding(size: int) -> bytes:
    """The zeros that fill the last block after `size` bytes."""
    return bytes(-size % BLOCK)


def write_hdus(
    hdus: fits.HDUList,
    path: str | Path,
    *,
    check: Callable[[], None] = lambda: None,
    durable: bool = False,
) -> int | None:
    """Write an HDU list as a whole new file over `path`, as `core.data.safe.write_fits` would; see `write_file`.

    Gives the CRC-32 of the file's bytes, None when astropy wrote them. Other threads may do the same meanwhile. Raises
    Refusal, and what `check` raises.
    """
    with quiet():
        try:
            segments = segments_of(hdus)
        except ValueError:
            write_fits(hdus, path)
            return None
    return write_file(segments, path, check=check, durable=durable)


def segments_of(hdus: fits.HDUList) -> list[Segment]:
    """What astropy would write for an HDU list, byte for byte; arrays of images are not copied.

    Raises ValueError for images that are no plain arrays of numbers that FITS knows.
    """
    hdus.verify("silentfix")
    hdus.update_extend()
    found: list[Segment] = []
    for hdu in hdus:
        if isinstance(hdu, fits.BinTableHDU):
            found.append(_alone(hdu))
            continue
        found.append(hdu.header.tostring(sep="", endcard=True, padding=True).encode("ascii"))
        if hdu.data is not None:
            array = np.ascontiguousarray(hdu.data)
            if array.dtype.byteorder not in "=|" or array.dtype.str[1:] not in ("f4", "i2", "i4", "u1"):
                raise ValueError(f"an array of type {array.dtype}")
            found += [array, padding(array.nbytes)]
    return found


def _alone(hdu: fits.BinTableHDU) -> bytes:
    """A table as it is written behind a primary HDU."""
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(stream, output_verify="silentfix")
    return stream.getvalue()[BLOCK:]


def size_of(segments: Iterable[Segment]) -> int:
    """Bytes of all segments."""
    sizes = (
        one.nbytes if isinstance(one, np.ndarray | Made) else one.size if isinstance(one, Piece) else len(one)
        for one in segments
    )
    return sum(sizes)


def write_file(
    segments: Sequence[Segment],
    path: str | Path,
    *,
    check: Callable[[], None] = lambda: None,
    durable: bool = False,
) -> int:
    """Write the segments as a whole new file over `path`; see `write_segments` and `core.data.safe.replacing`.

    Gives the CRC-32 of the file's bytes. Raises Refusal, and what `check` raises; `path` is then as it was.
    """
    with replacing(path, durable=durable) as part:
        return write_segments(segments, part, check=check, durable=durable)


def write_segments(
    segments: Sequence[Segment],
    part: Path,
    *,
    check: Callable[[], None] = lambda: None,
    durable: bool = False,
) -> int:
    """Fill the file `part` with the segments; gives the CRC-32 of its bytes. `check` is called every 4 MB, may raise.

    Room is taken from the disk first: one that is too full says so before anything is written. With `durable` the
    bytes are on the disk when this returns. Raises OSError; Refusal when another program changed, meanwhile, a file
    that a piece is of.
    """
    size = size_of(segments)
    check()
    sink = _Sink(part, size)
    try:
        for one in segments:
            if isinstance(one, Piece):
                _copy(one, sink, check)
            elif isinstance(one, Made):
                _make(one, sink, check)
            elif isinstance(one, np.ndarray):
                _encode(one.reshape(-1), sink, check)
            elif one:
                sink.write(one)
        sink.finish(size, durable)
    finally:
        sink.close()
    for path, stamp in {(one.path, one.stamp) for one in segments if isinstance(one, Piece)}:
        if stamp is not None:
            refuse_if_changed(path, stamp)
    return sink.crc


def read_past_cache(path: Path, offset: int, out: NDArray[Any]) -> None:
    """Fill `out`, flat numbers in this machine's byte order, from the big-endian ones at `offset` of a file.

    For what `write_segments` has just written past the system's cache: reading it must not fill the cache either.
    Raises OSError, Refusal when the file is too short.
    """
    try:
        _read(path, offset, out, _direct)
    except OSError as error:
        # some file systems say so only when the first bytes are asked for
        if not _direct or error.errno not in _CANNOT:
            raise
        _read(path, offset, out, False)


def _read(path: Path, offset: int, out: NDArray[Any], direct: bool) -> None:
    width, done = out.dtype.itemsize, 0
    with _opened_to_read(path, direct) as stream:
        while done < out.size:
            at = offset + done * width
            skip = at % _PAGE
            stream.seek(at - skip)
            wanted = -(-(skip + (out.size - done) * width) // _PAGE) * _PAGE
            count = stream.readinto(_buffer().data[:wanted]) or 0
            numbers = min((count - skip) // width, out.size - done)
            if numbers <= 0:
                raise Refusal("The file is truncated.", file=path, advice="Delete it and run again.")
            words = _buffer()[skip : skip + numbers * width].view(out.dtype)
            turn(words, out[done : done + numbers])
            done += numbers


def _opened_to_read(path: Path, direct: bool) -> io.FileIO:
    if direct:
        try:
            return io.FileIO(path, opener=lambda name, flags: os.open(name, flags | os.O_DIRECT))
        except OSError:  # not every file system has it
            pass
    return io.FileIO(path)


def _copy(piece: Piece, sink: _Sink, check: Callable[[], None]) -> None:
    left = piece.size
    with piece.path.open("rb", buffering=0) as stream:
        stream.seek(piece.offset)
        while left:
            check()
            room = sink.room()[:left]
            fill(stream, room, piece.path)
            sink.advance(room.size)
            left -= room.size


def _encode(flat: NDArray[Any], sink: _Sink, check: Callable[[], None]) -> None:
    done, width = 0, flat.dtype.itemsize
    while done < flat.size:
        check()
        room = sink.room()
        count = min(room.size // width, flat.size - done)
        turn(flat[done : done + count], room[: count * width].view(flat.dtype))
        sink.advance(count * width)
        done += count


def _make(array: Made, sink: _Sink, check: Callable[[], None]) -> None:
    rows, columns = array.shape
    height = max(1, _MADE // max(1, columns * array.dtype.itemsize))
    out = np.empty((min(height, rows), columns), array.dtype)
    for start in range(0, rows, height):
        stop = min(start + height, rows)
        array.rows(start, stop, out[: stop - start])
        _encode(out[: stop - start].reshape(-1), sink, check)


_local = threading.local()


def _buffer() -> NDArray[np.uint8]:
    """The buffer of this thread, on a page's border."""
    if not hasattr(_local, "buffer"):
        _local.buffer = np.frombuffer(mmap.mmap(-1, _CHUNK), np.uint8)
    found: NDArray[np.uint8] = _local.buffer
    return found


class _Sink:
    """A file that is written from its beginning in whole buffers."""

    def __init__(self, path: Path, size: int) -> None:
        self._buffer, self._filled = _buffer(), 0
        self.crc, self._unseen = 0, size
        self._direct = _direct and size >= _DIRECT_FROM
        self._file = self._open(path)
        self._seconds = 0.0
        try:
            if size and hasattr(os, "posix_fallocate"):
                _take_room(self._file, size)
        except BaseException:
            self.close()
            raise

    def _open(self, path: Path) -> int:
        if self._direct:
            try:
                return os.open(path, os.O_WRONLY | os.O_DIRECT)
            except OSError:  # not every file system has it
                self._direct = False
        return os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))

    def room(self) -> NDArray[np.uint8]:
        """What is free of the buffer, a multiple of 4 bytes as long as only such were written; never empty."""
        if self._filled == self._buffer.size:
            self._flush(self._filled)
        return self._buffer[self._filled :]

    def advance(self, count: int) -> None:
        """Say that so many bytes of `room` were filled."""
        self._filled += count

    def write(self, data: bytes) -> None:
        done = 0
        while done < len(data):
            room = self.room()
            part = np.frombuffer(data[done : done + room.size], np.uint8)
            room[: part.size] = part
            self.advance(part.size)
            done += part.size

    def _flush(self, count: int) -> None:
        data = self._buffer.data[:count]
        seen = min(count, self._unseen)  # what fills the last page is no part of the file
        self.crc, self._unseen = zlib.crc32(data[:seen], self.crc), self._unseen - seen
        while len(data):
            try:
                start = time.perf_counter()
                done = os.write(self._file, data)
                self._seconds += time.perf_counter() - start
            except OSError as error:
                if not self._direct or error.errno not in _CANNOT:
                    raise
                self._through_cache()
                continue
            data = data[done:]
            if done % _PAGE and data:
                self._through_cache()
        self._filled = 0

    def _through_cache(self) -> None:
        import fcntl  # only where O_DIRECT is

        self._direct = False
        flags = fcntl.fcntl(self._file, fcntl.F_GETFL)
        fcntl.fcntl(self._file, fcntl.F_SETFL, flags & ~os.O_DIRECT)

    def finish(self, size: int, durable: bool) -> None:
        """Write what is left, cut the file to `size`."""
        if self._direct and self._filled:
            whole = -(-self._filled // _PAGE) * _PAGE
            self._buffer[self._filled : whole] = 0
            self._filled = whole
        self._flush(self._filled)
        os.ftruncate(self._file, size)
        if durable:
            os.fsync(self._file)
        if self._direct:
            _pace.add(size, self._seconds)

    def close(self) -> None:
        os.close(self._file)


def _take_room(file: int, size: int) -> None:
    try:
        os.posix_fallocate(file, 0, size)
    except OSError as error:
        if error.errno not in _CANNOT:  # a file system that cannot
            raise


class _Pace:
    """How quickly bytes go past the cache, over all files of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._size, self._seconds = 0, 0.0

    def add(self, size: int, seconds: float) -> None:
        """On a disk that stays slow the system's cache is used from now on: it takes more than the disk does."""
        global _direct
        with self._lock:
            self._size, self._seconds = self._size + size, self._seconds + seconds
            if self._size > _TRIAL and self._size < _SLOW * self._seconds:
                _direct = False


_pace = _Pace()
