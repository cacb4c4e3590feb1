"""The keys of a form: every field can be reached and left, and every help asked for, without a mouse."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

_NONE = Qt.KeyboardModifier.NoModifier
_SHIFT, _CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
_WALKS = {
    (Qt.Key.Key_Return, _NONE): "next",
    (Qt.Key.Key_Enter, _NONE): "next",
    (Qt.Key.Key_Return, _SHIFT): "previous",
    (Qt.Key.Key_Enter, _SHIFT): "previous",
    (Qt.Key.Key_Down, _NONE): "next",
    (Qt.Key.Key_Up, _NONE): "previous",
    (Qt.Key.Key_PageDown, _NONE): "page down",
    (Qt.Key.Key_PageUp, _NONE): "page up",
    (Qt.Key.Key_Home, _CTRL): "first",
    (Qt.Key.Key_End, _CTRL): "last",
    (Qt.Key.Key_F1, _NONE): "help",
}
FORM_KEYS = (
    ("Return, Shift+Return", "Parameters: the next field, the field before; so do the arrows down and up"),
    ("Page Up, Page Down", "Parameters: a page of fields; Ctrl+Home, Ctrl+End: the first, the last"),
    ("F1", "Parameters: the help page of the field"),
    ("Alt+Down", "Parameters: open the list of choices, flags, columns or files"),
    ("Left, Right", "Parameters: another choice; on a heading: close or open its section"),
    ("Y, N", "Parameters: switch on, switch off"),
)


class Walker(Protocol):
    """A form that fields can ask to move the keyboard."""

    def walk(self, field: QWidget, how: str) -> None: ...


def takes_key(field: QWidget, event: QKeyEvent) -> bool:
    """Whether the key walks through the form that `field` stands in; the walk is done then."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    how = _WALKS.get((Qt.Key(event.key()), modifiers))
    form = _form_of(field) if how else None
    if how is None or form is None:
        return False
    form.walk(field, how)
    return True


def wants_override(event: QEvent, *, opens: bool = False) -> bool:
    """F1 in a field is the field's, not the window's list of shortcuts; so is Alt and down where it `opens` a list."""
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    helps = event.key() == Qt.Key.Key_F1 and modifiers == _NONE
    if not helps and not (opens and is_opening(event)):
        return False
    event.accept()
    return True


def is_opening(event: QKeyEvent) -> bool:
    """Whether the key opens the list of a field: Alt and down."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return event.key() == Qt.Key.Key_Down and modifiers == Qt.KeyboardModifier.AltModifier


def _form_of(field: QWidget) -> Walker | None:
    above = field.parentWidget()
    while above is not None and not hasattr(type(above), "walk"):  # the window has a walk too, another one
        above = above.parentWidget()
    return above  # type: ignore[return-value]
