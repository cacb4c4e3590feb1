"""Progress that knows no Qt: one object reports, logs and cancels.

A step calls `begin`, then `advance` between blocks of 50-100 ms; both raise `Cancelled` once `cancel` was
called from any thread, so every loop that reports can also be stopped. A cancel flag read inside a numba
kernel may be optimised away, hence the check between blocks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.errors import Cancelled


@dataclass(frozen=True)
class Report:
    """One message to whoever watches a run.

    `step` is the step's title, `done` of `total` its units of work (`total` 0: not known), `note` a line for
    the log ("" for mere progress), `level` one of "info", "warning", "error".
    """

    step: str
    done: int = 0
    total: int = 0
    note: str = ""
    level: str = "info"


class Progress:
    """Passes `Report`s to `listener`, keeps the seconds of each step, raises when cancelled."""

    def __init__(self, listener: Callable[[Report], None] | None = None, *, interval: float = 0.05) -> None:
        self._listener = listener
        self._interval = interval
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._step = ""
        self._done = 0
        self._total = 0
        self._last = 0.0
        self.seconds: dict[str, float] = {}

    def cancel(self) -> None:
        """Ask the run to stop; may be called from any thread."""
        self._cancelled.set()

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if somebody asked for it."""
        if self._cancelled.is_set():
            raise Cancelled

    @contextmanager
    def step(self, title: str, total: int = 0) -> Iterator[None]:
        """Time a step under `title` and report its beginning and end; steps do not nest."""
        self.begin(title, total)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[title] = self.seconds.get(title, 0.0) + time.perf_counter() - start
        self._emit(Report(title, self._total, self._total))

    def begin(self, title: str, total: int = 0) -> None:
        self.check()
        with self._lock:
            self._step, self._done, self._total, self._last = title, 0, total, 0.0
        self._emit(Report(title, 0, total))

    def advance(self, count: int = 1) -> None:
        """Count work done (thread-safe); reports at most every `interval` seconds."""
        self.check()
        with self._lock:
            self._done += count
            now = time.monotonic()
            due = now - self._last >= self._interval
            if due:
                self._last = now
            report = Report(self._step, self._done, self._total)
        if due:
            self._emit(report)

    def note(self, text: str, level: str = "info") -> None:
        """A line for the log."""
        self._emit(Report(self._step, self._done, self._total, text, level))

    def warn(self, text: str) -> None:
        self.note(text, "warning")

    def failed(self, text: str) -> None:
        """A file that could not be worked on; the result of the run tells it too."""
        self.note(text, "error")

    def _emit(self, report: Report) -> None:
        if self._listener is not None:
            self._listener(report)
