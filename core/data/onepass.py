"""Changing a FITS file in one pass: what changes is written anew, all else is copied byte for byte.

An exposure is 170 MB of pixels and some hundred kB of headers and tables. Here only those are ever in memory: a
change sees the HDUs with their pixels still in the file, and the new file is the new headers with the old pixels
between them, read once and written once.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from astropy.io import fits

from core.data.fitsfile import open_fits, quiet
from core.data.snapshot import BLOCK, LAYOUT, Part, Snapshot, fill_block, new_sum, snapshot_of
from core.errors import Refusal

# stays in the processor's cache; after each the thread may have to wait for one that is busy in Python
_CHUNK = 4 << 20
Change = Callable[[fits.HDUList], None]
Stamp = tuple[int, int, int]
"""Size, modification time in ns and inode of a file."""


@dataclass(frozen=True)
class Altered:
    """A file before and after a change, of which nothing is written yet.

    Pixels that the change left alone are known only by their place in the file `path`, as it was when `stamp`
    was taken.
    """

    path: Path
    stamp: Stamp
    before: Snapshot
    after: Snapshot

    def write(self, out: Path, *, sums: bool = False) -> Altered:
        """Write the file after the change to `out`; with `sums` the result knows the sums of all data.

        Raises `Refusal` when the file was changed meanwhile by another program, OSError when `out` cannot be written.
        """
        found: dict[int, str] = {}
        with self.path.open("rb", buffering=0) as source, out.open("wb", buffering=0) as stream:
            for part in self.after.parts:
                fill_block(stream)
                _write(stream, part.header)
                if part.table is not None:
                    _write(stream, part.table)
                elif sums:
                    found[part.offset] = _copy_and_sum(source, stream, part)
                else:
                    _copy(source, stream, part.offset, part.size)
            _write(stream, self.after.tail)
            refuse_if_changed(self.path, self.stamp)
            if not sums:
                return self
            before = tuple(_with_sum(part, found, source) for part in self.before.parts)
            after = tuple(_with_sum(part, found, source) for part in self.after.parts)
        return replace(
            self, before=replace(self.before, parts=before), after=replace(self.after, parts=after)
        )


def alter(path: Path, change: Change) -> Altered | None:
    """What `change` makes of a file; nothing is written. None for a file that must be unpacked (gzip) or whose
    checksums must be renewed: such a file is changed as a copy.

    `change` gets HDUs whose pixels are read when asked for. Raises `Refusal` when the file cannot be read.
    """
    stamp = stamp_of(path) if path.exists() else (0, 0, 0)
    with open_fits(path) as opened, quiet():
        hdus = [opened[number] for number in range(len(opened))]
        if is_packed(path) or any("CHECKSUM" in hdu.header for hdu in hdus):
            return None
        before = snapshot_of(opened, path, pixels=False)
        parts = {id(hdu): part for hdu, part in zip(hdus, before.parts, strict=True)}
        texts = {id(hdu): hdu.header.tostring() for hdu in hdus}
        lent = _Lent(hdus, path)
        change(lent)
        lent.update_extend()
        after: list[Part] = []
        for number, hdu in enumerate(lent):
            name = "PRIMARY" if number == 0 else str(hdu.name)
            key = (name, int(hdu.ver), sum(part.key[0] == name for part in after))
            old = parts.get(id(hdu))
            if old is not None and "data" not in vars(hdu):
                made = replace(old, key=key, header=_header(hdu, old, texts[id(hdu)]))
            else:
                made = _encoded(hdu, number, path)
            after.append(replace(made, key=key))
        return Altered(path, stamp, before, Snapshot(tuple(after), before.tail))


def same_places(one: Snapshot, other: Snapshot) -> bool:
    """Whether two states of one file differ only in what headers and tables hold, not in where anything lies."""
    layouts = [
        [(len(p.header), p.size, None if p.table is not None else p.offset) for p in s.parts]
        for s in (one, other)
    ]
    return layouts[0] == layouts[1] and one.tail == other.tail


def write_small_parts(path: Path, present: Snapshot, wanted: Snapshot) -> None:
    """Write the headers and tables of `wanted` over those of `present` in a file that nobody else sees."""
    with path.open("rb+", buffering=0) as stream:
        place = 0
        for old, new in zip(present.parts, wanted.parts, strict=True):
            place += -place % BLOCK
            for before, after in ((old.header, new.header), (old.table, new.table)):
                if after is not None and after != before:
                    stream.seek(place)
                    _write(stream, after)
                place += len(after) if after is not None else new.size


def is_packed(path: Path) -> bool:
    """Whether a file is gzip."""
    with path.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


class _Lent(fits.HDUList):
    """The HDUs of a file that is open for reading: they may be changed, and nothing gets into the file."""

    def __init__(self, hdus: list[Any], path: Path) -> None:
        super().__init__(hdus)
        self._path = path

    def filename(self) -> str:
        return str(self._path)

    def flush(self, *_: Any, **__: Any) -> None:
        """stwcs flushes what it changed; it is written later."""


def _header(hdu: Any, old: Part, before: str) -> bytes:
    """The raw header of an HDU whose data stay: as it was when no card changed."""
    text = hdu.header.tostring()
    if text == before:
        return old.header
    if tuple(hdu.header.get(key) for key in LAYOUT) != old.layout:
        raise ValueError(f"the header of {old.label} does not describe its data any more")
    return bytes(text.encode("ascii"))


def _encoded(hdu: Any, number: int, path: Path) -> Part:
    """An HDU that is new, or whose data were loaded and so may have changed."""
    stream = io.BytesIO()
    start = 0
    if number == 0:
        hdu.writeto(stream, output_verify="ignore")
    else:
        first = fits.PrimaryHDU()
        fits.HDUList([first, hdu]).writeto(stream, output_verify="ignore")
        start = len(first.header.tostring())
    header = hdu.header.tostring().encode("ascii")
    data = stream.getvalue()[start + len(header) :]
    key = (str(hdu.name), int(hdu.ver), 0)
    total = new_sum(key[0])
    total.update(memoryview(data)[: int(hdu.size)])
    return Part(key, header, len(data), total.hexdigest(), path, -1, data)


def _with_sum(part: Part, found: dict[int, str], source: BinaryIO) -> Part:
    if part.data_sum:
        return part
    known = found.get(part.offset)
    if known is None:  # replaced or removed: the old data are nowhere else any more
        total = new_sum(part.key[0])
        for block in _blocks(source, part.offset, min(part.size, part.data_size)):
            total.update(block)
        known = total.hexdigest()
    return replace(part, data_sum=known)


def _copy_and_sum(source: BinaryIO, stream: BinaryIO, part: Part) -> str:
    """Copy the data of a part; their sum without the padding of the last block."""
    total = new_sum(part.key[0])
    left = part.data_size
    for block in _blocks(source, part.offset, part.size):
        total.update(block[: max(left, 0)])
        left -= len(block)
        _write(stream, block)
    return total.hexdigest()


def _copy(source: BinaryIO, stream: BinaryIO, offset: int, size: int) -> None:
    """Copy `size` bytes, inside the system where it can do that."""
    if hasattr(os, "copy_file_range"):
        try:
            while size > 0:
                done = os.copy_file_range(source.fileno(), stream.fileno(), min(size, 1 << 27), offset)
                if not done:
                    break
                offset, size = offset + done, size - done
            stream.seek(0, os.SEEK_END)
        except OSError:
            # between some file systems it cannot; a full disk shows again below
            stream.seek(0, os.SEEK_END)
    for block in _blocks(source, offset, size):
        _write(stream, block)


def _write(stream: BinaryIO, data: bytes | memoryview) -> None:
    """All of `data`: an unbuffered stream may take less at once."""
    view = memoryview(data)
    while len(view):
        view = view[stream.write(view) :]


def _blocks(source: BinaryIO, offset: int, size: int) -> Iterator[memoryview]:
    """The bytes in pieces; each is valid until the next is asked for."""
    room = memoryview(bytearray(min(_CHUNK, max(size, 0))))
    source.seek(offset)
    while size > 0:
        count = source.readinto(room[: min(size, len(room))])  # type: ignore[attr-defined]
        if not count:
            raise Refusal("The file is shorter than it was.", file=source.name)
        size -= count
        yield room[:count]


def stamp_of(path: Path) -> Stamp:
    """What tells whether a file is still the one it was; also one of the same size and date that took its place."""
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def refuse_if_changed(path: Path, stamp: Stamp) -> None:
    """Raise `Refusal` when a file, of which a new one was made, is not the one any more that it was made of."""
    try:
        same = stamp_of(path) == stamp
    except FileNotFoundError:
        same = False
    if not same:
        raise Refusal(
            "Another program changed the file while it was copied.",
            file=path,
            advice="Try again when the other program is done.",
        )
