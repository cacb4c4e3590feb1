"""Drizzle: a snapshot goes to the engine, products and figures come back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.drizzle.choose import NAMES, SWITCHES
from core.drizzle.results import MADE, TAKEN
from core.errors import Cancelled, Refusal, Unfit
from core.params import ParamSet
from ui.controllers.align import AlignController
from ui.controllers.files import FilesController
from ui.controllers.params import ParamsController
from ui.dialogs import Ask
from ui.engine import Engine
from ui.outcomes import counted, remarks_of
from ui.runner import Brief, Runner
from ui.session import DRIZZLE, Session

if TYPE_CHECKING:
    from core.drizzle.results import DrizzleResult

GUARD = "guard"
WRITING = "Updating the exposures"  # the step that changes them


class DrizzleController(QObject):
    """`drizzled()` when a new result is in the session; `folder_changed()` when products go elsewhere."""

    drizzled = Signal()
    folder_changed = Signal()

    def __init__(
        self,
        runner: Runner,
        engine: Engine,
        session: Session,
        files: FilesController,
        params: ParamsController,
        align: AlignController,
        ask: Ask,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.runner, self.engine, self.session, self.ask = runner, engine, session, ask
        self.files, self.params, self.align = files, params, align
        self.log = runner.log
        self._after_apply = False
        self._only: frozenset[str] | None = None
        align.applied.connect(self._applied)
        runner.changed.connect(self._run_changed)

    def folder(self) -> Path | None:
        """Where products go now."""
        return self.session.product_folder(self.files.files())

    def choose_folder(self) -> None:
        folder = self.ask.folder("Folder for the products", self.folder())
        if folder is not None:
            self.set_folder(folder)

    def set_folder(self, folder: Path | None) -> None:
        """Send products to `folder`; None: to the folder of the first exposure."""
        self.session.folder = folder
        self.folder_changed.emit()

    def drizzle(self) -> None:
        """Run the steps for which anything changed; asks first when an alignment waits to be applied."""
        self._begin(None)

    def run_steps(self, only: frozenset[str]) -> None:
        """Run these steps alone, on what the steps before left."""
        self._begin(only)

    def _begin(self, only: frozenset[str] | None) -> None:
        self._after_apply, self._only = False, only
        if self.params.refuse_wrong(DRIZZLE, "astrodrizzle"):
            return
        readable = set(self.files.files())
        waiting = [path for path in self.session.to_apply() if path in readable]
        if waiting:
            answer = self.ask.unapplied(len(waiting))
            if not answer:
                return
            if answer == "apply":
                self._after_apply = True
                self.align.apply()
                self._after_apply = self.runner.is_running
                return
        self._start()

    def _run_changed(self) -> None:
        """Apply ended without writing: a later Apply must not start a drizzle run out of the blue."""
        if not self.runner.is_running:
            self._after_apply = False

    def _applied(self, whole: bool) -> None:
        if self._after_apply:
            self._after_apply = False
            if whole:
                self._start()

    def _start(self) -> None:
        files, folder = tuple(self._wanted()), self.folder()
        if not files or folder is None or not self._agreed(files, folder):
            return
        self._run(files, folder)

    def _wanted(self) -> list[Path]:
        """The exposures to combine; asks first when the alignment of some FAILED."""
        files = self.files.files()
        failed = self.session.unaligned(files)
        if not failed:
            return files
        answer = self.ask.despite_failed([f"{path.name}: {why}" for path, why in failed.items()])
        return {"all": files, "leave out": [path for path in files if path not in failed]}.get(answer, [])

    def _run(self, files: tuple[Path, ...], folder: Path) -> None:
        params = self.params.values("astrodrizzle")
        self.runner.start(
            DRIZZLE,
            self.engine.drizzle,
            files,
            params,
            folder,
            self._only,
            done=partial(self._drizzled, folder, str(params["final_wht_type"])),
            failed=partial(self._broke_off, files, folder, bool(params["in_memory"])),
            brief=brief_of,
        )

    def _agreed(self, files: tuple[Path, ...], folder: Path) -> bool:
        """A run changes the exposures too, so the person is asked once for each set of them."""
        if not set(files) <= self.session.agreed:
            params = self.params.values("astrodrizzle")
            copies = bool(params["preserve"] or params["overwrite"])
            if not self.ask.may_drizzle(list(files), folder, copies):
                return False
            self.session.agreed |= frozenset(files)
        return True

    def _drizzled(self, folder: Path, weights: str, result: DrizzleResult) -> None:
        self.session.result, self.session.weights = result, weights
        told = self.log.plain()
        left_out = [f"{each.name}: {each.reason}" for each in result.exposures if each.reason]
        for warning in (*result.warnings, *left_out):
            if warning not in told:
                self.log.say(warning, "warning")
        steps = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in result.seconds.items())
        if steps:
            self.log.say(f"Steps: {steps}.")
        if result.science is not None:
            self.log.say(f"Product: {result.science}", "good")
        else:
            self.log.say(f"{_done(result)}; files are in {folder}.", "good")
        self._conclude(result)
        self.drizzled.emit()
        self.files.reread()

    def _conclude(self, result: DrizzleResult) -> None:
        made = result.science.name if result.science is not None else _done(result)
        remarks = len(remarks_of(result))
        more = f", {counted(remarks, 'remark')}" if remarks else ""
        taken = sum(what == TAKEN for what in result.steps.values())
        some = f", {counted(taken, 'step')} of {len(result.steps)} taken over" if taken else ""
        told = f"Drizzle finished: {made} in {self.runner.seconds:.1f} s{some}{more}"
        self.runner.conclude(told, "warning" if remarks else "good")

    def _broke_off(
        self, files: tuple[Path, ...], folder: Path, in_memory: bool, error: BaseException
    ) -> None:
        """Stopped: say what is left. The exposures are written to in the last step only."""
        if isinstance(error, Unfit):
            self._unfit(files, folder, error)
            return
        if isinstance(error, Refusal) and error.subject == GUARD:
            answer = self.ask.despite_guard(error.what)
            if answer == "align":
                self.align.align()
            elif answer == "go on":
                # as a parameter, so that it is seen, saved and undone as any other
                self.params.assign("astrodrizzle", guard="warn")
                self._run(files, folder)
            return
        if not isinstance(error, Cancelled):
            return
        told = "Stopped: the exposures are unchanged"
        if self.runner.step == WRITING:
            told = "Stopped while the exposures were marked: some have their new flags and sky, each file is whole"
        if not in_memory:
            told += f"; finished intermediate files remain in {folder}"
        self.log.say(f"{told}.", "warning")
        self.runner.conclude(told, "warning")

    def _unfit(self, files: tuple[Path, ...], folder: Path, error: Unfit) -> None:
        """A file of an earlier step is of another run: make it again, or go on with it."""
        answer = self.ask.despite_unfit(Path(error.file).name, error.what)
        if answer == "go on":
            self.params.assign("astrodrizzle", guard="warn")
        elif answer == "make":
            self._only = from_step(error.step, self.params.values("astrodrizzle"), self._only or frozenset())
        if answer in ("go on", "make"):
            self._run(files, folder)


def brief_of(error: BaseException) -> Brief | None:
    """The guard's error in short; the question that follows it says it at length."""
    if not isinstance(error, Refusal) or error.subject != GUARD or isinstance(error, Unfit):
        return None
    name = Path(error.file).name if error.file else "An exposure"
    return Brief(
        "Drizzle stopped: the exposures are not aligned",
        f"{name} lies elsewhere than the others; no exposure was changed. The Log has the figures.",
        "align",
    )


def _done(result: DrizzleResult) -> str:
    """The steps that a run did which made no final image."""
    return (
        ", ".join(title for title, what in result.steps.items() if what == MADE) or "Nothing was to be done"
    )


def from_step(first: str, params: ParamSet, also: frozenset[str] = frozenset()) -> frozenset[str]:
    """The step `first`, those `also`, and of the steps after it those that are switched on."""
    later = [name for name, switch in zip(NAMES, SWITCHES, strict=True) if params[switch]]
    return frozenset({first} | also | {name for name in later if NAMES.index(name) > NAMES.index(first)})
