"""A table that is only read: what the dialogs of parameter sets show."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QWidget


def read_table(
    heads: Sequence[str], name: str, parent: QWidget, narrow: Sequence[int] = (0,)
) -> QTableWidget:
    """A table with these headings, called `name` for those who do not see it; the columns in `narrow` are as wide as
    what is in them, the others share the rest."""
    made = QTableWidget(0, len(heads), parent)
    made.setHorizontalHeaderLabels(list(heads))
    made.setAccessibleName(name)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    made.setAlternatingRowColors(True)
    made.setShowGrid(False)
    made.setWordWrap(False)
    made.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    made.setTabKeyNavigation(False)
    made.verticalHeader().hide()
    made.verticalHeader().setDefaultSectionSize(made.fontMetrics().height() + 8)
    head = made.horizontalHeader()
    head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    head.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    for column in narrow:
        head.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
    return made
