"""Stars selected on the images: the lasso, its button and key, and clicks on matched stars."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication

from ui import icons, style
from ui.views.canvas import Canvas
from ui.views.lasso import CanvasLasso, within
from ui.views.selection import Selection
from ui.views.starmarks import NOWHERE, Places, nearest_match

if TYPE_CHECKING:
    from ui.controllers.live import LiveController
    from ui.controllers.marks import MarksController
    from ui.viewset import ViewSet

TIP = "Draw a closed line around stars to select them; Shift or Ctrl adds to what is selected (L)"
REACH = 9.0  # screen pixels


class PickController(QObject):
    """One switch for all views: while it is on, dragging draws a lasso. Clicks and lassos on an image mean the matched
    stars that lie there."""

    def __init__(self, views: ViewSet, live: LiveController, marks: MarksController, parent: QObject) -> None:
        super().__init__(parent)
        self.views, self.selection = views, views.selection
        self.action = QAction("Lasso", self)
        self.action.setCheckable(True)
        self.action.setShortcut(QKeySequence("L"))
        self.action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.action.setToolTip(TIP)
        self.action.toggled.connect(self.set_on)
        self._draw()
        style.switch().changed.connect(self._draw)
        left, right = views.pair.images
        self.images = [
            ImagePick(views.sources.image.canvas, live.places, self.selection),
            ImagePick(views.blink.canvas, marks.places, self.selection),
            ImagePick(left.canvas, partial(_places, views, 0), self.selection, clears=True),
            ImagePick(right.canvas, partial(_places, views, 1), self.selection, clears=True),
        ]
        for plot in (views.residuals, views.vectors, views.pair):
            plot.add_buttons((self.action,))
        for view, bar in ((views.sources, views.sources.image.bar), (views.blink, views.blink.bar)):
            bar.add_action(self.action)
            view.addAction(self.action)  # its key works in all of the view

    def set_on(self, on: bool) -> None:
        """Whether dragging draws a lasso, in plots and on images."""
        for chart in (self.views.residuals, self.views.vectors):
            chart.set_lasso(on)
        for image in self.images:
            image.lasso.set_on(on)

    def _draw(self) -> None:
        self.action.setIcon(icons.icon("lasso"))


class ImagePick(QObject):
    """The matched stars on one canvas, by click and by lasso; `clears`: a click beside all stars selects none."""

    def __init__(
        self, canvas: Canvas, places: Callable[[], Places], selection: Selection, clears: bool = False
    ) -> None:
        super().__init__(canvas)
        self.canvas, self.places, self.selection, self.clears = canvas, places, selection, clears
        self.lasso = CanvasLasso(canvas)
        self.lasso.drawn.connect(self._drawn)
        canvas.clicked.connect(self._clicked)

    def _drawn(self, corners: np.ndarray, more: bool) -> None:
        x, y = self.places()
        if len(x):
            chosen = np.flatnonzero(within(x, y, corners))
            self.selection.is_drawn = True
            self.selection.add(chosen) if more else self.selection.set(chosen)
            self.selection.is_drawn = False

    def _clicked(self, x: float, y: float) -> None:
        places = self.places()
        match = nearest_match(places, x, y, REACH / self.canvas.state.zoom)
        both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        more = bool(QApplication.keyboardModifiers() & both)
        if match is None:
            if self.clears and not more:
                self.selection.clear()
        elif more:
            self.selection.toggle(match)
        else:
            self.selection.set([match])


def _places(views: ViewSet, which: int) -> Places:
    side = views.pair.sides[which]
    return NOWHERE if side is None else side.places
