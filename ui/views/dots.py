"""Many points in a plot, drawn in one call: a scatter item takes 0.3 s to set up four panels of 20 000 points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPaintEngine, QPainter, QPen, QPixmap, QPolygonF

from ui.views.dotpicture import draw_dots
from ui.views.matched import State

Floats = NDArray[np.float64]

TINY = 2.5
ROOM = 10.0  # screen pixels
CROWDED = 500  # figures; more are small and thin, so that they do not cover each other and the points
ON_SCREEN = (QPaintEngine.Type.Raster, QPaintEngine.Type.OpenGL2)


class Dots(pg.GraphicsObject):  # type: ignore[misc]
    """Points of one colour: filled, hollow, or crosses, as their `state` is; or what `figure` says, "ring" around
    selected ones, "diamond" for those that lie beyond the plot.

    `matches` says which matches they are.
    """

    def __init__(self) -> None:
        super().__init__()
        self.colour, self.ground = QColor("black"), QColor("white")
        self.size, self.state, self.figure = 6.0, State.USED, ""
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
        """With room for the figures: a single point would have no size, and never be drawn."""
        if not len(self._x):
            return QRectF()
        across, up = (ROOM * (size or 1e-9) for size in (self.pixelWidth(), self.pixelHeight()))
        return self._box.adjusted(-across, -up, across, up)

    def dataBounds(  # noqa: N802
        self,
        axis: int,
        frac: float = 1.0,
        orthoRange: object = None,
    ) -> tuple[float, float] | None:
        """The extent of the points alone, for the range that a plot chooses by itself."""
        values = self._x if axis == 0 else self._y
        return (float(values.min()), float(values.max())) if len(values) else None

    def viewTransformChanged(self) -> None:  # noqa: N802
        self.prepareGeometryChange()

    @property
    def hollow(self) -> bool:
        """Whether the fit does not use these points."""
        return self.state is not State.USED

    def paint(self, painter: QPainter, _option: Any, _widget: Any = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        figure = self.figure or ("cross" if self.state is State.EXCLUDED else "")
        if figure:
            self._paint_figures(painter, figure)
        elif self.size <= TINY and not self.hollow and painter.paintEngine().type() in ON_SCREEN:
            self._paint_tiny(painter)
        else:
            ratio = painter.device().devicePixelRatioF()  # cosmetic pens do not know of it
            painter.setPen(_round(self.colour, self.size, ratio))
            painter.drawPoints(self._points)
            if self.hollow:
                painter.setPen(_round(self.ground, max(self.size - 2.2, 1.0), ratio))
                painter.drawPoints(self._points)

    def _paint_tiny(self, painter: QPainter) -> None:
        """Thousands of points, on a screen or picture; in a drawing they stay points."""
        transform, box = painter.worldTransform(), self.getViewBox()
        mapped = transform.map(self._points)  # the array below only borrows its memory
        x, y = pg.functions.ndarray_from_qpolygonf(mapped).T
        area = transform.mapRect(self.mapRectFromItem(box, box.rect()))
        painter.save()
        painter.resetTransform()
        draw_dots(painter, x, y, area, self.colour, self.size)
        painter.restore()

    def _paint_figures(self, painter: QPainter, figure: str) -> None:
        """Crosses, rings or diamonds, of one size on the screen whatever the scale: one is drawn, then stamped."""
        mapped = painter.worldTransform().map(self._points)  # the array below only borrows its memory
        points = pg.functions.ndarray_from_qpolygonf(mapped)
        crowded = len(self._points) > CROWDED
        half = max(self.size, 5.0) / 2.0 + {"ring": 3.0, "diamond": 1.5}.get(figure, 0.0)
        half = 0.5 * half if crowded else half
        room = half + 3.0
        lines = ((1.2, self.colour),) if crowded else ((4.0, self.ground), (1.8, self.colour))
        stamp = _stamp(painter, half, room, figure, lines)
        painter.save()
        painter.resetTransform()
        for x, y in (points - room).tolist():
            painter.drawPixmap(QPointF(x, y), stamp)
        painter.restore()


def _stamp(
    painter: QPainter, half: float, room: float, figure: str, lines: Sequence[tuple[float, QColor]]
) -> QPixmap:
    """A picture of one figure in the middle of a square of half side `room`, drawn with these widths and colours."""
    ratio = painter.device().devicePixelRatioF()
    size = math.ceil(2.0 * room * ratio)
    stamp = QPixmap(size, size)
    stamp.setDevicePixelRatio(ratio)
    stamp.fill(Qt.GlobalColor.transparent)
    inner = QPainter(stamp)
    inner.setRenderHint(QPainter.RenderHint.Antialiasing)
    inner.translate(room, room)
    for width, colour in lines:
        inner.setPen(QPen(colour, width))
        if figure == "diamond":
            corners = ((0.0, half), (half, 0.0), (0.0, -half), (-half, 0.0))
            inner.drawPolygon([QPointF(*corner) for corner in corners])
        elif figure == "cross":
            inner.drawLine(QPointF(-half, -half), QPointF(half, half))
            inner.drawLine(QPointF(-half, half), QPointF(half, -half))
        else:
            inner.drawEllipse(QPointF(0.0, 0.0), half, half)
    inner.end()
    return stamp


def _round(colour: QColor, size: float, ratio: float) -> QPen:
    """A cosmetic pen whose points are round; the smallest are square, which takes half the time to draw."""
    pen = QPen(colour, size * ratio)
    pen.setCosmetic(True)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap if size > TINY else Qt.PenCapStyle.SquareCap)
    return pen
