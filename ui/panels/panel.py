"""One tab of parameters: where the values come from, search and filters, the form."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ui import icons, style
from ui.elided import ElidedLabel
from ui.panels.form import Filter, Form
from ui.panels.helppage import HelpPage
from ui.panels.state import FormState
from ui.panels.strip import NoteLine, ProblemStrip

SIDE, HELP_SIDE, HELP_BELOW, TALL = 860, 340, 190, 640


class SearchLine(QLineEdit):
    """The search; Return and down lead to the form, Escape clears. `entered()` for the first two."""

    entered = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self.entered.emit()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class SetLine(QWidget):
    """One line that names the set of a task: its file or "defaults", "modified", and a menu of what to do.

    `asked(what, state)` with what one of "open", "reload", "save", "save as", "defaults", "presets", "compare".
    """

    asked = Signal(str, object)

    def __init__(self, state: FormState, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self.label = ElidedLabel(self)
        button = QToolButton(self)
        button.setObjectName("menu")
        button.setText("File")
        button.setToolTip("Open, save or reset this parameter set")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        for text, what in (
            ("Open .cfg…", "open"),
            ("Reload", "reload"),
            ("Save", "save"),
            ("Save as…", "save as"),
            ("All defaults", "defaults"),
            ("Presets…", "presets"),
            ("Compare…", "compare"),
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
    """A tab: lines for its sets, tools, the form, the help page; `top` takes further widgets of the window.

    `asked(what, state)` for a set; `wanted(state, name)` when a link of the help leads to another parameter;
    `next_wanted()` when the person wants the next problem.
    """

    asked = Signal(str, object)
    wanted = Signal(object, str)
    next_wanted = Signal()

    def __init__(self, states: Sequence[FormState], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.states = tuple(states)
        self.form = Form(states, self)
        self.page = HelpPage(self)
        self.note, self.strip = NoteLine(self), ProblemStrip(self.states, self)
        self.search = SearchLine(self)
        self.search.setPlaceholderText("Search")
        self.search.setAccessibleName("Search parameters")
        self.search.setClearButtonEnabled(True)
        self._glass = self.search.addAction(
            icons.icon("search", style.current().muted), QLineEdit.ActionPosition.LeadingPosition
        )
        self.basic = self._toggle("Basic", "Show the parameters that are changed most often")
        self.all = self._toggle("All", "Show every parameter")
        self.only_changed = self._toggle("Changed", "Show only what differs from the defaults")
        self._levels = QButtonGroup(self)
        for button in (self.basic, self.all, self.only_changed):
            self._levels.addButton(button)
        self.basic.setChecked(True)
        self.help = self._toggle("?", "Show or hide the page that explains the parameter (F1)")
        self.help.setAccessibleName("Help page")
        self._chosen_help: bool | None = None
        self.count = QLabel(self)
        self.count.setEnabled(False)
        self.lines = [SetLine(state, self) for state in states]
        self.top = QVBoxLayout()
        self.halves = QSplitter(Qt.Orientation.Vertical, self)
        self._lay_out()
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(120)
        self._late.timeout.connect(self.apply_filter)
        self._connect()
        self.apply_filter()

    def apply_filter(self) -> None:
        """Filter the form by what the tools say."""
        words = tuple(self.search.text().lower().split())
        self.form.set_filter(Filter(words, self.basic.isChecked(), self.only_changed.isChecked()))

    def reveal(self, state: FormState, name: str) -> None:
        if name:
            self.form.reveal(state, name)

    def show_help(self, on: bool = True) -> None:
        """Show or hide the help page; it stays so from now on."""
        self._chosen_help = on
        self._place_help()
        QTimer.singleShot(0, self, self._settle)

    def _settle(self) -> None:
        """The form has another height: the field at hand stays in view, and its page begins at the top."""
        self.page.verticalScrollBar().setValue(0)
        self.form.keep_in_view()

    def _connect(self) -> None:
        self.search.textChanged.connect(self._search_changed)
        self.search.entered.connect(self._enter)
        self._levels.buttonClicked.connect(self.apply_filter)
        self.basic.toggled.connect(self.apply_filter)
        self.all.toggled.connect(self.apply_filter)
        self.help.clicked.connect(self.show_help)
        self.form.filtered.connect(self._filtered)
        self.form.looked.connect(self.page.show_param)
        self.form.help_wanted.connect(self.show_help)
        self.page.wanted.connect(self.wanted)
        self.strip.pressed.connect(self.next_wanted)
        for state in self.states:
            state.changed.connect(self.page.refresh_soon)
            state.changed.connect(self._values_changed)
        style.switch().changed.connect(self._restyle)

    def _values_changed(self, names: frozenset[str]) -> None:
        """After a whole set was taken, or a hidden parameter was changed or went wrong, the filter is set again."""
        if len(names) > 1 or self.form.lacks():
            self._late.start()

    def _search_changed(self) -> None:
        self._late.start()

    def _enter(self) -> None:
        """From the search into the form, filtered by what was typed."""
        if self._late.isActive():
            self._late.stop()
            self.apply_filter()
        self.form.enter()

    def _filtered(self, count: int) -> None:
        total = sum(len(state.task.names) for state in self.states)
        self.count.setText(f"{count} of {total}")

    def _restyle(self) -> None:
        self._glass.setIcon(icons.icon("search", style.current().muted))
        for box in self.form.boxes:
            box.restyle()
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
        tools.setSpacing(0)
        self.search.setMaximumWidth(520)
        tools.addWidget(self.search, 3)
        tools.addSpacing(4)
        for button in (self.basic, self.all, self.only_changed):
            tools.addWidget(button)
        tools.addSpacing(4)
        tools.addWidget(self.help)
        tools.addStretch()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 4, 0, 0)
        whole.setSpacing(0)
        for line in self.lines:
            line.asked.connect(self.asked)
            whole.addWidget(line)
        whole.addLayout(self.top)
        whole.addWidget(self.note)
        whole.addLayout(tools)
        self.halves.addWidget(self.form)
        self.halves.addWidget(self.page)
        self.halves.setStretchFactor(0, 1)
        self.halves.setChildrenCollapsible(False)
        whole.addWidget(self.halves, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(0, 0, 8, 0)
        foot.addWidget(self.strip, 1)
        foot.addWidget(self.count)
        whole.addLayout(foot)

    def resizeEvent(self, event: QEvent) -> None:  # noqa: N802
        self._place_help()

    def _place_help(self) -> None:
        """The help stands beside a wide form and below a narrow one, where there is height for it."""
        beside = self.width() >= SIDE
        shown = (beside or self.height() >= TALL) if self._chosen_help is None else self._chosen_help
        wanted = Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical
        if self.halves.orientation() != wanted or self.page.isHidden() == shown:
            self.halves.setOrientation(wanted)
            self.page.setVisible(shown)
            room, size = (self.width(), HELP_SIDE) if beside else (self.height(), HELP_BELOW)
            self.halves.setSizes([max(100, room - size), size])
        self.help.setChecked(shown)
