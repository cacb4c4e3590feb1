"""What must not be overlooked: failures, remarks of a run, notes on a parameter file, above the views until closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from ui import style
from ui.views.parts import column
from ui.views.wrap import Wrap

SHOWN = 6
BUSY = "busy"  # the key of what is so only while something runs


@dataclass(frozen=True)
class Message:
    """`level` is "error" or "warning"; `head` stands bold before the lines; `helps` are buttons that help, each a text
    and the action that it triggers."""

    level: str
    head: str
    lines: tuple[str, ...] = ()
    helps: tuple[tuple[str, QAction], ...] = ()


class Help(QToolButton):
    """A button for an action under other words; it can be pressed when the action can."""

    def __init__(self, text: str, action: QAction, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("filter")
        self.setText(text)
        self.action_ = action
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setEnabled(self.action_.isEnabled())
        self.setToolTip(self.action_.toolTip())


class Banner(QFrame):
    """A strip that is there only while there is something to say. Messages are kept by a key: another one of the
    same key takes the place of the one before."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setAccessibleName("Messages")
        self._messages: dict[str, Message] = {}
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.shut = QToolButton()
        self.shut.setText("\u00d7")
        self.shut.setAutoRaise(True)
        self.shut.setAccessibleName("Close the messages")
        self.shut.setToolTip("Close; the messages stay in the Log")
        self.shut.clicked.connect(self.clear)
        self.choices = QWidget()
        self.row = Wrap(self.choices)
        self.buttons: list[Help] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 6, 5)
        row.addLayout(column(self.words, self.choices), 1)
        row.addWidget(self.shut, 0, Qt.AlignmentFlag.AlignTop)
        style.switch().changed.connect(self._write)
        self.hide()

    def tell(
        self,
        key: str,
        level: str,
        head: str,
        lines: Sequence[str] = (),
        helps: Sequence[tuple[str, QAction]] = (),
    ) -> None:
        """Show a message, last of all, with buttons that help."""
        self._messages.pop(key, None)
        self._messages[key] = Message(level, head, tuple(lines), tuple(helps))
        self._write()

    def drop(self, key: str) -> None:
        """Take a message away, if it is there."""
        if self._messages.pop(key, None) is not None:
            self._write()

    def clear(self) -> None:
        """Take all messages away."""
        self._messages.clear()
        self._write()

    def helps(self) -> dict[str, QToolButton]:
        """The buttons that are shown, by their texts."""
        return {button.text(): button for button in self.buttons}

    def plain(self) -> str:
        """All that is told, lines that did not fit too."""
        return "\n".join(line for each in self._messages.values() for line in (each.head, *each.lines))

    def _write(self) -> None:
        theme = style.current()
        parts = []
        for each in self._messages.values():
            colour = theme.bad if each.level == "error" else theme.warn
            parts.append(f'<b style="color:{colour}">{escape(each.head)}</b>')
            parts += [f"\u2022&nbsp; {escape(line)}" for line in each.lines[:SHOWN]]
            rest = len(each.lines) - SHOWN
            if rest > 0:
                parts.append(f"and {rest} more: see the Log")
        self.words.setText("<br>".join(parts))
        self.words.setToolTip("")
        self._place_buttons()
        self.setAccessibleDescription(self.plain())
        self.setVisible(bool(parts))

    def _place_buttons(self) -> None:
        """One button for each text, however many messages ask for it."""
        wanted = dict(pair for each in self._messages.values() for pair in each.helps)
        if wanted != {button.text(): button.action_ for button in self.buttons}:
            for button in self.buttons:
                self.row.removeWidget(button)
                button.hide()
                button.deleteLater()
            self.buttons = [Help(text, action, self.choices) for text, action in wanted.items()]
            for button in self.buttons:
                self.row.addWidget(button)
        self.choices.setVisible(bool(wanted))
