"""A look at step 6 while its parameters change: the mask of the blinked chip, and why a pixel is flagged."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from core.drizzle.cosmic import CosmicParams
    from core.drizzle.crpreview import CosmicPreview, Why
    from core.drizzle.results import ExposureFigures
    from core.params import ParamSet
    from ui.views.prepared import Prepared
    from ui.window import MainWindow

# what decides, of the form, how the chip is read: with another of them it is read again
READ_WITH = (
    "gain",
    "gnkeyword",
    "rdnoise",
    "rnkeyword",
    "exptime",
    "expkeyword",
    "wcskey",
    "group",
    "coeffs",
)
WHY = "crpreview why"
PASSES = {
    "first pass": "flagged in the first pass",
    "second pass": "flagged in the second pass, beside one of the first",
    "grown": "flagged by growing",
    "": "not flagged",
}
Made = tuple[str, "CosmicPreview", "CosmicParams", "Prepared"]


class CosmicPreviewController(QObject):
    """While the mask is laid over a chip that was drizzled, it is that of the parameters in the form.

    Pixels and blot are read once in the quick lane and kept; a mask then takes some 20 ms there. So does the reason
    of a pixel, whose part of the chip grows with driz_cr_grow and driz_cr_ctegrow.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._view = window, window.views.blink
        self._kept: tuple[tuple[object, ...], CosmicPreview] | None = None
        self._now: tuple[str, CosmicPreview, CosmicParams] | None = None
        self._cursor = (math.nan, math.nan)
        window.params.changed.connect(self.refresh)
        self._view.frame_changed.connect(self.refresh)
        self._view.controls.overlay.toggled.connect(self.refresh)
        self._view.canvas.cursor_moved.connect(self._tell)

    def refresh(self, *_: object) -> None:
        """Other parameters, another frame, another run, or the mask switched on or off."""
        frame = self._view.current
        found = self._figures(frame.group) if frame is not None else None
        if frame is None or found is None or not self._view.controls.overlay.isChecked():
            self._drop()
            return
        if self._now is not None and self._now[0] != frame.group:
            self._drop()
        figures, extver = found
        params = self._window.params.values("astrodrizzle")
        key = (self._window.session.result, figures.path, extver, *(params[name] for name in READ_WITH))
        kept = self._kept[1] if self._kept is not None and self._same(key) else None
        self._window.quick.run(
            _made,
            frame.group,
            kept,
            figures,
            extver,
            params,
            done=partial(self._arrived, key),
            failed=self._failed,
            key="crpreview",
        )

    def _same(self, key: tuple[object, ...]) -> bool:
        assert self._kept is not None
        kept = self._kept[0]
        return kept[0] is key[0] and kept[1:] == key[1:]

    def _figures(self, group: str) -> tuple[ExposureFigures, int] | None:
        """The exposure and chip of a group of frames, when the run left its blot."""
        result = self._window.session.result
        for figures in result.exposures if result is not None else ():
            stem = figures.name.removesuffix(".gz").removesuffix(".fits")
            for extver in figures.blots:
                if group == f"{stem} [sci,{extver}]":
                    return figures, extver
        return None

    def _arrived(self, key: tuple[object, ...], made: Made) -> None:
        group, preview, params, mask = made
        frame = self._view.current
        if frame is None or frame.group != group or not self._view.controls.overlay.isChecked():
            return
        self._kept, self._now = (key, preview), (group, preview, params)
        self._view.set_preview(group, mask)
        self._ask()

    def _failed(self, _error: BaseException) -> None:
        """A value that is no pair of numbers is told by the form; without files there is nothing to preview."""
        self._drop()

    def _drop(self) -> None:
        if self._now is not None:
            self._now = None
            self._view.set_preview("", None)
        self._ask()

    def _tell(self, x: float, y: float) -> None:
        """The cursor is over another place, FITS position, or over none."""
        self._cursor = (x, y)
        self._ask()

    def _ask(self) -> None:
        """The reason of the pixel under the cursor; of places that the cursor has left meanwhile none is told."""
        pixel = self._pixel()
        if self._now is None or pixel is None:
            self._window.quick.drop(WHY)
            self._view.reason.setText("")
            return
        _, preview, params = self._now
        self._window.quick.run(
            preview.why,
            params,
            *pixel,
            done=lambda why: self._view.reason.setText(reason_words(why, params)),
            key=WHY,
        )

    def _pixel(self) -> tuple[int, int] | None:
        """Column and row under the cursor, 0-based, when it is on the chip."""
        if self._now is None or math.isnan(self._cursor[0]):
            return None
        column, row = (math.floor(place - 0.5) for place in self._cursor)
        rows, columns = self._now[1].data.shape
        return (column, row) if 0 <= column < columns and 0 <= row < rows else None


def reason_words(why: Why, params: CosmicParams) -> str:
    """ "flagged in the first pass: |812.4 - 20.1| = 792.3 > 1.2 x 6.0 + 3.5 x 5.1 = 25.1 e-"; for a pixel that only
    the second limit catches, and one that none does, the limits that say so."""
    second = why.flagged == "second pass"
    place = 1 if second or (why.flagged != "first pass" and why.fails[1]) else 0
    sign = ">" if why.fails[place] else "\u2264"
    limit = (
        f"{params.scale[place]:g} \u00d7 derivative {why.derivative:.1f} + {params.snr[place]:g} \u00d7 noise "
        f"{why.noise:.1f} = {why.limits[place]:.1f} e\u2212"
    )
    alone = ", but no neighbour is beyond the first limit" if not why.flagged and why.fails[1] else ""
    apart = f"|data {why.data:.1f} \u2212 blot {why.blot:.1f}| = {why.away:.1f}"
    return f"{PASSES[why.flagged]}: {apart} {sign} {limit}{alone}"


def _made(
    group: str, kept: CosmicPreview | None, figures: ExposureFigures, extver: int, params: ParamSet
) -> Any:
    """In the lane: the mask of the chip, ready to be drawn."""
    from core.drizzle.cosmic import CosmicParams
    from core.drizzle.crpreview import open_preview
    from ui.views.prepared import MASK, prepare

    cosmic = CosmicParams.of(params)
    preview = kept if kept is not None else open_preview(figures, extver, params)
    rows, columns = preview.data.shape
    mask = preview.mask(cosmic, (0, rows), (0, columns))
    return group, preview, cosmic, prepare("mask of these parameters", mask.good, kind=MASK)
