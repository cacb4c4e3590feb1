"""tweakback in the window: the alignment of a drizzled image carried back to the exposures that it was made of."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from ui import wcsengine
from ui.outcomes import counted

if TYPE_CHECKING:
    from core.align.results import Applied
    from core.align.tweakback import Carried
    from ui.controllers.versions import VersionsController

TITLE = "Carry back"
FILTERS = "Drizzled images (*_drz*.fits *_drc*.fits *_single_sci.fits);;FITS files (*.fits)"
DRIZZLED = ("_drz", "_drc", "_single_sci")


class CarryBackController(QObject):
    """Asks for the drizzled image unless one is selected, tells what would become of each exposure, then writes."""

    def __init__(self, versions: VersionsController, window: Any) -> None:
        super().__init__(versions)
        self.versions, self.runner, self.log = versions, versions.runner, versions.log
        self._window = window

    def begin(self) -> None:
        """Look at the drizzled image and its exposures."""
        image = self._selected() or self.versions.ask.file_to_open(
            "The drizzled image that was aligned", self._start(), FILTERS
        )
        if image is not None:
            self.runner.start(
                TITLE,
                wcsengine.preview_tweakback,
                image,
                done=partial(self._known, image),
                failed=self._failed,
                quiet=True,
            )

    def _selected(self) -> Path | None:
        """The one exposure that is selected, if by its name it is a drizzled image."""
        items = self.versions.listing.selectedItems()
        current = self.versions.listing.current()
        drizzled = current is not None and any(mark in current.path.name for mark in DRIZZLED)
        return current.path if current is not None and len(items) == 1 and drizzled else None

    def _start(self) -> Path:
        return self._window.drizzle.folder() or Path.cwd()

    def _known(self, image: Path, foreseen: tuple[Carried, ...]) -> None:
        able = [one for one in foreseen if not one.trouble]
        left = [one.trouble for one in foreseen if one.trouble]
        if not able:
            self._tell(f"{TITLE}: no exposure of {image.name} can be changed. {' '.join(left)}", "error")
            return
        lines = [f"{one.path.name}: {one.before} to {one.after}, moved by {one.mas:.1f} mas" for one in able]
        if not self.versions.ask.may_carry_back(image.name, lines, left):
            self._tell(f"{TITLE} cancelled, nothing written.", "info")
            return
        paths = [one.path for one in able]
        self.runner.start(TITLE, wcsengine.tweakback, image, paths, done=self._done, failed=self._failed)

    def _done(self, made: tuple[Applied, ...]) -> None:
        good = [one.path for one in made if one.status.name == "WRITTEN"]
        for one in made:
            if one.path not in good:
                self.log.say(f"{one.path.name}: the header was not changed. {one.reason}", "error")
        level = "good" if len(good) == len(made) else "error"
        told = f"The correction was carried back to {len(good)} of {counted(len(made), 'exposure')}"
        self._tell(f"{told}; WCS history restores the former headers.", level)
        self.versions.told_changed(good)

    def _failed(self, _error: BaseException) -> None:
        """The runner has told why. After a stop some exposures may have their new WCS already."""
        self.versions.files.reread()

    def _tell(self, words: str, level: str) -> None:
        self.log.say(words, level)
        self.runner.conclude(words.removesuffix("."), level)
