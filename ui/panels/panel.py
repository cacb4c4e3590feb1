"""One tab of parameters: where the values come from, search and filters, the form."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from ui import icons, style
from ui.elided import ElidedLabel
from ui.panels.form import Filter, Form
from ui.panels.state import FormState


class SetLine(QWidget):
    """One line that names the set of a task: its file or "defaults", "modified", and a menu of what to do.

    `asked(what, state)` with what one of "open", "save", "save as", "defaults".
    """

    asked = Signal(str, object)

    def __init__(self, state: FormState, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self.label = ElidedLabel(self)
        button = QToolButton(self)
        button.setText("File")
        button.setToolTip("Open, save or reset this parameter set")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setAutoRaise(True)
        menu = QMenu(button)
        for text, what in (
            ("Open .cfg…", "open"),
            ("Save", "save"),
            ("Save as…", "save as"),
            ("All defaults", "defaults"),
        ):
            action = QAction(text, menu)
            action.setData(what)
            menu.addAction(action)
        menu.triggered.connect(self._triggered)
        button.setMenu(menu)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 0, 4, 0)
        layout.addWidget(self.label, 1)
        layout.addWidget(button)
        state.renamed.connect(self.refresh)
        state.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say the file, and what differs."""
        state, count = self.state, len(self.state.changed_names())
        source = state.path.name if state.path else "defaults"
        note = f"{count} changed" if count else ""
        if state.path and state.is_modified:
            note = f"not saved · {note}" if note else "not saved"
        self.label.set_text(f"{state.task.name}: {source}" + (f"  ({note})" if note else ""))
        self.label.setToolTip(str(state.path) if state.path else "No file: the values shown here")

    def _triggered(self, action: QAction) -> None:
        self.asked.emit(action.data(), self.state)


class Panel(QWidget):
    """A tab: lines for its sets, tools, the form; `top` takes further widgets of the window."""

    asked = Signal(str, object)

    def __init__(self, states: Sequence[FormState], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.states = tuple(states)
        self.form = Form(states, self)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search parameters")
        self.search.setClearButtonEnabled(True)
        self._glass = self.search.addAction(
            icons.icon("search", style.current().muted), QLineEdit.ActionPosition.LeadingPosition
        )
        self.all = self._toggle("All", "Show every parameter, not only the basic ones")
        self.only_changed = self._toggle("Changed", "Show only what differs from the defaults")
        self.count = QLabel(self)
        self.count.setEnabled(False)
        self.lines = [SetLine(state, self) for state in states]
        self.top = QVBoxLayout()
        self._lay_out()
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(120)
        self._late.timeout.connect(self.apply_filter)
        self.search.textChanged.connect(self._search_changed)
        self.all.toggled.connect(self.apply_filter)
        self.only_changed.toggled.connect(self.apply_filter)
        self.form.filtered.connect(self._filtered)
        style.switch().changed.connect(self._restyle)
        self.apply_filter()

    def apply_filter(self) -> None:
        """Filter the form by what the tools say."""
        words = tuple(self.search.text().lower().split())
        self.form.set_filter(Filter(words, not self.all.isChecked(), self.only_changed.isChecked()))

    def reveal(self, state: FormState, name: str) -> None:
        if name:
            self.form.reveal(state, name)

    def _search_changed(self) -> None:
        self._late.start()

    def _filtered(self, count: int) -> None:
        total = sum(len(state.task.names) for state in self.states)
        self.count.setText(f"{count} of {total}")

    def _restyle(self) -> None:
        self._glass.setIcon(icons.icon("search", style.current().muted))
        for box in self.form.boxes:
            box.refresh()
        self.form.widget().update()

    def _toggle(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setObjectName("filter")
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        return button

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setContentsMargins(8, 4, 8, 4)
        tools.setSpacing(4)
        tools.addWidget(self.search, 1)
        tools.addWidget(self.all)
        tools.addWidget(self.only_changed)
        tools.addWidget(self.count)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 4, 0, 0)
        whole.setSpacing(0)
        for line in self.lines:
            line.asked.connect(self.asked)
            whole.addWidget(line)
        whole.addLayout(self.top)
        whole.addLayout(tools)
        whole.addWidget(self.form, 1)
