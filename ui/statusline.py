"""The line at the foot of the window: what goes on, how far it is, Stop."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QProgressBar, QStatusBar, QToolButton, QWidget

from core.runs.progress import Report
from ui.elided import ElidedLabel


class StatusLine(QStatusBar):
    """Shows the running step with a bar; the stop button is there only while something runs."""

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
        self.set_running("")

    def set_running(self, title: str) -> None:
        """A run began ("" : none runs)."""
        self._title = title
        self.bar.setVisible(bool(title))
        self.button.setVisible(bool(title))
        self.bar.setRange(0, 0)
        self.step.set_text(f"{title}…" if title else "Ready")

    def report(self, report: Report) -> None:
        """Where the run is."""
        if not self._title:
            return
        count = f" ({report.done} of {report.total})" if report.total > 1 else ""
        self.step.set_text(f"{self._title}: {report.step}{count}")
        self.bar.setRange(0, max(0, report.total))
        self.bar.setValue(report.done)
