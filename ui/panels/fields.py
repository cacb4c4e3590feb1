"""Editors of switches, texts, numbers and pairs of numbers; all speak text, as `core.params.parse_value` reads it.

An editor tells `edited(text)` while the person types or chooses and `left()` when the field is left; `show_value`
and `mark` show what the form holds; `fields()` are the widgets that take the keyboard, from left to right.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QKeySequence, QPalette
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from core.params import Param, Value, format_value
from ui import style
from ui.panels.keys import is_opening, takes_key, wants_override


class SwitchEditor(QCheckBox):
    """Yes or no; the keys y and n set it."""

    edited = Signal(str)
    left = Signal()
    entered = Signal()

    def __init__(self, param: Param, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(f"{param.label} ({param.name})")
        self.clicked.connect(self._clicked)

    def fields(self) -> list[QWidget]:
        return [self]

    def show_value(self, value: Value, bad: str | None) -> None:
        with QSignalBlocker(self):
            self.setChecked(bool(value))
        self.setText("on" if value else "off")

    def mark(self, wrong: bool) -> None:
        pass

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        wanted = {"y": True, "n": False}.get(event.text().lower())
        if wanted is not None:
            if wanted != self.isChecked():
                self.click()
        elif not takes_key(self, event):
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        return wants_override(event) or super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.entered.emit()

    def _clicked(self) -> None:
        self.edited.emit("yes" if self.isChecked() else "no")
        self.left.emit()


class LineField(QLineEdit):
    """A line of text whose undo is the form's; Return, arrows and page keys walk through the form."""

    entered = Signal()
    opened = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._colour = ""

    def mark(self, wrong: bool) -> None:
        """Show in colour that the text is no value; the message stands below."""
        colour = style.current().bad if wrong else ""
        if colour == self._colour:
            return
        self._colour = colour
        palette = QPalette()
        if colour:
            palette.setColor(QPalette.ColorRole.Text, QColor(colour))
        self.setPalette(palette)

    def put(self, text: str) -> None:
        """Show a text that was not typed here."""
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and (
            event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)
        ):
            event.ignore()
            return True
        return wants_override(event, opens=True) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if is_opening(event):
            self.opened.emit()
        elif not takes_key(self, event):
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.entered.emit()


class TextEditor(LineField):
    """Numbers and texts; an empty field is "no value" where the kind has one."""

    edited = Signal(str)
    left = Signal()

    def __init__(self, param: Param, parent: QWidget) -> None:
        super().__init__(parent)
        self.param = param
        self.setAccessibleName(f"{param.label} ({param.name})")
        if param.kind.is_number:
            self.setFont(style.mono(self.font().pointSizeF()))
            self.setAlignment(Qt.AlignmentFlag.AlignRight)
        if param.kind.allows_none:
            self.setPlaceholderText("none")
        self.textEdited.connect(self.edited)
        self.editingFinished.connect(self.left)

    def fields(self) -> list[QWidget]:
        return [self]

    def show_value(self, value: Value, bad: str | None) -> None:
        text = bad if bad is not None else ("" if value is None else format_value(self.param, value))
        if not (self.isModified() and self._says(value, bad)):
            self.put(text)

    def replace(self, text: str) -> None:
        """Take a whole new text, as if it were typed."""
        self.setText(text)
        self.edited.emit(text)
        self.left.emit()

    def _says(self, value: Value, bad: str | None) -> bool:
        """Whether the text typed last already means `value`: "4." is not rewritten to "4.0" under the cursor."""
        if bad is not None:
            return False
        text = self.text().strip()
        if value is None or text == "":
            return value is None and text.lower() in ("", "none", "indef")
        try:
            return self.param.kind.is_number and float(text) == value
        except ValueError:
            return False


class PairEditor(QWidget):
    """Two numbers that are one text, "3.5 3.0", as two fields."""

    edited = Signal(str)
    left = Signal()
    entered = Signal()

    def __init__(self, param: Param, parent: QWidget) -> None:
        super().__init__(parent)
        self.lines = (LineField(self), LineField(self))
        for line, part in zip(self.lines, param.parts, strict=True):
            line.setAccessibleName(f"{param.label} {part} ({param.name})")
            line.setToolTip(f"{param.label} {part}")
            line.setFont(style.mono(self.font().pointSizeF()))
            line.setAlignment(Qt.AlignmentFlag.AlignRight)
            line.textEdited.connect(self._edited)
            line.editingFinished.connect(self.left)
            line.entered.connect(self.entered)
        self.setFocusProxy(self.lines[0])

    def fields(self) -> list[QWidget]:
        return list(self.lines)

    def text(self) -> str:
        """Both numbers as the one text that they are."""
        return " ".join(line.text().strip() for line in self.lines).strip()

    def show_value(self, value: Value, bad: str | None) -> None:
        text = bad if bad is not None else str(value)
        if text.strip() == self.text():
            return
        words = text.replace(",", " ").replace(";", " ").split(maxsplit=1)
        for line, word in zip(self.lines, [*words, "", ""][:2], strict=True):
            line.put(word)

    def mark(self, wrong: bool) -> None:
        for line in self.lines:
            line.mark(wrong)

    def sizeHint(self):  # type: ignore[no-untyped-def]  # noqa: N802
        return self.lines[0].sizeHint()

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        half = (self.width() - 6) // 2
        self.lines[0].setGeometry(0, 0, half, self.height())
        self.lines[1].setGeometry(self.width() - half, 0, half, self.height())

    def _edited(self) -> None:
        self.edited.emit(self.text())
