"""Questions to the person; one object, so that tests and the demonstration can answer for them."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from core.align.results import Alignment, ImageResult

SHOWN = 12


class Ask:
    """Every question that the window asks before it writes or stops."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent

    def files_to_apply(self, alignment: Alignment, files: list[Path], wcsname: str) -> list[Path]:
        """The files whose headers may be changed, chosen among `files`; none when the person says no."""
        dialog = ApplyDialog(alignment, files, wcsname, self._parent)
        accepted = dialog.exec() == QDialog.DialogCode.Accepted
        chosen = dialog.chosen() if accepted else []
        dialog.deleteLater()
        return chosen

    def may_replace_name(self, taken: str) -> bool:
        """Whether a WCS of the same name, from an earlier alignment, may be replaced."""
        box = self._box("A WCS of this name is in the headers already.", QMessageBox.Icon.Question)
        box.setInformativeText(
            f"{taken}\n\nReplace it? That switches reusename on. To keep both, cancel and change wcsname."
        )
        replace = box.addButton("Replace", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(replace)
        box.exec()
        return box.clickedButton() is replace

    def may_drizzle(self, files: list[Path], folder: Path, copies: bool) -> bool:
        """Whether a run may write its products and its marks in the exposures; asked once for a set of files."""
        box = self._box(f"Combine {_count(len(files), 'exposure')}?", QMessageBox.Icon.Question)
        kept = (
            "Copies of the exposures as they are now are kept in OrIg_files beside them."
            if copies
            else "No copies of the exposures are made (preserve and overwrite are off)."
        )
        box.setInformativeText(
            f"Products and intermediate images are written to\n{folder}\n\n"
            "As astrodrizzle does, the run also writes the sky (MDRIZSKY) into the headers and the flags of cosmic "
            f"rays into the DQ arrays of the exposures. {kept}"
        )
        drizzle = box.addButton("Drizzle", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(drizzle)
        box.exec()
        return box.clickedButton() is drizzle

    def unapplied(self, count: int) -> str:
        """What to do with an alignment that is not in the headers yet: "apply", "as is" or "" (nothing)."""
        box = self._box("The alignment is not in the headers yet.", QMessageBox.Icon.Question)
        box.setInformativeText(
            f"Drizzle reads the WCS of the headers; {_count(count, 'image')} would be combined at the old position."
        )
        apply = box.addButton("Apply, then drizzle", QMessageBox.ButtonRole.AcceptRole)
        as_is = box.addButton("Drizzle as it is", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(apply)
        box.exec()
        clicked = box.clickedButton()
        return "apply" if clicked is apply else "as is" if clicked is as_is else ""

    def may_stop(self, running: str) -> bool:
        """Whether a run may be stopped to close the window."""
        box = self._box(f"{running} is running.", QMessageBox.Icon.Question)
        box.setInformativeText("Stop it and close the window? What is half made is not kept.")
        stop = box.addButton("Stop and close", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Keep running", QMessageBox.ButtonRole.RejectRole)
        box.exec()
        return box.clickedButton() is stop

    def about_unsaved(self, names: list[str]) -> str:
        """What to do with parameter files that differ from what is saved: "save", "discard" or ""."""
        box = self._box("Parameters were changed and not saved.", QMessageBox.Icon.Question)
        box.setInformativeText("\n".join(_listed(names)))
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        answers = {buttons.Save: "save", buttons.Discard: "discard"}
        return answers.get(buttons(box.exec()), "")

    def folder(self, title: str, start: Path | None) -> Path | None:
        """A folder, or None."""
        name = QFileDialog.getExistingDirectory(self._parent, title, str(start or ""))
        return Path(name) if name else None

    def file_to_save(self, title: str, start: Path, filters: str) -> Path | None:
        """A file to write, with the suffix of `start` if the person gives none; None to write nothing."""
        name, _ = QFileDialog.getSaveFileName(self._parent, title, str(start), filters)
        if not name:
            return None
        return Path(name) if Path(name).suffix else Path(f"{name}{start.suffix}")

    def _box(self, text: str, icon: QMessageBox.Icon) -> QMessageBox:
        box = QMessageBox(self._parent)
        box.setIcon(icon)
        box.setWindowTitle("DrizzleDesk")
        box.setText(text)
        return box


class ApplyDialog(QDialog):
    """Says which headers change and how; a file whose fit does not convince is left out by its tick."""

    def __init__(self, alignment: Alignment, files: list[Path], wcsname: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Apply the alignment")
        self._files = files
        self.list = QListWidget(self)
        for image in alignment.images:
            item = QListWidgetItem(_line(image), self.list)
            if image.path in files:
                item.setCheckState(Qt.CheckState.Checked)
            else:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            item.setData(Qt.ItemDataRole.UserRole, image.path)
            item.setToolTip(str(image.path))
        text = QLabel(
            "Every SCI extension of the ticked files gets new CRVAL1, CRVAL2 and CD cards, named "
            f"<b>{escape(wcsname.strip()) or 'TWEAK'}</b> (WCSNAME). "
            "The present WCS stays in the header as an alternate. "
            "Pixels are not touched; each file is replaced whole or not at all.",
            self,
        )
        text.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.apply = self.buttons.addButton("Apply", QDialogButtonBox.ButtonRole.AcceptRole)
        self.apply.setDefault(True)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.list.itemChanged.connect(self._count)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        for widget in (text, self.list, self.buttons):
            layout.addWidget(widget)
        self.list.setSpacing(3)
        self.resize(700, 340)
        self._count()

    def chosen(self) -> list[Path]:
        """The ticked files."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return [
            item.data(Qt.ItemDataRole.UserRole)
            for item in items
            if item.checkState() == Qt.CheckState.Checked
        ]

    def _count(self) -> None:
        count = len(self.chosen())
        self.apply.setText(f"Apply to {_count(count, 'file')}")
        self.apply.setEnabled(count > 0)


def _line(image: ImageResult) -> str:
    if image.fit is None:
        return f"{image.name}   {image.status}"
    fit = image.fit
    return (
        f"{image.name}   {image.status}   shift {fit.shift[0]:+.3f}, {fit.shift[1]:+.3f} px, "
        f"rms {fit.rms_x:.3f}, {fit.rms_y:.3f} px from {fit.n_used} stars"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _listed(names: list[str]) -> list[str]:
    shown = [f"•  {name}" for name in names[:SHOWN]]
    rest = len(names) - SHOWN
    return [*shown, f"and {rest} more"] if rest > 0 else shown
