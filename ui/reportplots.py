"""The plots of a report: histogram, residuals and vectors of every image, drawn light and out of sight.

Drawing needs the GUI thread, so it goes in small steps, between which the event loop runs: `Plotter` takes them by
itself in the window; `draw_now` runs them one after the other where there is no window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from core.align.results import Alignment, ImageResult, PeakStatus
from ui import style
from ui.views.chart import ChartView
from ui.views.histogram import HistogramView
from ui.views.paper import image_of_chart, worn
from ui.views.residuals import ResidualView
from ui.views.vectors import VectorView

Pictures = dict[tuple[Path, str], QImage]

WIDE, HIGH, SCALE = 900, 720, 1.5


def wanted(image: ImageResult) -> list[str]:
    """The plots that an image has."""
    offset = image.offset
    has_histogram = (
        offset is not None and offset.status is not PeakStatus.NOT_USED and bool(offset.histogram.size)
    )
    has_fit = image.fit is not None and image.matches is not None and image.sources is not None
    return ["histogram"] * has_histogram + ["residuals", "vectors"] * has_fit


def drawing(alignment: Alignment, limit: float | None, pictures: Pictures) -> Iterator[None]:
    """Fill `pictures`; the event loop must run between two steps, for the layout of a plot to settle.

    `limit` is the parameter ylimit of the residuals.
    """
    with worn(style.LIGHT):
        charts = {"histogram": HistogramView(), "residuals": ResidualView(), "vectors": VectorView()}
        charts["residuals"].set_limit(limit)
    try:
        for chart in charts.values():
            chart.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
            chart.resize(WIDE, HIGH)
            chart.show()
        yield
        for image in alignment.images:
            for name in wanted(image):
                yield from _draw(charts[name], image, alignment, pictures, name)
    finally:
        for chart in charts.values():
            chart.close()
            chart.deleteLater()


def _draw(
    chart: ChartView, image: ImageResult, alignment: Alignment, pictures: Pictures, name: str
) -> Iterator[None]:
    with worn(style.LIGHT):
        chart.show_image(image, alignment)
    yield
    with worn(style.LIGHT):
        pictures[image.path, name] = image_of_chart(chart, SCALE)
    yield


def draw_now(alignment: Alignment, limit: float | None) -> Pictures:
    """All plots at once, for a program without a window."""
    pictures: Pictures = {}
    for _ in drawing(alignment, limit, pictures):
        QApplication.processEvents()
    QApplication.processEvents()
    return pictures


class Plotter(QObject):
    """Draws in the window's own time; calls `done(pictures)` at the end. A new drawing replaces an unfinished one."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._steps: Iterator[None] | None = None
        self._pictures: Pictures = {}
        self._done: Callable[[Pictures], object] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._step)

    def draw(self, alignment: Alignment, limit: float | None, done: Callable[[Pictures], object]) -> None:
        self.stop()
        self._pictures, self._done = {}, done
        self._steps = drawing(alignment, limit, self._pictures)
        self._timer.start()

    def stop(self) -> None:
        """Forget an unfinished drawing."""
        self._timer.stop()
        if self._steps is not None:
            self._steps.close()  # type: ignore[attr-defined]
            self._steps = None

    def _step(self) -> None:
        assert self._steps is not None
        try:
            next(self._steps)
        except StopIteration:
            self.stop()
            if self._done is not None:
                self._done(self._pictures)
