"""Residuals of a fit: DX and DY against X and Y. Good ones are flat and scatter by less than 0.1 pixel."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from core.align.results import Alignment, ImageResult
from ui.views.chart import ChartView, linked_axis, why_missing
from ui.views.colors import plot_colours
from ui.views.dots import TINY, Dots

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CATCH = 6.0
FEWEST = 60
NOTHING = (np.empty(0), np.empty(0), np.empty(0, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class Residuals:
    """What the residual and vector plots show: positions relative to the frame's CRPIX and residuals, frame
    pixels, for all matches; `used` those kept by clipping; `extver` the chip."""

    x: Floats
    y: Floats
    dx: Floats
    dy: Floats
    used: Bools
    extver: NDArray[np.int64]

    @classmethod
    def of(cls, image: ImageResult, alignment: Alignment) -> Residuals | None:
        """The residuals of an image, or None when it has no fit."""
        if image.fit is None or image.matches is None or image.sources is None:
            return None
        reference = alignment.reference
        at = image.matches.reference
        crpix = alignment.frame.crpix
        return cls(
            x=reference.u[at] + 1.0 - crpix[0],
            y=reference.v[at] + 1.0 - crpix[1],
            dx=image.fit.rx,
            dy=image.fit.ry,
            used=image.fit.used,
            extver=image.sources.extver[image.matches.image],
        )


class ResidualView(ChartView):
    """Four panels. `star_clicked(match)`: the person points at a match, by its place in `Matches`."""

    star_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Residuals of the fit", parent)
        self._residuals: Residuals | None = None
        self._limit: float | None = None
        self._mas = 1.0
        self.zeros: list[pg.InfiniteLine] = []
        self.points: list[list[Dots]] = []
        self.trends: list[pg.PlotDataItem] = []
        for row, residual in enumerate(("DX", "DY")):
            for column, axis in enumerate(("X", "Y")):
                self._add_panel(row, column, residual, axis)
        self.area.scene().sigMouseClicked.connect(self._click)
        self._restyle()

    def _add_panel(self, row: int, column: int, residual: str, axis: str) -> None:
        plot = self.area.addPlot(row=row, col=column)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.showGrid(x=True, y=True, alpha=0.12)
        for side in ("left", "bottom"):
            plot.getAxis(side).enableAutoSIPrefix(False)
        plot.setLabel("left", f"{residual} (px)")
        plot.setLabel("bottom", f"{axis} from the frame's reference pixel (px)")
        linked_axis(plot, "right", f"{residual} (mas)", 1.0)
        # All panels of one size, however wide their numbers are.
        plot.getAxis("left").setWidth(62)
        plot.getAxis("right").setWidth(52)
        zero = pg.InfiniteLine(0.0, angle=0, movable=False)
        trend = pg.PlotDataItem(connect="finite")
        plot.addItem(zero)
        plot.addItem(trend)
        trend.setZValue(20)
        if self.plots:
            plot.setXLink(self.plots[0])
            plot.setYLink(self.plots[0])
        self.plots.append(plot)
        self.zeros.append(zero)
        self.trends.append(trend)
        self.points.append([])

    def set_limit(self, ylimit: float | None) -> None:
        """The parameter ylimit: half the range of DX and DY in pixels; None chooses it by the used matches."""
        self._limit = ylimit
        if self._residuals is not None:
            self._set_ranges(self._residuals)

    def show_image(self, image: ImageResult, alignment: Alignment) -> None:
        """Show the residuals of an image, or why it has none."""
        residuals = Residuals.of(image, alignment)
        self._residuals = residuals
        if residuals is None:
            self.clear(why_missing(image, "no residuals"))
            return
        self._mas = alignment.frame.scale * 1000.0
        self._plot(residuals)
        self._set_ranges(residuals)
        used = int(residuals.used.sum())
        self._show(
            f"Residuals of {image.name} using {used} of {len(residuals.x)} matches",
            figures_of(residuals, self._mas),
        )

    def _panels(self, residuals: Residuals) -> list[tuple[Floats, Floats]]:
        """Abscissa and ordinate of the four panels in the order they were made."""
        return [(x, d) for d in (residuals.dx, residuals.dy) for x in (residuals.x, residuals.y)]

    def _plot(self, residuals: Residuals) -> None:
        chips = np.unique(residuals.extver).tolist()
        groups = [(chip, used) for used in (False, True) for chip in chips]
        for panel, (x, d) in enumerate(self._panels(residuals)):
            items = self._points_of(panel, len(groups))
            for item in items:
                item.setData(*NOTHING)
            for item, (chip, used) in zip(items, groups, strict=False):
                chosen = np.flatnonzero((residuals.extver == chip) & (residuals.used == used))
                item.chip, item.hollow, item.size = chip, not used, dot_size(len(x))
                item.setData(x[chosen], d[chosen], chosen)
                _dress(item)
            self.trends[panel].setData(*running_median(x[residuals.used], d[residuals.used]))
        for plot in self.plots:
            plot.getAxis("right").setScale(self._mas)

    def _points_of(self, panel: int, count: int) -> list[Dots]:
        """At least `count` point items of a panel; they are made once and used again."""
        items = self.points[panel]
        while len(items) < count:
            item = Dots()
            self.plots[panel].addItem(item)
            items.append(item)
        return items

    def _set_ranges(self, residuals: Residuals) -> None:
        reach = max(float(np.abs(residuals.x).max(initial=1.0)), float(np.abs(residuals.y).max(initial=1.0)))
        low = min(float(residuals.x.min(initial=0)), float(residuals.y.min(initial=0)))
        high = max(float(residuals.x.max(initial=0)), float(residuals.y.max(initial=0)))
        limit = self._limit or default_limit(residuals)
        self.plots[0].setRange(
            xRange=(low - 0.03 * reach, high + 0.03 * reach), yRange=(-limit, limit), padding=0.0
        )

    def _restyle(self) -> None:
        super()._restyle()
        colours = plot_colours()
        for zero in self.zeros:
            zero.setPen(pg.mkPen(colours.muted, width=1.2))
        for trend in self.trends:
            trend.setPen(pg.mkPen(colours.text, width=2.2))
            trend.setShadowPen(pg.mkPen(colours.field, width=5.0))
        for item in (item for items in self.points for item in items):
            _dress(item)
        if self._residuals is not None and not self.stack.message:
            self.figures.setText(figures_of(self._residuals, self._mas))

    def _click(self, event: Any) -> None:
        """A click within 6 screen pixels of a point tells its match."""
        for plot, items in zip(self.plots, self.points, strict=True):
            box = plot.getViewBox()
            if self.stack.message or not box.sceneBoundingRect().contains(event.scenePos()):
                continue
            at, unit = box.mapSceneToView(event.scenePos()), box.viewPixelSize()
            found = [near for item in items if (near := item.nearest(at.x(), at.y(), *unit)) is not None]
            match, far = min(found, key=itemgetter(1), default=(0, CATCH + 1.0))
            if far <= CATCH:
                self.star_clicked.emit(match)


def _dress(item: Dots) -> None:
    """Colour by chip; clipped matches are hollow."""
    colours = plot_colours()
    colour = QColor(colours.chip(item.chip))
    if not item.hollow:
        colour.setAlphaF(0.7)
    item.set_colours(colour, colours.field)


def dot_size(count: int) -> float:
    """Screen pixels of a point: small ones when there are many."""
    return 6.0 if count < 1500 else 4.0 if count < 6000 else TINY


def default_limit(residuals: Residuals) -> float:
    """Half the range that shows every used residual, in pixels."""
    used = residuals.used
    reach = max(
        float(np.abs(residuals.dx[used]).max(initial=0.0)), float(np.abs(residuals.dy[used]).max(initial=0.0))
    )
    return max(1.15 * reach, 0.01)


def running_median(x: Floats, d: Floats, nodes: int = 30) -> tuple[Floats, Floats]:
    """The median of `d` in overlapping windows of neighbours in `x`; empty for fewer than 60 points.

    Each window holds at least 11 points, or a twelfth of them all; it is placed at the median of its `x`.
    """
    count = len(x)
    if count < FEWEST:
        return np.empty(0), np.empty(0)
    order = np.argsort(x, kind="stable")
    wide = max(11, count // 12)
    starts = np.unique(np.linspace(0, count - wide, min(nodes, count - wide + 1)).astype(int))
    windows = [order[start : start + wide] for start in starts.tolist()]
    return np.array([np.median(x[w]) for w in windows]), np.array([np.median(d[w]) for w in windows])


def figures_of(residuals: Residuals, mas: float) -> str:
    """N, rms of each axis in pixels and mas, how many were clipped, and what the colours mean."""
    colours = plot_colours()
    used = residuals.used
    clipped = int((~used).sum())
    rms = [float(np.std(d[used])) if used.any() else float("nan") for d in (residuals.dx, residuals.dy)]
    keys = [
        f'<span style="color:{colours.chip(int(chip)).name()}">\u25cf</span>&nbsp;sci,{int(chip)}'
        for chip in np.unique(residuals.extver)
    ]
    keys += ["\u25cb&nbsp;clipped"] if clipped else []
    keys += ["\u2501&nbsp;running median"] if int(used.sum()) >= FEWEST else []
    text = ", ".join(
        f"rms {axis} <b>{value:.4f} px</b> ({value * mas:.2f} mas)"
        for axis, value in zip("xy", rms, strict=True)
    )
    return f"{text}; {clipped} clipped. Image \u2212 fit. &nbsp; {' &nbsp; '.join(keys)}"
