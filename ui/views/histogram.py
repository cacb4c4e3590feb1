"""The 2D histogram of offsets: does the initial offset stand on one clear peak?"""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from core.align.choices import Choice
from core.align.results import Alignment, ImageResult, Offset, PeakStatus, Status
from ui import style
from ui.views.chart import ChartView, fitting_label, linked_axis, signed, why_missing
from ui.views.colors import gradient
from ui.views.colourbar import ColourBar
from ui.views.peakwords import BOX, facts_of, figures_of, rival_of
from ui.views.prepared import Prepared, Run, prepare
from ui.views.ringkeys import RingKeys
from ui.views.stretch import Look
from ui.views.wrap import Wrap

NOT_USED = (
    "{name}: no histogram, because use2dhist is off.\n\nThe offset given by xoffset and yoffset, x {x} and y {y} px, "
    "was used instead."
)
HINT = "Point at a bin to read its offset and its pairs."
SIDE, BESIDE, WIDEST = 264, 660, 16_777_215  # screen pixels; Qt's own for "any width"
LOW = 380
AT_ONCE = 200_000  # bins; fewer are stretched sooner than a worker is asked
FINEST = 1500  # pixels of the picture across
RIVAL = 20  # a second peak is marked when it has at least a twentieth of the pairs of the first


class HistogramView(ChartView):
    """`peak_clicked(x, y)`: the person points at another offset, in frame pixels, by a click or by dragging the
    ring; `wider_asked`, `automatic_asked`: a larger search radius, or back to what the parameters give."""

    _asked = 0
    peak_clicked = Signal(float, float)
    wider_asked = Signal()
    automatic_asked = Signal()

    def __init__(self, run: Run | None = None, parent: QWidget | None = None) -> None:
        """With `run`, wide histograms are stretched in a worker."""
        super().__init__("Histogram of offsets", parent)
        self._run = run
        self._offset: Offset | None = None
        self._low = False
        self._by_hand = self._failed = False
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
        self.peak = pg.TargetItem(symbol="o", size=26, movable=True)
        self.peak.sigPositionChanged.connect(self._ring_moved)
        self.peak.sigPositionChangeFinished.connect(self.drop_ring)
        self.second = pg.ScatterPlotItem(symbol="d", size=20)
        self.words = [pg.TextItem(anchor=(0.0, 1.0)) for _ in range(3)]
        for item in (*self.zero_lines, self.zero, self.second, self.peak, *self.words):
            self.plot.addItem(item)
        fitting_label(self.plot, "bottom", "Offset in x, image \u2212 reference (px)", "Offset in x (px)")
        fitting_label(self.plot, "left", "Offset in y, image \u2212 reference (px)", "Offset in y (px)")
        linked_axis(self.plot, "top", "Offset in x (mas)", 1.0)
        linked_axis(self.plot, "right", "Offset in y (mas)", 1.0)
        self.scale = ColourBar()
        self.scale.set_colours("Viridis", False)
        self._lay_out()
        self.area.sigDeviceRangeChanged.connect(self._keep_square)
        self.plot.getViewBox().sigResized.connect(self._show_all)
        self.plot.getViewBox().sigRangeChangedManually.connect(self._moved_by_hand)
        self.area.scene().sigMouseMoved.connect(self._hover)
        self.area.scene().sigMouseClicked.connect(self._click)
        self.keys = RingKeys(self)
        self._restyle()

    def _lay_out(self) -> None:
        """The plot with its colour bar, and beside it what is known of the peaks; in a narrow window that stands above
        as words, which also go with the plot on paper."""
        self.facts, self.readout = _wrapped(), _wrapped()
        self.readout.setText(HINT)
        self.side = QWidget()
        side = QVBoxLayout(self.side)
        side.setContentsMargins(4, 4, 0, 0)
        side.setSpacing(10)
        for widget in (self.facts, self.readout, self._buttons()):
            side.addWidget(widget)
        side.addStretch(1)
        plot = QVBoxLayout()
        plot.setSpacing(4)
        self._column.removeWidget(self.area)
        plot.addWidget(self.area, 1)
        plot.addWidget(self.scale)
        self.body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.body.setSpacing(8)
        self.body.addLayout(plot, 1)
        self.body.addWidget(self.side)
        self._column.addLayout(self.body, 1)

    def _buttons(self) -> QWidget:
        controls = QWidget()
        row = Wrap(controls)
        self.wider = _button("Wider search", "Search this image in twice the radius, and fit again")
        self.automatic = _button(
            "Automatic", "Back to the peak and the search radius that the parameters give"
        )
        self.wider.clicked.connect(self.wider_asked)
        self.automatic.clicked.connect(self.automatic_asked)
        self.note = _wrapped()
        for button in (self.wider, self.automatic):
            row.addWidget(button)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(controls)
        column.addWidget(self.note)
        self.set_choice(Choice(), "")
        return whole

    def set_choice(self, choice: Choice, busy: str) -> None:
        """What the person decided about the image on show; `busy` is why nothing can be decided now."""
        by_hand = choice.offset is not None or choice.wider is not None
        self.wider.setEnabled(not busy)
        self.automatic.setEnabled(by_hand and not busy)
        self.peak.movable = not busy
        words = ["Peak chosen by you"] if choice.offset is not None else []
        words += [f"searchrad \u00d7 {choice.wider:g}"] if choice.wider is not None else []
        self.note.setText(busy or "; ".join(words) or "Click another peak, or drag the ring to it.")

    def show_image(self, image: ImageResult, alignment: Alignment) -> None:
        """Show the histogram of an image, or why it has none."""
        offset = image.offset
        if offset is None:
            self.clear(why_missing(image, "no histogram"))
            return
        if offset.status is PeakStatus.NOT_USED or not offset.histogram.size:
            self.clear(NOT_USED.format(name=image.name, x=signed(offset.x), y=signed(offset.y)))
            return
        self._asked += 1
        self._failed = image.status is Status.FAILED
        title = f"Offsets of {image.name} from {alignment.reference_name}"
        given = self._asked, offset, alignment.frame.scale * 1000.0, title
        if self._run is None or offset.histogram.size <= AT_ONCE:
            self._draw((*given, histogram_frame(offset)))
        else:
            self._run(_stretched, *given, done=self._draw)

    def clear(self, message: str) -> None:
        """Show a text in place of the plot; what is still being stretched is not shown any more."""
        self._asked += 1
        super().clear(message)

    def _draw(self, stretched: tuple[int, Offset, float, str, Prepared]) -> None:
        asked, offset, mas, title, frame = stretched
        if asked != self._asked:
            return
        self._offset, self._mas = offset, mas
        self._fill(offset, frame)
        self._mark(offset)
        self._show(title, figures_of(offset, mas))
        self.facts.setText(facts_of(offset, mas, self._failed))

    def _fill(self, offset: Offset, frame: Prepared) -> None:
        low, side = -offset.radius - 0.5, frame.shape[0] * shrink_of(offset)
        self.image.setImage(frame.levels[0], levels=(0, 255), autoLevels=False)
        self.image.setRect(QRectF(low, low, side, side))
        self.scale.set_frame(frame)
        for side in ("top", "right"):
            self.plot.getAxis(side).setScale(self._mas)
        room = offset.radius + 1.0
        self.plot.setLimits(minXRange=3.0, minYRange=3.0, maxXRange=8 * room, maxYRange=8 * room)
        self._by_hand = False
        self._keep_square()
        self._show_all()

    def _mark(self, offset: Offset) -> None:
        found = offset.status is not PeakStatus.NO_DATA
        rival = found and offset.second * RIVAL >= offset.height
        other = rival_of(offset) if rival else None
        self.zero.setData([0.0], [0.0])
        self.peak.setVisible(found)
        self._place_ring(offset)
        self.second.setData([other[0]] if other else [], [other[1]] if other else [])
        places = [(0.0, 0.0), (offset.x, offset.y) if found else None, other]
        texts = ("zero offset", "chosen peak", "second peak")
        near = found and np.hypot(offset.x, offset.y) < 0.25 * offset.radius
        self.zero.setVisible(not near)  # it would cover the bin that matters
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
        self.peak.setHoverPen(pg.mkPen("#FFB3AC", width=2.6))
        self.peak.setBrush(pg.mkBrush(None))
        self.peak.setHoverBrush(pg.mkBrush(255, 90, 79, 60))
        self.second.setPen(pg.mkPen("#FFC04D", width=1.8))
        self.second.setBrush(None)
        for item, colour in zip(self.words, ("#FFFFFF", "#FF8A80", "#FFD180"), strict=True):
            item.setColor(colour)
            item.fill = pg.mkBrush(ink)
        if self._offset is not None and not self.stack.message:
            self.figures.setText(figures_of(self._offset, self._mas))
            self.facts.setText(facts_of(self._offset, self._mas, self._failed))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        beside = self.width() >= BESIDE
        direction = QBoxLayout.Direction
        self.body.setDirection(direction.LeftToRight if beside else direction.TopToBottom)
        self.side.setMaximumWidth(style.scaled(SIDE) if beside else WIDEST)
        self.side.setMinimumWidth(style.scaled(SIDE) if beside else 0)
        self._spare_room(self.height() < LOW)
        self.figures.setVisible(not beside)
        for label in (self.facts, self.note):
            label.setVisible(beside)
        self._keep_square()

    def _spare_room(self, low: bool) -> None:
        """In a low window the bins matter more than the axes' names and the colour bar."""
        if low is self._low:
            return
        self._low = low
        self.scale.setVisible(not low)
        for side in ("left", "bottom", "top", "right"):
            self.plot.showLabel(side, not low)
        for side in ("top", "right"):
            self.plot.showAxis(side, not low)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._keep_square()

    def _keep_square(self, *_: object) -> None:
        """Leave room at the sides, so that the plot is not much wider than the histogram."""
        spare = max(0.0, (self.area.width() - self.area.height() - 60.0) / 2.0)
        self.area.ci.layout.setContentsMargins(spare, 4.0, spare, 4.0)

    def _show_all(self, *_: object) -> None:
        """The whole histogram, at every size, until the person looks elsewhere."""
        if self._offset is not None and not self._by_hand:
            room = self._offset.radius + 1.0
            self.plot.setRange(xRange=(-room, room), yRange=(-room, room), padding=0.0)

    def _moved_by_hand(self, *_: object) -> None:
        self._by_hand = True

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
            self.readout.setText(HINT)
            return
        x, y, height = found
        mas = f"{signed(x * self._mas, 0)}, {signed(y * self._mas, 0)} mas"
        self.readout.setText(f"x {signed(x, 0)}, y {signed(y, 0)} px ({mas}): {height} pairs")

    def _click(self, event: object) -> None:
        found = self._bin_at(event.scenePos())  # type: ignore[attr-defined]
        offset = self._offset
        if found is None or offset is None or not self.wider.isEnabled():
            return
        if np.hypot(found[0] - offset.x, found[1] - offset.y) > BOX or not self.peak.isVisible():
            self.peak_clicked.emit(float(found[0]), float(found[1]))

    def _place_ring(self, offset: Offset) -> None:
        """Put the ring on the chosen peak without telling that it moved."""
        self.peak.blockSignals(True)
        self.peak.setPos(offset.x, offset.y)
        self.peak.blockSignals(False)

    def _ring_moved(self) -> None:
        """The ring follows the mouse: tell what lies below."""
        self._hover(self.plot.getViewBox().mapViewToScene(self.peak.pos()))

    def drop_ring(self) -> None:
        """The ring stays where it is: take the peak there, unless that is the one it came from."""
        place, offset = self.peak.pos(), self._offset
        if offset is None:
            return
        if np.hypot(place.x() - offset.x, place.y() - offset.y) > 0.5:
            self.peak_clicked.emit(float(place.x()), float(place.y()))
        else:
            self._place_ring(offset)

    def put_ring_back(self) -> None:
        """The ring on the chosen peak again."""
        if self._offset is not None:
            self._place_ring(self._offset)
            self._ring_moved()

    @property
    def offset(self) -> Offset | None:
        """What is on show."""
        return None if self.stack.message else self._offset


def _wrapped() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName("filter")
    button.setText(text)
    button.setToolTip(tip)
    return button


def _stretched(
    asked: int, offset: Offset, mas: float, title: str
) -> tuple[int, Offset, float, str, Prepared]:
    """In the worker."""
    return asked, offset, mas, title, histogram_frame(offset)


def shrink_of(offset: Offset) -> int:
    """How many bins across make one pixel of the picture."""
    return max(1, -(-offset.histogram.shape[0] // FINEST))


def histogram_frame(offset: Offset) -> Prepared:
    """The histogram stretched by the square root, so that low second peaks are seen beside a high one.

    A very wide one is made smaller by taking the highest of neighbouring bins: no peak is lost.
    """
    counts, by = offset.histogram, shrink_of(offset)
    if by > 1:
        room = -counts.shape[0] % by
        padded = np.pad(counts, (0, room))
        side = padded.shape[0] // by
        counts = padded.reshape(side, by, side, by).max(axis=(1, 3))
    most = max(int(counts.max()), 1)
    return prepare("pairs", counts, Look("fixed", "sqrt", 0.0, float(most)), unit="pairs")
