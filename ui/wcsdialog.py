"""WCS history: the states that were recorded of a file's headers, the WCSs inside it, and the way back to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ui import style
from ui.elided import ElidedLabel
from ui.views.fitted import FittedDelegate

if TYPE_CHECKING:
    from core.data.history import State
    from core.data.wcsversions import WCSVersion

PATH = Qt.ItemDataRole.UserRole
WIDEST = 280
STATES = ("No.", "Date (UTC)", "What was done", "WCSNAME", "rms [mas]", "stars", "Remark")
VERSIONS = ("WCS", "Name", "Kind", "RA [°]", "Dec [°]", "rms [mas]", "stars", "Remark")
READING = "Reading…"
NO_STATES = "Nothing was applied to this file here, so there is no state to go back to."


@dataclass(frozen=True)
class Past:
    """What is known of a file: recorded `states` and `versions` of the WCS inside; or why they cannot be read."""

    path: Path
    states: tuple[State, ...] = ()
    versions: tuple[WCSVersion, ...] = ()
    trouble: str = ""

    @property
    def changed_since(self) -> bool:
        """Whether the headers are those of no recorded state."""
        return bool(self.states) and not any(state.current for state in self.states)


class WCSDialog(QDialog):
    """`chosen(path)` when another file is looked at; `restore_asked(Past, State)`, `primary_asked(Past, WCSVersion)`,
    `export_asked(Past)`, `headerlet_asked(Past)` and, for the selected files, `many_asked(paths, first)` when a button
    is pressed. `show_past` fills it."""

    chosen = Signal(object)
    restore_asked = Signal(object, object)
    primary_asked = Signal(object, object)
    export_asked = Signal(object)
    headerlet_asked = Signal(object)
    many_asked = Signal(object, bool)

    def __init__(self, paths: Sequence[Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("WCS history")
        self.past: Past | None = None
        self._busy = ""
        self._headings: list[tuple[str, ElidedLabel]] = []
        self.files = _file_list(paths, self)
        self.states = _table(STATES, "Recorded states", self)
        self.versions = _table(VERSIONS, "WCSs in the file", self)
        self.restore = QPushButton("Restore this state…", self)
        self.primary = QPushButton("Make primary…", self)
        self.export = QPushButton("Export as headerlet…", self)
        self.export.setToolTip(
            "Write the primary WCS of the file as a headerlet file; the exposure is only read"
        )
        self.headerlet = QPushButton("Apply a headerlet…", self)
        self.headerlet.setToolTip(
            "Make the WCS of a headerlet file the primary one of this exposure, after a preview"
        )
        self.many = QPushButton(self)
        menu = QMenu(self.many)
        for text, first in (("The state before the last change", False), ("The state as first seen", True)):
            action = menu.addAction(text)
            action.setData(first)
        menu.triggered.connect(self._restore_many)
        self.many.setMenu(menu)
        self.told = QLabel(self)
        self.told.setWordWrap(True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        for button in (self.restore, self.primary, self.export, self.headerlet, self.many):
            button.setAutoDefault(False)
        self._lay_out()
        self._wire()
        self.refresh()

    def _lay_out(self) -> None:
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(8, 0, 0, 0)
        for title, table, buttons in (
            ("Recorded states of the headers of {name}", self.states, (self.restore,)),
            ("WCSs inside {name}", self.versions, (self.primary, self.headerlet, self.export)),
        ):
            heading = _heading(self)
            self._headings.append((title, heading))
            column.addWidget(heading)
            column.addWidget(table, 1)
            row = QHBoxLayout()
            row.addStretch(1)
            for button in buttons:
                row.addWidget(button)
            column.addLayout(row)
        left = QWidget(self)
        below = QVBoxLayout(left)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self.files, 1)
        below.addWidget(self.many)
        whole = QSplitter(Qt.Orientation.Horizontal, self)
        whole.addWidget(left)
        whole.addWidget(right)
        whole.setSizes([190, 790])
        whole.setStretchFactor(1, 1)
        whole.setChildrenCollapsible(False)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(whole, 1)
        layout.addWidget(self.told)
        layout.addWidget(close)
        states, inside = (
            (self.states, self.restore),
            (self.versions, self.primary, self.headerlet, self.export),
        )
        for one, next_one in pairwise((self.files, self.many, *states, *inside, close)):
            QWidget.setTabOrder(one, next_one)
        self.resize(1000, 600)

    def _wire(self) -> None:
        self.files.currentItemChanged.connect(self._file_chosen)
        self.files.itemSelectionChanged.connect(self.refresh)
        self.states.itemSelectionChanged.connect(self.refresh)
        self.versions.itemSelectionChanged.connect(self.refresh)
        self.restore.clicked.connect(self._restore)
        self.primary.clicked.connect(self._make_primary)
        self.export.clicked.connect(self._export)
        self.headerlet.clicked.connect(self._apply_headerlet)

    # ---- showing

    def current(self) -> Path | None:
        """The file that is looked at."""
        item = self.files.currentItem()
        return item.data(PATH) if item is not None else None

    def show_past(self, past: Past) -> None:
        """Fill the tables; nothing happens when another file is looked at meanwhile."""
        if past.path != self.current():
            return
        self.past = past
        newest = list(reversed(past.states))
        _fill(self.states, [_state_row(state) for state in newest], [state.current for state in newest])
        rows = [_version_row(version) for version in past.versions]
        _fill(self.versions, rows, [version.kind == "primary" for version in past.versions])
        if past.trouble or self.told.text() in (READING, NO_STATES):
            self.say(past.trouble or ("" if past.states else NO_STATES))
        self.refresh()

    def say(self, text: str) -> None:
        """What came of the last thing that was asked."""
        self.told.setText(text)

    def set_busy(self, reason: str) -> None:
        """Nothing can be changed while something runs."""
        self._busy = reason
        self.refresh()

    def refresh(self) -> None:
        """Enable what can be done with what is selected, and say why not in the tooltips."""
        state, version = self.selected_state(), self.selected_version()
        _enable(
            self.restore,
            self._busy
            or (
                "Select a state." if state is None else "These are the headers now." if state.current else ""
            ),
        )
        _enable(
            self.primary,
            self._busy
            or (
                "Select a WCS."
                if version is None
                else ""
                if version.usable
                else version.reason or "Not usable."
            ),
        )
        self.headerlet.setEnabled(not self._busy and self.past is not None)
        count = len(self.selected_files())
        self.many.setText(f"Restore {count} files" if count > 1 else "Restore the file")
        _enable(self.many, self._busy or ("" if count else "Select files in the list."))
        self.export.setEnabled(not self._busy and self.past is not None and bool(self.past.versions))

    def selected_files(self) -> list[Path]:
        """The selected files from top to bottom."""
        rows = sorted(self.files.row(item) for item in self.files.selectedItems())
        return [self.files.item(row).data(PATH) for row in rows]

    def begin(self) -> None:
        """Select all files, and look at the first."""
        self.files.setCurrentRow(0)
        self.files.selectAll()

    def selected_state(self) -> State | None:
        row = _row(self.states)
        return self.past.states[-1 - row] if self.past is not None and row is not None else None

    def selected_version(self) -> WCSVersion | None:
        row = _row(self.versions)
        return self.past.versions[row] if self.past is not None and row is not None else None

    # ---- asking

    def _file_chosen(self, item: QListWidgetItem | None, _before: QListWidgetItem | None = None) -> None:
        self.past = None
        name = item.data(PATH).name if item is not None else "the file"
        for title, heading in self._headings:
            heading.set_text(title.format(name=name))
        for table in (self.states, self.versions):
            table.setRowCount(0)
        self.say(READING)
        self.refresh()
        if item is not None:
            self.chosen.emit(item.data(PATH))

    def _restore(self) -> None:
        state = self.selected_state()
        if state is not None:
            self.restore_asked.emit(self.past, state)

    def _make_primary(self) -> None:
        version = self.selected_version()
        if version is not None:
            self.primary_asked.emit(self.past, version)

    def _apply_headerlet(self) -> None:
        if self.past is not None:
            self.headerlet_asked.emit(self.past)

    def _restore_many(self, action: QAction) -> None:
        self.many_asked.emit(self.selected_files(), bool(action.data()))

    def _export(self) -> None:
        if self.past is not None:
            self.export_asked.emit(self.past)


def _file_list(paths: Sequence[Path], parent: QWidget) -> QListWidget:
    made = QListWidget(parent)
    made.setAccessibleName("Exposures")
    made.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    made.setItemDelegate(FittedDelegate(made))
    made.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    made.setMinimumWidth(120)
    made.setSpacing(2)
    for path in paths:
        item = QListWidgetItem(path.name, made)
        item.setData(PATH, path)
        item.setToolTip(str(path))
    return made


def _heading(parent: QWidget) -> ElidedLabel:
    made = ElidedLabel(parent)
    font = made.font()
    font.setBold(True)
    made.setFont(font)
    return made


def _table(heads: Sequence[str], name: str, parent: QWidget) -> QTableWidget:
    made = QTableWidget(0, len(heads), parent)
    made.setHorizontalHeaderLabels(list(heads))
    made.setAccessibleName(name)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    made.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    made.setTabKeyNavigation(False)  # Tab leaves the table
    made.setAlternatingRowColors(True)
    made.setShowGrid(False)
    made.setWordWrap(False)
    made.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    made.verticalHeader().hide()
    made.verticalHeader().setDefaultSectionSize(made.fontMetrics().height() + 7)
    header = made.horizontalHeader()
    header.setStretchLastSection(True)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return made


def _fill(table: QTableWidget, rows: Sequence[Sequence[str]], marked: Sequence[bool]) -> None:
    """`marked` lines are bold: what is in force now."""
    table.clearSelection()
    table.setRowCount(len(rows))
    good = QColor(style.current().good)
    for number, (texts, is_marked) in enumerate(zip(rows, marked, strict=True)):
        for place, text in enumerate(texts):
            cell = QTableWidgetItem(text)
            cell.setToolTip(text if len(text) > 20 else "")
            if is_marked:
                font = cell.font()
                font.setBold(True)
                cell.setFont(font)
                cell.setForeground(good)
            table.setItem(number, place, cell)
    for place in range(table.columnCount() - 1):
        table.resizeColumnToContents(place)
        table.setColumnWidth(place, min(table.columnWidth(place), WIDEST))


def _row(table: QTableWidget) -> int | None:
    rows = {index.row() for index in table.selectedIndexes()}
    return rows.pop() if rows else None


def _state_row(state: State) -> list[str]:
    date = state.date.removesuffix("+00:00").replace("T", " ")
    remark = "; ".join(part for part in ("now" if state.current else "", state.detail) if part)
    stars = "" if state.nmatch is None else str(state.nmatch)
    return [str(state.number), date, state.action, state.wcsname, rms_words(state.rms_mas), stars, remark]


def _version_row(version: WCSVersion) -> list[str]:
    place = version.id.partition(":")[0] if version.kind in ("headerlet", "table") else version.id
    crval = ["", ""] if version.crval is None else [f"{value:.8f}" for value in version.crval]
    remark = "now" if version.kind == "primary" else version.reason
    words = "; ".join(part for part in (remark, version.catalog, version.descrip) if part)
    stars = "" if version.nmatch is None else str(version.nmatch)
    return [place, version.name, version.kind, *crval, rms_words(version.rms_mas), stars, words]


def rms_words(rms: tuple[float | None, float | None]) -> str:
    """RA and Dec in mas; "" when neither is known."""
    if rms[0] is None and rms[1] is None:
        return ""
    return ", ".join("?" if value is None else f"{value:.2f}" for value in rms)


def _enable(button: QPushButton, reason: str) -> None:
    button.setEnabled(not reason)
    button.setToolTip(reason)
