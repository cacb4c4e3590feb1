"""What speaks against the image on show, and buttons that do what may help."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from core.align.results import PeakStatus
from ui import style
from ui.views.wrap import Wrap

if TYPE_CHECKING:
    from core.align.results import ImageResult, Suggestion

AUTOMATIC = "Back to the automatic peak"


class Remedies(QFrame):
    """A strip that is there only while there is something to say. `chosen(suggestion)` when a button is pressed;
    `automatic_asked()` when the peak that the person chose is given up."""

    chosen = Signal(object)
    automatic_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("remedies")
        self._image: ImageResult | None = None
        self._buttons: list[QToolButton] = []
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.choices = QWidget()
        self.row = Wrap(self.choices)
        self.automatic = QToolButton()
        self.automatic.setObjectName("filter")
        self.automatic.setText(AUTOMATIC)
        self.automatic.setToolTip(
            "Gives up the peak that you chose and fits again. Undo (Ctrl+Z) sets it back."
        )
        self.automatic.clicked.connect(lambda: self.automatic_asked.emit())
        self.row.addWidget(self.automatic)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 8)
        column.setSpacing(5)
        column.addWidget(self.words)
        column.addWidget(self.choices)
        self.setAccessibleName("Doubts and suggestions")
        style.switch().changed.connect(self._restyle)
        self.show_image(None)

    def show_image(self, image: ImageResult | None) -> None:
        """Say what is wrong with an image; nothing when nothing is."""
        self._image = image
        lines = lines_of(image) if image is not None else []
        suggestions = image.suggestions if image is not None else ()
        self.setVisible(bool(lines or suggestions))
        while len(self._buttons) < len(suggestions):
            button = QToolButton()
            button.setObjectName("filter")
            button.clicked.connect(partial(self._pressed, len(self._buttons)))
            self.row.addWidget(button)
            self._buttons.append(button)
        for place, button in enumerate(self._buttons):
            button.setVisible(place < len(suggestions))
        for button, suggestion in zip(self._buttons, suggestions, strict=False):
            button.setText(suggestion.text)
            button.setToolTip(
                "Sets " + _settings(suggestion) + " and aligns again. Undo (Ctrl+Z) sets it back."
            )
        back = image is not None and chosen_in_vain(image)
        self.automatic.setVisible(back)
        self.choices.setVisible(bool(suggestions) or back)
        self._restyle()

    def set_busy(self, busy: bool) -> None:
        """No button may be pressed while something runs."""
        for button in (self.automatic, *self._buttons):
            button.setEnabled(not busy)

    def suggestions(self) -> list[str]:
        """The texts of the buttons that are shown."""
        return [button.text() for button in (self.automatic, *self._buttons) if not button.isHidden()]

    def _pressed(self, place: int, _checked: bool = False) -> None:
        if self._image is not None and place < len(self._image.suggestions):
            self.chosen.emit(self._image.suggestions[place])

    def _restyle(self) -> None:
        theme, image = style.current(), self._image
        if image is None:
            return
        failed = str(image.status) == "FAILED"
        head = "FAILED" if failed else "DOUBTFUL" if image.doubts else "What may help"
        colour = theme.bad if failed else theme.warn
        told = " ".join(escape(line) for line in lines_of(image))
        self.words.setText(f'<b style="color:{colour}">{head}</b> &nbsp;{escape(image.name)}. {told}')


def lines_of(image: ImageResult) -> list[str]:
    """The reason of a failure, or the doubts about an alignment."""
    helps = bool(image.suggestions) or chosen_in_vain(image)
    return list(image.doubts) or ([image.reason] if image.reason and helps else [])


def chosen_in_vain(image: ImageResult) -> bool:
    """Whether an image failed at the peak that the person chose."""
    chosen = image.offset is not None and image.offset.status is PeakStatus.CHOSEN
    return chosen and str(image.status) == "FAILED"


def _settings(suggestion: Suggestion) -> str:
    return ", ".join(f"{name} = {value}" for name, value in suggestion.changes.items())
