"""What is selected among the matches of the image on show: one for all plots, the table and the marks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, Qt, Signal

from ui.views.lasso import LassoItem, corners_of

Ints = NDArray[np.int64]


class Selection(QObject):
    """Places in `Matches`, sorted; and by what the points are coloured. `changed()` after other places were
    selected, `recoloured()` when the colours mean something else."""

    changed = Signal()
    recoloured = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._places: Ints = np.empty(0, dtype=np.int64)
        self.by_magnitude = False
        self.is_drawn = False  # while what changes is what a lasso holds on an image

    def colour_by(self, magnitude: bool) -> None:
        """Colour points by magnitude, or by chip."""
        if magnitude != self.by_magnitude:
            self.by_magnitude = magnitude
            self.recoloured.emit()

    @property
    def places(self) -> Ints:
        return self._places

    def __len__(self) -> int:
        return len(self._places)

    def set(self, places: Iterable[int] | Ints) -> None:
        """Select these and no others."""
        chosen = np.unique(
            np.asarray(list(places) if not isinstance(places, np.ndarray) else places, dtype=np.int64)
        )
        if not np.array_equal(chosen, self._places):
            self._places = chosen
            self.changed.emit()

    def add(self, places: Iterable[int] | Ints) -> None:
        """Select these too."""
        self.set(np.union1d(self._places, np.asarray(places, dtype=np.int64)))

    def toggle(self, place: int) -> None:
        """Select one more, or one less."""
        self.set(np.setxor1d(self._places, [place]))

    def clear(self) -> None:
        self.set(())


class BandBox(pg.ViewBox):  # type: ignore[misc]
    """A view box in which Shift and dragging draws a rubber band, and while `lassoing` dragging draws a closed line.

    `banded(rectangle, more)` and `lassoed(corners, more)` in the plot's coordinates, corners (n, 2); `more`, to add to
    what is selected, when Ctrl is held, with the lasso also when Shift is.
    """

    banded = Signal(QRectF, bool)
    lassoed = Signal(object, bool)

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.lassoing = False
        self._drawing = ""
        self.lasso = LassoItem(self)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:  # noqa: N802
        if event.isStart():
            self._drawing = self._begun(event) if axis is None else ""
        if axis is not None or not self._drawing:
            super().mouseDragEvent(event, axis)
            return
        event.accept()
        if self._drawing == "lasso":
            self._draw_lasso(event, is_more(event))
        else:
            self._draw_band(event, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def _begun(self, event: Any) -> str:
        """What a drag draws: a band, a lasso, or nothing."""
        if event.button() != Qt.MouseButton.LeftButton:
            return ""
        if self.lassoing:
            return "lasso"
        return "band" if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else ""

    def _draw_lasso(self, event: Any, more: bool) -> None:
        if event.isStart():
            self.lasso.begin(event.buttonDownPos())
        self.lasso.go_to(event.pos())
        if event.isFinish():
            self.lassoed.emit(corners_of(self.childGroup.mapFromParent(self.lasso.end())), more)

    def _draw_band(self, event: Any, more: bool) -> None:
        start, here = event.buttonDownPos(), event.pos()
        if not event.isFinish():
            self.updateScaleBox(start, here)
            return
        self.rbScaleBox.hide()
        self.banded.emit(self.childGroup.mapRectFromParent(QRectF(start, here)).normalized(), more)


def is_more(event: Any) -> bool:
    """Whether a click or a lasso adds to the selection: with Ctrl or Shift."""
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    return bool(event.modifiers() & both)
