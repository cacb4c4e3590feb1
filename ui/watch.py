"""Watches the event loop: how long the window was deaf."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer


class LoopWatch(QObject):
    """A timer of a few milliseconds that remembers the longest gap between two of its beats.

    `worst` in seconds since `reset`; `late` counts the gaps above `limit` seconds.
    """

    def __init__(self, interval_ms: int = 5, limit: float = 0.1, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.limit = limit
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self._beat)
        self.reset()
        self._timer.start()

    def reset(self) -> None:
        """Begin anew."""
        self.worst = 0.0
        self.late = 0
        self._last = time.perf_counter()

    def stop(self) -> None:
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter()
        gap = now - self._last
        self._last = now
        self.worst = max(self.worst, gap)
        self.late += gap > self.limit
