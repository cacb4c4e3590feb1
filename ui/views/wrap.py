"""A row of widgets that goes on in the next line when there is no room, so that bars never widen the window."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayout, QLayoutItem, QWidget


class Wrap(QLayout):
    """Places its items from left to right in lines of equal height of their own."""

    def __init__(self, parent: QWidget | None = None, gap: int = 6) -> None:
        super().__init__(parent)
        self._gap = gap
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:  # noqa: N802
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # noqa: N802
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # noqa: N802
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:  # noqa: N802
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        lines = self._lines(width)
        return sum(height for _, height in lines) + self._gap * max(len(lines) - 1, 0)

    def minimumSize(self) -> QSize:  # noqa: N802
        size = QSize(0, 0)
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def sizeHint(self) -> QSize:  # noqa: N802
        hints = [item.sizeHint() for item in self._items]
        width = sum(hint.width() for hint in hints) + self._gap * max(len(hints) - 1, 0)
        return QSize(width, max((hint.height() for hint in hints), default=0))

    def setGeometry(self, box: QRect) -> None:  # noqa: N802
        super().setGeometry(box)
        top = box.top()
        for items, height in self._lines(box.width()):
            left = box.left()
            for item in items:
                size = item.sizeHint()
                down = top + (height - size.height()) // 2
                item.setGeometry(QRect(QPoint(left, down), size))
                left += size.width() + self._gap
            top += height + self._gap

    def _lines(self, width: int) -> list[tuple[list[QLayoutItem], int]]:
        """The items of each line, and its height."""
        lines: list[tuple[list[QLayoutItem], int]] = []
        used = 0
        for item in self._items:
            if item.isEmpty():
                continue
            size = item.sizeHint()
            if lines and used + self._gap + size.width() <= width:
                items, height = lines[-1]
                lines[-1] = ([*items, item], max(height, size.height()))
                used += self._gap + size.width()
            else:
                lines.append(([item], size.height()))
                used = size.width()
        return lines


def together(text: str, *widgets: QWidget) -> QWidget:
    """Widgets that stay in one line behind their label; the label's buddy is the first."""
    group = QWidget()
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    if text:
        label = QLabel(text)
        label.setBuddy(widgets[0])
        row.addWidget(label)
    for widget in widgets:
        row.addWidget(widget)
    return group
