"""Autosaves: one file for each open window, locked while its window lives; a file whose window died is offered."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile

from core.errors import Refusal
from core.sessions.names import EXTENSION
from ui.sessionstate import Shot, Sums, save

if TYPE_CHECKING:
    from core.sessions.writing import Parts

LAST = f"last{EXTENSION}"
DAMAGED = ".damaged"


class Slot:
    """The place of one window in the folder of autosaves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{secrets.token_hex(6)}{EXTENSION}"
        self._lock = _lock_of(self.path)
        self._lock.tryLock(0)

    def release(self, *, keep: bool) -> None:
        """The window closes well: `keep` its state as that of the last session, or drop it."""
        with contextlib.suppress(OSError):
            if keep and self.path.exists():
                self.path.replace(self.folder / LAST)
            else:
                self.path.unlink(missing_ok=True)
        self._lock.unlock()


def leave(slot: Slot, shot: Shot | None, parts: Parts, sums: Sums) -> None:
    """The last work of a window's lane, after any autosave: its state at the close is written, then its place let go.

    A state that cannot be written leaves that of the autosave before it; None is a state that nobody wants back.
    """
    with contextlib.suppress(Refusal, OSError):
        if shot is not None:
            save(shot, slot.path, parts, sums, False)
    slot.release(keep=shot is not None)


class Orphan:
    """An autosave whose window is gone; locked for us until it is let go."""

    def __init__(self, path: Path, lock: QLockFile) -> None:
        self.path = path
        self._lock = lock

    def let_go(self) -> None:
        """Leave it for another time."""
        self._lock.unlock()

    def remove(self) -> None:
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        self._lock.unlock()

    def set_aside(self) -> None:
        """It cannot be read: keep it under another name, so that it is not offered again."""
        with contextlib.suppress(OSError):
            self.path.replace(self.path.with_name(self.path.name + DAMAGED))
        self._lock.unlock()


def orphans(folder: Path) -> list[Orphan]:
    """The autosaves of windows that were killed, newest first."""
    found = []
    for path in _saved(folder):
        lock = _lock_of(path)
        if lock.tryLock(0):
            found.append(Orphan(path, lock))
    return found


def _saved(folder: Path) -> Iterator[Path]:
    try:
        paths = [path for path in folder.glob(f"*{EXTENSION}") if path.name != LAST]
        yield from sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True)
    except OSError:
        return


def _lock_of(path: Path) -> QLockFile:
    lock = QLockFile(str(path.with_suffix(".lock")))
    # stale only when the process is gone, however long a window stays open
    lock.setStaleLockTime(0)
    return lock
