"""A label that shortens long text and shows it whole as a tooltip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.views.fitted import company


class ElidedLabel(QWidget):
    """One line of text that never asks for more width than there is."""

    def __init__(self, parent: QWidget | None = None, text: str = "") -> None:
        super().__init__(parent)
        self._text = text
        self._colour = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        return self._text

    def set_text(self, text: str) -> None:
        """Show `text`; it is the tooltip too."""
        self._text = text
        self.setToolTip(text)
        self.update()

    def set_colour(self, colour: str) -> None:
        """Write in this colour; "" in the palette's."""
        self._colour = colour
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(80, self.fontMetrics().height() + 4)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(24, self.fontMetrics().height() + 4)

    def paintEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        painter = QPainter(self)
        if self._colour:
            painter.setPen(QColor(self._colour))
        shown = company().fitted(self._text, self.width(), painter.fontMetrics().horizontalAdvance)
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter), shown)
