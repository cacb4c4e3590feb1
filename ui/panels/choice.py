"""A choice among words, each with its sentence in the list."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFocusEvent, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QComboBox, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from core.params import Param, Value
from ui import style
from ui.panels.keys import takes_key, wants_override

WIDTH, MARGIN, ROOM = 400, 10, 5


class ChoiceEditor(QComboBox):
    """One of some words; the wheel scrolls the form and up and down walk through it, neither changes a value in
    passing. Left and right change it, letters choose, Alt and down opens the list."""

    edited = Signal(str)
    left = Signal()
    entered = Signal()

    def __init__(self, param: Param, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(f"{param.label} ({param.name})")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        self.addItems(list(param.choices))
        for row, sentence in enumerate(param.choices.values()):
            if sentence:
                self.setItemData(row, sentence, Qt.ItemDataRole.ToolTipRole)
        self._sentences = any(param.choices.values())
        self._dressed = False
        self.activated.connect(self._chosen)

    def fields(self) -> list[QWidget]:
        return [self]

    def show_value(self, value: Value, bad: str | None) -> None:
        with QSignalBlocker(self):
            self.setCurrentText(str(value))

    def mark(self, wrong: bool) -> None:
        pass

    def showPopup(self) -> None:  # noqa: N802
        """The list is dressed when it is first opened: a form of many choices has to appear at once."""
        if not self._dressed and self._sentences:
            self._dressed = True
            self.view().setItemDelegate(SentenceDelegate(self.view()))
            self.view().setMinimumWidth(max(WIDTH, self.width()))
            self.setMaxVisibleItems(self.count())
        super().showPopup()

    def wheelEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(event.key(), 0)
        if step:
            self._step(step)
        elif not takes_key(self, event):
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        return wants_override(event, opens=True) or super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.entered.emit()

    def _step(self, step: int) -> None:
        place = self.currentIndex() + step
        if 0 <= place < self.count():
            self.setCurrentIndex(place)
            self._chosen()

    def _chosen(self) -> None:
        self.edited.emit(self.currentText())
        self.left.emit()


class SentenceDelegate(QStyledItemDelegate):
    """The word, and below it in small letters what it means."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        width = max(WIDTH, option.rect.width())
        return QSize(
            width, option.fontMetrics.height() + self._below(option, index, width).height() + 2 * ROOM
        )

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme = style.current()
        painter.save()
        chosen = bool(option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver))
        painter.fillRect(option.rect, QColor(theme.selection if chosen else theme.panel))
        font = option.font
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(theme.text))
        inner = option.rect.adjusted(MARGIN, ROOM, -MARGIN, 0)
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignTop), str(index.data()))
        painter.setFont(style.small(option.font))
        font.setBold(False)
        painter.setPen(QColor(theme.muted if not chosen else theme.text))
        below = self._below(option, index, option.rect.width())
        below.moveTopLeft(inner.topLeft())
        below.translate(0, option.fontMetrics.height() + 1)
        painter.setFont(style.small(font))
        painter.drawText(below, int(Qt.TextFlag.TextWordWrap), self._sentence(index))
        painter.restore()

    def _sentence(self, index: QModelIndex | QPersistentModelIndex) -> str:
        return str(index.data(Qt.ItemDataRole.ToolTipRole) or "")

    def _below(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex, width: int
    ) -> QRect:
        metrics = QFontMetrics(style.small(option.font))
        room = QRect(0, 0, width - 2 * MARGIN, 1000)
        return metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), self._sentence(index))
