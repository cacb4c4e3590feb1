"""Colours of the views: taken from the theme that is worn; colour maps of images.

The chip colours keep apart for the common kinds of colour blindness (Okabe & Ito 2008) and reach a contrast of at
least 3:1 against the background of their mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from ui import style

LIGHT_CHIPS = ("#0072B2", "#C2410C", "#00795C", "#A3477F", "#806000", "#5B4FC4")
DARK_CHIPS = ("#56B4E9", "#F2A541", "#2FC79B", "#E28BC0", "#E5DB4B", "#A79BF5")

COLOUR_MAPS = {
    "Grey": "",
    "Viridis": "viridis",
    "Inferno": "inferno",
    "Cividis": "cividis",
    "Heat": "CET-L3",
}


@dataclass(frozen=True)
class PlotColours:
    """What plots and images need of the theme that is worn. `field` is the ground of plots, `sky` that of
    images and of pixels without data: neither black nor white, so that it is not taken for a value."""

    dark: bool
    field: QColor
    sky: QColor
    text: QColor
    muted: QColor
    grid: QColor
    accent: QColor
    warn: QColor
    bad: QColor
    chips: tuple[QColor, ...]

    def chip(self, extver: int) -> QColor:
        """The colour of a chip, by EXTVER; colours come round again after the sixth."""
        return self.chips[(extver - 1) % len(self.chips)]


def plot_colours() -> PlotColours:
    """The colours of the theme that is worn now."""
    theme = style.current()
    return PlotColours(
        dark=theme.is_dark,
        field=QColor(theme.plot),
        sky=QColor("#26323C" if theme.is_dark else "#B4C0CB"),
        text=QColor(theme.plot_text),
        muted=QColor(theme.muted),
        grid=QColor(theme.plot_grid),
        accent=QColor(theme.accent),
        warn=QColor(theme.warn),
        bad=QColor(theme.bad),
        chips=tuple(QColor(name) for name in (DARK_CHIPS if theme.is_dark else LIGHT_CHIPS)),
    )


@cache
def gradient(name: str, inverted: bool = False) -> NDArray[np.uint8]:
    """The 255 colours of a colour map of `COLOUR_MAPS`, uint8 (255, 3), dark end first unless inverted."""
    source = COLOUR_MAPS[name]
    if source:
        colours = pg.colormap.get(source).getLookupTable(nPts=255)[:, :3].astype(np.uint8)
    else:
        colours = np.repeat(np.linspace(0, 255, 255).round().astype(np.uint8)[:, None], 3, axis=1)
    colours = np.ascontiguousarray(colours[::-1] if inverted else colours)
    colours.setflags(write=False)
    return colours


def table(name: str, inverted: bool, blank: QColor) -> list[int]:
    """The 256 ARGB entries for a prepared frame: 0 is `blank` (no data), 1..255 the colour map."""
    rgb = gradient(name, inverted).astype(np.uint32)
    argb = np.uint32(0xFF000000) | rgb[:, 0] << 16 | rgb[:, 1] << 8 | rgb[:, 2]
    return [blank.rgba(), *(int(value) for value in argb)]


def overlay_table(colour: QColor, share: float = 0.6) -> list[int]:
    """The 256 ARGB entries that show the flagged pixels of a mask (255) in `colour` and nothing else."""
    shown = QColor(colour)
    shown.setAlphaF(share)
    return [0] * 255 + [shown.rgba()]


def images_of(levels: tuple[NDArray[np.uint8], ...], colours: list[int]) -> tuple[QImage, ...]:
    """Qt images over arrays of levels (ny, nx), without a copy: the arrays must live as long as the images."""
    return tuple(_image(level, colours) for level in levels)


def _image(level: NDArray[np.uint8], colours: list[int]) -> QImage:
    ny, nx = level.shape
    image = QImage(level.data, nx, ny, level.strides[0], QImage.Format.Format_Indexed8)
    image.setColorTable(colours)
    return image
