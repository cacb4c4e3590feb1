"""The matches of an image as marks on the pixels: those that the fit uses, clipped and excluded ones, the selected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from core.align.results import ImageResult
from ui import style
from ui.views.marks import Marks, Shape
from ui.views.matched import State, state_of

Floats = NDArray[np.float64]
Places = tuple[Floats, Floats]

NOWHERE: Places = (np.empty(0), np.empty(0))
LOOKS = {
    State.USED: ("used", Shape.CIRCLE),
    State.CLIPPED: ("clipped", Shape.CROSS),
    State.EXCLUDED: ("excluded", Shape.DIAMOND),
}


def places_on(image: ImageResult | None, extver: int) -> Places:
    """Where the image's stars of all matches lie on one of its chips, FITS pixels; NaN on other chips."""
    if image is None or image.matches is None or image.sources is None:
        return NOWHERE
    stars, sources = image.matches.image, image.sources
    here = sources.extver[stars] == extver
    x, y = sources.x[stars] + 1.0, sources.y[stars] + 1.0
    return np.where(here, x, np.nan), np.where(here, y, np.nan)


def matched_marks(image: ImageResult | None, places: Places) -> list[Marks]:
    """The matches by what became of them; those whose place is NaN are left out."""
    if image is None or image.fit is None:
        return []
    state = state_of(image)
    colours = {
        State.USED: style.DARK.good,
        State.CLIPPED: style.DARK.bad,
        State.EXCLUDED: style.DARK.warn,
    }
    made = []
    for which, (word, shape) in LOOKS.items():
        if which is State.EXCLUDED and not (state == which).any():
            continue
        mine = np.flatnonzero((state == which) & np.isfinite(places[0]))
        made.append(Marks(word, places[0][mine], places[1][mine], QColor(colours[which]), shape, 6.0))
    return made


def selected_marks(selected: NDArray[np.int64], places: Places) -> list[Marks]:
    """A ring around each selected match that is here."""
    x, y = places
    mine = selected[selected < len(x)]
    mine = mine[np.isfinite(x[mine])]
    if not len(mine):
        return []
    return [Marks("selected", x[mine], y[mine], QColor(style.DARK.warn), Shape.CIRCLE, 8.0)]


def nearest_match(places: Places, x: float, y: float, reach: float) -> int | None:
    """The match nearest to a place, at most `reach` away."""
    far = np.hypot(places[0] - x, places[1] - y)
    if not np.isfinite(far).any():
        return None
    match = int(np.nanargmin(far))
    return match if far[match] <= reach else None
