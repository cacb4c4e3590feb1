"""updatewcs in the window: the WCS of the selected exposures made anew from their reference files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ui import wcsengine
from ui.wcsengine import Named, Restored

if TYPE_CHECKING:
    from ui.controllers.versions import VersionsController

TITLE = "WCS from reference files"


class AnewController(QObject):
    """Asks, once it is known which exposures have all their files; writes in the engine's lane."""

    def __init__(self, versions: VersionsController) -> None:
        super().__init__(versions)
        self.versions, self.runner, self.log = versions, versions.runner, versions.log

    def begin(self) -> None:
        """Look for the reference files of the selected exposures; of all when none is selected."""
        paths = self.versions.paths()
        if paths:
            self.runner.start(
                TITLE,
                wcsengine.named_files,
                paths,
                done=self._known,
                failed=self._failed,
                quiet=True,
            )

    def _known(self, named: tuple[Named, ...]) -> None:
        able = [one for one in named if not one.trouble]
        left = [one.trouble for one in named if one.trouble]
        for line in left:
            self.log.say(line, "error")
        if not able:
            self.log.say(f"{TITLE}: no exposure has all its files.", "warning")
            return
        lines = [f"{one.path.name}: {one.files}" for one in able]
        if self.versions.ask.may_make_anew(lines, left):
            paths: list[Path] = [one.path for one in able]
            done = partial(self._done, len(named))
            self.runner.start(TITLE, wcsengine.make_anew, paths, done=done, failed=self._failed, quiet=True)

    def _done(self, asked: int, made: tuple[Restored, ...]) -> None:
        for one in made:
            if one.trouble:
                self.log.say(one.trouble, "error")
        good = [one.path for one in made if not one.trouble]
        told = f"{TITLE}: {len(good)} of {asked} exposures have a new WCS; WCS history restores the former headers."
        self.log.say(told, "good" if len(good) == asked else "warning")
        self.versions.told_changed(good)

    def _failed(self, error: BaseException) -> None:
        self.log.say(f"{TITLE}: {error}", "error")
