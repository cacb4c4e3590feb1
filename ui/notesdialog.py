"""What was not understood in the parameter files that are open, whole, to be read and copied."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

Notes = Mapping[str, tuple[Path, tuple[str, ...]]]


class NotesDialog(QDialog):
    """The notes of the file of each task, one line each."""

    def __init__(self, notes: Notes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("What was not understood")
        words = QLabel(
            "Every line of the opened parameter files that was not taken as it stands. Nothing was dropped: unknown "
            "names and unreadable values are kept in comment lines when the set is saved, where drizzlepac passes "
            "over them.",
            self,
        )
        words.setWordWrap(True)
        self.text = QPlainTextEdit(self)
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Notes on the parameter files")
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.copy = self.buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.clicked.connect(self._copy)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addWidget(words)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.buttons)
        self.resize(760, 460)
        self.show_notes(notes)

    def show_notes(self, notes: Notes) -> None:
        """Show the notes of these files."""
        parts = []
        for task, (path, lines) in notes.items():
            count = "all understood" if not lines else f"{len(lines)} notes"
            parts.append(f"{task}: {path} ({count})")
            parts += [f"    {line}" for line in lines]
            parts.append("")
        self.text.setPlainText("\n".join(parts) or "No parameter file was opened.")

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.text.toPlainText())
