"""What the window remembers from one day to the next: look, sizes, recent files. Without a store, nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

RECENT = 10


class Settings:
    """A thin, typed front of QSettings; `store` None keeps everything in memory only."""

    def __init__(self, store: QSettings | None = None) -> None:
        self._store = store
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
        lines = self.get(f"recent/{kind}").split("\n")
        return [Path(line) for line in lines if line and Path(line).exists()]

    def add_recent(self, kind: str, path: Path) -> None:
        paths = [path, *(known for known in self.recent(kind) if known != path)]
        self.set(f"recent/{kind}", "\n".join(str(each) for each in paths[:RECENT]))
