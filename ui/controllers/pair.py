"""The side-by-side view: the exposure that is current and the reference, or another one, at the selected stars."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from core.data.chipwcs import ChipWCS
from ui import style
from ui.controllers.show import NO_EXPOSURES, NOT_ALIGNED
from ui.exposures import ExposureList
from ui.lane import Lane
from ui.views.chart import why_missing
from ui.views.matched import Floats, Residuals, State, state_of
from ui.views.pair import Side
from ui.views.starmarks import matched_marks, places_on, selected_marks

if TYPE_CHECKING:
    from core.align.results import Alignment, ImageResult
    from core.data.exposure import Chip, Exposure
    from ui.controllers.align import AlignController
    from ui.controllers.show import ShowController
    from ui.viewset import ViewSet

ALONE = "There is no other exposure to show beside this one."


class PairController(QObject):
    """Rests while the view is not in front. The star in the middle is one of the selected ones."""

    def __init__(
        self,
        align: AlignController,
        listing: ExposureList,
        views: ViewSet,
        show: ShowController,
        lane: Lane,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.session, self.listing, self.views = align.session, listing, views
        self.show, self.lane, self.view = show, lane, views.pair
        self._beside: Path | None = None
        self._match: int | None = None
        self._still = False
        self._image: ImageResult | None = None
        views.tabs.currentChanged.connect(self.refresh)
        views.selection.changed.connect(self._selected)
        align.aligned.connect(self.refresh)
        align.refitted.connect(self.refresh)
        self.view.beside_chosen.connect(self._choose_beside)
        self.view.stepped.connect(self.step)
        style.switch().changed.connect(self._mark)

    # ---- which star

    def refresh(self, *_: object) -> None:
        """Another image, another alignment, or the view came to the front."""
        if self.views.tabs.currentWidget() is not self.view:
            return
        image, alignment = self.show.image(), self.session.alignment
        if alignment is None:
            self._drop(NOT_ALIGNED if self.listing.good() else NO_EXPOSURES)
        elif image is None or image.sources is None or image.matches is None or image.fit is None:
            told = "This exposure was not part of the alignment."
            self._drop(told if image is None else why_missing(image, "no matches"))
        else:
            self._image = image
            self._ask(image, alignment)

    def show_match(self, match: int) -> None:
        """Bring the star of a match to the middle."""
        self._match = match
        self.refresh()

    def step(self, by: int) -> None:
        """The next of the selected stars, or the one before."""
        places = self.views.selection.places
        if len(places):
            now = int(np.searchsorted(places, self._match)) if self._match in places else -by
            self.show_match(int(places[(now + by) % len(places)]))

    def _selected(self) -> None:
        """The star is shown close; those that a lasso took on the images leave these as they are, for there may be
        more to take."""
        places = self.views.selection.places
        in_front = self.views.tabs.currentWidget() is self.view
        self._still = self.views.selection.is_drawn and in_front and len(places) > 1
        if self._still or self._match not in places:
            self._match = int(places[0]) if len(places) and not self._still else None
        self.refresh()

    def _drop(self, message: str) -> None:
        self._image = None
        self.lane.drop("pair")
        self.view.clear(message)

    # ---- the two chips

    def _ask(self, image: ImageResult, alignment: Alignment) -> None:
        assert image.matches is not None
        assert image.sources is not None
        if self._match is not None and self._match >= len(image.matches):
            self._match = None
        exposures = {
            entry.path: entry.exposure for entry in self.listing.good() if entry.exposure is not None
        }
        if image.path not in exposures:
            self._drop("This exposure is no longer in the list.")
            return
        beside = self._besides(image, alignment, exposures)
        extver = self._extver(image)
        left = _side(exposures[image.path], image, extver)
        if left is None:
            self._drop("This exposure was changed since the alignment.")
            return
        left = replace(left, places=places_on(image, extver))
        reference = alignment.reference if image.reference is None else image.reference
        rows = image.matches.reference
        self.lane.run(
            _pair,
            left,
            beside,
            (reference.ra[rows], reference.dec[rows]),
            self._match,
            done=self._found,
            key="pair",
        )

    def _extver(self, image: ImageResult) -> int:
        """The chip of the star that is looked at; without one the chip on show, or that of the first match."""
        assert image.matches is not None
        assert image.sources is not None
        shown = self.view.sides[0]
        if self._match is None and shown is not None and shown.path == image.path:
            return shown.extver
        star = 0 if self._match is None else self._match
        return int(image.sources.extver[image.matches.image[star]]) if len(image.matches) else 1

    def _besides(
        self, image: ImageResult, alignment: Alignment, exposures: dict[Path, Exposure]
    ) -> list[Side]:
        """The chips of the exposure at the right, seen through the WCS of the alignment."""
        results = {one.path: one for one in alignment.images}
        others = [path for path in exposures if path != image.path]
        reference = next((path for path in others if _status(results, path) == "REFERENCE"), None)
        chosen = self._beside if self._beside in others else reference or next(iter(others), None)
        names = [(f"{path.name} ({_status(results, path) or 'not aligned'})", path) for path in others]
        self.view.show_choice(names, chosen)
        if chosen is None:
            return []
        sides = [
            _side(exposures[chosen], results.get(chosen), chip.extver) for chip in exposures[chosen].chips
        ]
        return [side for side in sides if side is not None]

    def _found(self, pair: tuple[Side, Side | None]) -> None:
        if self._image is not None:
            left, right = pair
            self.view.show_pair(left, right, self._match, ALONE, still=self._still)
            self._still = False
            self._mark()
            self._say()

    def _choose_beside(self, path: Path) -> None:
        self._beside = path
        self.refresh()

    # ---- marks and words

    def _mark(self) -> None:
        if self._image is None:
            return
        chosen = self.views.selection.places
        marks = []
        for side in self.view.sides:
            places = side.places if side is not None else None
            both = (
                []
                if places is None
                else [*matched_marks(self._image, places), *selected_marks(chosen, places)]
            )
            marks.append(both)
        self.view.set_marks(*marks)

    def _say(self) -> None:
        image, alignment, places = self._image, self.session.alignment, self.views.selection.places
        if image is None or alignment is None:
            return
        self.view.enable_steps(len(places) > 1)
        if self._match is None:
            count = int((state_of(image) == State.USED).sum())
            several = f"{len(places)} stars are selected; the arrows go from one to the next."
            alone = "Click a star, or draw a lasso (L): it is shown close, in both exposures."
            self.view.say(
                f"Matches of {image.name}: {count} used by the fit", several if len(places) > 1 else alone
            )
            return
        shown = Residuals.of(image, alignment)
        assert shown is not None
        mas = alignment.frame.scale * 1000.0
        k = self._match
        far = float(np.hypot(shown.dx[k], shown.dy[k]))
        place = (
            f"{int(np.searchsorted(places, k)) + 1} of {len(places)} selected, " if len(places) > 1 else ""
        )
        self.view.say(
            f"Match {k + 1} of {image.name} ({place}{State(int(shown.state[k])).word})",
            f"Residual {shown.dx[k]:+.4f}, {shown.dy[k]:+.4f} px ({far * mas:.2f} mas)".replace(
                "-", "\u2212"
            ),
        )


def _status(results: dict[Path, ImageResult], path: Path) -> str:
    return str(results[path].status) if path in results else ""


def _side(exposure: Exposure, result: ImageResult | None, extver: int) -> Side | None:
    """A chip seen through the WCS that the alignment gives it, or through its header's."""
    chip: Chip | None = next((chip for chip in exposure.chips if chip.extver == extver), None)
    if chip is None:
        return None
    wcs: ChipWCS = result.new_wcs.get(extver, chip.wcs) if result is not None else chip.wcs
    unit = chip.bunit.lower().replace("electrons", "e\u2212")
    return Side(exposure.path, extver, chip.read, wcs, unit)


def _pair(
    left: Side, beside: list[Side], sky: tuple[Floats, Floats], match: int | None
) -> tuple[Side, Side | None]:
    """In the lane: the chip at the right on which the star lies, or most stars do, with the places of all."""
    best: tuple[tuple[bool, int], Side] | None = None
    for side in beside:
        x, y = side.wcs.sky_to_pix(*sky)
        nx, ny = side.wcs.naxis
        on = (x > -0.5) & (x < nx - 0.5) & (y > -0.5) & (y < ny - 0.5)
        places = np.where(on, x + 1.0, np.nan), np.where(on, y + 1.0, np.nan)
        rank = (match is not None and bool(on[match]), int(on.sum()))
        if best is None or rank > best[0]:
            best = rank, replace(side, places=places)
    return left, best[1] if best is not None else None
