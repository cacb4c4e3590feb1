"""The ring of the histogram without a mouse: arrows move it from bin to bin, Space takes the peak below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from ui.views.histogram import HistogramView

STEPS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}
FAR = 5.0  # bins, with Shift


class RingKeys(QObject):
    """Keys of the plot while it has the keyboard; Escape puts the ring back."""

    def __init__(self, view: HistogramView) -> None:
        super().__init__(view)
        self._view = view
        view.area.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        view, offset = self._view, self._view.offset
        if offset is None or not view.peak.isVisible() or not view.peak.movable:
            return False
        key, place = Qt.Key(event.key()), view.peak.pos()
        if key in STEPS:
            far = FAR if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
            x, y = (at + far * step for at, step in zip((place.x(), place.y()), STEPS[key], strict=True))
            edge = float(offset.radius)
            view.peak.setPos(min(max(x, -edge), edge), min(max(y, -edge), edge))
        elif key == Qt.Key.Key_Space:
            view.drop_ring()
        elif key == Qt.Key.Key_Escape:
            view.put_ring_back()
        return key in STEPS or key in (Qt.Key.Key_Space, Qt.Key.Key_Escape)
