"""What is selected among the matches of the image on show: one for all plots, the table and the marks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, Qt, Signal

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
    """A view box in which Shift and dragging draws a rubber band: `banded(rectangle, more)` in the plot's
    coordinates, `more` when Ctrl is held, to add to what is selected."""

    banded = Signal(QRectF, bool)

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self._banding = False

    def mouseDragEvent(self, event: object, axis: int | None = None) -> None:  # noqa: N802
        if event.isStart():  # type: ignore[attr-defined]
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)  # type: ignore[attr-defined]
            self._banding = shift and event.button() == Qt.MouseButton.LeftButton  # type: ignore[attr-defined]
        if axis is not None or not self._banding:
            super().mouseDragEvent(event, axis)
            return
        event.accept()  # type: ignore[attr-defined]
        start, here = event.buttonDownPos(), event.pos()  # type: ignore[attr-defined]
        if not event.isFinish():  # type: ignore[attr-defined]
            self.updateScaleBox(start, here)
            return
        self.rbScaleBox.hide()
        more = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)  # type: ignore[attr-defined]
        self.banded.emit(self.childGroup.mapRectFromParent(QRectF(start, here)).normalized(), more)


def is_more(event: object) -> bool:
    """Whether a click adds to the selection: with Ctrl or Shift."""
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    return bool(event.modifiers() & both)  # type: ignore[attr-defined]
