"""What source finding finds, on the image itself, while its parameters move."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from ui import style
from ui.panels.dials import Dial, Scale
from ui.panels.editors import make_editor
from ui.panels.helptext import tooltip
from ui.panels.state import FormState
from ui.views.countwords import counts_table, counts_words
from ui.views.image import ImageView
from ui.views.lookbar import short
from ui.views.marks import Marks, Shape
from ui.views.parts import ElidedLabel, RichLines, Stacked
from ui.views.prepared import Run
from ui.views.reasons import FOUND, LOOKS, icon_of, marks_of, word_of
from ui.views.starcard import StarCard
from ui.views.wrap import Wrap, together

if TYPE_CHECKING:
    from core.align.live import Selection
    from core.align.livechips import Counted
    from core.align.profile import Profile

NO_EXPOSURE = (
    "No exposure is chosen.\nOpen exposures (Ctrl+O): the sources found in them are marked here at once."
)
CATALOG = "<br>The alignment takes this exposure's sources from catfile, not from here."
SIDE_WIDTH = 276
EDITED = ("computesig", "noise", "use_sharp_round")
# shown only while they matter: the others need the room
SOMETIMES = {"skysigma", "sharplo", "sharphi", "roundlo", "roundhi"}
SCALES = {
    "skysigma": Scale(0.001, 1000.0, True),
    "threshold": Scale(0.5, 5000.0, True),
    "conv_width": Scale(1.0, 8.0),
    "peakmin": Scale(1.0, 1e5, True, "low"),
    "peakmax": Scale(1.0, 1e5, True, "high"),
    "fluxmin": Scale(1.0, 1e6, True, "low"),
    "fluxmax": Scale(1.0, 1e6, True, "high"),
    "sharplo": Scale(0.0, 2.0, False, "low"),
    "sharphi": Scale(0.0, 2.0, False, "high"),
    "roundlo": Scale(-2.0, 2.0, False, "low"),
    "roundhi": Scale(-2.0, 2.0, False, "high"),
}


class SourcesView(QWidget):
    """Signals: `chip_chosen(extver)`; `star_asked(x, y)`, 0-based chip pixels, when the person points at a place."""

    chip_chosen = Signal(int)
    star_asked = Signal(float, float)

    def __init__(self, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found: Selection | None = None
        self.hidden: frozenset[int] = frozenset()
        self.unit = ""
        self._star: tuple[float, float] | None = None
        self._selected: list[Marks] = []
        self.is_waiting = False  # for what is found in the chip on show
        self.dials: dict[str, Dial] = {}
        self.image = ImageView(run, "Sources")
        self.image.clicked.connect(self._clicked)
        self.chips = QComboBox()
        self.chips.setAccessibleName("Chip")
        self.chips.setToolTip("The chip that is shown")
        self.chips.activated.connect(self._chip_activated)
        self.image.bar.layout().addWidget(together("Chip", self.chips))  # type: ignore[union-attr]
        self.title = ElidedLabel()
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.words, self.all = RichLines(), RichLines()
        self.card = StarCard()
        self._make_legend()
        self._lay_out()
        self.clear(NO_EXPOSURE)

    def _make_legend(self) -> None:
        self.legend = QWidget()
        row = Wrap(self.legend, gap=10)
        self.boxes: dict[int, QCheckBox] = {}
        for code in LOOKS:
            box = QCheckBox()
            box.setIcon(icon_of(code))
            box.setChecked(True)
            box.setToolTip(f"Mark: {word_of(code)}")
            box.setAccessibleName(f"Mark: {word_of(code)}")
            box.toggled.connect(partial(self._toggled, code))
            box.hide()
            row.addWidget(box)
            self.boxes[code] = box

    def _lay_out(self) -> None:
        self.side = QWidget()
        self.side_column = QVBoxLayout(self.side)
        self.side_column.setContentsMargins(2, 6, 8, 6)
        self.side_column.setSpacing(5)
        self.side_column.addWidget(self.title)
        self.side_column.addWidget(self.words)
        self.side_column.addWidget(self.all)
        scroll = QScrollArea()
        scroll.setWidget(self.side)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.viewport().setAutoFillBackground(False)
        self.side.setAutoFillBackground(False)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self.image, 1)
        self.legend.setContentsMargins(8, 0, 8, 6)
        left.addWidget(self.legend)
        picture = QWidget()
        whole = QHBoxLayout(picture)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(left, 1)
        right = self.beside = QWidget()
        right.setFixedWidth(style.scaled(SIDE_WIDTH))
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(scroll, 1)
        self.card.setContentsMargins(2, 6, 8, 6)
        column.addWidget(self.card)
        whole.addWidget(right)
        self.stack = Stacked(picture)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)

    def bind(self, state: FormState) -> None:
        """Take sliders and fields for the limits, bound to the form of imagefindpars."""
        self._state = state
        self.editors = {name: make_editor(state.task.param(name), self) for name in EDITED}
        for name, editor in self.editors.items():
            editor.edited.connect(partial(state.edit, name))
            editor.left.connect(state.history.seal)
            editor.setToolTip(tooltip(state, name))
        state.changed.connect(self._refresh_editors)
        measured = together("Noise", self.editors["computesig"], self.editors["noise"])
        self.side_column.addWidget(measured)
        for name, scale in SCALES.items():
            if name == "sharplo":
                self.side_column.addWidget(
                    together("Judge by sharpness and roundness", self.editors["use_sharp_round"])
                )
            self.dials[name] = Dial(state, name, scale)
            self.side_column.addWidget(self.dials[name])
        self.side_column.addStretch(1)
        self._refresh_editors()
        # a large font, or that of another system, may need more
        room = self.side.minimumSizeHint().width() + self.style().pixelMetric(
            QStyle.PixelMetric.PM_ScrollBarExtent
        )
        self.beside.setFixedWidth(max(style.scaled(SIDE_WIDTH), room))

    def _refresh_editors(self) -> None:
        state = self._state
        for name, editor in self.editors.items():
            editor.show_value(state.values[name], None)
            editor.setEnabled(not state.grey_reason(name))
        for name in SOMETIMES & set(self.dials):
            self.dials[name].setVisible(not state.grey_reason(name))

    # ---- what is shown

    def clear(self, message: str) -> None:
        """No chip, but why."""
        self.found = None
        self._star = None
        self.is_waiting = False
        self.stack.show_message(message)

    def show_chip(self, name: str, extvers: list[int], extver: int, unit: str) -> None:
        """Another chip begins: its image was asked for, its sources come later."""
        self.found, self.unit, self._star = None, unit, None
        self.is_waiting = True
        self.chips.clear()
        for number in extvers:
            self.chips.addItem(f"sci,{number}", number)
        self.chips.setCurrentIndex(extvers.index(extver))
        self.title.setText(name)
        self.words.setText("Finding sources\u2026")
        for box in self.boxes.values():
            box.hide()
        self.card.clear()
        self.image.set_marks()
        self.stack.show_picture()

    def show_part(self, found: Selection) -> None:
        """What was found in view, with what was known elsewhere; the figures follow with the whole chip."""
        self.found = found
        self.draw()

    def show_counting(self) -> None:
        """The numbers of all chips are not known yet."""
        self.all.setText("All chips: counting\u2026")
        self.all.setToolTip("")

    def show_counts(self, counted: Sequence[Counted]) -> None:
        """The numbers of sources on all chips of all exposures."""
        self.all.setText(counts_words(counted))
        self.all.setToolTip(counts_table(counted))

    def show_found(
        self,
        found: Selection,
        noise: str,
        threshold: float | None,
        first: bool,
        from_catalog: bool = False,
    ) -> None:
        """What was found, with `noise` the name of the estimate and `threshold` in sigma; `first` of this chip.
        `from_catalog`: the alignment does not use it."""
        self.found = found
        self.is_waiting = False
        if first:
            self._set_scales(found)
        count = int(found.counts.get(FOUND, 0))
        unit = f" {self.unit}".rstrip()
        times = f"{threshold:g} \u03c3" if threshold is not None else "no threshold"
        self.words.setText(
            f"<b>{count} sources</b> of {len(found)} candidates.<br>"
            f"Threshold {times} = <b>{short(found.threshold)}{unit}</b>,<br>"
            f"noise \u03c3 = {short(found.sigma)}{unit} ({noise})." + (CATALOG if from_catalog else "")
        )
        for code, box in self.boxes.items():
            number = found.counts.get(code, 0)
            box.setText(f"{word_of(code)} {number}")
            box.setVisible(number > 0 or code == FOUND)
        self.legend.updateGeometry()
        self.draw()

    def show_trouble(self, message: str) -> None:
        """The parameters or the pixels allow no finding: the reason in place of the figures."""
        self.found = None
        self.is_waiting = False
        for box in self.boxes.values():
            box.hide()
        self.words.setText(f'<span style="color:{style.current().bad}">{message}</span>')
        self.draw()

    def show_star(self, profile: Profile) -> None:
        """The source that was asked for."""
        self._star = (profile.x + 1.0, profile.y + 1.0)
        self.card.show_star(profile, self._became(profile), self.unit)
        self.draw()

    def set_selected(self, marks: list[Marks]) -> None:
        """The stars of this chip that are selected among the matches."""
        self._selected = marks
        self.draw()

    def draw(self) -> None:
        """The marks, as legend and selection ask for them."""
        marks = marks_of(self.found, self.hidden) if self.found is not None else []
        marks += self._selected
        if self._star is not None:
            where = (np.array([value]) for value in self._star)
            marks.append(Marks("", *where, QColor("#FFFFFF"), Shape.SQUARE, 9.0))
        self.image.set_marks(*marks)

    def _became(self, profile: Profile) -> str:
        found = self.found
        if found is None or not len(found):
            return "no source"
        far = np.hypot(found.x - profile.x, found.y - profile.y)
        nearest = int(np.nanargmin(far))
        if far[nearest] > 2.5:
            larger = np.isfinite(profile.height) and profile.height > found.threshold
            return "part of a larger group of pixels" if larger else "below the threshold"
        code = int(found.reason[nearest])
        return "found" if code == FOUND else f"rejected: {word_of(code)}"

    def _set_scales(self, found: Selection) -> None:
        """Sliders of peak and flux run over what the candidates have, whatever the unit."""
        for names, values in ((("peakmin", "peakmax"), found.peak), (("fluxmin", "fluxmax"), found.flux)):
            good = values[np.isfinite(values) & (values > 0)]
            if good.size < 2 or not good.max() > good.min():
                continue
            low, high = float(good.min()) / 2.0, float(good.max()) * 1.1
            for name, end in zip(names, ("low", "high"), strict=True):
                if name in self.dials:
                    self.dials[name].set_scale(Scale(max(low, high / 1e6), high, True, end))

    # ---- the person's hand

    def _toggled(self, code: int, on: bool) -> None:
        self.hidden = self.hidden - {code} if on else self.hidden | {code}
        self.draw()

    def _chip_activated(self, _row: int) -> None:
        self.chip_chosen.emit(int(self.chips.currentData()))

    def _clicked(self, x: float, y: float) -> None:
        """FITS pixels from the canvas; the nearest candidate within some screen pixels is meant."""
        x, y = x - 1.0, y - 1.0
        found = self.found
        if found is not None and len(found):
            far = np.hypot(found.x - x, found.y - y)
            nearest = int(np.nanargmin(far))
            if far[nearest] * self.image.canvas.state.zoom < 9.0:
                x, y = float(found.x[nearest]), float(found.y[nearest])
        self.star_asked.emit(x, y)
