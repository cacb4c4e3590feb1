"""What residual and vector plot share: the matches of one image, what is selected of them, the colours, the words."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QWidget

from core.align.results import Alignment, FitErrors, ImageResult
from ui.views.chart import ChartView, signed, why_missing
from ui.views.colors import plot_colours
from ui.views.lasso import within
from ui.views.matched import ChipMean, Group, Residuals, State, chip_means, robust_rms, step_colour
from ui.views.parts import action_button
from ui.views.selection import BandBox, Selection, is_more
from ui.views.wrap import Wrap, together

CATCH = 6.0
HINT = "Click a star to select it; Shift and drag: all in a band; L: lasso; double click: show it on the exposure."


class LinkedChart(ChartView):
    """A plot of matches. A click selects, Ctrl or Shift and a click one more, Shift and dragging all in a band.

    `star_clicked(match)`: a double click on a match, by its place in `Matches`.
    """

    star_clicked = Signal(int)

    def __init__(self, name: str, missing: str, selection: Selection | None, parent: QWidget | None) -> None:
        super().__init__(name, parent)
        self.selection = selection if selection is not None else Selection(self)
        self._missing = missing
        self._residuals: Residuals | None = None
        self._mas = 1.0
        self._errors: FitErrors | None = None
        self.colour_by = QComboBox()
        self.colour_by.addItems(["chip", "magnitude"])
        self.colour_by.setAccessibleName("Colour by")
        self.colour_by.activated.connect(self._colour_chosen)
        self.controls = QWidget()
        self.row = Wrap(self.controls)
        self.row.addWidget(together("Colour by", self.colour_by))
        self._column.addWidget(self.controls)
        self.selection.changed.connect(self._draw_selected)
        self.selection.recoloured.connect(self._recoloured)
        self.area.scene().sigMouseClicked.connect(self._click)
        self.area.setToolTip(HINT)

    def add_buttons(self, actions: Iterable[QAction]) -> None:
        """Buttons below the plot, whose keys work while the plot has the keyboard."""
        for action in actions:
            self.row.addWidget(action_button(action))
            self.addAction(action)

    def show_image(self, image: ImageResult, alignment: Alignment) -> None:
        """Show the matches of an image, or why it has none."""
        residuals = Residuals.of(image, alignment)
        self._residuals = residuals
        if residuals is None or image.fit is None:
            self.clear(why_missing(image, self._missing))
            return
        self._errors = image.fit.errors
        self._mas = alignment.frame.scale * 1000.0
        self._draw(residuals, image)
        self._draw_selected()

    def clear(self, message: str) -> None:
        """Show a text in place of the plot."""
        self._residuals = None
        super().clear(message)

    def _draw(self, residuals: Residuals, image: ImageResult) -> None:
        raise NotImplementedError

    def _redraw_points(self) -> None:
        raise NotImplementedError

    def _figures(self, residuals: Residuals) -> str:
        """What stands above the plot, as HTML."""
        raise NotImplementedError

    def _draw_selected(self) -> None:
        raise NotImplementedError

    def _matches_near(self, scene: QPointF) -> int | None:
        """The match within reach of a point of the scene; None when there is none."""
        raise NotImplementedError

    def _drawn_at(self, box: BandBox) -> tuple[np.ndarray, np.ndarray]:
        """Where a plot draws the matches, all of them, in its coordinates."""
        raise NotImplementedError

    def set_lasso(self, on: bool) -> None:
        """Whether dragging draws a lasso instead of moving the plot."""
        for plot in self.plots:
            box = plot.getViewBox()
            box.lassoing = on
            if on:
                box.setCursor(Qt.CursorShape.CrossCursor)
            else:
                box.unsetCursor()

    def _selected(self) -> np.ndarray:
        """The selected places that this image has."""
        count = len(self._residuals) if self._residuals is not None else 0
        return self.selection.places[self.selection.places < count]

    def _colour_chosen(self, row: int) -> None:
        self.selection.colour_by(row == 1)

    def _recoloured(self) -> None:
        self.colour_by.setCurrentIndex(int(self.selection.by_magnitude))
        if self._residuals is not None:
            self._redraw_points()
            self.figures.setText(self._figures(self._residuals))

    def _click(self, event: Any) -> None:
        if self._residuals is None or event.button() != Qt.MouseButton.LeftButton:
            return
        match = self._matches_near(event.scenePos())
        if match is None:
            if not is_more(event) and any(
                plot.getViewBox().sceneBoundingRect().contains(event.scenePos()) for plot in self.plots
            ):
                self.selection.clear()
        elif event.double():
            self.star_clicked.emit(match)
        elif is_more(event):
            self.selection.toggle(match)
        else:
            self.selection.set([match])

    def _watch(self, box: BandBox) -> None:
        """Select what a band or a lasso in a plot holds."""
        box.banded.connect(partial(self._banded, box))
        box.lassoed.connect(partial(self._lassoed, box))

    def _banded(self, box: BandBox, band: QRectF, more: bool) -> None:
        if self._residuals is not None:
            x, y = self._drawn_at(box)
            inside = (x >= band.left()) & (x <= band.right()) & (y >= band.top()) & (y <= band.bottom())
            self._choose(inside, more)

    def _lassoed(self, box: BandBox, corners: np.ndarray, more: bool) -> None:
        if self._residuals is not None:
            self._choose(within(*self._drawn_at(box), corners), more)

    def _choose(self, inside: np.ndarray, more: bool) -> None:
        matches = np.flatnonzero(inside)
        self.selection.add(matches) if more else self.selection.set(matches)


def keys_of(residuals: Residuals, groups: list[Group], sign: str) -> list[str]:
    """What the colours and shapes mean, as HTML."""
    colours = plot_colours()
    if any(group.chip for group in groups):
        keys = [
            f'<span style="color:{colours.chip(int(chip)).name()}">{sign}</span>&nbsp;sci,{int(chip)}'
            for chip in np.unique(residuals.extver)
        ]
    else:
        steps = "".join(f'<span style="color:{step_colour(step).name()}">{sign}</span>' for step in range(6))
        keys = [f"bright&nbsp;{steps}&nbsp;faint"]
    state = residuals.state
    keys += ["\u25cb&nbsp;clipped"] if (state == State.CLIPPED).any() else []
    keys += ["\u00d7&nbsp;excluded"] if (state == State.EXCLUDED).any() else []
    return keys


def scatter_words(residuals: Residuals, mas: float) -> str:
    """rms of both axes in pixels and mas of the used matches; the robust one of all that the person left in."""
    used, kept = residuals.used, residuals.state != State.EXCLUDED
    words = []
    for axis, values in (("x", residuals.dx), ("y", residuals.dy)):
        rms = float(values[used].std()) if used.any() else float("nan")
        robust = robust_rms(values[kept])
        words.append(f"rms {axis} <b>{rms:.4f} px</b> ({rms * mas:.2f} mas), robust {robust:.4f}")
    return "; ".join(words)


def error_words(errors: FitErrors | None) -> str:
    """The standard errors of the fit; nothing where they are not known."""
    if errors is None or not np.isfinite([errors.x, errors.y]).all():
        return ""
    words = f"shift \u00b1 {errors.x:.4f}, {errors.y:.4f} px"
    if errors.rot:
        words += f", rotation \u00b1 {errors.rot:.6f}\u00b0, scale \u00b1 {_power(errors.scale)}"
    return f"Errors of the fit: {words}."


def _power(value: float) -> str:
    """Two digits, as typography has powers of ten."""
    figure, _, power = f"{value:.1e}".partition("e")
    return f"{figure}\u00b710<sup>{int(power)}</sup>".replace("-", "\u2212")


def state_words(residuals: Residuals) -> str:
    """How many were clipped, and how many the person left out."""
    state = residuals.state
    words = [f"{int((state == State.CLIPPED).sum())} clipped"]
    excluded = int((state == State.EXCLUDED).sum())
    return ", ".join([*words, f"{excluded} excluded"] if excluded else words)


def mean_words(residuals: Residuals, mas: float) -> str:
    """The mean residual of every chip; one that is off by itself stands out."""
    means = chip_means(residuals)
    if len(means) < 2:
        return ""
    return "Chip means: " + "; ".join(_mean(mean, mas) for mean in means) + "."


def _mean(mean: ChipMean, mas: float) -> str:
    words = f"sci,{mean.extver} {signed(mean.dx, 4)}, {signed(mean.dy, 4)} \u00b1 {mean.error:.4f} px"
    if not mean.is_off:
        return words.replace(" ", "&nbsp;")
    words += f" ({signed(mean.dx * mas, 2)}, {signed(mean.dy * mas, 2)} mas), off by itself"
    return f'<b style="color:{plot_colours().warn.name()}">{words.replace(" ", "&nbsp;")}</b>'
