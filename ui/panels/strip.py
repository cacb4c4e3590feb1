"""Lines above and below a form: what a running job has to do with it, and how many problems there are."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from ui.panels.state import FormState


class NoteLine(QLabel):
    """A sentence about the whole form; hidden when there is none."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("note")
        self.setWordWrap(True)
        self.setAccessibleName("Note about the parameters")
        self.hide()

    def say(self, text: str) -> None:
        if text != self.text():
            self.setText(text)
        self.setVisible(bool(text))


class ProblemStrip(QPushButton):
    """Counts the problems of a form; a click goes to the next one. `pressed` is that click."""

    def __init__(self, states: Sequence[FormState], parent: QWidget) -> None:
        super().__init__(parent)
        self.states = tuple(states)
        self.setObjectName("strip")
        self.setFlat(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        for state in self.states:
            state.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Count anew."""
        found = [problem.severity for state in self.states for problem in state.problems()]
        text = told_of(found.count("error"), found.count("warning"))
        self.setText(text or "No problems")
        self.setEnabled(bool(text))
        self.setToolTip("Go to the next problem (F4)" if text else "")
        level = "error" if "error" in found else "warning" if found else ""
        if level != self.property("level"):
            self.setProperty("level", level)
            self.style().unpolish(self)
            self.style().polish(self)


def told_of(errors: int, warnings: int) -> str:
    """ "1 error, 2 warnings"; "" when there are none."""
    parts = [(errors, "error"), (warnings, "warning")]
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in parts if count)
