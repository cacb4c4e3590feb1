"""Names of files: completed while they are typed, or chosen in a dialog."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QFileDialog, QWidget

from core.params import Param
from ui.panels.listed import ListedEditor, Source


class FileEditor(ListedEditor):
    """A name of a file with completion; folders are read by somebody else, never here."""

    picture, what = "folder", "Choose a file"

    def __init__(self, param: Param, parent: QWidget, source: Source) -> None:
        super().__init__(param, parent, source)
        self._completer: QCompleter | None = None
        self.line.textEdited.connect(self._ask)

    def open(self) -> None:
        """Let the person choose; a file to be written may be a new one."""
        if not self.line.isEnabled():
            return
        start = str(Path(self.text()).parent) if self.text() else ""
        ask = QFileDialog.getSaveFileName if self.param.writes else QFileDialog.getOpenFileName
        name, _ = ask(self, self.param.label, start)
        if name:
            self.line.replace(name)

    def _ask(self, text: str) -> None:
        if self._completer is None:
            self._completer = QCompleter(self)
            self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
            self._completer.setModel(QStringListModel(self._completer))
            self._completer.setWidget(self.line)
            self._completer.activated.connect(self._completed)
            self.data.completed.connect(self._offer)
        if text.strip():
            self.data.files_wanted.emit(text)

    def _offer(self, text: str) -> None:
        """Show the names that came, if they still belong to what stands in the field."""
        if self._completer is None or text != self.text() or not self.line.hasFocus():
            return
        names = [name for name in self.data.names if name != text]
        model = self._completer.model()
        assert isinstance(model, QStringListModel)
        model.setStringList(names)
        if names:
            self._completer.complete()
        else:
            self._completer.popup().hide()

    def _completed(self, name: str) -> None:
        self.line.replace(name)
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)
        if name.endswith("/"):
            self.data.files_wanted.emit(name)
