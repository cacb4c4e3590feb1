"""Exposures in and out of the list: chosen or dropped, read in the quick lane, bad ones kept with their reason."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from core.errors import Refusal
from ui.engine import Engine
from ui.exposures import ExposureList
from ui.lane import Lane
from ui.logview import LogView
from ui.settings import Settings

FILTER = (
    "Exposures (*_flt.fits *_flc.fits *_c0m.fits *_cal.fits *_flt.fits.gz *_flc.fits.gz);;"
    "FITS files (*.fits *.fits.gz *.fit);;Lists (*.txt *.lst *.list);;All files (*)"
)
LISTS = (".txt", ".lst", ".list")


class FilesController(QObject):
    """`changed()` when files were added, removed, moved or have been read."""

    changed = Signal()

    def __init__(
        self,
        window: QWidget,
        listing: ExposureList,
        lane: Lane,
        engine: Engine,
        log: LogView,
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self.window_, self.listing, self.lane, self.engine = window, listing, lane, engine
        self.log, self.settings = log, settings
        self._reading: set[Path] = set()
        listing.reordered.connect(self.changed)
        listing.removed.connect(self._removed)

    @property
    def is_reading(self) -> bool:
        return bool(self._reading)

    def files(self) -> list[Path]:
        """The exposures that could be read, from top to bottom."""
        return [entry.path for entry in self.listing.good()]

    def ask(self) -> None:
        """Let the person choose files."""
        start = self.settings.get("folder/exposures")
        names, _ = QFileDialog.getOpenFileNames(self.window_, "Open exposures", start, FILTER)
        self.add([Path(name) for name in names])

    def add(self, paths: Iterable[Path]) -> None:
        """Append files and read their headers in the background; of a list (*.txt ...) those that stand in it. One
        that is there already but could not be read is read again."""
        absolute = [Path(path).absolute() for path in paths]
        for path in (path for path in absolute if path.suffix.lower() in LISTS):
            self.lane.run(
                self.engine.listed,
                path,
                done=self._listed,
                failed=partial(self._not_listed, path),
                key=f"list {path}",
            )
        added = self.listing.add([path for path in absolute if path.suffix.lower() not in LISTS])
        bad = {entry.path for entry in self.listing.entries() if entry.error}
        for path in (*added, *(path for path in dict.fromkeys(absolute) if path in bad)):
            self._read(path)
        if added:
            self.settings.set("folder/exposures", str(added[-1].parent))
            for path in added[-10:]:
                self.settings.add_recent("exposures", path)
        self.changed.emit()

    def _listed(self, found: tuple[list[Path], dict[Path, Path]]) -> None:
        files, maps = found
        self.engine.maps.update(maps)
        if maps:
            self.log.say(f"{len(maps)} inverse variance maps are listed; weights of type IVM use them.")
        self.add(files)

    def _not_listed(self, path: Path, error: BaseException) -> None:
        told = str(error) if isinstance(error, Refusal) else f"{path.name}: {type(error).__name__}: {error}"
        self.log.say(told, "error")

    def replace(self, paths: Iterable[Path]) -> None:
        """Other files in place of all that are in the list."""
        self.listing.clear()
        self._removed()
        self.add(paths)

    def reread(self) -> None:
        """Read all headers again, after they were changed."""
        for entry in self.listing.entries():
            self._read(entry.path)
        self.changed.emit()

    def _read(self, path: Path) -> None:
        self._reading.add(path)
        self.lane.run(
            self.engine.open,
            path,
            done=partial(self._opened, path),
            failed=partial(self._failed, path),
            key=f"open {path}",
        )

    def _opened(self, path: Path, exposure: Any) -> None:
        self._reading.discard(path)
        self.listing.update_entry(path, exposure=exposure, error="")
        self.changed.emit()

    def _failed(self, path: Path, error: BaseException) -> None:
        self._reading.discard(path)
        told = error.what if isinstance(error, Refusal) else f"{type(error).__name__}: {error}"
        advice = f" {error.advice}" if isinstance(error, Refusal) and error.advice else ""
        self.listing.update_entry(path, exposure=None, error=f"{told}{advice}")
        self.log.say(f"{path.name} cannot be used: {told}{advice}", "error")
        self.changed.emit()

    def _removed(self) -> None:
        kept = {entry.path for entry in self.listing.entries()}
        for path in self._reading - kept:
            self.lane.drop(f"open {path}")
        self._reading &= kept
        self.changed.emit()
