"""The lasso: a closed line drawn by hand; what lies within is selected. On plots and on images alike."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsPolygonItem, QWidget

from ui.views.canvas import Canvas
from ui.views.colors import plot_colours

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

STEP = 2.0  # screen pixels from corner to corner of the line
LEAST = 3


def within(x: Floats, y: Floats, corners: Floats) -> Bools:
    """Which points lie in a polygon (n, 2), by the even-odd rule; the last corner is joined to the first.

    Fewer than three corners hold nothing.
    """
    inside = np.zeros(len(x), dtype=bool)
    if len(corners) < LEAST:
        return inside
    low, high = corners.min(axis=0), corners.max(axis=0)
    near = np.flatnonzero((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))
    px, py = x[near], y[near]
    odd = np.zeros(len(near), dtype=bool)
    for (x0, y0), (x1, y1) in zip(corners.tolist(), np.roll(corners, -1, axis=0).tolist(), strict=True):
        if y0 != y1:  # the side crosses the line that runs from the point to the right
            odd ^= ((y0 > py) != (y1 > py)) & (px < x0 + (py - y0) * (x1 - x0) / (y1 - y0))
    inside[near] = odd
    return inside


def corners_of(line: QPolygonF) -> Floats:
    """The corners of a polygon as an array (n, 2)."""
    return np.array([[point.x(), point.y()] for point in line], dtype=np.float64).reshape(-1, 2)


class Line:
    """The line while it is drawn, in screen pixels; corners closer than `STEP` are left out."""

    def __init__(self, start: QPointF) -> None:
        self.polygon = QPolygonF([start])

    def go_to(self, here: QPointF) -> None:
        if (here - self.polygon[len(self.polygon) - 1]).manhattanLength() >= STEP:
            self.polygon.append(here)


def pens() -> tuple[QPen, QColor]:
    """How the line and what it holds are drawn in the present theme."""
    colour = QColor(plot_colours().accent)
    pen = QPen(colour, 1.6)
    pen.setCosmetic(True)
    colour.setAlphaF(0.14)
    return pen, colour


class LassoItem(QGraphicsPolygonItem):
    """The line over a plot, in the coordinates of its view box."""

    def __init__(self, box: pg.ViewBox) -> None:
        super().__init__(box)
        self.setZValue(1e6)
        self.line: Line | None = None
        self.hide()

    def begin(self, start: QPointF) -> None:
        self.line = Line(start)
        pen, fill = pens()
        self.setPen(pen)
        self.setBrush(fill)
        self.setPolygon(self.line.polygon)
        self.show()

    def go_to(self, here: QPointF) -> None:
        if self.line is not None:
            self.line.go_to(here)
            self.setPolygon(self.line.polygon)

    def end(self) -> QPolygonF:
        """The line that was drawn; it vanishes."""
        line, self.line = self.line, None
        self.hide()
        return line.polygon if line is not None else QPolygonF()


class CanvasLasso(QObject):
    """A lasso on an image: while `is_on`, dragging with the left button draws instead of moving the image.

    `drawn(corners, more)`: corners (n, 2) in FITS pixels; `more` when Ctrl or Shift was held, to add to what is
    selected.
    """

    drawn = Signal(object, bool)

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self.is_on = False
        self.line: Line | None = None
        self._start: QPointF | None = None
        self._sheet = _Sheet(self, canvas)
        canvas.installEventFilter(self)

    def set_on(self, on: bool) -> None:
        self.is_on = on
        if not on:
            self._forget()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        kind = event.type()
        if kind == QEvent.Type.Resize:
            self._sheet.setGeometry(self.canvas.rect())
        if not self.is_on or not isinstance(event, QMouseEvent) or self.canvas.frame is None:
            return False
        if kind == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.LeftButton:
            self._start = event.position()
        elif kind == QEvent.Type.MouseMove and self._start is not None:
            return self._moved(event.position())
        elif kind == QEvent.Type.MouseButtonRelease and self._start is not None:
            return self._released(event)
        return False

    def _moved(self, here: QPointF) -> bool:
        assert self._start is not None
        if self.line is None:
            if (here - self._start).manhattanLength() <= 3:
                return False  # a click may still come of it
            self.line = Line(self._start)
            self._sheet.setGeometry(self.canvas.rect())
            self._sheet.show()
        self.line.go_to(here)
        self._sheet.update()
        return True

    def _released(self, event: QMouseEvent) -> bool:
        line = self.line
        self._forget()
        if line is None:
            return False
        self.canvas.let_go()
        corners = np.array([self.canvas.to_pixels(point) for point in line.polygon])
        both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        self.drawn.emit(corners, bool(event.modifiers() & both))
        return True

    def _forget(self) -> None:
        self.line = self._start = None
        self._sheet.hide()


class _Sheet(QWidget):
    """What the line is drawn on: glass over the canvas, so that the image below is not painted anew."""

    def __init__(self, lasso: CanvasLasso, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._lasso = lasso
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        if self._lasso.line is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen, fill = pens()
        painter.setBrush(fill)
        for each in (QPen(QColor(0, 0, 0, 150), 3.0), pen):
            painter.setPen(each)
            painter.drawPolygon(self._lasso.line.polygon)
        painter.end()
