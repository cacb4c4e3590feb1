"""Align and Apply: a snapshot of files and parameters goes to the engine, the answer to list, table and views."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from core.errors import Refusal
from ui.applydialog import Cards
from ui.controllers.files import FilesController
from ui.controllers.params import ParamsController
from ui.dialogs import Ask
from ui.engine import AlignSets, Engine
from ui.exposures import ExposureList
from ui.logview import LogView
from ui.outcomes import badge_of, counted, moves_nothing, outcome_of
from ui.runner import Brief, Runner
from ui.session import ALIGN, APPLY, PREVIEW, REFIT, Session
from ui.tables import remark_of

if TYPE_CHECKING:
    from core.align.results import Alignment

CANCELLED = "Apply cancelled, nothing written"


class AlignController(QObject):
    """`aligned()` when a new alignment is in the session, `refitted()` when one that only follows another choice of
    the person is; `applied(whole)` when headers were written, `whole` if all that were asked for."""

    aligned = Signal()
    refitted = Signal()
    applied = Signal(bool)

    def __init__(
        self,
        runner: Runner,
        engine: Engine,
        session: Session,
        files: FilesController,
        params: ParamsController,
        ask: Ask,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.runner, self.engine, self.session = runner, engine, session
        self.files, self.params, self.ask = files, params, ask
        self.listing: ExposureList = files.listing
        self.log: LogView = runner.log
        self._again = False
        self._once_applied: frozenset[Path] = frozenset()  # since the last Align, left out since or not
        runner.changed.connect(self._run_changed)

    def align(self) -> None:
        """Find, match and fit; writes nothing."""
        if self.params.refuse_wrong(ALIGN, "tweakreg", "imagefindpars", "refimagefindpars"):
            return
        self._again = False
        files, sets = tuple(self.files.files()), self.params.align_sets()
        self._forget_numbers(sets)
        self.runner.start(
            ALIGN,
            self.engine.align,
            files,
            sets,
            self.session.memory,
            self.session.choices,
            done=partial(self._aligned, files, sets),
        )

    def refit(self) -> None:
        """Follow the choices as they are now, with files and parameters of the last alignment; at once, or when
        what is running has ended."""
        session = self.session
        if session.alignment is None or session.aligned_sets is None:
            return
        self._again = self.runner.is_running
        if not self._again:
            self.runner.start(
                REFIT,
                self.engine.align,
                session.aligned_files,
                session.aligned_sets,
                session.memory,
                session.choices,
                done=self._refitted,
                quiet=True,
            )

    def _run_changed(self) -> None:
        if self._again and not self.runner.is_running:
            self.refit()

    def _forget_numbers(self, sets: Any) -> None:
        """Stars are excluded by their numbers, which mean others when sources are found with other parameters."""
        session = self.session
        before = session.aligned_sets
        if before is None or sets.imagefind == before.imagefind:
            return
        for name, choice in session.choices.images:
            if choice.excluded:
                session.choices = session.choices.replaced(name, excluded=frozenset())
                self.log.say(
                    f"{name}: {len(choice.excluded)} excluded stars are taken in again, because sources are now "
                    "found with other parameters.",
                    "warning",
                )

    def _refitted(self, alignment: Alignment) -> None:
        session = self.session
        before = session.alignment
        fits = {image.path: image.fit for image in before.images} if before is not None else {}
        session.alignment = alignment
        kept = frozenset(image.path for image in alignment.images if image.fit is fits.get(image.path))
        self._once_applied |= session.applied
        in_header = {image.path for image in alignment.images if moves_nothing(image, alignment)}
        session.applied = session.applied & kept | self._once_applied & in_header
        for image in alignment.images:
            badge = "APPLIED" if image.path in session.applied else badge_of(image)
            self.listing.update_entry(image.path, badge=badge, why=remark_of(image))
        self.runner.conclude(*outcome_of(alignment))
        self.refitted.emit()

    def _aligned(self, files: tuple[Path, ...], sets: Any, alignment: Alignment) -> None:
        session = self.session
        session.alignment, session.aligned_files, session.aligned_sets = alignment, files, sets
        session.applied = self._once_applied = frozenset()
        self.listing.clear_badges()
        for image in alignment.images:
            why = remark_of(image)
            self.listing.update_entry(image.path, badge=badge_of(image), why=why)
            if str(image.status) == "FAILED":
                self.log.say(f"{image.name}: FAILED. {why}", "error")
            elif str(image.status) == "SKIPPED":
                self.log.say(f"{image.name}: SKIPPED. {why}", "warning")
            elif image.doubts:
                self.log.say(f"{image.name}: doubtful. {why}", "warning")
        told, level = outcome_of(alignment)
        self.log.say(f"{told}.", level)
        self.runner.conclude(told, level)
        self.aligned.emit()

    def apply(self) -> None:
        """Write the new WCSs, after saying which files change and how."""
        alignment, waiting = self.session.alignment, self.session.to_apply()
        if alignment is None or not waiting or self.params.refuse_wrong(APPLY, "tweakreg"):
            return
        sets = self.params.align_sets()
        part = replace(alignment, images=tuple(image for image in alignment.images if image.path in waiting))
        looked = partial(self._looked_at, alignment, sets, waiting)
        self.runner.start(PREVIEW, self.engine.preview, part, sets, done=looked, quiet=True)

    def _looked_at(self, alignment: Alignment, sets: AlignSets, waiting: list[Path], cards: Cards) -> None:
        """What would change is known: ask which files."""
        able = [path for path in waiting if not isinstance(cards.get(path.name), Refusal)]
        for path in waiting:
            if path not in able:
                self.log.say(f"{path.name} cannot be written: {cards[path.name]}", "error")
        self.runner.conclude("Apply: choose the exposures whose headers are changed")
        if not able:
            self._tell_unable([str(cards[path.name]) for path in waiting])
            return
        chosen = self.ask.files_to_apply(alignment, able, str(sets.tweakreg["wcsname"]), cards)
        if chosen:
            part = replace(
                alignment, images=tuple(image for image in alignment.images if image.path in chosen)
            )
            self.runner.start(
                APPLY,
                self.engine.name_taken,
                chosen,
                sets,
                done=partial(self._name_checked, part),
                quiet=True,
            )
        else:
            self._cancelled()

    def _tell_unable(self, reasons: list[str]) -> None:
        """There is nothing to choose from."""
        self.runner.conclude(f"{APPLY}: no header can be written. {reasons[0]}", "error")
        self.runner.broke.emit(Brief(f"{APPLY}: no header can be written", "\n".join(reasons)))

    def _name_checked(self, alignment: Alignment, taken: str) -> None:
        """The headers were looked at: a name that is there already may be used again if the person says so."""
        if taken:
            self.runner.conclude("Apply: may the WCS of that name be replaced?")
            if not self.ask.may_replace_name(taken):
                self._cancelled()
                return
            self.params.assign("tweakreg", reusename=True)
        sets = self.params.align_sets()
        self.runner.start(
            APPLY, self.engine.apply, alignment, sets, done=self._applied, failed=self._broke_off
        )

    def _cancelled(self) -> None:
        self.log.say(f"{CANCELLED}.")
        self.runner.conclude(CANCELLED)

    def _applied(self, outcomes: tuple[Any, ...]) -> None:
        written = set(self.session.applied)
        for outcome in outcomes:
            status, reason = outcome.status.name, str(outcome.reason)
            if status == "WRITTEN":
                written.add(outcome.path)
                self.listing.update_entry(
                    outcome.path, badge="APPLIED", why=reason or "The header has the new WCS."
                )
                self.log.say(f"{outcome.path.name}: new WCS written.", "good")
            elif status == "FAILED":
                self.listing.update_entry(outcome.path, badge="NOT WRITTEN", why=reason)
                self.log.say(f"{outcome.path.name}: the header was not changed.", "error")
        self._tell_applied(outcomes)
        self.session.applied = frozenset(written)
        self.files.reread()
        self.applied.emit(all(outcome.status.name != "FAILED" for outcome in outcomes))

    def _tell_applied(self, outcomes: tuple[Any, ...]) -> None:
        """The outcome in a line; headers that could not be written are a failure."""
        failed = [outcome for outcome in outcomes if outcome.status.name == "FAILED"]
        if failed:
            lines = [_named(outcome.path.name, str(outcome.reason)) for outcome in failed]
            told = f"{len(failed)} of {counted(len(outcomes), 'header')} not changed"
            self.runner.conclude(f"{told}. {lines[0]}", "error")
            self.runner.broke.emit(Brief(f"{APPLY} failed: {told}", "\n".join(lines)))
            return
        count = sum(outcome.status.name == "WRITTEN" for outcome in outcomes)
        self.runner.conclude(f"New WCS written to {counted(count, 'header')}", "good")

    def _broke_off(self, error: BaseException) -> None:
        """Stopped between two files: which headers have the new WCS is not known, so the result is let go."""
        self.session.alignment, self.session.applied = None, frozenset()
        self._once_applied = frozenset()
        self.listing.clear_badges()
        self.log.say(
            "Some headers may have their new WCS already, the others are whole. Align again.", "warning"
        )
        self.files.reread()
        self.aligned.emit()

    def write_outputs(self) -> None:
        """Catalogs, match files and shift file of the last alignment, to a folder that the person chooses."""
        alignment, sets = self.session.alignment, self.session.aligned_sets
        if alignment is None or sets is None:
            return
        folder = self.ask.folder("Folder for catalogs and shift file", alignment.images[0].path.parent)
        if folder is not None:
            self.runner.start(
                "Write catalogs", self.engine.outputs, alignment, sets, folder, done=self._written
            )

    def _written(self, paths: tuple[Path, ...]) -> None:
        if not paths:
            self.log.say("Nothing written: writecat and shiftfile are off.", "warning")
        for path in paths:
            self.log.say(f"Written: {path}", "good")
        if len(paths) > 1:
            self.runner.conclude(f"{len(paths)} files written to {paths[0].parent}", "good")


def _named(name: str, reason: str) -> str:
    """A reason that names its file, once."""
    return reason if reason.startswith(name) else f"{name}: {reason}"
