"""What tells one state of a file from another: size, modification time, and a checksum of its bytes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_CHUNK = 4 << 20


@dataclass(frozen=True)
class Stamp:
    """A file as it was: bytes, modification time in ns, CRC-32 of all bytes.

    The checksum finds whatever a disk, a copy or an editor does to a file; it is no guard against somebody who makes
    another file with the same sum on purpose.
    """

    size: int
    mtime_ns: int
    crc: int


def stamp_of(path: Path, crc: int | None = None) -> Stamp:
    """The stamp of a file; it is read unless its `crc` is known already. Raises OSError."""
    known = crc_of(path) if crc is None else crc
    found = path.stat()
    return Stamp(found.st_size, found.st_mtime_ns, known)


def crc_of(path: Path) -> int:
    """CRC-32 of the bytes of a file. Raises OSError."""
    crc = 0
    with path.open("rb", buffering=0) as stream:
        while block := stream.read(_CHUNK):
            crc = zlib.crc32(block, crc)
    return crc


def known_crc(path: Path) -> int:
    """The same, read only once for a file that stays as it is: a window asks again and again. Raises OSError."""
    found = path.stat()
    return _read_once(path.resolve(), found.st_size, found.st_mtime_ns, found.st_ino)


@lru_cache(maxsize=256)
def _read_once(path: Path, *_: int) -> int:
    return crc_of(path)


def is_same(path: Path, stamp: Stamp, *, thorough: bool) -> bool:
    """Whether a file is as it was stamped.

    `thorough`: its bytes are read and compared by their checksum. Otherwise the same size and time are enough, and
    only a file of another time is read.
    """
    try:
        found = path.stat()
        if found.st_size != stamp.size:
            return False
        if not thorough and found.st_mtime_ns == stamp.mtime_ns:
            return True
        return crc_of(path) == stamp.crc
    except OSError:
        return False
