"""Marks over an image: detected sources, matches, the truth of a simulation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from ui.views.dotpicture import draw_dots

FEW, SEVERAL, MANY, LARGE = 20, 400, 4000, 60.0
CROWDED = 0.2  # of the image under dots with their rims


class Shape(StrEnum):
    """The figure of a mark; reasons are told by shape as well as by colour."""

    CIRCLE = "circle"
    SQUARE = "square"
    CROSS = "cross"
    DIAMOND = "diamond"


@dataclass(frozen=True, eq=False)
class Marks:
    """Marks of one kind: `x`, `y` FITS pixel positions (1-based), `radius` in frame pixels but never below 4 on
    the screen, `legend` what they are."""

    legend: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    colour: QColor
    shape: Shape = Shape.CIRCLE
    radius: float = 5.0

    def __len__(self) -> int:
        return len(self.x)


def draw_marks(
    painter: QPainter,
    marks: tuple[Marks, ...],
    to_widget: Callable[[float, float], QPointF],
    area: QRectF,
    zoom: float,
) -> None:
    """Draw the marks that lie in `area`, over a dark edge that shows on any ground."""
    if not marks:
        return
    origin, unit = to_widget(0.0, 0.0), to_widget(1.0, 1.0)
    shown = []
    for group in marks:
        radius = max(group.radius * zoom, 4.0)
        x = origin.x() + group.x * (unit.x() - origin.x())
        y = origin.y() + group.y * (unit.y() - origin.y())
        seen = (x > area.left() - radius) & (x < area.right() + radius)
        seen &= (y > area.top() - radius) & (y < area.bottom() + radius)
        shown.append((group, radius, x[seen], y[seen]))
    total = sum(len(x) for _, _, x, _ in shown)
    for group, radius, x, y in shown:
        if total > MANY and len(x) > SEVERAL:
            # figures would cover the image, and take seconds
            draw_dots(painter, x, y, area, group.colour, *_dot_of(total, area))
        elif len(x) > FEW and radius < LARGE:
            _draw_stamps(painter, x, y, radius, group)
        elif len(x):
            _draw_figure(painter, _path(x, y, radius, group.shape), group.colour)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    _draw_legend(painter, marks, area)


def _dot_of(count: int, area: QRectF) -> tuple[float, float]:
    """Size of a dot and width of its rim, so that the image is seen between many."""
    cover = 16.0 * count / max(area.width() * area.height(), 1.0)
    return (2.0, 1.0) if cover < CROWDED else (2.0, 0.0) if cover < 4 * CROWDED else (1.0, 0.0)


def _draw_figure(painter: QPainter, path: QPainterPath, colour: QColor) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(QColor(0, 0, 0, 150), 3.0), QPen(colour, 1.4)):
        painter.setPen(pen)
        painter.drawPath(path)


def _draw_stamps(
    painter: QPainter, x: NDArray[np.float64], y: NDArray[np.float64], radius: float, group: Marks
) -> None:
    """Many figures alike: one is drawn, then stamped. A path of a thousand of them takes 0.3 s to draw."""
    ratio = painter.device().devicePixelRatioF()
    half = radius + 3.0
    stamp = QPixmap(int(np.ceil(2.0 * half * ratio)), int(np.ceil(2.0 * half * ratio)))
    stamp.setDevicePixelRatio(ratio)
    stamp.fill(Qt.GlobalColor.transparent)
    inner = QPainter(stamp)
    middle = np.array([half])
    _draw_figure(inner, _path(middle, middle, radius, group.shape), group.colour)
    inner.end()
    for px, py in zip((x - half).tolist(), (y - half).tolist(), strict=True):
        painter.drawPixmap(QPointF(px, py), stamp)


def _path(x: NDArray[np.float64], y: NDArray[np.float64], radius: float, shape: Shape) -> QPainterPath:
    path = QPainterPath()
    for px, py in zip(x.tolist(), y.tolist(), strict=True):
        if shape is Shape.CIRCLE:
            path.addEllipse(QPointF(px, py), radius, radius)
        elif shape is Shape.SQUARE:
            path.addRect(px - radius, py - radius, 2 * radius, 2 * radius)
        elif shape is Shape.CROSS:
            path.moveTo(px - radius, py - radius)
            path.lineTo(px + radius, py + radius)
            path.moveTo(px - radius, py + radius)
            path.lineTo(px + radius, py - radius)
        else:
            path.moveTo(px, py - radius)
            path.lineTo(px + radius, py)
            path.lineTo(px, py + radius)
            path.lineTo(px - radius, py)
            path.closeSubpath()
    return path


def _draw_legend(painter: QPainter, marks: tuple[Marks, ...], area: QRectF) -> None:
    named = [group for group in marks if group.legend]
    if not named:
        return
    metrics = painter.fontMetrics()
    lines = [f"{group.legend}: {len(group)}" for group in named]
    width = max(metrics.horizontalAdvance(line) for line in lines) + 34
    height = metrics.height() * len(lines) + 10
    box = QRectF(area.right() - width - 10, area.top() + 10, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 170))
    painter.drawRoundedRect(box, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for row, (group, line) in enumerate(zip(named, lines, strict=True)):
        middle = box.top() + 5 + metrics.height() * (row + 0.5)
        painter.setPen(QPen(group.colour, 1.4))
        at = np.array([box.left() + 14]), np.array([middle])
        painter.drawPath(_path(*at, radius=4.0, shape=group.shape))
        painter.setPen(QColor("white"))
        painter.drawText(QPointF(box.left() + 26, middle + metrics.ascent() / 2 - 1), line)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
