"""The plots of a report: histogram, residuals and vectors of every image, drawn light and out of sight.

Drawing needs the GUI thread, so it goes in small steps, between which the event loop runs: `Stepper` takes them by
itself in the window; `draw_now` runs them one after the other where there is no window.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from core.align.results import Alignment, ImageResult, PeakStatus
from ui import style
from ui.views.chart import ChartView
from ui.views.histogram import HistogramView
from ui.views.paper import image_steps, worn
from ui.views.residuals import ResidualView
from ui.views.vectors import VectorView

Pictures = dict[tuple[Path, str], QImage]

KINDS: dict[str, type[ChartView]] = {
    "histogram": HistogramView,
    "residuals": ResidualView,
    "vectors": VectorView,
}
WIDE, HIGH, SCALE = 900, 720, 1.5


def wanted(image: ImageResult) -> list[str]:
    """The plots that an image has."""
    offset = image.offset
    has_histogram = (
        offset is not None and offset.status is not PeakStatus.NOT_USED and bool(offset.histogram.size)
    )
    has_fit = image.fit is not None and image.matches is not None and image.sources is not None
    return ["histogram"] * has_histogram + ["residuals", "vectors"] * has_fit


Charts = dict[str, ChartView]


def drawing(alignment: Alignment, limit: float | None, charts: Charts) -> Generator[None, None, Pictures]:
    """The plots of all images; the event loop must run between two steps, for the layout of a plot to settle.

    `limit` is the parameter ylimit of the residuals. `charts` is filled at the first time and used again: to make a
    plot takes longer than to draw it. `dismiss` them at the end.
    """
    pictures: Pictures = {}
    yield from _make(charts)
    with worn(style.LIGHT):
        for chart in charts.values():
            chart._restyle()  # the window may wear another theme since
            if isinstance(chart, ResidualView):
                chart.set_limit(limit)
    for image in alignment.images:
        for name in wanted(image):
            yield from _draw(charts[name], image, alignment, pictures, name)
    return pictures


def _make(charts: Charts) -> Iterator[None]:
    for name, kind in KINDS.items():
        if name not in charts:
            with worn(style.LIGHT):
                chart = charts[name] = kind()
            chart.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
            chart.setUpdatesEnabled(False)  # it is drawn when asked, never for the screen
            chart.resize(WIDE, HIGH)
            yield
            chart.show()
            yield


def dismiss(charts: Charts) -> None:
    """The charts are not needed any more."""
    for chart in charts.values():
        chart.close()
        chart.deleteLater()
    charts.clear()


def _draw(
    chart: ChartView, image: ImageResult, alignment: Alignment, pictures: Pictures, name: str
) -> Iterator[None]:
    with worn(style.LIGHT):
        chart.show_image(image, alignment)
    yield
    steps = image_steps(chart, SCALE)
    while True:
        with worn(style.LIGHT):
            try:
                next(steps)
            except StopIteration as end:
                pictures[image.path, name] = end.value
                return
        yield


def draw_now(alignment: Alignment, limit: float | None) -> Pictures:
    """All plots at once, for a program without a window."""
    charts: Charts = {}
    steps = drawing(alignment, limit, charts)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            dismiss(charts)
            QApplication.processEvents()
            return end.value
        QApplication.processEvents()


class Stepper(QObject):
    """Takes the steps of a drawing in the window's own time, and calls `done` with what it returns. A new drawing
    replaces an unfinished one."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._steps: Generator[None, None, Any] | None = None
        self._done: Callable[[Any], object] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._step)

    def start(self, steps: Generator[None, None, Any], done: Callable[[Any], object]) -> None:
        self.stop()
        self._steps, self._done = steps, done
        self._timer.start()

    def stop(self) -> None:
        """Forget an unfinished drawing."""
        self._timer.stop()
        if self._steps is not None:
            self._steps.close()
            self._steps = None

    def _step(self) -> None:
        assert self._steps is not None
        try:
            next(self._steps)
        except StopIteration as end:
            self.stop()
            if self._done is not None:
                self._done(end.value)
