"""One source looked at closely: its pixels, its radial profile with the Gaussian fitted to it, its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from ui import style
from ui.views.colors import plot_colours, table
from ui.views.lookbar import short
from ui.views.stretch import to_bytes

if TYPE_CHECKING:
    from core.align.profile import Profile

HINT = "Click a source on the image: its pixels, profile and figures appear here."
REACH = 9.0  # pixels of the profile that are drawn


class StarPicture(QWidget):
    """The cut-out at the left, the profile at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.profile: Profile | None = None
        self._image: QImage | None = None
        self._levels: np.ndarray | None = None
        self.setFixedHeight(style.scaled(112))
        style.switch().changed.connect(self.update)

    def show_profile(self, profile: Profile | None) -> None:
        self.profile, self._image = profile, None
        if profile is not None and profile.cutout.size:
            low, high = float(np.nanmin(profile.cutout)), float(np.nanmax(profile.cutout))
            # row 0 of the array is the lowest on the sky view, the highest on the screen
            levels = to_bytes(profile.cutout[::-1], low, max(high, low + 1e-6), "asinh")
            self._levels = np.ascontiguousarray(levels)
            ny, nx = self._levels.shape
            self._image = QImage(self._levels.data, nx, ny, nx, QImage.Format.Format_Indexed8)
            self._image.setColorTable(table("Grey", False, plot_colours().sky))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter, colours = QPainter(self), plot_colours()
        side = float(self.height())
        if self._image is not None:
            painter.drawImage(QRectF(0, 0, side, side), self._image)
            box = QRectF(side + 34, 4, max(self.width() - side - 40, 20.0), side - 20)
            self._paint_profile(painter, box)
        else:
            painter.setPen(colours.muted)
            flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(self.rect().adjusted(8, 0, -8, 0), flags, HINT)
        painter.end()

    def _paint_profile(self, painter: QPainter, box: QRectF) -> None:
        profile, colours = self.profile, plot_colours()
        assert profile is not None
        near = profile.radius <= REACH
        if not near.any():
            return
        value = profile.value[near]
        low, high = float(np.nanmin(value)), float(np.nanmax(value))
        span = max(high - low, 1e-9)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colours.grid))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.drawLine(box.bottomLeft(), box.topLeft())

        def at(r: float, v: float) -> QPointF:
            return QPointF(
                box.left() + r / REACH * box.width(), box.bottom() - (v - low) / span * box.height()
            )

        if np.isfinite(profile.fwhm):
            shown = profile.model_radius <= REACH
            line = [at(r, v) for r, v in zip(profile.model_radius[shown], profile.model[shown], strict=True)]
            painter.setPen(QPen(colours.accent, 1.6))
            painter.drawPolyline(QPolygonF(line))
        pen = QPen(QColor(colours.text), 3.0)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPoints(QPolygonF([at(r, v) for r, v in zip(profile.radius[near], value, strict=True)]))
        self._paint_axes(painter, box, low, high)

    def _paint_axes(self, painter: QPainter, box: QRectF, low: float, high: float) -> None:
        painter.setFont(style.small(self.font(), 0.82))
        painter.setPen(plot_colours().muted)
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for value, y in ((high, box.top() + 5), (low, box.bottom() - 5)):
            painter.drawText(QRectF(box.left() - 36, y - 8, 33, 16), right, _brief(value))
        middle = int(Qt.AlignmentFlag.AlignHCenter)
        painter.drawText(
            QRectF(box.left(), box.bottom() + 1, box.width(), 15), middle, f"radius, 0 to {REACH:g} px"
        )


class StarCard(QWidget):
    """Picture and figures of a source; says how to choose one while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = StarPicture()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.picture)
        column.addWidget(self.words)
        self.setAccessibleName("The source that was clicked")
        self.clear()

    def clear(self) -> None:
        """No source is chosen."""
        self.picture.show_profile(None)
        self.words.hide()

    def show_star(self, profile: Profile, became: str, unit: str) -> None:
        """`became` is what the finder made of it, `unit` that of the pixels."""
        self.picture.show_profile(profile)
        width = f"{profile.fwhm:.2f} px" if np.isfinite(profile.fwhm) else "no Gaussian fits"
        rows = (
            ("FWHM", f"<b>{width}</b>"),
            ("peak", f"{_figure(profile.peak)} {unit}"),
            ("sharpness", _shape(profile.sharp)),
            ("roundness", _shape(profile.round1)),
        )
        muted = f"style='color:{plot_colours().muted.name()}'"
        cells = "".join(
            f"<td style='padding-right:8px'><span {muted}>{name}</span> {value}</td>"
            + ("</tr><tr>" if place % 2 else "")
            for place, (name, value) in enumerate(rows)
        )
        head = f"<b>{became}</b> &nbsp;x {profile.x + 1.0:.2f}, y {profile.y + 1.0:.2f}"
        self.words.setText(f"{head}<table><tr>{cells}</tr></table>")
        self.words.show()


def _figure(value: float) -> str:
    return short(value) if np.isfinite(value) else "not known"


def _shape(value: float) -> str:
    return f"{value:.3f}".replace("-", "\u2212") if np.isfinite(value) else "not known"


def _brief(value: float) -> str:
    """At most five signs: there is no room for more beside the axis."""
    size = abs(value)
    told = f"{value / 1000.0:.0f}k" if size >= 10_000 else f"{value:.0f}" if size >= 100 else f"{value:.3g}"
    return told.replace("-", "\u2212")
