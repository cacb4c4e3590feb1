"""What Apply would write, looked at before it is written: files with ticks, and of each its cards before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from core.errors import Refusal
from ui.cardstable import CardsTable
from ui.elided import ElidedLabel
from ui.views.fitted import FittedDelegate

if TYPE_CHECKING:
    from core.align.results import Alignment, ImageResult
    from core.data.cards import CardChange

Cards = Mapping[str, "Sequence[CardChange] | Refusal"]

PATH = Qt.ItemDataRole.UserRole


class ApplyDialog(QDialog):
    """Says which headers change and how; a file whose fit does not convince is left out by its tick.

    `cards` holds, by file name, what would change, or why the file could not be changed.
    """

    def __init__(
        self, alignment: Alignment, files: list[Path], wcsname: str, parent: QWidget | None, cards: Cards
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Apply the alignment")
        self._cards = cards
        self.list = self._make_list(alignment, files)
        self.title = ElidedLabel(self)
        self.table = CardsTable(self)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.apply = self.buttons.addButton("Apply", QDialogButtonBox.ButtonRole.AcceptRole)
        self.apply.setDefault(True)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._lay_out(_explained(wcsname, self._without_alternate(files, wcsname)))
        self.list.itemChanged.connect(self._count)
        self.list.currentItemChanged.connect(self._show)
        self._begin(files)
        self._count()

    def chosen(self) -> list[Path]:
        """The ticked files."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return [item.data(PATH) for item in items if item.checkState() == Qt.CheckState.Checked]

    def _without_alternate(self, files: list[Path], wcsname: str) -> str:
        """Which of the files lose their present WCS, because it has the new one's name already, in words."""
        known = [found for path in files if not isinstance(found := self._cards.get(path.name, ()), Refusal)]
        count = sum(_keeps_name(found, wcsname.strip() or "TWEAK") for found in known if found)
        return "" if not count else "all" if count == len(known) else f"{count} of {len(known)}"

    def _make_list(self, alignment: Alignment, files: list[Path]) -> QListWidget:
        made = QListWidget(self)
        made.setAccessibleName("Files")
        made.setItemDelegate(FittedDelegate(made))
        made.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        made.setSpacing(2)
        for image in alignment.images:
            item = QListWidgetItem(_line(image), made)
            if image.path in files:
                item.setCheckState(Qt.CheckState.Checked)
            elif isinstance(self._cards.get(image.name), Refusal):
                # it can be looked at, to read why
                item.setText(f"{item.text()}   cannot be written")
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            else:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            item.setData(PATH, image.path)
            item.setToolTip("\n".join(part for part in (str(image.path), *image.doubts) if part))
        return made

    def _lay_out(self, text: QLabel) -> None:
        below = QWidget(self)
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 6, 0, 0)
        column.addWidget(self.title)
        column.addWidget(self.table, 1)
        halves = QSplitter(Qt.Orientation.Vertical, self)
        halves.addWidget(self.list)
        halves.addWidget(below)
        halves.setSizes([170, 330])
        halves.setStretchFactor(1, 1)
        halves.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addWidget(text)
        layout.addWidget(halves, 1)
        layout.addWidget(self.buttons)
        self.resize(860, 640)

    def _begin(self, files: list[Path]) -> None:
        for row in range(self.list.count()):
            if self.list.item(row).data(PATH) in files:
                self.list.setCurrentRow(row)
                return
        self._show(None)

    def _show(self, item: QListWidgetItem | None, _before: QListWidgetItem | None = None) -> None:
        """The cards of the file whose line is current."""
        path: Path | None = item.data(PATH) if item is not None else None
        found = self._cards.get(path.name, ()) if path is not None else ()
        if isinstance(found, Refusal):
            self.title.set_text(f"Cannot be written: {found}")
            self.table.setRowCount(0)
            return
        name = path.name if path is not None else ""
        self.title.set_text(f"{count_words(len(found), 'card')} of {name} will change" if name else "")
        self.table.show_cards(found)

    def _count(self) -> None:
        count = len(self.chosen())
        self.apply.setText(f"Apply to {count_words(count, 'file')}")
        self.apply.setEnabled(count > 0)


def _keeps_name(cards: Sequence[CardChange], name: str) -> bool:
    before = (str(card.before).strip().upper() for card in cards if card.keyword == "WCSNAME")
    return all(one == name.upper() for one in before)


def _explained(wcsname: str, replaced: str) -> QLabel:
    present = "The present WCS stays in the header as an alternate"
    if replaced:
        whose = "all files" if replaced == "all" else f"{replaced} files"
        present = f"In {whose} the present WCS has this name already and is replaced"
        present += "" if replaced == "all" else "; in the others it stays as an alternate"
    text = QLabel(
        f"The WCS of every SCI extension of the ticked files changes and is named "
        f"<b>{escape(wcsname.strip()) or 'TWEAK'}</b> (WCSNAME). {present}, "
        "and the state before is kept beside the file, to be restored at any time (Edit, WCS history). Pixels are not "
        "touched; each file is replaced whole or not at all."
    )
    text.setWordWrap(True)
    return text


def count_words(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _line(image: ImageResult) -> str:
    fit = image.fit
    status = "DOUBTFUL" if image.quality == "doubtful" else str(image.status)
    if fit is None:
        return f"{image.name}   {status}"
    return (
        f"{image.name}   {status}   shift {fit.shift[0]:+z.3f}, {fit.shift[1]:+z.3f} px, "
        f"rms {fit.rms_x:.3f}, {fit.rms_y:.3f} px from {fit.n_used} stars"
    )
