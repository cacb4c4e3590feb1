"""A colour bar under an image, with the pixel values at its ends and between."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui import style
from ui.views.colors import gradient, plot_colours
from ui.views.lookbar import short
from ui.views.prepared import CONTEXT, MASK, Prepared
from ui.views.stretch import value_at


class ColourBar(QWidget):
    """Shows which colour means which pixel value of a prepared frame."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frame: Prepared | None = None
        self._map, self._inverted = "Grey", False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(style.small(self.font()))
        self.setAccessibleName("Colour bar")
        style.switch().changed.connect(self.update)

    def set_frame(self, frame: Prepared | None) -> None:
        self._frame = frame
        self.setAccessibleDescription(", ".join(words for _, words in self.labels()))
        self.update()

    def set_colours(self, name: str, inverted: bool) -> None:
        self._map, self._inverted = name, inverted
        self.update()

    def labels(self) -> list[tuple[float, str]]:
        """Place along the bar (0..1) and text of every label."""
        frame = self._frame
        if frame is None:
            return []
        if frame.kind == MASK:
            return [(0.0, "good"), (1.0, "flagged")]
        if frame.kind == CONTEXT:
            most = int(frame.high)
            step = max(1, most // 6)
            return [((count - 0.5) / most, str(count)) for count in range(1, most + 1, step)]
        places = (0.0, 0.25, 0.5, 0.75, 1.0)
        values = [value_at(at, frame.low, frame.high, frame.look.stretch) for at in places]
        if np.issubdtype(frame.data.dtype, np.integer):
            return _whole(places, values, frame)
        return [(at, short(value)) for at, value in zip(places, values, strict=True)]

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, 12 + self.fontMetrics().height() + 2)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(80, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        if self._frame is None:
            return
        painter = QPainter(self)
        self.paint_on(painter, self.width())
        painter.end()

    def paint_on(self, painter: QPainter, width: float) -> None:
        """Draw the bar at the origin of any painter, `width` wide."""
        if self._frame is None:
            return
        rgb = np.ascontiguousarray(self._strip()[None])
        pixels = rgb.tobytes()  # the image only borrows them: they must live as long as it does
        strip = QImage(pixels, rgb.shape[1], 1, len(pixels), QImage.Format.Format_RGB888)
        bar = QRectF(2, 1, width - 4, 9)
        painter.drawImage(bar, strip)
        colours = plot_colours()
        painter.setPen(colours.muted)
        painter.drawRect(bar)
        painter.setPen(colours.text)
        self._paint_labels(painter, bar)

    def _strip(self) -> NDArray[np.uint8]:
        """The colours from left to right; of a context image one for each number of chips."""
        assert self._frame is not None
        colours = gradient("Grey" if self._frame.kind == MASK else self._map, self._inverted)
        if self._frame.kind == CONTEXT:
            most = int(self._frame.high)
            return np.asarray(colours[np.rint(np.arange(1, most + 1) * 254.0 / most).astype(int)])
        return colours

    def _paint_labels(self, painter: QPainter, bar: QRectF) -> None:
        metrics = painter.fontMetrics()
        assert self._frame is not None
        unit = " chips" if self._frame.kind == CONTEXT else f" {self._frame.unit}".rstrip()
        labels = self.labels()
        labels[-1] = (labels[-1][0], labels[-1][1] + unit)
        taken: list[tuple[float, float]] = []
        for at, words in (labels[-1], *labels[:-1]):  # the high end first: it must never be left out
            wide = metrics.horizontalAdvance(words)
            left = min(max(bar.left() + at * bar.width() - wide / 2, bar.left()), bar.right() - wide)
            if all(left > end + 6 or left + wide < start - 6 for start, end in taken):
                box = QRectF(left, 11, wide + 2, metrics.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignLeft, words)
                taken.append((left, left + wide))


def _whole(places: tuple[float, ...], values: list[float], frame: Prepared) -> list[tuple[float, str]]:
    """Labels of whole numbers: each number once; where there are only a few, each at the place of its colour."""
    low, high = round(frame.low), round(frame.high)
    if high - low <= len(places):
        steps = np.linspace(0.0, 1.0, 1001)
        shown = np.array([value_at(float(at), frame.low, frame.high, frame.look.stretch) for at in steps])
        return [(float(steps[np.abs(shown - n).argmin()]), short(float(n))) for n in range(low, high + 1)]
    pairs = {round(value): at for at, value in zip(places, values, strict=True)}
    return [(at, short(float(value))) for value, at in pairs.items()]
