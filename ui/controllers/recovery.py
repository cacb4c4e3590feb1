"""Recovery: the autosaves of windows that were killed are offered when the program starts again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from core.errors import Refusal
from ui.autosave import Orphan, orphans
from ui.runner import tell
from ui.sessionstate import Opened, load
from ui.sessionwords import NOTHING_GIVEN, Given, given_up, told_of

if TYPE_CHECKING:
    from ui.controllers.sessions import SessionsController


class Recovery(QObject):
    """Asks about one autosave after the other, the newest first; `folder` None: there are none."""

    def __init__(self, sessions: SessionsController, folder: Path | None) -> None:
        super().__init__(sessions)
        self.sessions, self._folder = sessions, folder
        self._orphans: list[Orphan] = []
        self._otherwise: Callable[[], object] | None = None
        self._given = NOTHING_GIVEN

    def offer(self, otherwise: Callable[[], object] | None = None, given: Given = NOTHING_GIVEN) -> None:
        """Ask about what there is; `otherwise` follows when the person takes none of it. What the program was started
        with is `given`: the question says what of it would give way."""
        self._given = given
        self._orphans = orphans(self._folder) if self._folder is not None else []
        self._otherwise = otherwise
        self._offer_next()

    def _offer_next(self) -> None:
        if not self._orphans:
            otherwise, self._otherwise = self._otherwise, None
            if otherwise is not None:
                otherwise()
            return
        orphan = self._orphans.pop(0)
        self.sessions.lane.run(
            load,
            orphan.path,
            (),
            done=partial(self._offer, orphan),
            failed=partial(self._unreadable, orphan),
        )

    def _offer(self, orphan: Orphan, opened: Opened) -> None:
        given = given_up(self._given, opened)
        answer = self.sessions.window_.ask.may_recover(told_of(opened), len(self._orphans), ", ".join(given))
        if answer == "recover":
            for name in given:
                self.sessions.window_.log.say(f"Recovered instead of what was given: {name}.", "warning")
            self.sessions.bring(None, orphan, opened)
            self.stop()
            return
        if answer == "discard":
            orphan.remove()
        else:
            orphan.let_go()
        self._offer_next()

    def _unreadable(self, orphan: Orphan, error: BaseException) -> None:
        if isinstance(error, Refusal):
            orphan.set_aside()
        else:
            orphan.let_go()
        tell(self.sessions.window_.log, "An autosave cannot be read", error)
        self._offer_next()

    def stop(self) -> None:
        """Ask no more; what was not asked about is kept for another time."""
        for each in self._orphans:
            each.let_go()
        self._orphans = []

    def forget(self) -> None:
        """Remove what there is, but not the autosaves of windows that are open."""
        if self._folder is not None:
            for orphan in orphans(self._folder):
                orphan.remove()
