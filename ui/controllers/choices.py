"""What the person decides about single images: stars out of the fit, another peak, a wider search. Each refits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence

from core.align.choices import Choice, Choices
from ui.panels.state import Change, History
from ui.session import ALIGN, REFIT, Session

if TYPE_CHECKING:
    from core.align.results import ImageResult, Offset
    from ui.controllers.align import AlignController
    from ui.controllers.show import ShowController
    from ui.lane import Lane
    from ui.viewset import ViewSet

NO_FIT = "This image has no fit."
NONE = "Select stars in the plots or in the table of matches first."
MOST_WIDER = 16.0


@dataclass(frozen=True)
class Moment:
    """Choices to go back to, and how often headers had been written when they were made."""

    choices: Choices
    applied: int


class ChoicesController(QObject):
    """Actions on the image on show; undone by the same Undo as the parameters. `changed()` when choices are others."""

    changed = Signal()

    def __init__(
        self,
        session: Session,
        views: ViewSet,
        show: ShowController,
        align: AlignController,
        history: History,
        lane: Lane,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.session, self.views, self.show, self.align = session, views, show, align
        self.history, self.lane = history, lane
        self._applied = 0
        self.exclude_ = self._action("Exclude", "Delete", "Leave the selected stars out of the fit")
        self.restore_ = self._action("Restore", "R", "Let the fit use the selected stars again")
        self.exclude_.triggered.connect(self.exclude)
        self.restore_.triggered.connect(self.take_back)
        for view in (views.residuals, views.vectors, views.pair):
            view.add_buttons((self.exclude_, self.restore_))
        views.selection.changed.connect(self.refresh)
        histogram = views.histogram
        histogram.peak_clicked.connect(self.choose_peak)
        histogram.wider_asked.connect(self.search_wider)
        histogram.automatic_asked.connect(self.be_automatic)
        show.remedies.automatic_asked.connect(self.be_automatic)
        align.applied.connect(self._headers_written)
        align.runner.changed.connect(self.refresh)
        self.refresh()

    # ---- what may be pressed

    def refresh(self) -> None:
        """Enable what can be done with what is selected now, and tell the histogram the choice of its image."""
        image, chosen = self._image(), self._numbers()
        out = self._choice().excluded
        busy = self.busy()
        reason = busy or (NO_FIT if image is None or image.fit is None else "" if chosen else NONE)
        _enable(self.exclude_, reason or ("" if chosen - out else "The selected stars are excluded already."))
        _enable(self.restore_, reason or ("" if chosen & out else "None of the selected stars is excluded."))
        self.views.histogram.set_choice(self._choice(), busy)

    def busy(self) -> str:
        """Why nothing can be decided now; "" when it can."""
        running = self.session.running
        return "" if running in ("", ALIGN, REFIT) else f"{running} is running."

    # ---- deciding

    def exclude(self) -> None:
        """Leave the selected stars out of the fit."""
        self._set(excluded=self._choice().excluded | self._numbers())

    def take_back(self) -> None:
        """Let the fit use the selected stars again."""
        self._set(excluded=self._choice().excluded - self._numbers())

    def choose_peak(self, x: float, y: float) -> None:
        """The peak near a place of the histogram (frame pixels) instead of the one that was found."""
        image = self._image()
        if image is None or image.offset is None or self.busy():
            return
        # the boxes of a wide search take longer than the window may be deaf
        self.lane.run(_nearest_peak, image.offset, x, y, done=self._peak_found, key="peak")

    def _peak_found(self, place: tuple[float, float]) -> None:
        self._set(offset=(round(place[0], 3), round(place[1], 3)))

    def search_wider(self) -> None:
        """Twice the search radius for this image, and the peak that is found in it."""
        wider = min(2.0 * (self._choice().wider or 1.0), MOST_WIDER)
        self._set(wider=wider, offset=None)

    def be_automatic(self) -> None:
        """The peak and search radius that the parameters give."""
        self._set(wider=None, offset=None)

    def leave_out(self, names: Sequence[str], out: bool) -> None:
        """Leave images out of the alignment, or take them in again."""
        if not self.busy():
            self._decide(names, left_out=out)

    def _set(self, **changes: object) -> None:
        image = self._image()
        if image is not None and not self.busy():
            self._decide([image.name], **changes)

    def _decide(self, names: Sequence[str], **changes: object) -> None:
        before = after = self.session.choices
        for name in names:
            after = after.replaced(name, **changes)
        if after != before:
            self.history.add(Change(self, self._moment(before), self._moment(after), "", ""))  # type: ignore[arg-type]
            self._take(after)

    def restore(self, moment: Moment) -> None:
        """Undo and redo come here."""
        choices = moment.choices
        if moment.applied != self._applied:
            choices = _without_offsets(choices)
        if choices != self.session.choices:
            self._take(choices)

    def _take(self, choices: Choices) -> None:
        self.session.choices = choices
        self.refresh()
        self.changed.emit()
        self.align.refit()

    # ---- helpers

    def _headers_written(self, _whole: bool) -> None:
        """Offsets are counted from the header's WCS, which is another one now."""
        self._applied += 1
        self.session.choices = _without_offsets(self.session.choices)
        self.refresh()

    def _moment(self, choices: Choices) -> Moment:
        return Moment(choices, self._applied)

    def _image(self) -> ImageResult | None:
        return self.show.image()

    def _choice(self) -> Choice:
        image = self._image()
        return self.session.choices.of(image.name) if image is not None else Choice()

    def _numbers(self) -> frozenset[int]:
        """The numbers of the image's stars that are selected."""
        image = self._image()
        if image is None or image.matches is None or image.sources is None:
            return frozenset()
        places = self.views.selection.places
        stars = image.matches.image[places[places < len(image.matches)]]
        return frozenset(image.sources.number[stars].tolist())

    def _action(self, text: str, key: str, tip: str) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.setData(f"{tip} ({key})")
        return action


def _nearest_peak(offset: Offset, x: float, y: float) -> tuple[float, float]:
    """Runs in the lane, so that the window loads no kernels."""
    from core.align.peaks import nearest_peak

    return nearest_peak(offset, x, y)


def _enable(action: QAction, reason: str) -> None:
    action.setEnabled(not reason)
    action.setToolTip(f"{action.data()}\nNot now: {reason}" if reason else str(action.data()))


def _without_offsets(choices: Choices) -> Choices:
    for name, _ in choices.images:
        choices = choices.replaced(name, offset=None, wider=None)
    return choices
