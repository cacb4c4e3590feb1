"""The bar above an image: cuts, stretch, colours, fit and one-to-one."""

from __future__ import annotations

import math

from PySide6.QtCore import QLocale, Signal
from PySide6.QtGui import QAction, QDoubleValidator
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QWidget

from ui import style
from ui.views.colors import COLOUR_MAPS
from ui.views.parts import action_button
from ui.views.stretch import CUTS, STRETCHES, Look
from ui.views.wrap import Wrap, together

CUTS_HELP = (
    "Which pixel values become black and white.\nzscale: around the median, as in IRAF and DS9.\n"
    "99.5 %: that share of the pixels lies between the cuts.\nfixed: the two values that you give."
)
STRETCH_HELP = "How brightness grows between the cuts. asinh and log show faint and bright things together."


class LookBar(QWidget):
    """Signals: `look_changed(Look)` when pixels must be stretched anew, `colours_changed(name, inverted)`,
    `fit_asked`, `one_to_one_asked`."""

    look_changed = Signal(object)
    colours_changed = Signal(str, bool)
    fit_asked = Signal()
    one_to_one_asked = Signal()

    def __init__(self, look: Look | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cuts = _combo(CUTS, "Cuts", CUTS_HELP)
        self.stretch = _combo(STRETCHES, "Stretch", STRETCH_HELP)
        self.colour = _combo(tuple(COLOUR_MAPS), "Colour map", "Colours from the low to the high cut.")
        self.low, self.high = _number("Low cut"), _number("High cut")
        self.invert = QCheckBox("Invert")
        self.invert.setToolTip("Dark sources on a bright sky, as on a photographic plate.")
        self.fit = _button("Fit", "The whole frame (F)")
        self.one_to_one = _button("1:1", "One screen pixel for each pixel of the frame (O)")
        self._lay_out()
        self._wire()
        self._spare_limits()
        if look is not None:
            self.set_look(look)

    @property
    def look(self) -> Look:
        """What is asked for now."""
        cuts, stretch = self.cuts.currentText(), self.stretch.currentText()
        low, high = _value(self.low), _value(self.high)
        if cuts != "fixed":
            return Look(cuts, stretch)
        return Look(cuts, stretch, low, high) if high > low else Look("99.5 %", stretch)

    def set_look(self, look: Look) -> None:
        """Show a look without asking for it."""
        for box, text in ((self.cuts, look.cuts), (self.stretch, look.stretch)):
            box.blockSignals(True)
            box.setCurrentText(text)
            box.blockSignals(False)
        self._spare_limits()
        if look.cuts == "fixed":
            self.show_limits(look.low, look.high)

    @property
    def colours(self) -> tuple[str, bool]:
        """The colour map, and whether it is inverted."""
        return self.colour.currentText(), self.invert.isChecked()

    def set_colours(self, name: str, inverted: bool) -> None:
        """Choose a colour map, as the person does."""
        if name in COLOUR_MAPS:
            self.colour.setCurrentText(name)
        self.invert.blockSignals(True)
        self.invert.setChecked(inverted)
        self.invert.blockSignals(False)
        self._recolour()

    def set_stretchable(self, on: bool) -> None:
        """Whether cuts and stretch can be chosen; a mask has none."""
        for box in (self.cuts, self.stretch, self.low, self.high, self.colour):
            box.setEnabled(on)

    def add_action(self, action: QAction) -> None:
        """A button for an action that belongs to the image below."""
        self.layout().addWidget(action_button(action, words=False))  # type: ignore[union-attr]

    def show_limits(self, low: float, high: float) -> None:
        """Show the cuts in use, unless the person is typing."""
        for box, value in ((self.low, low), (self.high, high)):
            if not (box.hasFocus() and box.isModified()):
                box.setText(short(value))
                box.setCursorPosition(0)

    def _lay_out(self) -> None:
        row = self.row = Wrap(self)
        self.limits = together("", self.low, QLabel("to"), self.high)
        row.addWidget(together("Cuts", self.cuts))
        row.addWidget(self.limits)
        row.addWidget(together("", self.stretch, self.colour))
        row.addWidget(self.invert)
        row.addWidget(together("", self.fit, self.one_to_one))

    def _wire(self) -> None:
        self.cuts.currentTextChanged.connect(self._spare_limits)
        self.cuts.activated.connect(self._ask)
        self.stretch.activated.connect(self._ask)
        self.low.editingFinished.connect(self._typed)
        self.high.editingFinished.connect(self._typed)
        self.colour.activated.connect(self._recolour)
        self.invert.toggled.connect(self._recolour)
        self.fit.clicked.connect(self.fit_asked)
        self.one_to_one.clicked.connect(self.one_to_one_asked)

    def _spare_limits(self) -> None:
        """Cuts that are not given by hand stand under the image too, and may go where there is no room."""
        self.row.spare([] if self.cuts.currentText() == "fixed" else [self.limits])

    def _ask(self) -> None:
        self.look_changed.emit(self.look)

    def _typed(self) -> None:
        edited = self.low.isModified() or self.high.isModified()
        self.low.setModified(False)
        self.high.setModified(False)
        if edited and _value(self.high) > _value(self.low):
            self.cuts.setCurrentText("fixed")
            self._ask()

    def _recolour(self) -> None:
        self.colours_changed.emit(*self.colours)


def short(value: float) -> str:
    """A pixel value in at most five significant digits."""
    return f"{value:.5g}"


def _combo(words: tuple[str, ...], name: str, help_text: str) -> QComboBox:
    box = QComboBox()
    box.addItems(list(words))
    box.setAccessibleName(name)
    box.setToolTip(help_text)
    return box


def _number(name: str) -> QLineEdit:
    box = QLineEdit()
    validator = QDoubleValidator(box)
    validator.setLocale(QLocale.c())
    box.setValidator(validator)
    box.setAccessibleName(name)
    box.setToolTip(f"{name} in the unit of the pixels; Enter fixes the cuts.")
    box.setFixedWidth(style.scaled(78))
    return box


def _button(text: str, help_text: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(help_text)
    button.setAccessibleName(help_text)
    button.setFixedWidth(button.fontMetrics().horizontalAdvance(text) + 28)
    return button


def _value(box: QLineEdit) -> float:
    try:
        return float(box.text())
    except ValueError:
        return math.nan
