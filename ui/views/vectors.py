"""Residuals as arrows over the field: small and in all directions when the alignment is good."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QCheckBox, QSlider, QWidget

from core.align.results import Alignment, ImageResult
from ui.views.chart import ChartView, signed, why_missing
from ui.views.colors import plot_colours
from ui.views.residuals import Floats, Residuals
from ui.views.wrap import Wrap, together

HEAD = 0.28
SPREAD = 0.45
KEYS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


class KeyedBox(pg.ViewBox):  # type: ignore[misc]
    """A view box that draws the key arrow in its lower right corner, of the same scale as the arrows."""

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
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


class VectorView(ChartView):
    """Arrows for one image; the slider lengthens them, a switch shows the clipped matches too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Residual vectors", parent)
        self._residuals: Residuals | None = None
        self._mas = 1.0
        self.box = KeyedBox()
        self.plot = self.area.addPlot(viewBox=self.box)
        self.plots = [self.plot]
        self.plot.hideButtons()
        self.plot.setAspectLocked(True)
        self.plot.showGrid(x=True, y=True, alpha=0.12)
        for side in ("left", "bottom"):
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        self.arrows: list[pg.PlotDataItem] = []
        self.clipped = pg.PlotDataItem(connect="pairs")
        self.plot.addItem(self.clipped)
        self.plot.setLabel("bottom", "X from the frame's reference pixel (px)")
        self.plot.setLabel("left", "Y from the frame's reference pixel (px)")
        self.length = QSlider(Qt.Orientation.Horizontal)
        self.length.setRange(-30, 30)
        self.length.setAccessibleName("Length of the arrows")
        self.length.setToolTip("Longer or shorter arrows; the key in the plot keeps the scale.")
        self.length.setFixedWidth(180)
        self.show_clipped = QCheckBox("Clipped matches too")
        self._add_controls()
        self._restyle()

    def _add_controls(self) -> None:
        controls = QWidget()
        row = Wrap(controls)
        row.addWidget(together("Arrow length", self.length))
        row.addWidget(self.show_clipped)
        self._column.addWidget(controls)
        self.length.valueChanged.connect(self._redraw)
        self.show_clipped.toggled.connect(self._redraw)

    def show_image(self, image: ImageResult, alignment: Alignment) -> None:
        """Show the residual vectors of an image, or why it has none."""
        residuals = Residuals.of(image, alignment)
        self._residuals = residuals
        if residuals is None:
            self.clear(why_missing(image, "no residual vectors"))
            return
        self._mas = self.box.mas = alignment.frame.scale * 1000.0
        self._redraw()
        self.plot.autoRange(padding=0.04)
        used = int(residuals.used.sum())
        self._show(
            f"Residual vectors of {image.name}, {used} of {len(residuals.x)} matches",
            figures_of(residuals, self._mas),
        )

    def _redraw(self) -> None:
        residuals = self._residuals
        if residuals is None:
            return
        self.box.factor = arrow_factor(residuals) * 10.0 ** (self.length.value() / 20.0)
        chips = np.unique(residuals.extver).tolist()
        while len(self.arrows) < len(chips):
            item = pg.PlotDataItem(connect="pairs")
            self.plot.addItem(item)
            self.arrows.append(item)
        for place, item in enumerate(self.arrows):
            chosen = residuals.used & (residuals.extver == chips[place]) if place < len(chips) else None
            self._set_arrows(item, residuals, chosen)
            item.chip = chips[place] if place < len(chips) else 1
        self._set_arrows(self.clipped, residuals, ~residuals.used if self.show_clipped.isChecked() else None)
        self._restyle()
        self.box.update()

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

    def _restyle(self) -> None:
        super()._restyle()
        colours = plot_colours()
        # Cosmetic pens of one pixel: thousands of lines are drawn quickly only without a wider pen.
        for item in self.arrows:
            item.setPen(pg.mkPen(colours.chip(item.chip), width=1.0))
        self.clipped.setPen(pg.mkPen(colours.muted, width=1.0, style=Qt.PenStyle.DotLine))
        if self._residuals is not None and not self.stack.message:
            self.figures.setText(figures_of(self._residuals, self._mas))


def arrow_factor(residuals: Residuals) -> float:
    """Frame pixels drawn for one pixel of residual: the typical arrow gets a thirtieth of the field."""
    used = residuals.used
    lengths = np.hypot(residuals.dx[used], residuals.dy[used])
    typical = float(np.sqrt(np.mean(lengths**2))) if lengths.size else 0.0
    field = max(float(np.ptp(residuals.x)), float(np.ptp(residuals.y)), 1.0) if residuals.x.size else 1.0
    return field / 30.0 / typical if typical > 0 else 1.0


def arrow_lines(x: Floats, y: Floats, dx: Floats, dy: Floats) -> tuple[Floats, Floats]:
    """Line pairs of arrows from (x, y) by (dx, dy): shaft and the two strokes of the head, six points an arrow."""
    tip_x, tip_y = x + dx, y + dy
    back_x, back_y = -HEAD * dx, -HEAD * dy
    side_x, side_y = -HEAD * SPREAD * dy, HEAD * SPREAD * dx
    lines_x = np.stack([x, tip_x, tip_x, tip_x + back_x + side_x, tip_x, tip_x + back_x - side_x], axis=1)
    lines_y = np.stack([y, tip_y, tip_y, tip_y + back_y + side_y, tip_y, tip_y + back_y - side_y], axis=1)
    return lines_x.ravel(), lines_y.ravel()


def figures_of(residuals: Residuals, mas: float) -> str:
    """The range and scatter of DX and DY, as drizzlepac's plot has them, and what the colours mean."""
    colours = plot_colours()
    used = residuals.used
    parts = []
    for name, values in (("DX", residuals.dx[used]), ("DY", residuals.dy[used])):
        if values.size:
            spread = float(values.std())
            span = f"{signed(float(values.min()), 3)} to {signed(float(values.max()), 3)}"
            parts.append(f"{name} {span} px, rms <b>{spread:.4f} px</b> ({spread * mas:.2f} mas)")
    keys = [
        f'<span style="color:{colours.chip(int(chip)).name()}">\u2192</span>&nbsp;sci,{int(chip)}'
        for chip in np.unique(residuals.extver)
    ]
    return f"{'; '.join(parts)}. &nbsp; {' &nbsp; '.join(keys)}"
