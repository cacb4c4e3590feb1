"""Two sets of one task side by side: what differs, values taken over to either side, the difference as text."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.params import ParamSet
from core.params.compare import Row, compare, difference_text
from ui import style
from ui.elided import ElidedLabel
from ui.panels.state import FormState
from ui.readtable import read_table
from ui.taking import take

DEFAULTS, SAVED, FILE, PRODUCT = (
    "the defaults",
    "its file as saved",
    "a .cfg file…",
    "the set that made a product…",
)
HEADS = ("Parameter", "Here", "There")
NAME = Qt.ItemDataRole.UserRole


class CompareDialog(QDialog):
    """The form of a task against another set of it; stays open while the form is edited.

    `wanted(what)` asks for the other side (`DEFAULTS` are shown already); `save_other(set)` when the other side,
    changed here, is to be saved.
    """

    wanted = Signal(str)
    save_other = Signal(object)

    def __init__(self, state: FormState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self.setWindowTitle(f"Compare parameters of {state.task.name}")
        self.other = state.task.defaults()
        self.title = DEFAULTS
        self.known: frozenset[str] | None = None
        self._notes: tuple[str, ...] = ()
        self._changed_there = False
        self._rows: tuple[Row, ...] = ()
        self._make()
        self._lay_out()
        self._connect()
        self.refresh()

    # ---- the other side

    def set_other(
        self,
        values: ParamSet,
        title: str,
        known: Collection[str] | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        """Compare with `values`, called `title`; `known` are the names that are really told (None: all)."""
        self.other, self.title = values, title
        self.known = None if known is None else frozenset(known)
        self._notes, self._changed_there = tuple(notes), False
        self.refresh()

    def refresh(self) -> None:
        """Compare afresh, after either side changed."""
        self._rows = compare(self.state.values, self.other, self.known)
        rows = [row for row in self._rows if self.all.isChecked() or row.differs]
        chosen = self.names()
        self.table.setRowCount(len(rows))
        for place, row in enumerate(rows):
            self._fill(place, row)
        for place, row in enumerate(rows):
            if row.name in chosen:
                self.table.selectRow(place)
        self._say()
        self._selected()

    def names(self) -> list[str]:
        """The parameters whose lines are selected."""
        rows = sorted({index.row() for index in self.table.selectionModel().selectedRows()})
        return [self.table.item(row, 0).data(NAME) for row in rows]

    def text(self) -> str:
        """The difference as text."""
        here = str(self.state.path) if self.state.path else "the form"
        return difference_text(self._rows, here, self.title)

    # ---- taking over

    def take(self) -> None:
        """The selected values of the other side into the form, as one step of undo."""
        values = {row.name: row.right for row in self._taken() if row.known}
        if values:
            take((self.state, self.state.values.replaced(self.title, **values)))

    def give(self) -> None:
        """The selected values of the form to the other side, which is saved only when asked for."""
        values = {row.name: row.left for row in self._taken()}
        if values:
            self.other = self.other.replaced("changed", **values)
            if self.known is not None:
                self.known |= set(values)
            self._changed_there = True
            self.refresh()

    def _taken(self) -> list[Row]:
        names = set(self.names())
        return [row for row in self._rows if row.name in names and (row.differs or not row.known)]

    def copy(self) -> None:
        """Put the difference on the clipboard."""
        QApplication.clipboard().setText(self.text())
        self.status.set_text("The difference is on the clipboard.")

    # ---- making

    def _make(self) -> None:
        self.choice = QComboBox(self)
        self.choice.setAccessibleName("Compare with")
        for text in (DEFAULTS, SAVED, FILE, PRODUCT):
            if text != PRODUCT or self.state.task.name == "astrodrizzle":
                self.choice.addItem(text[0].upper() + text[1:], text)
        self.against = ElidedLabel(self)
        self.all = QToolButton(self)
        self.all.setText("All parameters")
        self.all.setObjectName("filter")
        self.all.setCheckable(True)
        self.all.setToolTip("Show what is equal too")
        self.table = read_table(HEADS, "Parameters of both sides", self)
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.status = ElidedLabel(self)
        self.take_ = _button(
            self, "\u2190 Take from there", "Take the selected values into the form (one step of undo)"
        )
        self.give_ = _button(
            self, "Give to the other side \u2192", "Put the selected values of the form on the other side"
        )
        self.copy_ = _button(self, "Copy the difference", "The difference as text on the clipboard")
        self.save_ = _button(
            self, "Save the other side as…", "Write the other side, as changed here, to a .cfg file"
        )
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(QLabel("Compare with", self))
        top.addWidget(self.choice)
        top.addWidget(self.against, 1)
        top.addWidget(self.all)
        middle = QHBoxLayout()
        for button in (self.take_, self.give_):
            middle.addWidget(button)
        middle.addStretch(1)
        for button in (self.copy_, self.save_):
            middle.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.note)
        layout.addLayout(middle)
        foot = QHBoxLayout()
        foot.addWidget(self.status, 1)
        foot.addWidget(self.buttons)
        layout.addLayout(foot)
        self.resize(860, 560)

    def _connect(self) -> None:
        self.choice.activated.connect(self._chosen)
        self.all.toggled.connect(self.refresh)
        self.take_.clicked.connect(self.take)
        self.give_.clicked.connect(self.give)
        self.copy_.clicked.connect(self.copy)
        self.save_.clicked.connect(self._save)
        self.buttons.rejected.connect(self.reject)
        self.table.itemSelectionChanged.connect(self._selected)
        self.state.changed.connect(self.refresh)
        self.state.renamed.connect(self._say)
        style.switch().changed.connect(self.refresh)
        copy = QShortcut(QKeySequence.StandardKey.Copy, self.table)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy)

    def _fill(self, place: int, row: Row) -> None:
        theme = style.current()
        texts = (row.name, row.left_text, row.right_text)
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text.replace("\n", " \u21b5 "))
            item.setToolTip(row.param.label if column == 0 else text)
            item.setData(NAME, row.name)
            if not row.known and column == 2:
                item.setForeground(QColor(theme.faint))
            elif row.differs:
                font = item.font()
                font.setBold(column > 0)
                item.setFont(font)
            else:
                item.setForeground(QColor(theme.muted))
            self.table.setItem(place, column, item)

    def _say(self) -> None:
        here = self.state.path.name if self.state.path else "the form"
        self.table.setHorizontalHeaderLabels(["Parameter", f"Here: {here}", f"There: {self.title}"])
        count = sum(row.differs for row in self._rows)
        unknown = sum(not row.known for row in self._rows)
        told = "No difference" if not count else "1 difference" if count == 1 else f"{count} differences"
        self.against.set_text(f"{told}{'; the other side was changed here' if self._changed_there else ''}")
        lines = list(self._notes)
        if unknown:
            lines.insert(0, f"{unknown} of {len(self._rows)} parameters are not told by it.")
        self.note.setText("\n".join(lines))
        self.note.setVisible(bool(lines))

    def _selected(self) -> None:
        taken = self._taken()
        self.take_.setEnabled(any(row.known for row in taken))
        self.give_.setEnabled(bool(taken))
        self.save_.setEnabled(self._changed_there)

    def _chosen(self, place: int) -> None:
        what = self.choice.itemData(place)
        if what == DEFAULTS:
            self.set_other(self.state.task.defaults(), DEFAULTS)
        self.wanted.emit(what)

    def _save(self) -> None:
        self.save_other.emit(self.other)


def _button(parent: QWidget, text: str, tip: str) -> QPushButton:
    button = QPushButton(text, parent)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    return button
