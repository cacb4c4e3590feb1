"""The blink view with the choice of exposure and chip above it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ui.elided import ElidedLabel
from ui.views.blink import BlinkView
from ui.views.prepared import Run


class BlinkPane(QWidget):
    """`chip_chosen(extver)` when the person picks another chip."""

    chip_chosen = Signal(int)

    def __init__(self, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = BlinkView(run)
        self.name = ElidedLabel(self)
        self.chips = QComboBox(self)
        self.chips.setAccessibleName("Chip")
        self.chips.activated.connect(self._activated)
        head = QHBoxLayout()
        head.setContentsMargins(10, 6, 10, 4)
        head.addWidget(self.name, 1)
        head.addWidget(QLabel("Chip", self))
        head.addWidget(self.chips)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addWidget(self.view, 1)

    def show_choice(self, name: str, extvers: list[int], extver: int) -> None:
        """The exposure that is shown, its chips, and which of them."""
        self.name.set_text(name)
        with QSignalBlocker(self.chips):
            self.chips.clear()
            for each in extvers:
                self.chips.addItem(f"SCI,{each}", each)
            self.chips.setCurrentIndex(max(0, self.chips.findData(extver)))
        self.chips.setEnabled(len(extvers) > 1)

    def stop(self) -> None:
        """No more blinking."""
        stop = getattr(self.view, "stop", None)
        if stop is not None:
            stop()

    def _activated(self, place: int) -> None:
        self.chip_chosen.emit(self.chips.itemData(place))
