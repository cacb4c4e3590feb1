"""One small editor for each kind of value; all speak text, as `core.params.parse_value` reads it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeySequence, QPalette
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QLineEdit, QWidget

from core.params import Kind, Param, Value, format_value
from ui import icons, style


class SwitchEditor(QCheckBox):
    """Yes or no."""

    edited = Signal(str)
    left = Signal()

    def __init__(self, param: Param, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(param.label)
        self.clicked.connect(self._clicked)

    def show_value(self, value: Value, bad: str | None) -> None:
        with QSignalBlocker(self):
            self.setChecked(bool(value))
        self.setText("on" if value else "off")

    def mark(self, wrong: bool) -> None:
        pass

    def _clicked(self) -> None:
        self.edited.emit("yes" if self.isChecked() else "no")
        self.left.emit()


class ChoiceEditor(QComboBox):
    """One of some words; the wheel scrolls the form, it does not change a value in passing."""

    edited = Signal(str)
    left = Signal()

    def __init__(self, param: Param, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(param.label)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        self.addItems(list(param.choices))
        for row, sentence in enumerate(param.choices.values()):
            if sentence:
                self.setItemData(row, sentence, Qt.ItemDataRole.ToolTipRole)
        self.activated.connect(self._chosen)

    def show_value(self, value: Value, bad: str | None) -> None:
        with QSignalBlocker(self):
            self.setCurrentText(str(value))

    def mark(self, wrong: bool) -> None:
        pass

    def wheelEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        event.ignore()

    def _chosen(self) -> None:
        self.edited.emit(self.currentText())
        self.left.emit()


class TextEditor(QLineEdit):
    """Numbers and texts; an empty field is "no value" where the kind has one. Undo is the form's, not the field's."""

    edited = Signal(str)
    left = Signal()

    def __init__(self, param: Param, parent: QWidget) -> None:
        super().__init__(parent)
        self.param = param
        self._colour = ""
        self.setAccessibleName(param.label)
        if param.kind.is_number:
            self.setFont(style.mono(self.font().pointSizeF()))
            self.setAlignment(Qt.AlignmentFlag.AlignRight)
        if param.kind.allows_none:
            self.setPlaceholderText("none")
        if param.semantic in ("filename", "keyword-or-file"):
            self._add_chooser()
        self.textEdited.connect(self.edited)
        self.editingFinished.connect(self.left)

    def show_value(self, value: Value, bad: str | None) -> None:
        text = bad if bad is not None else ("" if value is None else format_value(self.param, value))
        if text != self.text() and not (self.isModified() and self._says(value, bad)):
            self.setText(text)
            self.setCursorPosition(0)

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

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and (
            event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)
        ):
            event.ignore()
            return True
        return super().event(event)

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

    def _add_chooser(self) -> None:
        action = QAction(icons.icon("folder", style.current().muted), "Choose a file", self)
        action.triggered.connect(self._choose)
        self.addAction(action, QLineEdit.ActionPosition.TrailingPosition)

    def _choose(self) -> None:
        start = str(Path(self.text()).parent) if self.text() else ""
        name, _ = QFileDialog.getOpenFileName(self, self.param.label, start)
        if name:
            self.setText(name)
            self.edited.emit(name)
            self.left.emit()


Editor = SwitchEditor | ChoiceEditor | TextEditor


def make_editor(param: Param, parent: QWidget) -> Editor:
    """The editor for a parameter's kind."""
    if param.kind is Kind.BOOL:
        return SwitchEditor(param, parent)
    if param.kind is Kind.CHOICE:
        return ChoiceEditor(param, parent)
    return TextEditor(param, parent)
