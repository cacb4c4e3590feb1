"""The log of the window: what ran, what was noted, what went wrong, with the traceback folded away."""

from __future__ import annotations

import time
from html import escape

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QTextBrowser, QWidget

from core.runs.progress import Report
from ui import style

LINES = 3000


class LogView(QTextBrowser):
    """Newest line last and in view; errors carry a link that unfolds the traceback. `spoke(level)` at each line."""

    spoke = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setAccessibleName("Log")
        self.document().setMaximumBlockCount(LINES)
        self.document().setDocumentMargin(8)
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.anchorClicked.connect(self._unfold)
        self._follow = True
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(self._range_changed)
        bar.valueChanged.connect(self._moved)
        self._traces: dict[str, str] = {}
        self._lines: list[tuple[str, str, str, str]] = []
        style.switch().changed.connect(self._repaint)

    def say(self, text: str, level: str = "info", trace: str = "") -> None:
        """Add a line; `level` is info, good, warning or error."""
        stamp = time.strftime("%H:%M:%S")
        key = ""
        if trace:
            key = f"trace{len(self._traces)}"
            self._traces[key] = trace
        self._lines.append((stamp, text, level, key))
        del self._lines[:-LINES]
        self._add(stamp, text, level, key)
        self.spoke.emit(level)

    def report(self, report: Report) -> None:
        """The note of a run's report."""
        if report.note:
            self.say(f"{report.step}: {report.note}" if report.step else report.note, report.level)

    def plain(self) -> str:
        """All lines as plain text, tracebacks included."""
        return "\n".join(
            f"{stamp} {text}" + (f"\n{self._traces[key]}" if key else "")
            for stamp, text, _, key in self._lines
        )

    def _add(self, stamp: str, text: str, level: str, key: str) -> None:
        theme = style.current()
        colour = {"warning": theme.warn, "error": theme.bad, "good": theme.good}.get(level, theme.text)
        word = {"warning": "Warning: ", "error": "Error: "}.get(level, "")
        more = f" <a style='color:{theme.accent}' href='{key}'>details</a>" if key else ""
        body = escape(text).replace("\n", "<br>")
        self.append(
            f"<span style='color:{theme.muted}'>{stamp}</span> &nbsp;"
            f"<span style='color:{colour}'>{word}{body}</span>{more}"
        )
        if level == "error":
            self._follow = True
        self._to_end()

    def _to_end(self) -> None:
        """Bring the newest line into view, unless the person scrolled back to read."""
        if self._follow:
            bar = self.verticalScrollBar()
            bar.setValue(bar.maximum())

    def _range_changed(self, _least: int, _most: int) -> None:
        """Lines that were added while the log was hidden are laid out only when it is shown."""
        self._to_end()

    def _moved(self, value: int) -> None:
        self._follow = value >= self.verticalScrollBar().maximum() - 4

    def newest(self) -> str:
        """The text of the newest line."""
        return self._lines[-1][1] if self._lines else ""

    def showEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        super().showEvent(event)
        self._to_end()

    def _unfold(self, link) -> None:  # type: ignore[no-untyped-def]
        trace = self._traces.get(link.toString())
        if trace:
            muted = style.current().muted
            self.append(f"<pre style='color:{muted}'>{escape(trace)}</pre>")
            QApplication.clipboard().setText(trace)

    def _repaint(self) -> None:
        """Colours stand in the text, so a new theme writes the lines afresh."""
        self.clear()
        for line in self._lines:
            self._add(*line)
