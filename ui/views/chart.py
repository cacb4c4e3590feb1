"""What the three plots of an alignment share: title, a line of figures, the plot, and words when there is none."""

from __future__ import annotations

from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPen
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from core.align.results import ImageResult, Status
from ui import style
from ui.views.colors import plot_colours
from ui.views.colourbar import ColourBar
from ui.views.parts import ElidedLabel, Stacked
from ui.views.rim import Rim

NO_ALIGNMENT = "No alignment yet.\n\nAdd exposures and press Align: the plots of every image appear here."
FROM_REFERENCE = "from the frame's reference pixel (px)"


class ChartView(QWidget):
    """A plot of one image's alignment. Subclasses fill `self.plots` and say what `show_image` shows.

    `scale` is the colour bar of a plot that has one.
    """

    scale: ColourBar | None = None
    axes_are_kept = False

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel()
        font = QFont(self.font())
        font.setBold(True)
        self.title.setFont(font)
        self.figures = QLabel()
        self.figures.setWordWrap(True)
        self.figures.setTextFormat(Qt.TextFormat.RichText)
        self.figures.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.area = pg.GraphicsLayoutWidget()
        self.area.setAccessibleName(name)
        self.area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.rim = Rim(self.area)
        self.picture = QWidget()
        self._column = QVBoxLayout(self.picture)
        self._column.setContentsMargins(8, 6, 8, 6)
        self._column.setSpacing(4)
        self._column.addWidget(self.title)
        self._column.addWidget(self.figures)
        self._column.addWidget(self.area, 1)
        self.stack = Stacked(self.picture)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)
        self.plots: list[pg.PlotItem] = []
        self.setAccessibleName(name)
        self.clear(NO_ALIGNMENT)
        style.switch().changed.connect(self._restyle)

    def clear(self, message: str) -> None:
        """Show a text in place of the plot."""
        self.stack.show_message(message)

    def save_png(self, path: str | Path) -> None:
        """Write title, figures and plot, without the buttons. Raises `Refusal` when that is impossible."""
        from ui.views.paper import image_of_chart, write_png

        write_png(image_of_chart(self), Path(path))

    def keep_axes(self, kept: bool) -> None:
        """Whether the pictures of the axes are kept while only points change: they take 4 ms each to draw. Not when
        drawn on paper, where they would come out as pixels."""
        self.axes_are_kept = kept
        for plot in self.plots:
            for side in ("left", "bottom", "right", "top"):
                axis = plot.getAxis(side)
                mode = axis.CacheMode.DeviceCoordinateCache if kept else axis.CacheMode.NoCache
                axis.setCacheMode(mode)

    def _show(self, title: str, figures: str) -> None:
        self.title.setText(title)
        self.figures.setText(figures)
        self.area.setAccessibleDescription(f"{title}. {plain(figures)}")
        self.stack.show_picture()

    def _restyle(self) -> None:
        """Wear the theme's colours; subclasses add their own items."""
        colours = plot_colours()
        self.area.setBackground(colours.field)
        for plot in self.plots:
            for side in ("left", "bottom", "right", "top"):
                axis = plot.getAxis(side)
                axis.setPen(QPen(colours.grid.darker(130) if not colours.dark else colours.grid.lighter(160)))
                axis.setTextPen(colours.text)
                axis.setTickFont(style.small(self.font()))
                if axis.labelText:
                    axis.setLabel(axis.labelText, color=colours.text.name())
            plot.getViewBox().setBackgroundColor(None)


def fitting_label(plot: pg.PlotItem, side: str, text: str, short: str) -> None:
    """The label of an axis, in `short` words while the axis has no room for the others."""
    plot.setLabel(side, text)
    axis = plot.getAxis(side)

    def fit(*_: object) -> None:
        room = axis.size().height() if side in ("left", "right") else axis.size().width()
        wide = QFontMetricsF(axis.label.font()).horizontalAdvance(text) if axis.label is not None else 0.0
        wanted = text if wide <= room else short
        if axis.labelText != wanted:
            axis.setLabel(wanted)
            axis.resizeEvent()  # puts it in the middle

    plot.getViewBox().sigResized.connect(fit)


def linked_axis(plot: pg.PlotItem, side: str, label: str, factor: float) -> None:
    """Show the axis opposite to the main one in another unit: `factor` of that unit for one of the main."""
    plot.showAxis(side)
    axis = plot.getAxis(side)
    axis.enableAutoSIPrefix(False)
    axis.setScale(factor)
    axis.setLabel(label)


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, the minus as typography has it."""
    return f"{value:+z.{digits}f}".replace("-", "\u2212")


def plain(text: str) -> str:
    """Text without HTML tags."""
    kept, inside = [], False
    for letter in text:
        inside = inside or letter == "<"
        if not inside:
            kept.append(letter)
        inside = inside and letter != ">"
    return "".join(kept).replace("&nbsp;", " ")


def why_missing(image: ImageResult, what: str) -> str:
    """Why an image has no such plot, and what to try; `what` as in "no residuals"."""
    if image.status is Status.REFERENCE:
        return f"{image.name} is the reference: the others are aligned to it, so it has {what} of its own."
    lines = [f"{image.name}: {image.status.value}"]
    if image.reason:
        lines.append(image.reason)
    if image.advice:
        lines.append(f"Try: {image.advice}")
    if len(lines) == 1:
        lines.append(f"There are {what} for this image.")
    return "\n\n".join(lines)
