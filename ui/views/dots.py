"""Many points in a plot, drawn in one call: a scatter item takes 0.3 s to set up four panels of 20 000 points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

Floats = NDArray[np.float64]

TINY = 2.5


class Dots(pg.GraphicsObject):  # type: ignore[misc]
    """Round points of one colour, filled or hollow. `matches` says which matches they are, `chip` of which chip."""

    def __init__(self) -> None:
        super().__init__()
        self.colour, self.ground = QColor("black"), QColor("white")
        self.size, self.hollow, self.chip = 6.0, False, 1
        self.matches: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._x: Floats = np.empty(0)
        self._y: Floats = np.empty(0)
        self._points = QPolygonF()
        self._box = QRectF()

    def setData(self, x: Floats, y: Floats, matches: NDArray[np.int64]) -> None:  # noqa: N802
        """The points, in the plot's coordinates."""
        self.prepareGeometryChange()
        self._x, self._y, self.matches = x, y, matches
        self._points = pg.functions.create_qpolygonf(len(x))
        if len(x):
            pairs = pg.functions.ndarray_from_qpolygonf(self._points)
            pairs[:, 0], pairs[:, 1] = x, y
        self._box = self._points.boundingRect()
        self.update()

    def getData(self) -> tuple[Floats, Floats]:  # noqa: N802
        """The points that are drawn."""
        return self._x, self._y

    def set_colours(self, colour: QColor, ground: QColor) -> None:
        """`ground` is that of the plot, for the middle of hollow points."""
        self.colour, self.ground = QColor(colour), QColor(ground)
        self.update()

    def nearest(self, x: float, y: float, across: float, up: float) -> tuple[int, float] | None:
        """The match nearest to a place and its distance, where `across` and `up` are the lengths that count as 1."""
        if not len(self._x):
            return None
        far = np.hypot((self._x - x) / across, (self._y - y) / up)
        place = int(far.argmin())
        return int(self.matches[place]), float(far[place])

    def boundingRect(self) -> QRectF:  # noqa: N802
        return self._box

    def paint(self, painter: QPainter, _option: Any, _widget: Any = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(_round(self.colour, self.size))
        painter.drawPoints(self._points)
        if self.hollow:
            painter.setPen(_round(self.ground, max(self.size - 2.2, 1.0)))
            painter.drawPoints(self._points)


def _round(colour: QColor, size: float) -> QPen:
    """A cosmetic pen whose points are round; the smallest are square, which takes half the time to draw."""
    pen = QPen(colour, size)
    pen.setCosmetic(True)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap if size > TINY else Qt.PenCapStyle.SquareCap)
    return pen
