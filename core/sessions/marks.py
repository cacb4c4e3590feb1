"""What tells one state of a file from another, and finds it again after a move."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from stat import S_ISREG

_CHUNK = 1 << 20


@dataclass(frozen=True)
class FileMark:
    """A file as it was: its absolute path, the way to it from the session file ("" if there is none), size in bytes,
    modification time in ns, SHA-256 of its bytes ("" when it was not worked out)."""

    path: str
    relative: str
    size: int
    mtime_ns: int
    sha256: str = ""

    @property
    def name(self) -> str:
        return self.path.replace("\\", "/").rpartition("/")[2]


class State(StrEnum):
    """What became of a file since it was marked."""

    SAME = "unchanged"
    CHANGED = "changed"
    MISSING = "missing"


@dataclass(frozen=True)
class Found:
    """Where a marked file is now; `path` is that of the mark when it is missing."""

    path: Path
    state: State


def mark(path: Path, base: Path | None = None, *, checksum: bool = False) -> FileMark | None:
    """The mark of a file; None when there is none. `base` is the folder of the session file."""
    try:
        stat = path.stat()
        if not S_ISREG(stat.st_mode):
            return None
        digest = checksum_of(path) if checksum else ""
    except OSError:
        return None
    return FileMark(str(path.absolute()), _relative(path, base), stat.st_size, stat.st_mtime_ns, digest)


def rebased(one: FileMark, base: Path) -> FileMark:
    """The mark with the way from another folder."""
    return replace(one, relative=_relative(Path(one.path), base))


def checksum_of(path: Path) -> str:
    """SHA-256 of the file's bytes, as hexadecimal digits. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_CHUNK):
            digest.update(block)
    return digest.hexdigest()


def find(one: FileMark, base: Path, also: Iterable[Path] = ()) -> Found:
    """Look for a marked file: on its way from `base`, where it was, beside the session file, in the folders `also`.

    An unchanged file anywhere is preferred to a changed one, so that copies of a whole folder stay together.
    """
    places = [base / one.relative] if one.relative else []
    places += [Path(one.path), base / one.name, *(folder / one.name for folder in also)]
    states = [(place.absolute(), state_of(one, place)) for place in dict.fromkeys(places)]
    for wanted in (State.SAME, State.CHANGED):
        for place, state in states:
            if state is wanted:
                return Found(place, state)
    return Found(Path(one.path), State.MISSING)


def state_of(one: FileMark, path: Path) -> State:
    """Same size and time, or the same bytes: unchanged. A folder or a pipe, which would wait to be read, is no file."""
    try:
        stat = path.stat()
        if not S_ISREG(stat.st_mode):
            return State.MISSING
        if stat.st_size != one.size:
            return State.CHANGED
        if stat.st_mtime_ns == one.mtime_ns:
            return State.SAME
        same = bool(one.sha256) and checksum_of(path) == one.sha256
    except (OSError, ValueError):
        return State.MISSING
    return State.SAME if same else State.CHANGED


def _relative(path: Path, base: Path | None) -> str:
    if base is None:
        return ""
    try:
        return Path(os.path.relpath(path.absolute(), base.absolute())).as_posix()
    except ValueError:  # another drive
        return ""
