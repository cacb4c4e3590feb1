"""What the window remembers from one day to the next: look, sizes, recent files. Without a store, nothing."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from core.errors import Refusal

RECENT = 10
_FILE = "recent.json"
_MOST_BYTES = 1_000_000


class Settings:
    """A thin, typed front of QSettings; `store` None keeps everything in memory only.

    Lists of recent files stand in a file of `folder`, where every window of the program adds to them; without a
    folder they are kept with the rest.
    """

    def __init__(self, store: QSettings | None = None, folder: Path | None = None) -> None:
        self._store = store
        self.folder = folder
        self._memory: dict[str, object] = {}

    def get(self, key: str, default: str = "") -> str:
        value = self._store.value(key, default) if self._store is not None else self._memory.get(key, default)
        return value if isinstance(value, str) else default

    def set(self, key: str, value: object) -> None:
        if self._store is not None:
            self._store.setValue(key, value)
        else:
            self._memory[key] = value

    def bytes(self, key: str) -> QByteArray | None:
        value = self._store.value(key) if self._store is not None else self._memory.get(key)
        return value if isinstance(value, QByteArray) else None

    def recent(self, kind: str) -> list[Path]:
        """Files opened lately, newest first; those that are gone are left out."""
        return [path for path in self.all_recent(kind) if path.exists()]

    def all_recent(self, kind: str) -> list[Path]:
        """Files opened lately, newest first, also those that are gone."""
        kept = self.folder is not None
        lines = self._lists().get(kind, []) if kept else self.get(f"recent/{kind}").split("\n")
        return [Path(line) for line in lines if line]

    def add_recent(self, kind: str, path: Path) -> None:
        paths = [path, *(known for known in self.all_recent(kind) if known != path)]
        self._keep_recent(kind, [str(each) for each in paths[:RECENT]])

    def clear_recent(self, kind: str, *, gone_only: bool = False) -> None:
        """Empty a list of recent files, or take only those off that are gone."""
        self._keep_recent(kind, [str(each) for each in self.recent(kind)] if gone_only else [])

    def forget(self) -> None:
        """Everything that was remembered: look, sizes, folders, recent files."""
        self._memory.clear()
        if self._store is not None:
            self._store.clear()
        if self.folder is not None:
            with contextlib.suppress(OSError):
                (self.folder / _FILE).unlink(missing_ok=True)

    def _keep_recent(self, kind: str, lines: list[str]) -> None:
        if self.folder is None:
            self.set(f"recent/{kind}", "\n".join(lines))
            return
        lists = self._lists()
        lists[kind] = lines
        # a full disk or a folder without rights loses the list, nothing else
        with contextlib.suppress(OSError, Refusal):
            _write(self.folder, lists)

    def _lists(self) -> dict[str, list[str]]:
        """The lists of the file; a damaged file is an empty one."""
        assert self.folder is not None
        try:
            with (self.folder / _FILE).open("rb") as stream:
                raw = json.loads(stream.read(_MOST_BYTES))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(raw, dict):
            return {}
        return {
            str(kind): [each for each in lines if isinstance(each, str) and "\0" not in each][:RECENT]
            for kind, lines in raw.items()
            if isinstance(lines, list)
        }


def _write(folder: Path, lists: dict[str, list[str]]) -> None:
    """Replace the file whole; without the engine's writer, which the window's start need not wait for."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{_FILE}.{os.getpid()}.part"
    part.write_text(json.dumps(lists, indent=1), encoding="utf-8")
    os.replace(part, folder / _FILE)
