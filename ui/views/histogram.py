"""The 2D histogram of offsets: does the initial offset stand on one clear peak?"""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from core.align.results import Alignment, ImageResult, Offset, PeakStatus
from ui.views.chart import ChartView, linked_axis, signed, why_missing
from ui.views.colors import gradient, plot_colours
from ui.views.colourbar import ColourBar
from ui.views.parts import ElidedLabel
from ui.views.prepared import Prepared, prepare
from ui.views.stretch import Look

ADVICE = {
    PeakStatus.GOOD: "one clear peak",
    PeakStatus.EDGE: "the peak lies at the edge: increase searchrad",
    PeakStatus.CENTRE_OF_MASS: "too few pairs for a fit, so their centre of mass was taken: does the peak stand out?",
    PeakStatus.BAD_FIT: "no clear maximum, the highest bin was taken: find more or better sources",
    PeakStatus.NO_DATA: "no pairs within the search radius: increase searchrad or find more sources",
    PeakStatus.NOT_USED: "the histogram was not used",
}
NOT_USED = (
    "{name}: no histogram, because use2dhist is off.\n\nThe offset given by xoffset and yoffset, x {x} and y {y} px, "
    "was used instead."
)
BOX = 2
RIVAL = 20  # a second peak is marked when it has at least a twentieth of the pairs of the first


class HistogramView(ChartView):
    """`peak_clicked(x, y)`: the person points at another offset, in frame pixels."""

    peak_clicked = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Histogram of offsets", parent)
        self._offset: Offset | None = None
        self._mas = 1.0
        self.plot = self.area.addPlot()
        self.plots = [self.plot]
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setAspectLocked(True)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.image.setLookupTable(np.vstack([gradient("Viridis")[:1], gradient("Viridis")]))
        self.plot.addItem(self.image)
        self.zero_lines = [pg.InfiniteLine(0.0, angle=angle, movable=False) for angle in (0, 90)]
        self.zero = pg.ScatterPlotItem(symbol="+", size=15)
        self.peak = pg.ScatterPlotItem(symbol="o", size=26)
        self.second = pg.ScatterPlotItem(symbol="d", size=20)
        self.words = [pg.TextItem(anchor=(0.0, 1.0)) for _ in range(3)]
        for item in (*self.zero_lines, self.zero, self.second, self.peak, *self.words):
            self.plot.addItem(item)
        self.plot.setLabel("bottom", "Offset in x, image \u2212 reference (px)")
        self.plot.setLabel("left", "Offset in y, image \u2212 reference (px)")
        linked_axis(self.plot, "top", "Offset in x (mas)", 1.0)
        linked_axis(self.plot, "right", "Offset in y (mas)", 1.0)
        self.scale = ColourBar()
        self.scale.set_colours("Viridis", False)
        self.readout = ElidedLabel()
        self._column.addWidget(self.scale)
        self._column.addWidget(self.readout)
        self.area.scene().sigMouseMoved.connect(self._hover)
        self.area.scene().sigMouseClicked.connect(self._click)
        self._restyle()

    def show_image(self, image: ImageResult, alignment: Alignment) -> None:
        """Show the histogram of an image, or why it has none."""
        offset = image.offset
        if offset is None:
            self.clear(why_missing(image, "no histogram"))
            return
        if offset.status is PeakStatus.NOT_USED or not offset.histogram.size:
            self.clear(NOT_USED.format(name=image.name, x=signed(offset.x), y=signed(offset.y)))
            return
        self._offset, self._mas = offset, alignment.frame.scale * 1000.0
        self._draw(offset)
        self._mark(offset)
        self._show(f"Offsets of {image.name} from {alignment.reference_name}", figures_of(offset, self._mas))

    def _draw(self, offset: Offset) -> None:
        # A few thousand bins: cheaper to stretch here than to ask a worker.
        frame = histogram_frame(offset)
        low = -offset.radius - 0.5
        self.image.setImage(frame.levels[0], levels=(0, 255), autoLevels=False)
        self.image.setRect(QRectF(low, low, 2 * offset.radius + 1, 2 * offset.radius + 1))
        self.scale.set_frame(frame)
        for side in ("top", "right"):
            self.plot.getAxis(side).setScale(self._mas)
        room = offset.radius + 1.0
        self.plot.setLimits(minXRange=3.0, minYRange=3.0, maxXRange=8 * room, maxYRange=8 * room)
        self.plot.setRange(xRange=(-room, room), yRange=(-room, room), padding=0.0)

    def _mark(self, offset: Offset) -> None:
        found = offset.status is not PeakStatus.NO_DATA
        rival = found and offset.second * RIVAL >= offset.height
        other = second_peak(offset) if rival else None
        self.zero.setData([0.0], [0.0])
        self.peak.setData([offset.x] if found else [], [offset.y] if found else [])
        self.second.setData([other[0]] if other else [], [other[1]] if other else [])
        places = [(0.0, 0.0), (offset.x, offset.y) if found else None, other]
        texts = ("zero offset", "chosen peak", "second peak")
        near = found and np.hypot(offset.x, offset.y) < 0.25 * offset.radius
        for item, place, text in zip(self.words, places, texts, strict=True):
            item.setVisible(place is not None and not (near and text == "zero offset"))
            if place is not None:
                item.setText(text)
                item.setAnchor((1.08 if place[0] > offset.radius * 0.5 else -0.08, 1.15))
                item.setPos(*place)

    def _restyle(self) -> None:
        super()._restyle()
        white, ink = QColor("white"), QColor(0, 0, 0, 150)
        dashed = QPen(QColor(255, 255, 255, 110), 0.0, Qt.PenStyle.DashLine)
        for line in self.zero_lines:
            line.setPen(dashed)
        self.zero.setPen(QPen(white, 0.0))
        self.zero.setBrush(white)
        self.peak.setPen(pg.mkPen("#FF5A4F", width=2.2))
        self.peak.setBrush(None)
        self.second.setPen(pg.mkPen("#FFC04D", width=1.8))
        self.second.setBrush(None)
        for item, colour in zip(self.words, ("#FFFFFF", "#FF8A80", "#FFD180"), strict=True):
            item.setColor(colour)
            item.fill = pg.mkBrush(ink)
        if self._offset is not None and not self.stack.message:
            self.figures.setText(figures_of(self._offset, self._mas))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._keep_square()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._keep_square()

    def _keep_square(self) -> None:
        """Leave room at the sides, so that the plot is not much wider than the histogram."""
        spare = max(0.0, (self.area.width() - self.area.height() - 60.0) / 2.0)
        self.area.ci.layout.setContentsMargins(spare, 4.0, spare, 4.0)

    def _bin_at(self, scene: QPointF) -> tuple[int, int, int] | None:
        """Offset (whole pixels) and height of the bin at a point of the scene."""
        offset = self._offset
        box = self.plot.getViewBox()
        if offset is None or self.stack.message or not box.sceneBoundingRect().contains(scene):
            return None
        at = box.mapSceneToView(scene)
        x, y = int(np.floor(at.x() + 0.5)), int(np.floor(at.y() + 0.5))
        if max(abs(x), abs(y)) > offset.radius:
            return None
        return x, y, int(offset.histogram[y + offset.radius, x + offset.radius])

    def _hover(self, scene: QPointF) -> None:
        found = self._bin_at(scene)
        if found is None:
            self.readout.setText("")
            return
        x, y, height = found
        mas = f"{signed(x * self._mas, 0)}, {signed(y * self._mas, 0)} mas"
        self.readout.setText(f"x {signed(x, 0)}, y {signed(y, 0)} px ({mas}): {height} pairs")

    def _click(self, event: object) -> None:
        found = self._bin_at(event.scenePos())  # type: ignore[attr-defined]
        if found is not None:
            self.peak_clicked.emit(float(found[0]), float(found[1]))


def histogram_frame(offset: Offset) -> Prepared:
    """The histogram stretched by the square root, so that low second peaks are seen beside a high one."""
    most = max(int(offset.histogram.max()), 1)
    return prepare("pairs", offset.histogram, Look("fixed", "sqrt", 0.0, float(most)), unit="pairs")


def second_peak(offset: Offset) -> tuple[int, int] | None:
    """The highest bin outside the 5 x 5 bins around the highest one, as an offset in whole pixels."""
    counts = offset.histogram.copy()
    row, column = np.unravel_index(int(counts.argmax()), counts.shape)
    counts[max(row - BOX, 0) : row + BOX + 1, max(column - BOX, 0) : column + BOX + 1] = 0
    row, column = np.unravel_index(int(counts.argmax()), counts.shape)
    if counts[row, column] == 0:
        return None
    return int(column) - offset.radius, int(row) - offset.radius


def figures_of(offset: Offset, mas: float) -> str:
    """The peak in words: pairs, place in pixels and mas, significance, the second peak, status and advice."""
    colours = plot_colours()
    good = offset.status is PeakStatus.GOOD
    if offset.status is PeakStatus.NO_DATA:
        return f'<b style="color:{colours.bad.name()}">{ADVICE[offset.status]}</b>'
    ratio = f" ({offset.height / offset.second:.3g} times lower)" if offset.second else ""
    status = f"Status: {offset.status.value}. {ADVICE[offset.status].capitalize()}."
    colour = colours.text if good else colours.warn
    return (
        f"Peak of <b>{offset.height} pairs</b> at x <b>{signed(offset.x)}</b>, y <b>{signed(offset.y)}</b> px "
        f"({signed(offset.x * mas, 1)}, {signed(offset.y * mas, 1)} mas); significance "
        f"{offset.significance:.1f}; highest bin elsewhere {offset.second} pairs{ratio}; "
        f"{offset.edge_distance} bins from the edge. "
        f'<span style="color:{colour.name()}">{status}</span>'
    )
