"""The line at the foot of the window: what goes on, how far it is, Stop."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QProgressBar, QStatusBar, QToolButton, QWidget

from core.runs.progress import Report
from ui import style
from ui.elided import ElidedLabel
from ui.overall import Overall

FINE = 1000
TOLD_MS = 4000


class StatusLine(QStatusBar):
    """Shows the running step with a bar for the whole run, and how the last run ended while none is going on. The
    stop button is there only while something runs."""

    def __init__(self, stop: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.step = ElidedLabel(self)
        self.bar = QProgressBar(self)
        self.bar.setFixedWidth(220)
        self.bar.setTextVisible(False)
        self.button = QToolButton(self)
        self.button.setDefaultAction(stop)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setAutoRaise(True)
        self.setContentsMargins(10, 0, 6, 0)
        self.addWidget(self.step, 1)
        self.addPermanentWidget(self.bar)
        self.addPermanentWidget(self.button)
        self._title = ""
        self._outcome, self._level = "Ready", "info"
        self._overall = Overall("")
        style.switch().changed.connect(self._colour)
        self.set_running("")

    def set_running(self, title: str) -> None:
        """A run began ("" : none runs)."""
        if title != self._title:
            self._overall = Overall(title)
            self.bar.setRange(0, 0)
        self._title = title
        self.bar.setVisible(bool(title))
        self.button.setVisible(bool(title))
        self.step.set_text(f"{title}…" if title else self._outcome)
        self._colour()

    def conclude(self, text: str, level: str = "info") -> None:
        """How a run ended, or what went wrong; stays while nothing runs. `level` is that of the log."""
        self._outcome, self._level = text, level
        if not self._title:
            self.set_running("")

    def tell(self, text: str, level: str = "info") -> None:
        """What was done, a file that was saved: beside a run for a while, else it stays like the end of a run."""
        if self._title:
            self.showMessage(text, TOLD_MS)
        else:
            self.conclude(text, level)

    def withdraw(self, beginning: str) -> None:
        """What begins so is no longer true: say it no more."""
        if self._outcome.startswith(beginning):
            self.conclude("Ready")

    def report(self, report: Report) -> None:
        """Where the run is."""
        if not self._title:
            return
        count = f" ({report.done} of {report.total})" if report.total > 1 else ""
        self.step.set_text(f"{self._title}: {report.step}{count}")
        share = self._overall.share(report)
        if share is not None:
            self.bar.setRange(0, FINE)
            self.bar.setValue(round(FINE * share))

    def _colour(self) -> None:
        theme = style.current()
        level = "" if self._title else self._level
        colours = {"error": theme.bad, "warning": theme.warn, "good": theme.good}
        self.step.set_colour(colours.get(level, ""))
