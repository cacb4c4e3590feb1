"""Stars on the blinked exposure: those that were found and matched, and the one that the person points at in a plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QColor

from ui import style
from ui.session import Session
from ui.views.canvas import ViewState
from ui.views.marks import Marks, Shape
from ui.views.starmarks import NOWHERE, Places, matched_marks, places_on, selected_marks

if TYPE_CHECKING:
    from core.align.results import ImageResult
    from ui.controllers.show import ShowController
    from ui.viewset import ViewSet

CLOSE_ZOOM = 6.0


class MarksController(QObject):
    """Follows the blink view; a star clicked among the residuals or vectors is brought to its middle."""

    def __init__(self, session: Session, views: ViewSet, show: ShowController, parent: QObject) -> None:
        super().__init__(parent)
        self.session, self.views, self.show, self.view = session, views, show, views.blink
        self.on = False
        self._star: tuple[str, float, float] | None = None
        self._to_centre: int | None = None
        self.view.frame_changed.connect(self.draw)
        self.view.store.arrived.connect(self._arrived)
        for chart in (views.residuals, views.vectors):
            chart.star_clicked.connect(self.show_star)
        views.selection.changed.connect(self.draw)
        style.switch().changed.connect(self.draw)

    def set_on(self, on: bool) -> None:
        """Mark all sources, or only the star that was pointed at."""
        self.on = on
        self.draw()

    def forget_star(self) -> None:
        """Another alignment: matches have other numbers."""
        self._star = None
        self.draw()

    def draw(self, *_: object) -> None:
        """Put the marks of the chip that is blinked on the canvas."""
        frame = self.view.current
        marks: list[Marks] = []
        if frame is not None:
            if self.on:
                marks += self._sources(frame.group)
            marks += selected_marks(self.views.selection.places, self.places())
            if self._star is not None and self._star[0] == frame.group:
                _, x, y = self._star
                colour = QColor(style.DARK.warn)
                marks.append(Marks("chosen star", np.array([x]), np.array([y]), colour, Shape.SQUARE, 9.0))
        self.view.canvas.set_marks(*marks)

    def show_star(self, match: int) -> None:
        """Blink the chip on which the image's star of this match lies, with the star in the middle."""
        image = self._image()
        if image is None or image.matches is None or image.sources is None:
            return
        star = int(image.matches.image[match])
        sources = image.sources
        group = _group(image, int(sources.extver[star]))
        self._star = (group, float(sources.x[star]) + 1.0, float(sources.y[star]) + 1.0)
        index = next((n for n, frame in enumerate(self.view.store.frames) if frame.group == group), None)
        if index is None:
            return
        self.views.show("blink")
        self.view.go_to(index)
        self._to_centre = index
        self._arrived(index)
        self.draw()

    def _arrived(self, index: int) -> None:
        if index == self._to_centre and self._star is not None and self.view.store.get(index) is not None:
            self._to_centre = None
            zoom = max(CLOSE_ZOOM, self.view.canvas.state.zoom)
            self.view.canvas.set_state(ViewState(self._star[1], self._star[2], zoom))

    def _image(self) -> ImageResult | None:
        return self.show.image()

    def places(self) -> Places:
        """Where the image's matched stars lie on the chip that is blinked, FITS pixels; NaN on another chip."""
        frame, image = self.view.current, self._image()
        if frame is None or image is None or image.sources is None:
            return NOWHERE
        extvers = np.unique(image.sources.extver).tolist()
        here = [extver for extver in extvers if _group(image, extver) == frame.group]
        return places_on(image, here[0]) if here else NOWHERE

    def _sources(self, group: str) -> list[Marks]:
        """Marks of a chip: every source found, those that were matched, those that the fit used."""
        alignment = self.session.alignment
        for image in alignment.images if alignment is not None else ():
            for catalog in image.catalogs:
                if _group(image, catalog.extver) == group:
                    found = Marks(
                        "found",
                        catalog.x + 1.0,
                        catalog.y + 1.0,
                        QColor(style.DARK.accent),
                        Shape.CIRCLE,
                        4.0,
                    )
                    return [found, *matched_marks(image, places_on(image, catalog.extver))]
        return []


def _group(image: ImageResult, extver: int) -> str:
    stem = image.path.name.removesuffix(".gz").removesuffix(".fits")
    return f"{stem} [sci,{extver}]"
