"""Residuals of a fit: DX and DY against X and Y. Good ones are flat and scatter by less than 0.1 pixel."""

from __future__ import annotations

from operator import itemgetter

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QWidget

from core.align.results import ImageResult
from ui import style
from ui.views.chart import FROM_REFERENCE, fitting_label, linked_axis
from ui.views.colors import plot_colours
from ui.views.dots import TINY, Dots
from ui.views.linked import CATCH, LinkedChart, keys_of, mean_words, scatter_words, state_words
from ui.views.matched import Group, Residuals, State, groups_of
from ui.views.selection import BandBox, Selection

__all__ = ["ResidualView", "Residuals"]

Floats = NDArray[np.float64]

FEWEST = 60
LOW = 300  # screen pixels of the view
NOTHING = (np.empty(0), np.empty(0), np.empty(0, dtype=np.int64))


class ResidualView(LinkedChart):
    """Four panels."""

    def __init__(self, selection: Selection | None = None, parent: QWidget | None = None) -> None:
        super().__init__("Residuals of the fit", "no residuals", selection, parent)
        self._groups: list[Group] = []
        self._limit: float | None = None
        self._low = False
        self.zeros: list[pg.InfiniteLine] = []
        self.points: list[list[Dots]] = []
        self.rings: list[Dots] = []
        self.beyond: list[Dots] = []
        self.trends: list[pg.PlotDataItem] = []
        for row, residual in enumerate(("DX", "DY")):
            for column, axis in enumerate(("X", "Y")):
                self._add_panel(row, column, residual, axis)
        self.plots[0].getViewBox().sigYRangeChanged.connect(self._draw_beyond)
        self._restyle()

    def _add_panel(self, row: int, column: int, residual: str, axis: str) -> None:
        box = BandBox()
        plot = self.area.addPlot(row=row, col=column, viewBox=box)
        self._watch(box)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.showGrid(x=True, y=True, alpha=0.12)
        for side in ("left", "bottom"):
            plot.getAxis(side).enableAutoSIPrefix(False)
        plot.setLabel("left", f"{residual} (px)")
        fitting_label(plot, "bottom", f"{axis} {FROM_REFERENCE}", f"{axis} (px)")
        linked_axis(plot, "right", f"{residual} (mas)", 1.0)
        # All panels of one size, however wide their numbers are.
        plot.getAxis("left").setWidth(style.scaled(62))
        plot.getAxis("right").setWidth(style.scaled(52))
        zero, ring = pg.InfiniteLine(0.0, angle=0, movable=False), Dots()
        trend = pg.PlotDataItem(connect="finite")
        beyond = Dots()
        ring.figure, beyond.figure, beyond.state = "ring", "diamond", State.CLIPPED
        for item, height in ((zero, 0), (trend, 20), (beyond, 25), (ring, 30)):
            plot.addItem(item)
            item.setZValue(height)
        if self.plots:
            plot.setXLink(self.plots[0])
            plot.setYLink(self.plots[0])
        self.plots.append(plot)
        self.zeros.append(zero)
        self.rings.append(ring)
        self.beyond.append(beyond)
        self.trends.append(trend)
        self.points.append([])

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """In a low window the points matter more than the names of the axes, and the lower panels have the numbers."""
        super().resizeEvent(event)
        low = self.height() < LOW
        if low is self._low:
            return
        self._low = low
        for place, plot in enumerate(self.plots):
            for side in ("left", "bottom", "right"):
                plot.showLabel(side, not low)
            plot.showAxis("bottom", not low or place >= 2)

    def set_limit(self, ylimit: float | None) -> None:
        """The parameter ylimit: half the range of DX and DY in pixels; None chooses it by the used matches."""
        if ylimit == self._limit:
            return
        self._limit = ylimit
        if self._residuals is not None:
            self._set_ranges(self._residuals)

    def _draw(self, residuals: Residuals, image: ImageResult) -> None:
        self._redraw_points()
        self._set_ranges(residuals)
        used = int(residuals.used.sum())
        self._show(
            f"Residuals of {image.name} using {used} of {len(residuals.x)} matches", self._figures(residuals)
        )

    def _figures(self, residuals: Residuals) -> str:
        """N, rms of each axis in pixels and mas, how many were clipped, and what the colours mean."""
        keys = keys_of(residuals, self._groups, "\u25cf")
        keys += ["\u2501&nbsp;running&nbsp;median"] if int(residuals.used.sum()) >= FEWEST else []
        limit = self._limit or default_limit(residuals)
        far = (np.abs(residuals.dx) > limit) | (np.abs(residuals.dy) > limit)
        keys += ["\u25c7&nbsp;beyond&nbsp;the&nbsp;plot"] if far.any() else []
        words = f"{scatter_words(residuals, self._mas)}; {state_words(residuals)}. Image \u2212 fit."
        return f"{words}<br>{mean_words(residuals, self._mas)} &nbsp; {' &nbsp; '.join(keys)}"

    def _panels(self, residuals: Residuals) -> list[tuple[Floats, Floats]]:
        """Abscissa and ordinate of the four panels in the order they were made."""
        return [(x, d) for d in (residuals.dx, residuals.dy) for x in (residuals.x, residuals.y)]

    def _redraw_points(self) -> None:
        residuals = self._residuals
        assert residuals is not None
        self._groups = groups_of(residuals, self.selection.by_magnitude)
        for panel, (x, d) in enumerate(self._panels(residuals)):
            items = self._points_of(panel, len(self._groups))
            for item in items[len(self._groups) :]:
                item.setData(*NOTHING)
            for item, group in zip(items, self._groups, strict=False):
                item.state, item.size = group.state, dot_size(len(x))
                item.setData(x[group.matches], d[group.matches], group.matches)
                _dress(item, group)
            self.trends[panel].setData(*running_median(x[residuals.used], d[residuals.used]))
        for plot in self.plots:
            plot.getAxis("right").setScale(self._mas)

    def _draw_beyond(self, *_: object) -> None:
        """Matches above or below what is seen, at the rim: clipped ones must not vanish without a word."""
        residuals = self._residuals
        if residuals is None:
            return
        low, high = self.plots[0].viewRange()[1]
        for item, (x, d) in zip(self.beyond, self._panels(residuals), strict=True):
            matches = np.flatnonzero((d < low) | (d > high))
            item.setData(x[matches], np.clip(d[matches], *self._rim()), matches)

    def _draw_selected(self) -> None:
        residuals, chosen = self._residuals, self._selected()
        for ring, panel in zip(self.rings, range(4), strict=True):
            if residuals is None:
                ring.setData(*NOTHING)
                continue
            x, d = self._panels(residuals)[panel]
            ring.setData(x[chosen], d[chosen], chosen)

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
        self._draw_beyond()

    def _restyle(self) -> None:
        super()._restyle()
        colours = plot_colours()
        for zero in self.zeros:
            zero.setPen(pg.mkPen(colours.muted, width=1.2))
        for trend in self.trends:
            trend.setPen(pg.mkPen(colours.text, width=2.2))
            trend.setShadowPen(pg.mkPen(colours.field, width=5.0))
        for ring in self.rings:
            ring.set_colours(colours.text, colours.field)
        for beyond in self.beyond:
            beyond.set_colours(colours.warn, colours.field)
        for items in self.points:
            for item, group in zip(items, self._groups, strict=False):
                _dress(item, group)
        if self._residuals is not None and not self.stack.message:
            self.figures.setText(self._figures(self._residuals))

    def _matches_near(self, scene: QPointF) -> int | None:
        for plot, points, beyond in zip(self.plots, self.points, self.beyond, strict=True):
            items = (*points, beyond)
            box = plot.getViewBox()
            if not box.sceneBoundingRect().contains(scene):
                continue
            at, unit = box.mapSceneToView(scene), box.viewPixelSize()
            found = [near for item in items if (near := item.nearest(at.x(), at.y(), *unit)) is not None]
            match, far = min(found, key=itemgetter(1), default=(0, CATCH + 1.0))
            return match if far <= CATCH else None
        return None

    def _drawn_at(self, box: BandBox) -> tuple[Floats, Floats]:
        assert self._residuals is not None
        panel = [plot.getViewBox() for plot in self.plots].index(box)
        x, d = self._panels(self._residuals)[panel]
        low, high = self.plots[0].viewRange()[1]
        return x, np.where((d < low) | (d > high), np.clip(d, *self._rim()), d)

    def _rim(self) -> tuple[float, float]:
        """Where matches beyond the plot are drawn."""
        low, high = self.plots[0].viewRange()[1]
        rim = 0.045 * (high - low)  # half a diamond where the panels are low
        return low + rim, high - rim


def _dress(item: Dots, group: Group) -> None:
    """Colour by chip or magnitude; what the fit does not use is hollow or a cross."""
    colour = QColor(group.colour)
    if not item.hollow:
        colour.setAlphaF(0.7)
    item.set_colours(colour, plot_colours().field)


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
    windows = order[starts[:, None] + np.arange(wide)[None, :]]
    return np.median(x[windows], axis=1), np.median(d[windows], axis=1)
