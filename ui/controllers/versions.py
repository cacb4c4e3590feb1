"""Back to a former WCS: the dialog of states and versions, reading in the quick lane, writing in the engine's."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from core.errors import Refusal
from ui import wcsengine
from ui.controllers.align import AlignController
from ui.controllers.anew import AnewController
from ui.dialogs import Ask
from ui.exposures import ExposureList
from ui.lane import Lane
from ui.tables import badge_of, remark_of
from ui.wcsdialog import Past, WCSDialog
from ui.wcsengine import Goal, Restored

HEADERLET = "Headerlets (*_hlet.fits);;FITS files (*.fits)"


class VersionsController(QObject):
    """One dialog at a time, over the window."""

    def __init__(
        self, align: AlignController, listing: ExposureList, lane: Lane, ask: Ask, window: Any
    ) -> None:
        super().__init__(window)
        self.align, self.listing, self.lane, self.ask = align, listing, lane, ask
        self.runner, self.engine, self.session = align.runner, align.engine, align.session
        self.files, self.log = align.files, align.log
        self._window = window
        self.anew = AnewController(self)
        self.dialog: WCSDialog | None = None
        self.runner.changed.connect(self._run_changed)

    def paths(self) -> list[Path]:
        """The selected exposures that could be read, from top to bottom; all of them when none is selected."""
        rows = sorted(self.listing.row(item) for item in self.listing.selectedItems())
        entries = self.listing.entries()
        chosen = [entries[row].path for row in rows if entries[row].exposure is not None]
        return chosen or self.files.files()

    def open(self) -> None:
        """Show the dialog for the selected exposures."""
        paths = self.paths()
        if not paths or self.dialog is not None:
            return
        dialog = self.dialog = WCSDialog(paths, self._window)
        dialog.chosen.connect(self._read)
        dialog.restore_asked.connect(self._restore)
        dialog.primary_asked.connect(self._make_primary)
        dialog.export_asked.connect(self._export)
        dialog.headerlet_asked.connect(self._choose_headerlet)
        dialog.many_asked.connect(self._restore_many)
        dialog.finished.connect(self._closed)
        self._run_changed()
        dialog.open()
        dialog.begin()

    def _closed(self, _result: int = 0) -> None:
        dialog, self.dialog = self.dialog, None
        self.lane.drop("past")
        if dialog is not None:
            dialog.deleteLater()

    def _run_changed(self) -> None:
        if self.dialog is not None:
            running = self.session.running
            self.dialog.set_busy(f"{running} is running." if running else "")

    # ---- reading

    def _read(self, path: Path) -> None:
        self.lane.run(self.engine.past, path, done=self._show, failed=partial(self._unread, path), key="past")

    def _show(self, past: Past) -> None:
        if self.dialog is not None:
            self.dialog.show_past(past)

    def _unread(self, path: Path, error: BaseException) -> None:
        self._show(Past(path, trouble=str(error)))

    # ---- writing

    def _restore(self, past: Past, state: Any) -> None:
        what = _state_words(state)
        if self.ask.may_restore(past.path, what, past.changed_since):
            work = (self.engine.restore, past.path, state.number, past.changed_since)
            self._write("Restore", past.path, f"headers of {what} restored", *work)

    def _make_primary(self, past: Past, version: Any) -> None:
        words = f"{version.name or 'no name'} ({version.id})"
        if self.ask.may_switch(past.path, words):
            work = (self.engine.make_primary, past.path, version.id)
            self._write("Make primary", past.path, f"{words} is the primary WCS", *work)

    def _export(self, past: Past) -> None:
        name = past.path.name.removesuffix(".gz").removesuffix(".fits")
        start = past.path.parent / f"{name.rpartition('_')[0] or name}_hlet.fits"
        target = self.ask.file_to_save("Export as headerlet", start, HEADERLET)
        if target is not None:
            values = self.align.params.values("tweakreg")
            words = {key: str(values[key]) for key in ("hdrname", "author", "descrip", "catalog", "history")}
            self.lane.run(
                self.engine.export_headerlet,
                past.path,
                target,
                words,
                done=self._exported,
                failed=partial(self._failed, "Export"),
            )

    def _exported(self, target: Path) -> None:
        self._tell(f"Written: {target}", "info")

    # ---- several files at once

    def _restore_many(self, paths: list[Path], first: bool) -> None:
        self.runner.start(
            "Restore",
            wcsengine.goals,
            paths,
            first,
            done=self._goals_known,
            failed=partial(self._failed, "Restore"),
            quiet=True,
        )

    def _goals_known(self, goals: tuple[Goal, ...]) -> None:
        able = [goal for goal in goals if goal.state is not None]
        left = [f"{goal.path.name}: {goal.trouble}" for goal in goals if goal.state is None]
        if not able:
            self._tell("Nothing to restore. " + "; ".join(left), "warning")
            return
        lines = [f"{goal.path.name}: {_state_words(goal.state)}" for goal in able]
        if self.ask.may_restore_all(lines, left, any(goal.changed_since for goal in able)):
            self.runner.start(
                "Restore",
                wcsengine.restore_all,
                able,
                done=self._restored_all,
                failed=partial(self._failed, "Restore"),
                quiet=True,
            )

    def _restored_all(self, done: tuple[Restored, ...]) -> None:
        good = [one.path for one in done if not one.trouble]
        for one in done:
            if one.trouble:
                self.log.say(f"{one.path.name}: not restored. {one.trouble}", "error")
        told = f"{len(good)} of {len(done)} files have their former headers again."
        bad = [f"{one.path.name}: {one.trouble}" for one in done if one.trouble]
        self._tell(" ".join([told, *bad]), "error" if bad else "good")
        self._changed(good)

    # ---- a headerlet comes in

    def _choose_headerlet(self, past: Past) -> None:
        source = self.ask.file_to_open(f"Headerlet for {past.path.name}", past.path.parent, HEADERLET)
        if source is not None:
            self.lane.run(
                wcsengine.preview_headerlet,
                past.path,
                source,
                done=partial(self._looked_at, past.path, source),
                failed=partial(self._failed, "Apply headerlet"),
                key="headerlet",
            )

    def _looked_at(self, path: Path, source: Path, cards: tuple[Any, ...]) -> None:
        if not cards:
            self._tell(f"{path.name} has the WCS of {source.name} already.", "info")
        elif self.ask.may_apply_headerlet(path, source, cards):
            words = f"the WCS of {source.name} is the primary WCS"
            self._write("Apply headerlet", path, words, wcsengine.apply_headerlet, path, source)

    # ---- one file

    def _write(self, title: str, path: Path, words: str, *work: Any) -> None:
        self.runner.start(
            title,
            *work,
            done=partial(self._written, path, words),
            failed=partial(self._failed, title),
            quiet=True,
        )

    def _written(self, path: Path, words: str, _state: object) -> None:
        """The header is another one: what was applied to it may be applied again."""
        self._tell(f"{path.name}: {words}.", "good")
        self._changed([path])

    def told_changed(self, paths: list[Path]) -> None:
        """The headers of these files are others now: read again, and what was applied may be applied again."""
        if paths:
            self._changed(paths)

    def _changed(self, paths: list[Path]) -> None:
        session = self.session
        session.applied -= set(paths)
        for image in session.alignment.images if session.alignment is not None else ():
            if image.path in paths:
                self.listing.update_entry(image.path, badge=badge_of(image), why=remark_of(image))
        self.files.reread()
        self.align.applied.emit(True)
        now = self.dialog.current() if self.dialog is not None else None
        if now in paths and now is not None:
            self._read(now)

    def _failed(self, title: str, error: BaseException) -> None:
        if self.dialog is not None:
            self.dialog.say(f"{title}: {error}")
        if title in ("Export", "Apply headerlet"):
            self.log.say(f"{title}: {error}", "error" if isinstance(error, Refusal) else "warning")

    def _tell(self, words: str, level: str) -> None:
        self.log.say(words, level)
        if self.dialog is not None:
            self.dialog.say(words)


def _state_words(state: Any) -> str:
    date = state.date.removesuffix("+00:00").replace("T", " ")
    return f"state {state.number} of {date} ({state.action})"
