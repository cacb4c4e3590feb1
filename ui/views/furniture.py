"""What stands around an image on the canvas: compass, scale bar, the frame's name, messages.

Drawn light on a dark shade, so that it can be read over any image and in either theme.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from ui import style
from ui.views.fitted import company
from ui.views.prepared import Local, Prepared

SHADE = QColor(0, 0, 0, 170)
INK = QColor(255, 255, 255)
ARM, LETTER = 20.0, 13.0  # screen pixels
ROUND = Qt.PenJoinStyle.RoundJoin
LENGTHS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)


def compass_arms(local: Local, arm: float) -> dict[str, QPointF]:
    """The tips of the arrows "N" and "E", in screen pixels from their foot; screen y runs down, the frame's up."""
    vectors = {"N": local.north, "E": local.east}
    return {letter: QPointF(arm * float(x), -arm * float(y)) for letter, (x, y) in vectors.items()}


def compass_place(area: QRect) -> tuple[QPointF, float]:
    """Where the arrows of an area begin, and their length: the lower left corner, with room to all sides."""
    arm = min(ARM, 0.09 * min(area.width(), area.height()))
    reach = arm + LETTER + 4.0
    return QPointF(area.left() + reach, area.bottom() - reach), arm


def draw_compass(painter: QPainter, area: QRect, local: Local) -> None:
    """Arrows to north and east, light with a dark edge: they hide nothing of the image but what is under them."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    foot, arm = compass_place(area)
    font = style.small(painter.font())
    font.setBold(True)
    path = QPainterPath()
    for letter, tip in compass_arms(local, arm).items():
        path.addPath(_arrow(foot, foot + tip))
        metrics = QFontMetricsF(font)
        middle = foot + tip * ((arm + LETTER * 0.72) / max(arm, 1e-9))
        half = QPointF(metrics.horizontalAdvance(letter) / 2.0, -metrics.capHeight() / 2.0)
        path.addText(middle - half, font, letter)
    painter.strokePath(path, QPen(SHADE, 3.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, ROUND))
    painter.fillPath(path, INK)
    painter.restore()


def draw_scale_bar(painter: QPainter, area: QRect, scale: float, zoom: float) -> None:
    """A bar of a round length on the sky in the lower right corner; `scale` arcsec per pixel."""
    length, pixels = bar_length(scale, zoom, area.width() * 0.22)
    if pixels > area.width() * 0.6 or pixels < 4:
        return
    words = angle_words(length)
    painter.save()
    wide = max(pixels, painter.fontMetrics().horizontalAdvance(words)) + 24
    box = QRectF(area.right() - wide - 10, area.bottom() - 50, wide, 40)
    _shade(painter, box, 4.0)
    left, base = box.center().x() - pixels / 2, box.bottom() - 11
    painter.setPen(QPen(INK, 2.0))
    painter.drawLine(QPointF(left, base), QPointF(left + pixels, base))
    for end in (left, left + pixels):
        painter.drawLine(QPointF(end, base - 4), QPointF(end, base + 4))
    top = QRectF(box.left(), box.top() + 4, box.width(), 18)
    painter.drawText(top, Qt.AlignmentFlag.AlignCenter, words)
    painter.restore()


def bar_length(scale: float, zoom: float, wanted: float) -> tuple[float, float]:
    """The longest round angle (arcsec) whose bar is at most `wanted` screen pixels, and the bar's pixels."""
    fitting = [length for length in LENGTHS if length / scale * zoom <= wanted]
    length = fitting[-1] if fitting else LENGTHS[0]
    return length, length / scale * zoom


def angle_words(arcsec: float) -> str:
    """`0.1″`, `30″`, `2′`; mas below a tenth of an arcsecond."""
    if arcsec >= 60.0:
        return f"{arcsec / 60.0:g}\u2032"
    return f"{arcsec:g}\u2033" if arcsec >= 0.1 else f"{arcsec * 1000:g} mas"


def draw_name(painter: QPainter, area: QRect, name: str, end: str = "") -> QRectF:
    """The frame's name in the upper left corner, shortened where it must be; `end` follows whole. Gives the place."""
    if not name:
        return QRectF()
    painter.save()
    font = QFont(painter.font())
    font.setBold(True)
    painter.setFont(font)
    metrics = painter.fontMetrics()
    room = int(area.width() * (0.75 if end else 0.62)) - metrics.horizontalAdvance(end)
    words = company().fitted(name, max(80, room), metrics.horizontalAdvance) + end
    box = QRectF(
        area.left() + 10, area.top() + 10, metrics.horizontalAdvance(words) + 18, metrics.height() + 8
    )
    _shade(painter, box, 4.0)
    painter.setPen(INK)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
    painter.restore()
    return box


def flag_words(mask: Prepared | None, reduced: bool) -> str:
    """The share of pixels that a mask flags, as an end of a name. Zoomed out (`reduced`) each of them fills a whole
    pixel of the screen, so that none is lost, and they look far denser than they are: that is said too."""
    if mask is None:
        return ""
    percent = 100.0 * mask.flagged
    words = f"{percent:.2g} %" if percent < 10.0 else f"{percent:.0f} %"
    return f"   {words} flagged" + (", drawn enlarged" if reduced and percent else "")


def draw_message(painter: QPainter, area: QRect, message: str, over: bool) -> None:
    """A text in the middle; on a shade when it lies `over` an image."""
    painter.save()
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    room = area.adjusted(area.width() // 8, 20, -area.width() // 8, -20)
    if over:
        box = QRectF(painter.boundingRect(room, flags, message)).adjusted(-14, -8, 14, 8)
        _shade(painter, box, 6.0)
        painter.setPen(INK)
    else:
        font = QFont(painter.font())
        font.setPointSizeF(font.pointSizeF() * 1.15)
        painter.setFont(font)
        painter.setPen(QColor(style.current().muted))
    painter.drawText(room, flags, message)
    painter.restore()


def _shade(painter: QPainter, box: QRectF, radius: float) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(SHADE)
    painter.drawRoundedRect(box, radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _arrow(start: QPointF, end: QPointF) -> QPainterPath:
    """The outline of an arrow."""
    along = np.array([end.x() - start.x(), end.y() - start.y()])
    along /= max(float(np.hypot(*along)), 1e-9)
    across = np.array([-along[1], along[0]])
    foot, tip = np.array([start.x(), start.y()]), np.array([end.x(), end.y()])
    neck = tip - 6.0 * along
    corners = (
        foot - 0.8 * across,
        neck - 0.8 * across,
        neck - 3.0 * across,
        tip,
        neck + 3.0 * across,
        neck + 0.8 * across,
        foot + 0.8 * across,
    )
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
    path.closeSubpath()
    path.setFillRule(Qt.FillRule.WindingFill)
    return path
