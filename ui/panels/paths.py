"""Names of files: completed while they are typed, or chosen in a dialog."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
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
        self.line.setAcceptDrops(False)  # it would take the address of a file for its name
        self.setAcceptDrops(True)

    def open(self) -> None:
        """Let the person choose; a file to be written may be a new one."""
        if not self.line.isEnabled():
            return
        start = str(Path(self.text()).parent) if self.text() else ""
        ask = QFileDialog.getSaveFileName if self.param.writes else QFileDialog.getOpenFileName
        name, _ = ask(self, self.param.label, start)
        if name:
            self.line.replace(name)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if self.line.isEnabled() and _dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """A file, or a text, dropped on the field."""
        text = _dropped(event)
        if text:
            self.line.replace(text)
            event.acceptProposedAction()

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


def _dropped(event: QDropEvent) -> str:
    """The name of the first local file, else the text."""
    data = event.mimeData()
    local = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
    return local[0] if local else data.text() if not data.hasUrls() else ""
