"""Residuals as arrows over the field: small and in all directions when the alignment is good."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QCheckBox, QSlider, QWidget

from core.align.results import ImageResult
from ui.views.chart import FROM_REFERENCE, fitting_label, signed
from ui.views.colors import plot_colours
from ui.views.dots import Dots
from ui.views.linked import CATCH, LinkedChart, error_words, keys_of, mean_words, state_words
from ui.views.matched import Floats, Group, Residuals, State, chip_means, groups_of
from ui.views.residuals import NOTHING
from ui.views.selection import BandBox, Selection
from ui.views.wrap import together

HEAD = 0.28
MEAN_FACTOR = 10
MANY = 2000
SPREAD = 0.45
AXIS_ROOM, KEY_ROOM = 75.0, 165.0  # screen pixels of axis and label, and of the key arrow
KEYS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


class KeyedBox(BandBox):
    """A view box that draws the key arrow in its lower right corner, of the same scale as the arrows."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = 0.0  # frame pixels drawn for one pixel of residual
        self.mas = 1.0
        self.setFlag(self.GraphicsItemFlag.ItemHasNoContents, False)

    def key(self) -> tuple[float, float]:
        """Length of the key in pixels of residual, and on the screen."""
        unit = self.viewPixelSize()[0]
        if self.factor <= 0 or unit <= 0:
            return KEYS[0], 0.0
        fitting = [key for key in KEYS if key * self.factor / unit <= 140.0]
        chosen = fitting[-1] if fitting else KEYS[0]
        return chosen, chosen * self.factor / unit

    def paint(self, painter: QPainter, option: object, widget: object) -> None:
        super().paint(painter, option, widget)
        value, length = self.key()
        if length < 1.0:
            return
        colours = plot_colours()
        words = f"{value:g} px = {value * self.mas:.3g} mas"
        metrics = painter.fontMetrics()
        wide = max(length, metrics.horizontalAdvance(words)) + 24
        box = QRectF(self.rect().right() - wide - 8, self.rect().bottom() - 50, wide, 42)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colours.grid))
        painter.setBrush(colours.field)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QPen(colours.text, 1.8))
        left = QPointF(box.center().x() - length / 2, box.bottom() - 12)
        tip = left + QPointF(length, 0)
        painter.drawLine(left, tip)
        head = min(HEAD * length, 9.0)
        painter.drawLine(tip, tip + QPointF(-head, head * SPREAD))
        painter.drawLine(tip, tip + QPointF(-head, -head * SPREAD))
        painter.drawText(QRectF(box.left(), box.top() + 3, wide, 20), Qt.AlignmentFlag.AlignCenter, words)


class VectorView(LinkedChart):
    """Arrows for one image; the slider lengthens them, a switch shows those of clipped matches too."""

    def __init__(self, selection: Selection | None = None, parent: QWidget | None = None) -> None:
        super().__init__("Residual vectors", "no residual vectors", selection, parent)
        self._groups: list[Group] = []
        self._span = (-1.0, 1.0), (-1.0, 1.0)
        self._target: list[list[float]] | None = None
        self.box = KeyedBox()
        self._watch(self.box)
        self.plot = self.area.addPlot(viewBox=self.box)
        self.plots = [self.plot]
        self.plot.hideButtons()
        self.plot.setAspectLocked(True)
        self.plot.showGrid(x=True, y=True, alpha=0.12)
        for side in ("left", "bottom"):
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        self.arrows: list[pg.PlotDataItem] = []
        self.clipped = pg.PlotDataItem(connect="pairs")
        self.means = pg.PlotDataItem(connect="pairs")
        self.unused = {state: Dots() for state in (State.CLIPPED, State.EXCLUDED)}
        self.rings = Dots()
        self.rings.figure = "ring"
        items = (self.clipped, *self.unused.values(), self.means, self.rings)
        for height, item in enumerate(items, start=10):
            self.plot.addItem(item)
            item.setZValue(height)
        fitting_label(self.plot, "bottom", f"X {FROM_REFERENCE}", "X (px)")
        fitting_label(self.plot, "left", f"Y {FROM_REFERENCE}", "Y (px)")
        self.length = QSlider(Qt.Orientation.Horizontal)
        self.length.setRange(-30, 30)
        self.length.setAccessibleName("Length of the arrows")
        self.length.setToolTip("Longer or shorter arrows; the key in the plot keeps the scale.")
        self.length.setFixedWidth(120)
        self.show_clipped = QCheckBox("Clipped too")
        self.show_means = QCheckBox("Chip means")
        self.show_means.setToolTip("The mean residual of each chip, ten times as long as the other arrows")
        self.show_means.setChecked(True)
        self._add_controls()
        self.area.sigDeviceRangeChanged.connect(self._narrow)
        self._restyle()

    def _add_controls(self) -> None:
        for widget in (together("Arrow length", self.length), self.show_clipped, self.show_means):
            self.row.addWidget(widget)
        self.length.valueChanged.connect(self._redraw)
        self.show_clipped.toggled.connect(self._redraw)
        self.show_means.toggled.connect(self._redraw)

    def _draw(self, residuals: Residuals, image: ImageResult) -> None:
        self.box.mas = self._mas
        self._redraw_points()
        self._fit(residuals)
        used = int(residuals.used.sum())
        self._show(
            f"Residual vectors of {image.name}, {used} of {len(residuals.x)} matches",
            self._figures(residuals),
        )

    def _fit(self, residuals: Residuals) -> None:
        """The stars with room for arrows, and at the right for their key; the axes no wider than that."""
        self._span = _span(residuals.x), _span(residuals.y)
        self._target = None
        self._narrow()

    def _narrow(self, *_: object) -> None:
        """Leave room at the sides where the plot would be wider than the field of stars. The range follows the size
        until the person looks elsewhere."""
        (left, right), (low, high) = self._span
        tall = max(self.area.height() - AXIS_ROOM, 50.0)
        wide = tall * (right - left) / (high - low) + KEY_ROOM + AXIS_ROOM
        spare = max(0.0, (self.area.width() - wide) / 2.0)
        self.area.ci.layout.setContentsMargins(spare, 4.0, spare, 4.0)
        if self._target is None or self._target == self.box.targetRange():
            room = KEY_ROOM * (high - low) / tall
            self.plot.setRange(xRange=(left, right + room), yRange=(low, high), padding=0.0)
            self._target = self.box.targetRange()

    def _redraw(self) -> None:
        if self._residuals is not None:
            self._redraw_points()
            self.figures.setText(self._figures(self._residuals))

    def _redraw_points(self) -> None:
        residuals = self._residuals
        assert residuals is not None
        self.box.factor = arrow_factor(residuals) * 10.0 ** (self.length.value() / 20.0)
        groups = groups_of(residuals, self.selection.by_magnitude)
        self._groups = [group for group in groups if group.state is State.USED]
        while len(self.arrows) < len(self._groups):
            item = pg.PlotDataItem(connect="pairs")
            self.plot.addItem(item)
            self.arrows.append(item)
        for item in self.arrows[len(self._groups) :]:
            item.setData([], [])
        for item, group in zip(self.arrows, self._groups, strict=False):
            self._set_arrows(item, residuals, group.matches)
        self._draw_unused(residuals)
        self._draw_means(residuals)
        self._dress()
        self.box.update()

    def _draw_unused(self, residuals: Residuals) -> None:
        state = residuals.state
        for which, dots in self.unused.items():
            matches = np.flatnonzero(state == which)
            dots.state, dots.size = which, 7.0 if len(residuals) < MANY else 4.5
            dots.setData(residuals.x[matches], residuals.y[matches], matches)
        with_arrows = np.flatnonzero(state == State.CLIPPED) if self.show_clipped.isChecked() else None
        self._set_arrows(self.clipped, residuals, with_arrows)

    def _draw_means(self, residuals: Residuals) -> None:
        means = chip_means(residuals) if self.show_means.isChecked() else []
        x, y, dx, dy = (np.array([getattr(mean, name) for mean in means]) for name in ("x", "y", "dx", "dy"))
        factor = MEAN_FACTOR * self.box.factor
        self.means.setData(*arrow_lines(x, y, dx * factor, dy * factor))

    def _set_arrows(self, item: pg.PlotDataItem, residuals: Residuals, chosen: np.ndarray | None) -> None:
        if chosen is None:
            item.setData([], [])
            return
        item.setData(
            *arrow_lines(
                residuals.x[chosen],
                residuals.y[chosen],
                residuals.dx[chosen] * self.box.factor,
                residuals.dy[chosen] * self.box.factor,
            )
        )

    def _draw_selected(self) -> None:
        residuals, chosen = self._residuals, self._selected()
        if residuals is None:
            self.rings.setData(*NOTHING)
        else:
            self.rings.setData(residuals.x[chosen], residuals.y[chosen], chosen)

    def _restyle(self) -> None:
        super()._restyle()
        self._dress()
        if self._residuals is not None and not self.stack.message:
            self.figures.setText(self._figures(self._residuals))

    def _dress(self) -> None:
        """The colours of arrows and points."""
        colours = plot_colours()
        # Cosmetic pens of one pixel: thousands of lines are drawn quickly only without a wider pen.
        for item, group in zip(self.arrows, self._groups, strict=False):
            item.setPen(pg.mkPen(group.colour, width=1.0))
        self.clipped.setPen(pg.mkPen(colours.muted, width=1.0, style=Qt.PenStyle.DotLine))
        self.means.setPen(pg.mkPen(colours.text, width=2.6))
        self.means.setShadowPen(pg.mkPen(colours.field, width=6.0))
        for dots in self.unused.values():
            dots.set_colours(QColor(colours.muted), colours.field)
        self.rings.set_colours(colours.text, colours.field)

    def _figures(self, residuals: Residuals) -> str:
        """The range and scatter of DX and DY, as drizzlepac's plot has them, and what the colours mean."""
        keys = keys_of(residuals, self._groups, "\u2192")
        means = mean_words(residuals, self._mas)
        if means and self.show_means.isChecked():
            keys.append(f"<b>\u2192</b>&nbsp;chip&nbsp;means,&nbsp;{MEAN_FACTOR}\u00d7")
        words = f"{span_words(residuals, self._mas)}; {state_words(residuals)}."
        second = " &nbsp; ".join(filter(None, [error_words(self._errors), *keys]))
        return "<br>".join(filter(None, [words, second, means]))

    def _matches_near(self, scene: QPointF) -> int | None:
        residuals = self._residuals
        if residuals is None or not len(residuals) or not self.box.sceneBoundingRect().contains(scene):
            return None
        at, unit = self.box.mapSceneToView(scene), self.box.viewPixelSize()
        far = np.full(len(residuals), np.inf)
        for share in (0.0, 0.5, 1.0):  # foot, middle and tip of each arrow
            x = residuals.x + share * residuals.dx * self.box.factor
            y = residuals.y + share * residuals.dy * self.box.factor
            np.minimum(far, np.hypot((x - at.x()) / unit[0], (y - at.y()) / unit[1]), out=far)
        match = int(far.argmin())
        return match if far[match] <= CATCH else None

    def _drawn_at(self, _box: BandBox) -> tuple[Floats, Floats]:
        assert self._residuals is not None
        return self._residuals.x, self._residuals.y


def _span(values: Floats) -> tuple[float, float]:
    """Least and greatest value with a margin for arrows."""
    low, high = (float(np.min(values)), float(np.max(values))) if values.size else (-1.0, 1.0)
    margin = 0.04 * (high - low) + 5.0
    return low - margin, high + margin


def arrow_factor(residuals: Residuals) -> float:
    """Frame pixels drawn for one pixel of residual: the typical arrow gets a thirtieth of the field, or twice the
    distance from star to star where that is less."""
    used = residuals.used
    lengths = np.hypot(residuals.dx[used], residuals.dy[used])
    typical = float(np.sqrt(np.mean(lengths**2))) if lengths.size else 0.0
    field = max(float(np.ptp(residuals.x)), float(np.ptp(residuals.y)), 1.0) if residuals.x.size else 1.0
    apart = field / max(float(np.sqrt(len(residuals))), 1.0)
    return min(field / 30.0, 2.0 * apart) / typical if typical > 0 else 1.0


def arrow_lines(x: Floats, y: Floats, dx: Floats, dy: Floats) -> tuple[Floats, Floats]:
    """Line pairs of arrows from (x, y) by (dx, dy): shaft and the two strokes of the head, six points an arrow."""
    tip_x, tip_y = x + dx, y + dy
    back_x, back_y = -HEAD * dx, -HEAD * dy
    side_x, side_y = -HEAD * SPREAD * dy, HEAD * SPREAD * dx
    lines_x = np.stack([x, tip_x, tip_x, tip_x + back_x + side_x, tip_x, tip_x + back_x - side_x], axis=1)
    lines_y = np.stack([y, tip_y, tip_y, tip_y + back_y + side_y, tip_y, tip_y + back_y - side_y], axis=1)
    return lines_x.ravel(), lines_y.ravel()


def span_words(residuals: Residuals, mas: float) -> str:
    """The range and scatter of DX and DY of the used matches."""
    parts = []
    for name, values in (("DX", residuals.dx[residuals.used]), ("DY", residuals.dy[residuals.used])):
        if values.size:
            spread = float(values.std())
            span = f"{signed(float(values.min()), 3)} to {signed(float(values.max()), 3)}"
            parts.append(f"{name} {span} px, rms <b>{spread:.4f} px</b> ({spread * mas:.2f} mas)")
    return "; ".join(parts)
