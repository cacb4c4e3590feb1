"""The headers of a whole file as raw bytes, with its bookkeeping tables: enough to put them back exactly.

Pixels (SCI, ERR, DQ ...) are not copied, only known by their CRC-32: a state that is put back takes them from
the file as it then is.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Protocol

from astropy.io import fits

from core.data.cards import CardChange, changed_cards
from core.data.fitsfile import open_fits, quiet
from core.errors import Refusal

# extensions that WCS bookkeeping makes, changes and removes: their data belong to a state
TABLES = frozenset({"WCSCORR", "HDRLET", "WCSDVARR", "D2IMARR"})
LAYOUT = ("BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "NAXIS3", "PCOUNT", "GCOUNT", "BSCALE", "BZERO", "TFIELDS")
"""The keywords that say how the bytes of the data are to be read."""
BLOCK = 2880
_CHUNK = 1 << 22

Key = tuple[str, int, int]


@dataclass(frozen=True)
class Part:
    """One HDU: its raw `header` (END and padding included), its data as `size` bytes at `offset` of `source`.

    `size` includes the padding of the last block; `data_sum` tells the data without it (`new_sum`), "" for pixels that
    were not read. `key` is EXTNAME, EXTVER and how many of that name come before. `table` holds the bytes themselves
    when the file that they were read from will change. `data_size` is `size` without the padding, of parts of files.
    """

    key: Key
    header: bytes
    size: int
    data_sum: str
    source: Path
    offset: int
    table: bytes | None = None
    data_size: int = 0

    @property
    def label(self) -> str:
        name, ver, _ = self.key
        return name if name == "PRIMARY" else f"{name},{ver}"

    @property
    def is_table(self) -> bool:
        return self.key[0] in TABLES

    @cached_property
    def cards(self) -> fits.Header:
        return fits.Header.fromstring(self.header)

    @property
    def layout(self) -> tuple[object, ...]:
        return tuple(self.cards.get(key) for key in LAYOUT)

    def copy_data(self, out: BinaryIO, size: int | None = None) -> None:
        """Write the bytes of the data to `out`, at most `size` of them."""
        size = self.size if size is None else min(size, self.size)
        if self.table is not None:
            out.write(self.table[:size])
            return
        for block in _blocks(self.source, self.offset, size):
            out.write(block)


@dataclass(frozen=True)
class Snapshot:
    """All HDUs of a file in their order; `tail` is what follows the last one."""

    parts: tuple[Part, ...]
    tail: bytes = b""

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all headers and the data of the tables; pixels do not count."""
        total = hashlib.sha256()
        for part in self.parts:
            total.update(part.header)
            total.update((part.data_sum if part.is_table else "").encode())
        total.update(self.tail)
        return total.hexdigest()

    def find(self, key: Key) -> Part | None:
        return next((part for part in self.parts if part.key == key), None)

    @property
    def science(self) -> fits.Header:
        """The header of the first SCI extension, else the primary one."""
        for part in self.parts:
            if part.key[0] == "SCI":
                return part.cards
        return self.parts[0].cards

    @property
    def rootname(self) -> str:
        return str(self.parts[0].cards.get("ROOTNAME", "")).strip().lower()


def capture(path: Path, *, pixels: bool = True) -> Snapshot:
    """The snapshot of a plain FITS file; without `pixels` their sums are left out.

    Raises `Refusal` when the file cannot be read.
    """
    with open_fits(path, whole=False) as hdus, quiet():
        return snapshot_of(hdus, path, pixels=pixels)


def snapshot_of(hdus: fits.HDUList, path: Path, *, pixels: bool) -> Snapshot:
    """`capture` of a file that is open, whose HDUs nobody changed yet."""
    parts: list[Part] = []
    end, total = 0, path.stat().st_size
    with path.open("rb") as stream:
        for number in range(len(hdus)):
            hdu = hdus[number]
            info = hdu.fileinfo()
            stream.seek(info["hdrLoc"])
            header = stream.read(info["datLoc"] - info["hdrLoc"])
            name = "PRIMARY" if number == 0 else str(hdu.name)
            ver = int(hdu.ver)
            key = (name, ver, sum(part.key[0] == name for part in parts))
            size = max(0, min(info["datSpan"], total - info["datLoc"]))
            known = pixels or name in TABLES
            length = min(size, int(hdu.size))
            data_sum = sum_of(path, info["datLoc"], length, new_sum(name)) if known else ""
            stream.seek(info["datLoc"])
            table = stream.read(size) if name in TABLES else None
            parts.append(Part(key, header, size, data_sum, path, info["datLoc"], table, int(hdu.size)))
            end = info["datLoc"] + size
        stream.seek(end)
        return Snapshot(tuple(parts), stream.read())


class Sum(Protocol):
    """As those of hashlib."""

    def update(self, data: bytes | memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...


class PixelSum:
    """CRC-32 of what it is given, 8 hexadecimal digits."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes | memoryview, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:08x}"


def new_sum(name: str) -> Sum:
    """What tells the data of an extension of this EXTNAME from others: SHA-256 of tables, which a state keeps, CRC-32
    of pixels, of which it only says whether they changed since: it takes a third of the time."""
    return hashlib.sha256() if name in TABLES else PixelSum()


def sum_of(path: Path, offset: int, size: int, total: Sum) -> str:
    """The sum of `size` bytes of a file."""
    for block in _blocks(path, offset, size):
        total.update(block)
    return total.hexdigest()


def differences(before: Snapshot, after: Snapshot) -> tuple[CardChange, ...]:
    """Cards that differ, over all HDUs; an HDU that came or went counts as its EXTNAME card.

    A table whose header is the same but whose data differ counts as a card "data".
    """
    changes: list[CardChange] = []
    for part in after.parts:
        old = before.find(part.key)
        if old is None:
            changes.append(_change(part, "EXTNAME", None, part.key[0]))
        else:
            if old.header != part.header:
                changes += _card_changes(old, part)
            if part.is_table and old.data_sum != part.data_sum:
                changes.append(_change(part, "data", old.data_sum[:12], part.data_sum[:12]))
    for part in before.parts:
        if after.find(part.key) is None:
            changes.append(_change(part, "EXTNAME", part.key[0], None))
    return tuple(changes)


def rebuild(target: Snapshot, now: Snapshot, out: Path) -> tuple[list[str], list[int]]:
    """Write a file with the headers and tables of `target` and the pixels of `now`.

    Returns remarks (pixels that changed since, extensions that were kept) and the numbers of the HDUs whose data
    are not those of `target`, so that their checksums must be renewed. Raises `Refusal` when an extension of
    `target` is not there any more.
    """
    notes: list[str] = []
    stale: list[int] = []
    with out.open("wb") as stream:
        for number, part in enumerate(target.parts):
            data = part if part.is_table else _pixels(part, now)
            header, size = part.header, part.size
            if data.layout != part.layout:
                # a constant extension that became an array: its header describes the new data
                header, size = data.header, data.size
                notes.append(f"{part.label} has another size now and is left as it is.")
            elif not _same_data(data, part):
                stale.append(number)
                notes.append(f"The data of {part.label} changed since and are kept.")
            fill_block(stream)
            stream.write(header)
            data.copy_data(stream, size)
        for part in now.parts:
            if target.find(part.key) is None and not part.is_table:
                fill_block(stream)
                stream.write(part.header)
                part.copy_data(stream)
                notes.append(f"{part.label} is new since and kept.")
        stream.write(target.tail)
    return notes, stale


def _same_data(data: Part, part: Part) -> bool:
    """Whether `data`, of the file, are those that `part`, of a state, knows; older states know pixels by SHA-256."""
    if len(data.data_sum) == len(part.data_sum):
        return data.data_sum == part.data_sum
    return sum_of(data.source, data.offset, data.data_size, hashlib.sha256()) == part.data_sum


def _pixels(part: Part, now: Snapshot) -> Part:
    here = now.find(part.key)
    if here is None:
        raise Refusal(
            "The extension is not there any more: this is not the file of that state.",
            subject=part.label,
            advice="Fetch the exposure again.",
        )
    return here


def fill_block(stream: BinaryIO) -> None:
    """Zeros up to the next block: the last one of a file may lack its padding, what comes after starts on a block."""
    stream.write(bytes(-stream.tell() % BLOCK))


def _card_changes(old: Part, new: Part) -> tuple[CardChange, ...]:
    name, ver, _ = new.key
    found = changed_cards(old.cards, new.cards, file="", extname=name, extver=0 if name == "PRIMARY" else ver)
    # comments or the order of cards only
    return found or (_change(new, "comments", "", " "),)


def _change(part: Part, keyword: str, before: object, after: object) -> CardChange:
    name, ver, _ = part.key
    return CardChange("", 0 if name == "PRIMARY" else ver, keyword, before, after, name)


def _blocks(path: Path, offset: int, size: int) -> Iterator[bytes]:
    with path.open("rb") as stream:
        stream.seek(offset)
        while size > 0:
            block = stream.read(min(size, _CHUNK))
            if not block:
                raise Refusal("The file is shorter than it was.", file=path)
            size -= len(block)
            yield block
