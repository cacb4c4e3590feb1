"""A plot as a picture for elsewhere: title, figures and plot without the buttons, as PNG or as SVG.

Drawing needs the GUI thread; what is drawn is handed on as a finished image or text, to be written in a lane.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QTextDocument
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from core.data.safe import replacing
from ui import style
from ui.views.chart import ChartView
from ui.views.colors import plot_colours

EDGE, GAP = 10.0, 6.0
FINE = 2.0
SVG_DPI = 96


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
    size = _size(chart)
    image = QImage((size * scale).toSize(), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(plot_colours().field)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint(chart, painter, size)
    painter.end()
    return image


def svg_of_chart(chart: ChartView) -> bytes:
    """Title, figures and plot as SVG, with lines and letters as such."""
    size = _size(chart)
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
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), plot_colours().field)
    _paint(chart, painter, size)
    painter.end()
    buffer.close()
    return bytes(store.data())


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


def _paint(chart: ChartView, painter: QPainter, size: QSizeF) -> None:
    words = _words(chart, size.width() - 2 * EDGE)
    painter.save()
    painter.translate(EDGE, EDGE)
    words.drawContents(painter)
    painter.restore()
    top = EDGE + words.size().height() + GAP
    below = _below(chart)
    place = QRectF(EDGE, top, size.width() - 2 * EDGE, size.height() - top - below - EDGE)
    whole = QRect(0, 0, chart.area.viewport().width(), chart.area.viewport().height())
    chart.area.render(painter, place, whole, Qt.AspectRatioMode.KeepAspectRatio)
    if chart.scale is not None:
        painter.save()
        painter.translate(QPointF(EDGE, size.height() - EDGE - below + GAP))
        painter.setFont(chart.scale.font())
        chart.scale.paint_on(painter, size.width() - 2 * EDGE)
        painter.restore()
