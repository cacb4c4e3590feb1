"""Where things stand in the window."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QTabWidget, QToolButton, QVBoxLayout, QWidget

from ui import icons, style
from ui.actions import Actions
from ui.elided import ElidedLabel
from ui.exposures import ExposureList

LEFT_WIDTH, LIST_HEIGHT, FOOT_HEIGHT = 372, 172, 168
WIDEST_LEFT = 440


class ExposureBox(QWidget):
    """The list with its heading and small buttons."""

    def __init__(self, listing: ExposureList, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.listing = listing
        self.title = ElidedLabel(self)
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        head = QHBoxLayout()
        head.setContentsMargins(12, 4, 4, 2)
        head.setSpacing(0)
        head.addWidget(self.title, 1)
        for name in ("open", "leave_out", "up", "down", "remove"):
            button = QToolButton(self)
            button.setDefaultAction(actions[name])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setIconSize(QSize(16, 16))
            button.setAutoRaise(True)
            head.addWidget(button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addWidget(listing, 1)
        self.refresh()

    def refresh(self) -> None:
        """Count the exposures, and the bad ones among them."""
        entries = self.listing.entries()
        bad = sum(bool(entry.error) for entry in entries)
        text = f"Exposures  {len(entries)}" if entries else "Exposures"
        self.title.set_text(f"{text}  ({bad} cannot be used)" if bad else text)


class FolderLine(QWidget):
    """Where products go, with a button to choose another folder. `pressed()` when it is clicked."""

    pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = ElidedLabel(self)
        self._button = QToolButton(self)
        self._button.setAutoRaise(True)
        self._button.setToolTip("Choose the folder for products")
        self._button.setAccessibleName("Choose the folder for products")
        self._button.clicked.connect(self.pressed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 0, 4, 0)
        layout.addWidget(self.label, 1)
        layout.addWidget(self._button)
        self.draw()
        style.switch().changed.connect(self.draw)

    def draw(self) -> None:
        self._button.setIcon(icons.icon("folder"))

    def show_folder(self, text: str) -> None:
        self.label.set_text(f"Products go to: {text}")


def panes(
    box: QWidget, params: QTabWidget, views: QWidget, foot: QTabWidget
) -> tuple[QSplitter, QSplitter, QSplitter]:
    """Exposures above parameters on the left; views above tables and log on the right."""
    left = QSplitter(Qt.Orientation.Vertical)
    left.addWidget(framed(box))
    left.addWidget(framed(params))
    left.setSizes([style.scaled(LIST_HEIGHT), 600])
    left.setStretchFactor(1, 1)
    right = QSplitter(Qt.Orientation.Vertical)
    right.addWidget(framed(views))
    right.addWidget(framed(foot))
    right.setSizes([600, style.scaled(FOOT_HEIGHT)])
    right.setStretchFactor(0, 1)
    whole = QSplitter(Qt.Orientation.Horizontal)
    whole.addWidget(left)
    whole.addWidget(right)
    width = min(style.scaled(LEFT_WIDTH), WIDEST_LEFT)
    whole.setSizes([width, 1280 - width])
    whole.setStretchFactor(1, 1)
    for splitter in (left, right, whole):
        splitter.setHandleWidth(6)
        splitter.setChildrenCollapsible(False)
    left.setMinimumWidth(290)
    whole.setContentsMargins(6, 6, 6, 0)
    return whole, left, right


def between(above: QWidget, middle: QWidget, below: QWidget) -> QWidget:
    """A widget that takes the room, between two that may be hidden."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(above)
    column.addWidget(middle, 1)
    column.addWidget(below)
    return whole


def framed(widget: QWidget) -> QFrame:
    """A pane: the widget on the panel colour with a thin line around it."""
    frame = QFrame()
    frame.setObjectName("pane")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(1, 1, 1, 1)
    layout.addWidget(widget)
    return frame


def tabs(name: str) -> QTabWidget:
    """A tab widget without a frame of its own, called `name` for those who do not see it."""
    made = QTabWidget()
    made.setDocumentMode(True)
    made.tabBar().setDrawBase(False)
    made.tabBar().setAccessibleName(name)
    made.tabBar().setExpanding(False)
    made.tabBar().setElideMode(Qt.TextElideMode.ElideNone)
    return made
