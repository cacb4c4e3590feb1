"""The list of everything that is wrong or doubtful in the parameters; each line leads to its field."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from core.params.checks import Problem
from ui import style
from ui.panels.state import FormState

TARGET = Qt.ItemDataRole.UserRole
COLUMNS = ("", "parameter", "set", "what is wrong, and what to do")


class ProblemList(QTreeWidget):
    """Errors first, then warnings, each in the order of the forms. `chosen(state, name)` when a line is."""

    chosen = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Problems of the parameters")
        self.setObjectName("problems")
        self.setColumnCount(len(COLUMNS))
        self.setHeaderLabels(list(COLUMNS))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.header().setStretchLastSection(True)
        self.itemClicked.connect(self._chosen)
        self.itemActivated.connect(self._chosen)
        self._shown: tuple[tuple[str, Problem], ...] = ()
        style.switch().changed.connect(self._paint)

    def show_states(self, states: Sequence[FormState]) -> None:
        """List the problems of these forms; nothing is built anew when they are the same."""
        found = [(state, problem) for state in states for problem in state.problems()]
        found.sort(key=lambda pair: pair[1].severity != "error")
        shown = tuple((state.task.name, problem) for state, problem in found)
        if shown == self._shown:
            return
        self._shown = shown
        self.clear()
        for state, problem in found:
            told = f"{problem.message} {problem.advice}".strip()
            words = (problem.severity, problem.name, state.task.name, told)
            item = QTreeWidgetItem(self, list(words))
            item.setData(0, TARGET, (state, problem.name))
            label = state.task.param(problem.name).label
            item.setToolTip(3, told)
            item.setToolTip(1, label)
            item.setData(
                0, Qt.ItemDataRole.AccessibleTextRole, f"{problem.severity}: {label}. {problem.message}"
            )
        self._paint()

    def counts(self) -> tuple[int, int]:
        """Errors and warnings in the list."""
        found = [problem.severity for _, problem in self._shown]
        return found.count("error"), found.count("warning")

    def go_on(self, state: FormState | None, name: str) -> None:
        """Choose the problem after that of `name`, the first after the last."""
        targets = [self.topLevelItem(row).data(0, TARGET) for row in range(self.topLevelItemCount())]
        if not targets:
            return
        place = targets.index((state, name)) + 1 if (state, name) in targets else 0
        self.setCurrentItem(self.topLevelItem(place % len(targets)))
        self.chosen.emit(*targets[place % len(targets)])

    def _chosen(self, item: QTreeWidgetItem) -> None:
        self.chosen.emit(*item.data(0, TARGET))

    def _paint(self) -> None:
        theme = style.current()
        for row in range(self.topLevelItemCount()):
            item = self.topLevelItem(row)
            colour = theme.bad if item.text(0) == "error" else theme.warn
            item.setForeground(0, QBrush(QColor(colour)))
