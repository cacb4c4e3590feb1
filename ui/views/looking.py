"""Where a canvas looks, and the drawing of the part of a frame that it sees there."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QImage, QPainter, QTransform


@dataclass(frozen=True)
class ViewState:
    """Where a canvas looks: the FITS pixel at its middle, and screen pixels per frame pixel."""

    x: float
    y: float
    zoom: float

    def pixels(self, point: QPointF, size: QSizeF) -> tuple[float, float]:
        """FITS pixel position (1-based) of a point of a canvas of this size."""
        x = self.x + (point.x() - size.width() / 2.0) / self.zoom
        return x, self.y - (point.y() - size.height() / 2.0) / self.zoom

    def point(self, x: float, y: float, size: QSizeF) -> QPointF:
        """The point of a canvas of this size at a FITS pixel position."""
        across, up = (x - self.x) * self.zoom, (y - self.y) * self.zoom
        return QPointF(size.width() / 2.0 + across, size.height() / 2.0 - up)


def level_of(count: int, scale: float) -> int:
    """Which of `count` copies, each half the size of the one before, to draw at `scale` device pixels per pixel of
    the frame: the smallest whose pixels are not smaller than the screen's."""
    if scale >= 1.0:
        return 0
    return int(min(math.ceil(-math.log2(scale) - 1e-9), count - 1))


def draw_part(
    painter: QPainter,
    images: tuple[QImage, ...],
    step: int,
    shape: tuple[int, int],
    at: ViewState,
    size: QSizeF,
    clip: QRectF,
) -> None:
    """Draw what is seen within `clip` of a frame of `shape` (ny, nx), from its copy `step`, on a canvas of `size`."""
    image, block = images[step], 1 << step
    x0, y0 = at.pixels(clip.bottomLeft(), size)
    x1, y1 = at.pixels(clip.topRight(), size)
    first_x, first_y = max(int((x0 - 0.5) // block), 0), max(int((y0 - 0.5) // block), 0)
    last_x = min(int((x1 - 0.5) // block) + 1, image.width())
    last_y = min(int((y1 - 0.5) // block) + 1, image.height())
    if last_x <= first_x or last_y <= first_y:
        return
    source = QRectF(first_x, first_y, last_x - first_x, last_y - first_y)
    target = QRectF(source.x() * block, source.y() * block, source.width() * block, source.height() * block)
    painter.save()
    painter.setClipRect(clip)
    painter.setTransform(QTransform.fromTranslate(size.width() / 2.0, size.height() / 2.0), True)
    painter.scale(at.zoom, -at.zoom)
    painter.translate(0.5 - at.x, 0.5 - at.y)
    # a reduced copy of an odd size reaches half a block past the frame
    painter.setClipRect(QRectF(0, 0, shape[1], shape[0]), Qt.ClipOperation.IntersectClip)
    painter.drawImage(target, image, source)
    painter.restore()
