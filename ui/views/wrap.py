"""A row of widgets that goes on in the next line when there is no room, so that bars never widen the window."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayout, QLayoutItem, QWidget

Line = tuple[list[QLayoutItem], int]


class Wrap(QLayout):
    """Places its items from left to right in lines of equal height of their own. What may be spared is left out where
    that saves a line."""

    def __init__(self, parent: QWidget | None = None, gap: int = 6) -> None:
        super().__init__(parent)
        self._gap = gap
        self._items: list[QLayoutItem] = []
        self._needed = 0  # height of the lines at the width of now
        self._spared: list[QWidget] = []
        self._instead: QWidget | None = None
        self.setContentsMargins(0, 0, 0, 0)

    def spare(self, widgets: Sequence[QWidget], instead: QWidget | None = None) -> None:
        """Leave out these widgets of the layout, the first one first, as long as each saves a line; `instead`, a
        widget of the layout too, is there only while any is left out."""
        for widget in self._spared:
            widget.show()
        self._spared, self._instead = list(widgets), instead
        if instead is not None:
            instead.hide()
        self.invalidate()

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
        return size.expandedTo(QSize(0, self._needed))

    def sizeHint(self) -> QSize:  # noqa: N802
        hints = [_hint(item) for item in self._items if item.widget() is not self._instead]
        width = sum(hint.width() for hint in hints) + self._gap * max(len(hints) - 1, 0)
        return QSize(width, max((hint.height() for hint in hints), default=0))

    def setGeometry(self, box: QRect) -> None:  # noqa: N802
        super().setGeometry(box)
        lines, top = self._lines(box.width()), box.top()
        needed = self.heightForWidth(box.width())
        if needed != self._needed:
            # without it the lines would be cut where the window is low
            self._needed = needed
            self.invalidate()
        self._show_only([item.widget() for items, _ in lines for item in items])
        for items, height in lines:
            left = box.left()
            for item in items:
                size = _hint(item)
                down = top + (height - size.height()) // 2
                item.setGeometry(QRect(QPoint(left, down), size))
                left += size.width() + self._gap
            top += height + self._gap

    def _show_only(self, there: list[QWidget]) -> None:
        """Of what comes and goes, show what is in a line."""
        for widget in (*self._spared, *([self._instead] if self._instead is not None else [])):
            if widget.isHidden() == (widget in there):
                widget.setVisible(widget in there)

    def _lines(self, width: int) -> list[Line]:
        """The items of each line, and its height; as few left out as the fewest lines allow."""
        tries = [self._broken(width, self._spared[:count]) for count in range(len(self._spared) + 1)]
        return min(tries, key=len)

    def _broken(self, width: int, out: Sequence[QWidget]) -> list[Line]:
        """The lines without some widgets."""
        lines: list[Line] = []
        used = 0
        for item in self._items:
            widget = item.widget()
            comes = widget in self._spared or (widget is self._instead and bool(out))
            if widget in out or (not comes and (item.isEmpty() or widget is self._instead)):
                continue
            size = _hint(item)
            if lines and used + self._gap + size.width() <= width:
                items, height = lines[-1]
                lines[-1] = ([*items, item], max(height, size.height()))
                used += self._gap + size.width()
            else:
                lines.append(([item], size.height()))
                used = size.width()
        return lines


def _hint(item: QLayoutItem) -> QSize:
    """The size that an item wants, also while it is hidden."""
    widget = item.widget()
    if widget is None or not item.isEmpty():
        return item.sizeHint()
    return widget.sizeHint().expandedTo(widget.minimumSize()).boundedTo(widget.maximumSize())


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
