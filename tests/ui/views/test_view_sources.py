"""The legend of the sources view knows every reason that the engine has."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from core.align.find import REASONS
from core.kernels import find as kernels
from ui.views.marks import FEW, MANY, Marks, Shape, draw_marks
from ui.views.reasons import FOUND, LOOKS, word_of


def test_every_reason_has_a_look_of_its_own():
    assert set(LOOKS) == {FOUND, *REASONS}
    assert kernels.KEPT == FOUND
    looks = [(colour, shape) for _, colour, shape in LOOKS.values()]
    assert len(set(looks)) == len(looks)
    assert word_of(kernels.PEAK_HIGH) == REASONS[kernels.PEAK_HIGH]
    assert "sharpness" in word_of(kernels.SHARPNESS)
    assert "edge" in word_of(kernels.EDGE)
    assert "DQ" in word_of(kernels.BAD_PIXEL)


def test_few_many_and_very_many_marks_stand_at_their_places(qapp):
    """Drawn singly, stamped, or as dots: every way marks the same places."""
    for count in (FEW // 2, FEW * 3, MANY + 100):
        image = QImage(400, 300, QImage.Format.Format_RGB32)
        image.fill(QColor("black"))
        x, y = np.full(count, 120.0), np.full(count, 80.0)
        painter = QPainter(image)
        draw_marks(
            painter,
            (Marks("", x, y, QColor("#00FF00"), Shape.SQUARE, 6.0),),
            QPointF,
            image.rect().toRectF(),
            1.0,
        )
        painter.end()
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(300, 400, 4)
        rows, columns = np.nonzero(pixels[..., 1] > 100)
        assert len(rows)
        assert abs(rows.mean() - 80.0) < 1.0
        assert abs(columns.mean() - 120.0) < 1.0
        assert rows.max() - rows.min() <= 16
