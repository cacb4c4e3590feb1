"""Unit and name of a copy for photometry."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)


class PhotometryDialog(QDialog):
    """Accepted when the copy is to be written; `unit` is "e" or "e/s", `path` where it goes."""

    def __init__(self, product: Path, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Ready for photometry")
        text = QLabel(
            f"Writes a copy of {product.name} with the mean sky of its exposures put back (MDRIZSKY in HDRTAB), as "
            "DAOPHOT and other programs need that weight pixels by their counts. The product stays as it is, and so "
            "do the pixels without weight."
        )
        text.setWordWrap(True)
        self.electrons = QRadioButton("Electrons, over the whole exposure time")
        self.rate = QRadioButton("Electrons per second")
        self.electrons.setChecked(True)
        self.field = QLineEdit(str(product.parent / name))
        self.field.setAccessibleName("File of the copy")
        self.field.setCursorPosition(len(self.field.text()))
        browse = QPushButton("Choose…")
        browse.clicked.connect(self._browse)
        line = QHBoxLayout()
        line.addWidget(self.field, 1)
        line.addWidget(browse)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.write = self.buttons.addButton("Write the copy", QDialogButtonBox.ButtonRole.AcceptRole)
        self.write.setDefault(True)
        self.field.textChanged.connect(lambda text: self.write.setEnabled(bool(text.strip())))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(text)
        for button in (self.electrons, self.rate):
            column.addWidget(button)
        column.addLayout(line)
        column.addWidget(self.buttons)
        self.setMinimumWidth(560)

    @property
    def unit(self) -> str:
        return "e" if self.electrons.isChecked() else "e/s"

    @property
    def path(self) -> Path:
        return Path(self.field.text().strip())

    def _browse(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, "File of the copy", self.field.text(), "FITS images (*.fits)"
        )
        if name:
            self.field.setText(name)
