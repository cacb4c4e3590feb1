"""A plot as a picture for elsewhere: title, figures and plot without the buttons, as PNG or as SVG.

Drawing needs the GUI thread; what is drawn is handed on as a finished image or text, to be written in a lane.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TypeVar

from pyqtgraph import ViewBox
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QTextDocument
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsItem, QWidget

from core.data.safe import replacing
from ui import style
from ui.views.chart import ChartView
from ui.views.colors import plot_colours

EDGE, GAP = 10.0, 6.0
FINE = 2.0
SVG_DPI = 96
Made = TypeVar("Made")


@contextmanager
def worn(theme: style.Theme) -> Iterator[None]:
    """Plots that are made or filled inside wear `theme`; the window keeps its own. Nothing may run the event loop
    inside."""
    switch = style.switch()
    before, switch.theme = switch.theme, theme
    try:
        yield
    finally:
        switch.theme = before


def image_of_chart(chart: ChartView, scale: float = FINE) -> QImage:
    """Title, figures and plot on the plot's ground, `scale` times as fine as the screen."""
    return finished(image_steps(chart, scale))


def svg_of_chart(chart: ChartView) -> bytes:
    """Title, figures and plot as SVG, with lines and letters as such."""
    return finished(svg_steps(chart))


def finished(steps: Generator[None, None, Made]) -> Made:
    """All steps of a drawing at once."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def image_steps(chart: ChartView, scale: float = FINE) -> Generator[None, None, QImage]:
    """`image_of_chart` in steps: thousands of points take longer than the window may be deaf."""
    size = _size(chart)
    image = QImage((size * scale).toSize(), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(plot_colours().field)
    with _fresh_axes(chart):
        for inside, others in _layers(chart):
            painter = QPainter(image)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            with _unseen(others):
                _paint(chart, painter, size, words=inside is None)
            painter.end()
            yield
    return image


def svg_steps(chart: ChartView) -> Generator[None, None, bytes]:
    """`svg_of_chart` in steps. Qt's generator knows no clipping: the inside of each plot is drawn by itself, and
    clipped in the document."""
    size = _size(chart)
    document, clips, groups = "", [], []
    with _fresh_axes(chart):
        for inside, others in _layers(chart):
            with _unseen(others):
                drawn = _svg(chart, size, words=inside is None).decode()
            if inside is None:
                document = drawn
            else:
                clips.append(_clip(f"plot{len(clips)}", _on_paper(chart, inside.sceneBoundingRect(), size)))
                body = drawn[drawn.index("</defs>") + len("</defs>") : drawn.rindex("</svg>")]
                groups.append(f'<g clip-path="url(#plot{len(groups)})">{body}</g>')
            yield
    document = document.replace("</defs>", f"{''.join(clips)}</defs>", 1)
    end = document.rindex("</svg>")
    return f"{document[:end]}{''.join(groups)}</svg>\n".encode()


@contextmanager
def _fresh_axes(chart: ChartView) -> Iterator[None]:
    """Axes are drawn anew: pictures of them that are kept for the screen do not come out on paper."""
    kept = chart.axes_are_kept
    chart.keep_axes(False)
    try:
        yield
    finally:
        chart.keep_axes(kept)


def _layers(chart: ChartView) -> Iterator[tuple[ViewBox | None, list[QGraphicsItem]]]:
    """First what stands around the plots (None), then the inside of each; and what must not be seen meanwhile."""
    insides = [plot.getViewBox() for plot in chart.plots]
    around = [axis["item"] for plot in chart.plots for axis in plot.axes.values()]
    yield None, [box.childGroup for box in insides]
    for box in insides:
        yield box, [*around, *(other.childGroup for other in insides if other is not box)]


def _clip(name: str, place: QRectF) -> str:
    figures = zip(("x", "y", "width", "height"), place.getRect(), strict=True)
    shape = " ".join(f'{key}="{value:.2f}"' for key, value in figures)
    return f'<clipPath id="{name}"><rect {shape}/></clipPath>'


def _svg(chart: ChartView, size: QSizeF, words: bool) -> bytes:
    """One drawing of the page; without `words` only the plots, on no ground."""
    store = QByteArray()
    buffer = QBuffer(store)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(SVG_DPI)
    generator.setSize(size.toSize())
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setTitle(chart.title.text())
    generator.setDescription("DrizzleDesk")
    painter = QPainter(generator)
    if words:
        painter.fillRect(QRectF(0, 0, size.width(), size.height()), plot_colours().field)
    _paint(chart, painter, size, words)
    painter.end()
    buffer.close()
    return bytes(store.data())


@contextmanager
def _unseen(items: list[QGraphicsItem]) -> Iterator[None]:
    """These items are not drawn; hiding them would change the layout."""
    before = [item.opacity() for item in items]
    for item in items:
        item.setOpacity(0.0)
    try:
        yield
    finally:
        for item, opacity in zip(items, before, strict=True):
            item.setOpacity(opacity)


def image_of_widget(widget: QWidget, scale: float = FINE) -> QImage:
    """What a widget shows, `scale` times as fine as the screen."""
    image = QImage((widget.size().toSizeF() * scale).toSize(), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(widget.palette().color(widget.backgroundRole()))
    widget.render(image)
    return image


def png_of(image: QImage) -> bytes:
    """An image as PNG; may run in any thread."""
    store = QByteArray()
    buffer = QBuffer(store)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    buffer.close()
    return bytes(store.data())


def write_bytes(content: bytes, path: Path) -> Path:
    """Write a file whole or not at all. Raises `Refusal` when that is impossible; may run in any thread."""
    with replacing(path) as part:
        part.write_bytes(content)
    return path


def write_png(image: QImage, path: Path) -> Path:
    """`image` as a PNG file. Raises `Refusal`; may run in any thread."""
    return write_bytes(png_of(image), path)


def _size(chart: ChartView) -> QSizeF:
    """The plot as large as it is on the screen, with its words above."""
    width = float(max(chart.area.width(), 480)) + 2 * EDGE
    words = _words(chart, width - 2 * EDGE).size().height()
    return QSizeF(width, words + GAP + max(chart.area.height(), 320) + _below(chart) + 2 * EDGE)


def _below(chart: ChartView) -> float:
    return GAP + chart.scale.sizeHint().height() if chart.scale is not None else 0.0


def _words(chart: ChartView, width: float) -> QTextDocument:
    """Title and figures in the colours of the plot; the title may break anywhere, the figures at blanks."""
    made = QTextDocument()
    made.setDocumentMargin(0)
    made.setDefaultFont(chart.font())
    colour = QColor(plot_colours().text).name()
    made.setHtml(
        f'<div style="color:{colour}"><b>{escape(chart.title.text())}</b><br>{chart.figures.text()}</div>'
    )
    made.setTextWidth(width)
    return made


def _paint(chart: ChartView, painter: QPainter, size: QSizeF, words: bool) -> None:
    """The plot, and with `words` title, figures and colour bar."""
    area, ground = chart.area, chart.area.backgroundBrush()
    if not words:
        area.setBackgroundBrush(
            QBrush(Qt.BrushStyle.NoBrush)
        )  # else it covers the axes that are drawn already
    area.render(painter, _place(chart, size), _whole(chart), Qt.AspectRatioMode.KeepAspectRatio)
    area.setBackgroundBrush(ground)
    if not words:
        return
    painter.save()
    painter.translate(EDGE, EDGE)
    _words(chart, size.width() - 2 * EDGE).drawContents(painter)
    painter.restore()
    if chart.scale is not None:
        painter.save()
        painter.translate(QPointF(EDGE, size.height() - EDGE - _below(chart) + GAP))
        painter.setFont(chart.scale.font())
        chart.scale.paint_on(painter, size.width() - 2 * EDGE)
        painter.restore()


def _place(chart: ChartView, size: QSizeF) -> QRectF:
    """Where the plot stands on the paper."""
    top = EDGE + _words(chart, size.width() - 2 * EDGE).size().height() + GAP
    return QRectF(EDGE, top, size.width() - 2 * EDGE, size.height() - top - _below(chart) - EDGE)


def _whole(chart: ChartView) -> QRect:
    return QRect(0, 0, chart.area.viewport().width(), chart.area.viewport().height())


def _on_paper(chart: ChartView, scene: QRectF, size: QSizeF) -> QRectF:
    """A rectangle of the plot's scene as `_paint_plot` puts it on the paper."""
    place, whole = _place(chart, size), _whole(chart)
    scale = min(place.width() / whole.width(), place.height() / whole.height())
    box = chart.area.mapFromScene(scene).boundingRect()
    return QRectF(
        place.left() + box.left() * scale,
        place.top() + box.top() * scale,
        box.width() * scale,
        box.height() * scale,
    )
