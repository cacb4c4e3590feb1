"""What a headerlet would change in the headers of an exposure, looked at before it is applied."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from ui.cardstable import CardsTable

if TYPE_CHECKING:
    from core.data.cards import CardChange


class HeaderletDialog(QDialog):
    """Accepted when the headerlet is to be applied."""

    def __init__(
        self, path: Path, source: Path, cards: Sequence[CardChange], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Apply {source.name}")
        text = QLabel(
            f"The WCS of {source.name} becomes the primary WCS of {path.name}. The present one stays in the header "
            "as an alternate, and the state before is recorded, to be restored at any time. Pixels are not touched."
        )
        text.setWordWrap(True)
        self.table = CardsTable(self)
        self.table.show_cards(cards)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        count = f"{len(cards)} card" if len(cards) == 1 else f"{len(cards)} cards"
        self.apply = self.buttons.addButton(f"Change {count}", QDialogButtonBox.ButtonRole.AcceptRole)
        self.apply.setEnabled(bool(cards))
        self.apply.setDefault(True)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(text)
        column.addWidget(self.table, 1)
        column.addWidget(self.buttons)
        self.resize(820, 520)
