"""Live source finding: the chip on show is read and convolved once, then answers every move of a parameter.

One question is under way at a time. A move meanwhile is not queued but remembered: when the answer has come, the
newest parameters are asked about, and what lay between is never computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from core.align.settings import FindParams
from core.errors import Cancelled, Refusal
from ui.exposures import ExposureList
from ui.lane import Lane
from ui.panels.state import FormState
from ui.views.sources import NO_EXPOSURE
from ui.views.starmarks import NOWHERE, Places, places_on, selected_marks

if TYPE_CHECKING:
    from core.align.live import Prepared, Selection
    from core.align.profile import Profile
    from core.data.exposure import Chip
    from ui.controllers.show import ShowController
    from ui.viewset import ViewSet


class LiveController(QObject):
    """Keeps the sources view in step with the current exposure and the form of imagefindpars; rests while the view
    is not in front."""

    def __init__(
        self,
        listing: ExposureList,
        state: FormState,
        lane: Lane,
        views: ViewSet,
        show: ShowController,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.listing, self.state, self.lane, self.views, self.show = listing, state, lane, views, show
        self.view = views.sources
        self._chip: Chip | None = None
        self._extver: int | None = None
        self._prepared: Prepared | None = None
        self._asked: tuple[Chip, FindParams] | None = None  # under way
        self._answered: FindParams | None = None
        self.view.bind(state)
        self.view.chip_chosen.connect(self._chip_chosen)
        self.view.star_asked.connect(self._ask_star)
        state.changed.connect(self.ask)
        views.tabs.currentChanged.connect(self.refresh)
        views.selection.changed.connect(self.mark_selected)

    @property
    def is_at_rest(self) -> bool:
        """Whether what is shown is what the parameters ask for."""
        return self._asked is None

    def refresh(self, *_: object) -> None:
        """Another exposure is current, it was read, or the view came to the front."""
        if self.views.tabs.currentWidget() is not self.view:
            return
        entry = self.listing.current()
        exposure = entry.exposure if entry is not None else None
        if exposure is None or not exposure.chips:
            self._drop(NO_EXPOSURE if entry is None else entry.facts)
            return
        extvers = [chip.extver for chip in exposure.chips]
        extver = self._extver if self._extver in extvers else extvers[0]
        chip = exposure.chips[extvers.index(extver)]
        if chip is not self._chip:
            self._show_chip(chip, exposure.name, extvers)
        self.ask()
        self.mark_selected()

    def _show_chip(self, chip: Chip, name: str, extvers: list[int]) -> None:
        before = self._chip
        same_place = before is not None and before.path == chip.path and before.extver == chip.extver
        self._chip, self._prepared, self._answered = chip, None, None
        unit = chip.bunit.lower().replace("electrons", "e\u2212")
        self.view.show_chip(name, extvers, chip.extver, unit)
        if not same_place or self.view.image.frame is None:
            label = f"{name} [sci,{chip.extver}]"
            self.view.image.show_image(name, chip.read, wcs=chip.wcs, unit=unit, label=label)

    def _drop(self, message: str) -> None:
        self._chip, self._prepared, self._answered = None, None, None
        self.view.clear(message)

    def ask(self, *_: object) -> None:
        """Find with the parameters as they are now, unless that is known or under way."""
        chip = self._chip
        if chip is None or self._asked is not None or self.views.tabs.currentWidget() is not self.view:
            return
        try:
            params = FindParams.of(self.state.values)
        except Refusal as refusal:
            self._answered = None
            self.view.show_trouble(str(refusal))
            return
        if params == self._answered:
            return
        self._asked = (chip, params)
        self.lane.run(look, chip, self._prepared, params, done=self._found, failed=self._failed)

    def _found(self, answer: tuple[Prepared, Selection]) -> None:
        assert self._asked is not None
        (chip, params), self._asked = self._asked, None
        if chip is self._chip:
            first, self._prepared = self._prepared is None, answer[0]
            self._answered = params
            noise = params.noise if params.computesig else "skysigma"
            self.view.show_found(answer[1], noise, params.threshold, first)
        self.ask()

    def _failed(self, error: BaseException) -> None:
        assert self._asked is not None
        (chip, params), self._asked = self._asked, None
        if chip is self._chip and not isinstance(error, Cancelled):
            self._answered = params  # not asked again before something changes
            self.view.show_trouble(str(error) or type(error).__name__)
        self.ask()

    # ---- one star

    def _ask_star(self, x: float, y: float) -> None:
        chip = self._chip
        if self._prepared is not None and chip is not None and _is_on(chip, x, y):
            self.lane.run(look_closely, self._prepared, x, y, done=self._star_found, key="star")

    def _star_found(self, profile: Profile) -> None:
        if self._chip is not None and profile.extver == self._chip.extver:
            self.view.show_star(profile)

    # ---- marks, chips

    def places(self) -> Places:
        """Where the matched stars lie on the chip on show, FITS pixels."""
        image, chip = self.show.image(), self._chip
        here = image is not None and chip is not None and image.path == chip.path
        return places_on(image, chip.extver) if here and chip is not None else NOWHERE

    def mark_selected(self) -> None:
        """The stars that are selected among the matches, on the image too."""
        self.view.set_selected(selected_marks(self.views.selection.places, self.places()))

    def _chip_chosen(self, extver: int) -> None:
        self._extver = extver
        self.refresh()


def look(chip: Chip, prepared: Prepared | None, params: FindParams) -> tuple[Prepared, Selection]:
    """The chip ready for these parameters, and what is found in it; runs in the lane. Raises `Refusal`."""
    from core.align import live

    prepared = live.prepare(chip, params) if prepared is None else live.renewed(prepared, params, chip=chip)
    return prepared, live.select(prepared, params)


def look_closely(prepared: Prepared, x: float, y: float) -> Profile:
    """One source; runs in the lane."""
    from core.align.profile import profile

    return profile(prepared, x, y)


def _is_on(chip: Chip, x: float, y: float) -> bool:
    ny, nx = chip.shape
    return -0.5 <= x < nx - 0.5 and -0.5 <= y < ny - 0.5
