"""A session's memory: each result kept under what the step really read, so that only what changed is redone."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def file_identity(path: Path) -> tuple[str, int, int]:
    """Path, size and modification time in ns: enough to notice that somebody wrote the file."""
    stat = path.stat()
    return str(path.resolve()), stat.st_size, stat.st_mtime_ns


def fingerprint(*parts: object) -> str:
    """A short digest of values whose `repr` says all there is: numbers, strings, frozen dataclasses."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


class Memory:
    """Results by step and key, the newest `keep` of each step; thread-safe, values never change."""

    def __init__(self, keep: int = 24) -> None:
        self._keep = keep
        self._rooms: dict[str, int] = {}
        self._lock = threading.Lock()
        self._steps: dict[str, OrderedDict[Hashable, Any]] = {}

    def recall(self, step: str, key: Hashable, make: Callable[[], T]) -> T:
        """The remembered result of `step` for `key`, or `make()`, remembered."""
        with self._lock:
            known = self._steps.setdefault(step, OrderedDict())
            if key in known:
                known.move_to_end(key)
                found: T = known[key]
                return found
        value = make()
        with self._lock:
            known[key] = value
            while len(known) > self._rooms.get(step, self._keep):
                known.popitem(last=False)
        return value

    def make_room(self, count: int, *steps: str) -> None:
        """Keep at least `count` results of each of these steps: with fewer than one run makes, none would last."""
        with self._lock:
            for step in steps:
                self._rooms[step] = max(count, self._rooms.get(step, self._keep))

    def forget(self, step: str | None = None) -> None:
        """Drop the results of one step, or all."""
        with self._lock:
            if step is None:
                self._steps.clear()
            else:
                self._steps.pop(step, None)
