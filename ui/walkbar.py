"""The slim bar of the walk through the images: where it is, what to look at, and the way on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from ui.elided import ElidedLabel

ROOM = 640
# name: (text, keys, what it does)
ACTIONS = {
    "back": ("Back", ("Backspace",), "Back to the step before"),
    "next": ("Next", ("Return", "Enter"), "Good: go on"),
    "leave": ("Leave this one out", ("N",), "This image is not aligned and not applied"),
    "stop": ("Stop", ("Q",), "End the walk; what was decided stays"),
}


class WalkBar(QFrame):
    """Shown only during a walk. `actions_` by name; their keys work while the bar or the views have the keyboard."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("walk")
        self.setAccessibleName("Walk through the images")
        self.place, self.words = ElidedLabel(self), ElidedLabel(self)
        font = self.place.font()
        font.setBold(True)
        self.place.setFont(font)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 8, 4)
        row.addWidget(self.place, 3)
        row.addWidget(self.words, 4)
        self.actions_: dict[str, QAction] = {}
        self.buttons: dict[str, QToolButton] = {}
        for name, (text, keys, tip) in ACTIONS.items():
            action = QAction(text, self)
            action.setShortcuts([QKeySequence(key) for key in keys])
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.setToolTip(f"{tip} ({keys[0]})")
            button = QToolButton(self)
            button.setObjectName("filter")
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            row.addWidget(button)
            self.actions_[name], self.buttons[name] = action, button
        self.addActions(list(self.actions_.values()))
        self.hide()

    def say(self, place: str, words: str) -> None:
        """Which image and what to look at."""
        self.place.set_text(place)
        self.words.set_text(words)
        self.setAccessibleDescription(f"{place}. {words}")

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Where there is no room for both, the image matters more than the question."""
        super().resizeEvent(event)
        self.words.setVisible(self.width() >= ROOM)

    def name(self, action: str, text: str) -> None:
        """The text of a button."""
        self.actions_[action].setText(text)
