"""How sources and rejected candidates are drawn: a colour and a shape for each reason, the same in both themes,
because they lie on an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from ui.views.marks import Marks, Shape, draw_marks

if TYPE_CHECKING:
    from core.align.live import Selection

# Codes of core.kernels.find, in short words for a legend; importing the kernels would hold up the window.
FOUND = 0
LOOKS: dict[int, tuple[str, str, Shape]] = {
    FOUND: ("found", "#4CE0A0", Shape.CIRCLE),
    6: ("sharpness", "#FFA53A", Shape.DIAMOND),
    7: ("roundness", "#F27BD6", Shape.DIAMOND),
    2: ("peak below peakmin", "#7FB2FF", Shape.SQUARE),
    3: ("peak above peakmax", "#FF5A4F", Shape.SQUARE),
    4: ("flux below fluxmin", "#9A8CFF", Shape.SQUARE),
    5: ("flux above fluxmax", "#FFE14D", Shape.SQUARE),
    1: ("edge", "#C8D2DA", Shape.CROSS),
    10: ("bad pixel (DQ)", "#FF5A4F", Shape.CROSS),
    8: ("no position", "#F27BD6", Shape.CROSS),
    9: ("too near another", "#58C7F3", Shape.CROSS),
}


def word_of(code: int) -> str:
    """What became of a candidate."""
    return LOOKS[code][0]


def marks_of(found: Selection, hidden: frozenset[int]) -> list[Marks]:
    """All candidates but those of `hidden` reasons, what was found on top."""
    marks = []
    for code in sorted(found.counts, reverse=True):
        if code in hidden or code not in LOOKS:
            continue
        _, colour, shape = LOOKS[code]
        mine = np.flatnonzero(found.reason == code)
        radius = 4.0 if code == FOUND else 3.5
        marks.append(Marks("", found.x[mine] + 1.0, found.y[mine] + 1.0, QColor(colour), shape, radius))
    return marks


def icon_of(code: int, size: int = 16) -> QIcon:
    """The mark of a reason, on a dark ground as over an image."""
    picture = QPixmap(QSize(size * 2, size * 2))
    picture.setDevicePixelRatio(2.0)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor("#26323C"))
    painter.setPen(QPen(Qt.PenStyle.NoPen))
    painter.drawRoundedRect(0, 0, size, size, 3, 3)
    _, colour, shape = LOOKS[code]
    middle = np.array([size / 2.0])
    mark = Marks("", middle, middle, QColor(colour), shape, 4.0)
    draw_marks(painter, (mark,), QPointF, picture.rect().toRectF(), 1.0)
    painter.end()
    return QIcon(picture)
