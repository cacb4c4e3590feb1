"""A text field with a list beside it: what stands in the list is put into the text, and the text stays free."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from core.params import Param, Value
from ui import icons, style
from ui.panels.context import DataContext
from ui.panels.fields import TextEditor

BUTTON = 24
Source = Callable[[], DataContext]


class ListedEditor(QWidget):
    """The text field and a small button; the button, or Alt and down in the field, opens what a subclass offers."""

    edited = Signal(str)
    left = Signal()
    entered = Signal()
    picture, what = "down", "Open the list"

    def __init__(self, param: Param, parent: QWidget, source: Source) -> None:
        super().__init__(parent)
        self.param, self._source = param, source
        self.line = TextEditor(param, self)
        self.line.edited.connect(self.edited)
        self.line.left.connect(self.left)
        self.line.entered.connect(self.entered)
        self.line.opened.connect(self.open)
        self.button = QToolButton(self)
        self.button.setAutoRaise(True)
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.setIcon(icons.icon(self.picture, style.current().muted))
        self.button.setIconSize(QSize(14, 14))
        self.button.setToolTip(f"{self.what} (Alt+Down)")
        self.button.setAccessibleName(f"{self.what}: {param.label}")
        self.button.clicked.connect(self.open)
        self.setFocusProxy(self.line)

    @property
    def data(self) -> DataContext:
        """What is known of the loaded data now."""
        return self._source()

    def fields(self) -> list[QWidget]:
        return [self.line]

    def text(self) -> str:
        return self.line.text()

    def show_value(self, value: Value, bad: str | None) -> None:
        self.line.show_value(value, bad)

    def mark(self, wrong: bool) -> None:
        self.line.mark(wrong)

    def open(self) -> None:
        """Offer what can be chosen."""
        raise NotImplementedError

    def draw(self) -> None:
        """The icon in the colours of the theme."""
        self.button.setIcon(icons.icon(self.picture, style.current().muted))

    def sizeHint(self) -> QSize:  # noqa: N802
        hint = self.line.sizeHint()
        return QSize(hint.width() + BUTTON, hint.height())

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        self.line.setGeometry(0, 0, self.width() - BUTTON, self.height())
        self.button.setGeometry(self.width() - BUTTON + 1, 0, BUTTON - 1, self.height())


class Popup(QFrame):
    """A frame that opens below an editor and closes with Escape, Return or a click elsewhere."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner, Qt.WindowType.Popup)
        self.setObjectName("popup")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(8, 8, 8, 8)
        self.column.setSpacing(4)

    def open_below(self, owner: QWidget) -> None:
        """Show it under `owner`, or above when there is no room on the screen."""
        self.adjustSize()
        area = owner.screen().availableGeometry()
        place = owner.mapToGlobal(QPoint(0, owner.height() + 2))
        if place.y() + self.height() > area.bottom():
            place.setY(max(area.top(), owner.mapToGlobal(QPoint(0, 0)).y() - self.height() - 2))
        place.setX(max(area.left(), min(place.x(), area.right() - self.width())))
        self.move(place)
        self.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close()
        else:
            super().keyPressEvent(event)
