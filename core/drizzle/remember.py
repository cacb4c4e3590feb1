"""What a session remembers of a drizzle run: which files of which step are still good.

A step's result is kept under what the step really read; it is good as long as the files it wrote are still those.
The run itself writes sky values and flags into the exposures, which changes their identity but nothing that a step
reads; such exposures keep the token they had before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from core.runs.memory import Memory, file_identity, fingerprint

T = TypeVar("T")


@dataclass(frozen=True)
class _Made:
    value: Any
    files: tuple[tuple[str, int, int], ...]


class Remembered:
    """A view of a session's `Memory` for drizzling; with None nothing is remembered."""

    def __init__(self, memory: Memory | None) -> None:
        self._memory = memory

    @property
    def asks_files(self) -> bool:
        """Whether files must be there when a step is remembered."""
        return self._memory is not None

    def token(self, paths: Sequence[Path]) -> str:
        """What stands for the content of the exposures, as far as the steps read it."""
        identities = tuple(file_identity(path) for path in paths)
        if self._memory is None:
            return fingerprint(identities)
        return self._memory.recall("drizzle.token", identities, lambda: fingerprint(identities))

    def same_content(self, paths: Sequence[Path], token: str) -> None:
        """Say that the exposures, just rewritten by this run, still mean `token`."""
        if self._memory is not None:
            identities = tuple(file_identity(path) for path in paths)
            self._memory.recall("drizzle.token", identities, lambda: token)

    def recall(self, step: str, key: str, make: Callable[[], T], files: Callable[[], Sequence[Path]]) -> T:
        """The result of `make`, or the remembered one while all `files` it left are unchanged.

        `files` is asked after `make`.
        """
        if self._memory is None:
            return make()

        def remake() -> _Made:
            value = make()
            return _Made(value, tuple(file_identity(path) for path in files()))

        made = self._memory.recall("drizzle." + step, key, remake)
        if not all(_unchanged(identity) for identity in made.files):
            self._memory.forget("drizzle." + step)
            made = self._memory.recall("drizzle." + step, key, remake)
        value: T = made.value
        return value


def _unchanged(identity: tuple[str, int, int]) -> bool:
    try:
        return file_identity(Path(identity[0])) == identity
    except OSError:
        return False
