"""Two exposures side by side at the same stars: is it one star in both, and what is wrong with it if not?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QColor, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from core.data.chipwcs import ChipWCS
from ui import icons, style
from ui.views.canvas import Canvas, ViewState
from ui.views.fitted import MiddleCombo
from ui.views.image import ImageView
from ui.views.marks import Marks, Shape
from ui.views.parts import ElidedLabel, Stacked, action_button, column
from ui.views.prepared import Load, Prepared, Run
from ui.views.skyview import seen_in
from ui.views.starmarks import NOWHERE, Places
from ui.views.stretch import Look
from ui.views.wrap import Wrap, together

NO_PAIR = (
    "Nothing is aligned yet.\nPress Align (F5): the stars of each match are shown here in both exposures."
)
CLOSE = 8.0
LOW = 400  # screen pixels


@dataclass(frozen=True, eq=False)
class Side:
    """A chip to show: `load` gives its pixels in the worker, `wcs` is that of the alignment, `places` where the
    matches lie on it (FITS pixels, NaN for those that do not)."""

    path: Path
    extver: int
    load: Load
    wcs: ChipWCS
    unit: str = ""
    places: Places = field(default=NOWHERE)

    @property
    def label(self) -> str:
        return f"{self.path.name} [sci,{self.extver}]"

    def is_same(self, other: Side | None) -> bool:
        """Whether the pixels are those of `other`, seen through the same WCS."""
        return other is not None and self.load == other.load and self.wcs is other.wcs


class PairView(QWidget):
    """`beside_chosen(path)`: another exposure at the right; `stepped(by)`: the next selected star, or the one before;
    `clicked(side, x, y)`: 0 or 1 and FITS pixels."""

    beside_chosen = Signal(object)
    stepped = Signal(int)
    clicked = Signal(int, float, float)

    def __init__(self, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.images = (ImageView(run, "The exposure"), ImageView(run, "The exposure beside it"))
        self.sides: list[Side | None] = [None, None]
        self.match: int | None = None
        self._kept: ViewState | None = None  # where to look as long as there is no star to be looked at
        self._waiting: list[float | None] = [
            None,
            None,
        ]  # the zoom at which the star is to be brought to the middle
        self.beside = MiddleCombo()
        self.beside.setAccessibleName("Exposure at the right")
        self.beside.setToolTip("The exposure at the right")
        self.beside.setSizeAdjustPolicy(MiddleCombo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.beside.setMinimumContentsLength(28)
        self.title = ElidedLabel()
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.words = ElidedLabel()
        self._lay_out()
        self._wire()
        self._draw_icons()
        style.switch().changed.connect(self._draw_icons)
        self.setAccessibleName("Side by side")
        self.clear(NO_PAIR)

    def _lay_out(self) -> None:
        left, right = self.images
        for image in self.images:
            image.layout().setContentsMargins(0, 0, 0, 0)
            image.scale.hide()
        right.bar.hide()
        left.layout().removeWidget(left.bar)
        pictures = QHBoxLayout()
        pictures.setSpacing(8)
        for image in self.images:
            pictures.addWidget(image, 1)
        controls = QWidget()
        self.row = Wrap(controls)
        self.steps = (_arrow("The selected star before", self), _arrow("The next selected star", self))
        for widget in (together("Beside", self.beside), *self.steps):
            self.row.addWidget(widget)
        whole = QWidget()
        stack = QVBoxLayout(whole)
        stack.setContentsMargins(8, 6, 8, 6)
        stack.setSpacing(4)
        stack.addLayout(column(self.title, self.words, left.bar, spacing=4))
        stack.addLayout(pictures, 1)
        stack.addWidget(controls)
        self.stack = Stacked(whole)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)

    def _wire(self) -> None:
        left, right = self.images
        left.bar.look_changed.connect(self._restretch)
        left.bar.colours_changed.connect(right.set_colours)
        left.bar.fit_asked.connect(right.canvas.fit)
        left.bar.one_to_one_asked.connect(right.canvas.one_to_one)
        self.beside.activated.connect(self._beside_chosen)
        for arrow, by in zip(self.steps, (-1, 1), strict=True):
            arrow.setProperty("by", by)
            arrow.clicked.connect(self._step)
        for image in self.images:
            image.shown.connect(self._arrived)
            image.clicked.connect(self._clicked)
            image.canvas.view_changed.connect(self._follow)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """In a low window the stars matter more than values and words."""
        super().resizeEvent(event)
        for widget in (*(image.readout for image in self.images), self.words):
            widget.setVisible(self.height() >= LOW)

    def add_buttons(self, actions: Iterable[QAction]) -> None:
        """Buttons below the images, whose keys work while the view has the keyboard."""
        for action in actions:
            self.row.addWidget(action_button(action))
            self.addAction(action)

    # ---- what is shown

    def clear(self, message: str) -> None:
        """No pair, but why."""
        self.sides, self.match = [None, None], None
        for image in self.images:
            image.clear("")
        self.stack.show_message(message)

    def show_choice(self, names: Sequence[tuple[str, Path]], chosen: Path | None) -> None:
        """The exposures that may stand at the right."""
        self.beside.clear()
        for name, path in names:
            self.beside.addItem(name, path)
        self.beside.setCurrentIndex(next((n for n, (_, path) in enumerate(names) if path == chosen), -1))

    def show_pair(
        self, left: Side, right: Side | None, match: int | None, why: str = "", *, still: bool = False
    ) -> None:
        """Two chips, with the star of `match` in the middle of both (None: the whole chips), or where they are when
        they stay `still`; `why` there is no right one."""
        self.stack.show_picture()
        moved = match != self.match and not still
        zoom = CLOSE if self.match is None else max(CLOSE, self.images[0].canvas.state.zoom)
        self.match = match
        asked = [self._show_side(place, side, why) for place, side in enumerate((left, right))]
        for place in range(2):
            if moved or any(asked):
                self._waiting[place] = zoom
            if not asked[place]:
                self._look(place)

    def _show_side(self, place: int, side: Side | None, why: str) -> bool:
        """Whether other pixels had to be asked for."""
        before, self.sides[place] = self.sides[place], side
        image = self.images[place]
        if side is None:
            image.clear(why)
            return False
        if side.is_same(before) and image.frame is not None:
            return False
        image.show_image(side.path.name, side.load, wcs=side.wcs, unit=side.unit, label=side.label)
        return True

    def set_marks(self, left: Sequence[Marks], right: Sequence[Marks]) -> None:
        """Marks on both, with a square around the star that is looked at."""
        for side, image, marks in zip(self.sides, self.images, (left, right), strict=True):
            place = self._place(side)
            square = []
            if place is not None:
                x, y = (np.array([value]) for value in place)
                square = [Marks("", x, y, QColor("#FFFFFF"), Shape.SQUARE, 9.0)]
            image.set_marks(*marks, *square)

    def say(self, title: str, words: str) -> None:
        """Which star, and what is known of it."""
        self.title.setText(title)
        self.words.setText(words)

    def _draw_icons(self) -> None:
        for arrow, picture in zip(self.steps, ("left", "right"), strict=True):
            arrow.setIcon(icons.icon(picture))

    def enable_steps(self, able: bool) -> None:
        for arrow in self.steps:
            arrow.setEnabled(able)

    # ---- looking

    def come_back(self, state: ViewState | None) -> None:
        """Where the first side looks as long as no star is selected; None: the whole chips."""
        self._kept = state
        if self.match is None and self.images[0].frame is not None:
            self._waiting = [1.0, 1.0]
            for place in range(2):
                self._look(place)

    def _place(self, side: Side | None) -> tuple[float, float] | None:
        """Where the star that is looked at lies on a side."""
        if side is None or self.match is None or self.match >= len(side.places[0]):
            return None
        x, y = float(side.places[0][self.match]), float(side.places[1][self.match])
        return (x, y) if np.isfinite(x) and np.isfinite(y) else None

    def _arrived(self, _frame: Prepared) -> None:
        self._look([image is self.sender() for image in self.images].index(True))

    def _look(self, which: int) -> None:
        """Bring the star to the middle of a side, or what the other side shows if it is not on this one."""
        zoom, self._waiting[which] = self._waiting[which], None
        image, side = self.images[which], self.sides[which]
        if zoom is None or side is None or image.frame is None:
            return
        place = self._place(side)
        if place is not None:
            image.canvas.set_state(ViewState(*place, zoom * self._scale(which)))
        elif self.match is None and which == 0 and self._kept is not None:
            image.canvas.set_state(self._kept)
        elif self.match is None and self._kept is None:
            image.canvas.fit()
        else:
            self._lead(1 - which)

    def _scale(self, which: int) -> float:
        """The zoom of a side when that of the first is 1: the same sky is of the same size."""
        sides = self.sides
        if which == 0 or sides[0] is None or sides[1] is None:
            return 1.0
        return sides[1].wcs.scale / sides[0].wcs.scale

    def _follow(self, _state: ViewState) -> None:
        """One was moved by hand: the other shows the same sky."""
        canvases = [image.canvas for image in self.images]
        moved, self._kept = self.sender(), None
        if isinstance(moved, Canvas) and moved in canvases:
            self._lead(canvases.index(moved))

    def _lead(self, which: int) -> None:
        leader, other = self.images[which].canvas, self.images[1 - which].canvas
        if leader.frame is None or other.frame is None:
            return
        if leader.is_fitted:
            other.fit()
            return
        state = seen_in(other.frame, leader.frame, leader.state)
        if state is not None:
            other.set_state(state)

    # ---- the person's hand

    def _restretch(self, look: Look) -> None:
        self.images[1].bar.set_look(look)
        self.images[1].restretch(look)

    def _beside_chosen(self, row: int) -> None:
        self.beside_chosen.emit(self.beside.itemData(row))

    def _step(self) -> None:
        self.stepped.emit(int(self.sender().property("by")))

    def _clicked(self, x: float, y: float) -> None:
        self.clicked.emit(self.images.index(self.sender()), x, y)  # type: ignore[arg-type]


def _arrow(tip: str, parent: QWidget) -> QToolButton:
    made = QToolButton(parent)
    made.setObjectName("filter")
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    return made
