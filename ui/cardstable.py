"""Header cards before and after, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from ui import style

if TYPE_CHECKING:
    from core.data.cards import CardChange

HEADS = ("Header", "Keyword", "Before", "After", "Change")
WIDEST = 260


class CardsTable(QTableWidget):
    """One line for each card that changes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(HEADS), parent)
        self.setHorizontalHeaderLabels(list(HEADS))
        self.setAccessibleName("Header cards before and after")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)  # Tab leaves the table
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 7)
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        self.horizontalHeader().setDefaultAlignment(left)

    def show_cards(self, cards: Sequence[CardChange]) -> None:
        """These cards in place of those before."""
        self.setRowCount(len(cards))
        for row, card in enumerate(cards):
            self._fill(row, card)
        for place in range(len(HEADS) - 1):
            self.resizeColumnToContents(place)
            self.setColumnWidth(place, min(self.columnWidth(place), WIDEST))

    def _fill(self, row: int, card: CardChange) -> None:
        texts = (
            card.where,
            card.keyword,
            value_words(card.before),
            value_words(card.after),
            moved_words(card),
        )
        for place, text in enumerate(texts):
            cell = QTableWidgetItem(text)
            cell.setToolTip(text if len(text) > 24 else "")
            if place:
                cell.setFont(style.mono(self.font().pointSizeF() * 0.95))
            if place == 2:
                cell.setForeground(QColor(style.current().muted))
            self.setItem(row, place, cell)


def value_words(value: Any) -> str:
    """A card's value as text; nothing for a card that is not there."""
    if value is None:
        return "\u2014"
    if isinstance(value, bool):
        return "T" if value else "F"
    return repr(value) if isinstance(value, float) else str(value)


def moved_words(card: CardChange) -> str:
    """By how much a number changes; "new" and "removed" for cards that come and go."""
    before, after = card.before, card.after
    if before is None or after is None:
        return "new" if before is None else "removed"
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (before, after))
    return f"{after - before:+.4g}".replace("-", "\u2212") if numbers else ""
