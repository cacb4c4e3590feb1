"""The table of matches of the image on show: numbers in columns that sort, selected together with the plots."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QAction, QColor, QFont, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.align.results import Alignment, ImageResult
from ui import style
from ui.elided import ElidedLabel
from ui.views.matched import Residuals, State
from ui.views.selection import Selection

Index = QModelIndex | QPersistentModelIndex
Ints = NDArray[np.int64]
NO_INDEX = QModelIndex()

# title: (format of a value, what it is)
COLUMNS = {
    "match": ("{:d}", "Place among the matches"),
    "chip": ("{:d}", "EXTVER of the chip on which the star lies"),
    "x": ("{:.2f}", "Column of the star on its chip, FITS pixels (the first is 1)"),
    "y": ("{:.2f}", "Row of the star on its chip, FITS pixels (the first is 1)"),
    "mag": ("{:.2f}", "Instrumental magnitude, -2.5 log10 of the flux found"),
    "dx [px]": ("{:+.4f}", "Residual in x, image minus fit, frame pixels"),
    "dy [px]": ("{:+.4f}", "Residual in y, image minus fit, frame pixels"),
    "d [px]": ("{:.4f}", "Length of the residual, frame pixels"),
    "d [mas]": ("{:.2f}", "Length of the residual on the sky"),
    "state": ("{}", "Used by the fit, clipped by it, or excluded by you"),
}
STATE = len(COLUMNS) - 1
EMPTY = "No matches: this image has no fit."


class MatchModel(QAbstractTableModel):
    """Rows over arrays: nothing is made but the cells that are seen. `order` maps rows to places in `Matches`."""

    def __init__(self) -> None:
        super().__init__()
        self._columns: list[NDArray[Any]] = []
        self.order: Ints = np.empty(0, dtype=np.int64)
        self._rows: Ints = np.empty(0, dtype=np.int64)
        self._sorted = (0, Qt.SortOrder.AscendingOrder)

    def show(self, image: ImageResult | None, alignment: Alignment | None) -> None:
        """The matches of an image; none without a fit. The order of the last sorting is kept."""
        self.beginResetModel()
        self._columns = columns_of(image, alignment) if image is not None and alignment is not None else []
        self._arrange()
        self.endResetModel()

    def rowCount(self, parent: Index = NO_INDEX) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self.order)

    def columnCount(self, parent: Index = NO_INDEX) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(index.row(), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() != STATE:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(index.row(), index.column())
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return list(COLUMNS)[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return list(COLUMNS.values())[section][1]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == STATE else Qt.AlignmentFlag.AlignHCenter
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; NaN stands last either way."""
        self.layoutAboutToBeChanged.emit()
        self._sorted = (column, order)
        self._arrange()
        self.layoutChanged.emit()

    def cell(self, row: int, column: int) -> QModelIndex:
        """As `index`, for cells that are known to be there: many are asked for when many rows are selected."""
        return self.createIndex(row, column)

    def text(self, row: int, column: int) -> str:
        value = self._columns[column][self.order[row]]
        if column == STATE:
            return State(int(value)).word
        form = list(COLUMNS.values())[column][0]
        return form.format(value.item()).replace("-", "\u2212") if np.isfinite(value) else ""

    def rows_of(self, places: Ints) -> Ints:
        """The rows of places in `Matches`."""
        return np.sort(self._rows[places[places < len(self._rows)]])

    def _colour(self, row: int, column: int) -> QColor | None:
        state = int(self._columns[STATE][self.order[row]])
        theme = style.current()
        if column == STATE:
            return QColor((theme.good, theme.warn, theme.bad)[state])
        return None if state == State.USED else QColor(theme.muted)

    def _arrange(self) -> None:
        if not self._columns:
            self.order = self._rows = np.empty(0, dtype=np.int64)
            return
        column, order = self._sorted
        values = self._columns[column].astype(np.float64)
        if order == Qt.SortOrder.DescendingOrder:
            values = -values
        self.order = np.argsort(values, kind="stable")
        self._rows = np.empty_like(self.order)
        self._rows[self.order] = np.arange(len(self.order))


def columns_of(image: ImageResult, alignment: Alignment) -> list[NDArray[Any]]:
    """The values of `COLUMNS`; empty for an image without a fit."""
    residuals = Residuals.of(image, alignment)
    if residuals is None or image.sources is None or image.matches is None:
        return []
    at, length = image.matches.image, np.hypot(residuals.dx, residuals.dy)
    magnitude = residuals.magnitude
    assert magnitude is not None
    return [
        np.arange(1, len(residuals) + 1),
        residuals.extver,
        image.sources.x[at] + 1.0,
        image.sources.y[at] + 1.0,
        magnitude,
        residuals.dx,
        residuals.dy,
        length,
        length * alignment.frame.scale * 1000.0,
        residuals.state,
    ]


class MatchTable(QWidget):
    """The table with its buttons; a row selected is a star selected everywhere."""

    def __init__(self, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.selection = selection
        self.model = MatchModel()
        self.view = QTableView(self)
        self.view.setModel(self.model)
        self.view.setTabKeyNavigation(False)  # Tab leaves the table
        self.label = ElidedLabel(self)
        self.buttons = QHBoxLayout()
        self.buttons.setContentsMargins(8, 4, 8, 4)
        self.buttons.setSpacing(4)
        self.buttons.addWidget(self.label, 1)
        self._dress()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(self.buttons)
        whole.addWidget(self.view, 1)
        self._telling = False
        self.view.selectionModel().selectionChanged.connect(self._rows_selected)
        self.model.layoutChanged.connect(self._show_selection)
        selection.changed.connect(self._show_selection)
        style.switch().changed.connect(self.view.viewport().update)
        self._count()

    def add_buttons(self, *actions: QAction) -> None:
        """Buttons right of the count; their keys work while the table has the keyboard."""
        for action in actions:
            button = QToolButton(self)
            button.setObjectName("filter")
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            self.buttons.addWidget(button)
            self.addAction(action)

    def show_image(self, image: ImageResult | None, alignment: Alignment | None) -> None:
        """The matches of an image, with what is selected of them."""
        self._telling = True
        self.model.show(image, alignment)
        self._telling = False
        self._show_selection()

    def _dress(self) -> None:
        view = self.view
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setAlternatingRowColors(True)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setSortingEnabled(True)
        view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        view.setAccessibleName("Matches")
        font: QFont = style.mono(self.font().pointSizeF() * 0.95)
        view.setFont(font)
        view.verticalHeader().hide()
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 7)
        header = view.horizontalHeader()
        header.setFont(self.font())
        header.setHighlightSections(False)
        # It asks of each column whether all its 20 000 cells are selected, 0.4 s a repaint: let it look at none.
        header.setSelectionModel(QItemSelectionModel(self.model, header))
        header.setStretchLastSection(True)
        header.setDefaultSectionSize(84)
        header.setMinimumSectionSize(44)
        for column, width in ((0, 78), (1, 70), (STATE, 90)):
            view.setColumnWidth(column, width)

    def _rows_selected(self) -> None:
        """The person selected rows."""
        if self._telling:
            return
        rows = [
            row
            for part in self.view.selectionModel().selection()
            for row in range(part.top(), part.bottom() + 1)
        ]
        self._telling = True
        self.selection.set(self.model.order[np.array(rows, dtype=np.int64)])
        self._telling = False
        self._count()

    def _show_selection(self) -> None:
        """Select the rows of what was selected elsewhere, and bring the first into view."""
        self._count()
        if self._telling or not self.isVisible():
            return
        rows = self.model.rows_of(self.selection.places)
        chosen = QItemSelection()
        last = self.model.columnCount() - 1
        for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(rows) else ():
            chosen.select(self.model.cell(int(run[0]), 0), self.model.cell(int(run[-1]), last))
        self._telling = True
        self.view.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._telling = False
        if len(rows):
            self.view.scrollTo(self.model.index(int(rows[0]), 0))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._show_selection()

    def _count(self) -> None:
        total = self.model.rowCount()
        if not total:
            self.label.set_text(EMPTY)
            return
        states = np.bincount(self.model._columns[STATE], minlength=3)
        words = [f"{total} matches", *(f"{states[state]} {state.word}" for state in State if states[state])]
        if len(self.selection):
            words.append(f"{len(self.selection)} selected")
        self.label.set_text("  \u00b7  ".join(words))
