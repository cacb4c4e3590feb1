"""Live source finding: the chip on show is read and convolved once, then answers every move of a parameter.

What is in view comes first, then the whole chip, then, when the hand rests, the numbers of all chips of all exposures.
One question is under way at a time. A move meanwhile is not queued but remembered, and what is under way for the whole
chip is broken off: the newest parameters are asked about, and what lay between is never computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from core.align.settings import FindParams
from core.errors import Cancelled, Refusal
from core.params import ParamSet
from ui.controllers.allchips import AllChips
from ui.exposures import ExposureList
from ui.lane import Job, Lane
from ui.panels.state import FormState
from ui.views.sources import NO_EXPOSURE
from ui.views.starmarks import NOWHERE, Places, places_on, selected_marks

if TYPE_CHECKING:
    from core.align.glimpse import Box
    from core.align.live import Selection
    from core.align.livechips import Ready
    from core.align.profile import Profile
    from core.data.exposure import Chip, Exposure
    from core.runs.progress import Progress
    from ui.controllers.show import ShowController
    from ui.viewset import ViewSet

HEEDED = (
    "exclusions",
    "catfile",
    "input",
)  # of tweakreg: where sources may lie, and whether they are found at all
MOST = 1_000_000  # pixels of the part that comes first
RESTS_MS = 300


@dataclass(frozen=True)
class Question:
    """What is asked about a chip."""

    params: FindParams
    tweakreg: ParamSet

    @property
    def lists(self) -> tuple[object, ...]:
        return tuple(self.tweakreg[name] for name in HEEDED)

    def is_same(self, other: Question | None) -> bool:
        return other is not None and self.params == other.params and self.lists == other.lists


class LiveController(QObject):
    """Keeps the sources view in step with the current exposure and the form of imagefindpars; rests while the view
    is not in front."""

    def __init__(
        self,
        listing: ExposureList,
        states: dict[str, FormState],
        lane: Lane,
        views: ViewSet,
        show: ShowController,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.listing, self.lane, self.views, self.show = listing, lane, views, show
        self.state, self.tweakreg = states["imagefindpars"], states["tweakreg"]
        self.view = views.sources
        self._chip: Chip | None = None
        self._spot: tuple[Exposure, int] | None = None
        self._extver: int | None = None
        self._ready: Ready | None = None
        self._found: Selection | None = None
        self._asked: tuple[Chip, Question] | None = None  # under way
        self._job: Job | None = None  # what is under way, if it may be broken off
        self._answered: Question | None = None
        self.all = AllChips(listing, self.view, self)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(RESTS_MS)
        self._rest.timeout.connect(self._count_all)
        self.view.bind(self.state)
        self.view.chip_chosen.connect(self.choose_chip)
        self.view.star_asked.connect(self._ask_star)
        self.state.changed.connect(self.ask)
        self.tweakreg.changed.connect(self._lists_changed)
        views.tabs.currentChanged.connect(self.refresh)
        views.selection.changed.connect(self.mark_selected)

    @property
    def is_at_rest(self) -> bool:
        """Whether what is shown is what the parameters ask for."""
        return self._asked is None and not self._rest.isActive() and self.all.is_at_rest

    @property
    def extver(self) -> int | None:
        """The chip that the person chose; None for the first."""
        return self._extver

    def choose_chip(self, extver: int) -> None:
        """Show this chip of each exposure that has it."""
        self._extver = extver
        self.refresh()

    def close(self) -> None:
        """The window closes."""
        self._rest.stop()
        self.all.close()

    def refresh(self, *_: object) -> None:
        """Another exposure is current, it was read, or the view came to the front."""
        if self.views.tabs.currentWidget() is not self.view:
            self._rest.stop()
            self.all.drop()
            return
        entry = self.listing.current()
        exposure = entry.exposure if entry is not None else None
        if exposure is None or not exposure.chips:
            self._drop(NO_EXPOSURE if entry is None else entry.facts)
            return
        extvers = [chip.extver for chip in exposure.chips]
        place = extvers.index(self._extver) if self._extver in extvers else 0
        if exposure.chips[place] is not self._chip:
            self._show_chip(exposure, place, extvers)
        self.ask()
        self.mark_selected()
        self._rest.start()

    def _show_chip(self, exposure: Exposure, place: int, extvers: list[int]) -> None:
        before, chip = self._chip, exposure.chips[place]
        same_place = before is not None and before.path == chip.path and before.extver == chip.extver
        self._chip, self._ready, self._answered, self._found = chip, None, None, None
        self._spot = (exposure, place)
        self._break_off()
        unit = chip.bunit.lower().replace("electrons", "e\u2212")
        self.view.show_chip(exposure.name, extvers, chip.extver, unit)
        if not same_place or self.view.image.frame is None:
            label = f"{exposure.name} [sci,{chip.extver}]"
            self.view.image.show_image(exposure.name, chip.read, wcs=chip.wcs, unit=unit, label=label)

    def _drop(self, message: str) -> None:
        self._chip, self._spot, self._ready, self._answered, self._found = None, None, None, None, None
        self.view.clear(message)

    # ---- asking

    def _lists_changed(self, names: object) -> None:
        if set(HEEDED) & set(names):  # type: ignore[call-overload]
            self.ask()

    def ask(self, *_: object) -> None:
        """Find with the parameters as they are now, unless that is known or under way."""
        chip, spot = self._chip, self._spot
        if chip is None or spot is None or self.views.tabs.currentWidget() is not self.view:
            return
        if self._asked is not None:
            if not self._question_is(self._asked[1]):
                self._break_off()
            return
        try:
            question = Question(FindParams.of(self.state.values), self.tweakreg.values)
        except Refusal as refusal:
            self._answered = None
            self.view.show_trouble(str(refusal))
            return
        if question.is_same(self._answered):
            return
        self._asked = (chip, question)
        self._rest.start()
        box = self._box(question)
        if box is not None:
            work = (glance, self._ready, question.params, box, self._found)
            self.lane.run(*work, done=self._glanced, failed=self._not_glanced)
        else:
            self._ask_whole()

    def _ask_whole(self) -> None:
        """The whole chip; broken off when the parameters move on."""
        assert self._asked is not None
        question = self._asked[1]
        self._job = self.lane.run(
            look,
            self._spot,
            self._ready,
            question.params,
            question.tweakreg,
            done=self._looked,
            failed=self._failed,
            progress=_unheard,
        )

    def _question_is(self, question: Question) -> bool:
        """Whether the form still asks what `question` asks."""
        try:
            now = Question(FindParams.of(self.state.values), self.tweakreg.values)
        except Refusal:
            return False
        return question.is_same(now)

    def _break_off(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _box(self, question: Question) -> Box | None:
        """The part of the chip that is in view; None when the whole answer takes no longer, or needs the file."""
        ready, before, frame = self._ready, self._answered, self.view.image.frame
        if ready is None or before is None or frame is None or question.lists != before.lists:
            return None
        return seen_of(ready, before.params, question.params, self.view.image.canvas.seen(), MOST)

    # ---- answers

    def _glanced(self, answer: Selection) -> None:
        assert self._asked is not None
        chip, question = self._asked
        if chip is self._chip:
            self._found = answer
            self.view.show_part(self._found)
            if self._question_is(question):
                self._ask_whole()
                return
        self._asked = None
        self.ask()

    def _not_glanced(self, _error: BaseException) -> None:
        """The whole chip will tell what is wrong."""
        self._ask_whole()

    def _looked(self, answer: tuple[Ready, Selection]) -> None:
        assert self._asked is not None
        (chip, question), self._asked, self._job = self._asked, None, None
        if chip is self._chip:
            first = self._ready is None
            self._ready, self._found = answer
            self._answered = question
            params = question.params
            noise = params.noise if params.computesig else "skysigma"
            self.view.show_found(self._found, noise, params.threshold, first, answer[0].from_catalog)
        self.ask()

    def _failed(self, error: BaseException) -> None:
        assert self._asked is not None
        (chip, question), self._asked, self._job = self._asked, None, None
        if chip is self._chip and not isinstance(error, Cancelled):
            self._answered = question  # not asked again before something changes
            self.view.show_trouble(str(error) or type(error).__name__)
        self.ask()

    def _count_all(self) -> None:
        """The hand rests: the numbers of all chips."""
        if self._asked is not None:
            self._rest.start()
        elif self._answered is not None and self._ready is not None:
            self.all.count(self._ready, self._answered.params, self._answered.tweakreg)

    # ---- one star

    def _ask_star(self, x: float, y: float) -> None:
        chip = self._chip
        if self._ready is not None and chip is not None and _is_on(chip, x, y):
            self.lane.run(look_closely, self._ready, x, y, done=self._star_found, key="star")

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


def look(
    spot: tuple[Exposure, int],
    ready: Ready | None,
    params: FindParams,
    tweakreg: ParamSet,
    *,
    progress: Progress,
) -> tuple[Ready, Selection]:
    """The chip ready for these parameters, and what is found in it; runs in the lane. Raises `Refusal`."""
    from core.align.live import select
    from core.align.livechips import Spot, made_ready

    ready = made_ready(Spot(*spot), params, tweakreg, ready, progress=progress)
    return ready, select(ready.prepared, params, progress=progress)


def glance(ready: Ready, params: FindParams, box: Box, before: Selection | None) -> Selection:
    """What is found in a part of the chip, and what was known of the rest; runs in the lane. Raises `Refusal`."""
    from core.align.glimpse import glimpse, merged

    return merged(before, glimpse(ready.prepared, params, box), box)


def seen_of(
    ready: Ready, before: FindParams, now: FindParams, seen: tuple[float, float, float, float], most: int
) -> Box | None:
    """The part of a chip to look at first, of what is `seen` (middle and size, FITS pixels)."""
    from core.align.glimpse import Box
    from core.align.live import is_quick

    if is_quick(before, now) or now.dqbits != ready.prepared.dqbits:
        return None
    x, y, wide, tall = seen
    box = Box.around(x - 1.0, y - 1.0, wide, tall, ready.prepared.data.shape, most)
    return None if box.is_empty else box


def look_closely(ready: Ready, x: float, y: float) -> Profile:
    """One source; runs in the lane."""
    from core.align.profile import profile

    return profile(ready.prepared, x, y)


def _unheard(_report: object) -> None:
    """Progress of so short a work is not shown; with a listener it can be broken off."""


def _is_on(chip: Chip, x: float, y: float) -> bool:
    ny, nx = chip.shape
    return -0.5 <= x < nx - 0.5 and -0.5 <= y < ny - 0.5
