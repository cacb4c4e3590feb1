"""The parameter editor in its window: problems, reasons on the buttons, what a run has taken, the wide form."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QPushButton

from core.params import ParamSet
from ui.controllers.data import DataController
from ui.lane import Lane
from ui.panels.state import FormState
from ui.panels.strip import told_of
from ui.problems import ProblemList
from ui.runner import tell
from ui.session import ALIGN, APPLY, DRIZZLE, NOT_STARTED, REFIT, unavailable

if TYPE_CHECKING:
    from core.drizzle.pipeline import PipelineValues
    from ui.window import MainWindow

USED = {
    ALIGN: ("tweakreg", "imagefindpars", "refimagefindpars"),
    REFIT: ("tweakreg", "imagefindpars", "refimagefindpars"),
    APPLY: ("tweakreg",),
    DRIZZLE: ("astrodrizzle",),
}
NAMES = {"align": ALIGN, "apply": APPLY, "drizzle": DRIZZLE}
PIPELINE = "Take the pipeline's values"
LATE_MS = 60
FEW_LINES = 90  # pixels of the list of exposures beside a wide form


class FormController(QObject):
    """Belongs to one window, as its other controllers do."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.params = window.params
        self.states = tuple(self.params.states.values())
        # of its own: reading images keeps the views' lane busy for seconds, and names are completed while one types
        self.lane = Lane("form", self)
        self.data = DataController(self.states, window.listing, self.lane, self)
        self.problems = ProblemList()
        self.problems.chosen.connect(self.params.reveal)
        window.foot.addTab(self.problems, "Problems")
        self._taken: dict[str, ParamSet] = {}
        self._at: tuple[FormState | None, str] = (None, "")
        self._reasons: tuple[str, ...] = ()
        self._sizes: list[int] = []
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(LATE_MS)
        self._late.timeout.connect(self.refresh)
        self.pipeline = QPushButton(PIPELINE)
        self.pipeline.setFlat(True)
        self.pipeline.setObjectName("link")
        self.pipeline.hide()
        self.pipeline.clicked.connect(self.take_pipeline)
        self.params.panels[-1].top.addWidget(self.pipeline)
        self.data.context.changed.connect(self._facts_changed)
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        window = self._window
        window.files.changed.connect(self.look)
        window.drizzle.folder_changed.connect(self.look)
        window.runner.changed.connect(self._run_changed)
        self.params.changed.connect(self._late.start)
        window.actions_["next_problem"].triggered.connect(self.next_problem)
        window.actions_["wide"].toggled.connect(self.set_wide)
        shown = window.settings.get("help page")
        for panel in self.params.panels:
            panel.wanted.connect(self._follow)
            panel.next_wanted.connect(self.next_problem)
            panel.form.looked.connect(self._looked)
            panel.help.clicked.connect(self._help_chosen)
            if shown:
                panel.show_help(shown == "yes")

    # ---- the data

    def look(self) -> None:
        """Look at the exposures and the folder of products again."""
        if not self._window.files.is_reading:
            self.data.look(self._window.drizzle.folder())

    def _facts_changed(self) -> None:
        """The pipeline's values are offered where the exposures name a table of them."""
        facts = self.data.context.facts
        self.pipeline.setVisible(bool(facts.table))
        self.pipeline.setEnabled(not facts.table_fault)
        told = f"Set what the archive's pipeline uses for these exposures ({facts.table}); can be undone"
        self.pipeline.setToolTip(facts.table_fault or told)

    # ---- problems and buttons

    def refresh(self) -> None:
        """List the problems, and tell the window when a run may be refused or allowed now."""
        self.problems.show_states(self.states)
        errors, warnings = self.problems.counts()
        total = errors + warnings
        place = self._window.foot.indexOf(self.problems)
        self._window.foot.setTabText(place, f"Problems ({total})" if total else "Problems")
        self._window.foot.setTabToolTip(place, told_of(errors, warnings) or "Nothing is wrong")
        self._tell_running()
        for title in NAMES.values():
            if not self.reason(title):
                self._window.status.withdraw(f"{title} {NOT_STARTED}")
        reasons = tuple(self.reason(title) + self.remark(title) for title in NAMES.values())
        if reasons != self._reasons:
            self._reasons = reasons
            self.enable_runs()

    def enable_runs(self) -> None:
        """What may be started: not without exposures, not during a run, not with errors in the parameters."""
        window = self._window
        reasons = unavailable(window.session, window.files.files(), window.files.is_reading)
        for action, title in NAMES.items():
            window.actions_.enable(action, reasons[title] or self.reason(title), self.remark(title))
        window.actions_.enable("stop", reasons["Stop"])
        tables = reasons[ALIGN] if window.session.alignment else "Align first."
        window.actions_.enable("tables", tables)

    def reason(self, title: str) -> str:
        """Why a run cannot start with these values; "" if it can."""
        wrong = [(state, name, told) for state in self._used(title) for name, told in state.wrong()]
        if not wrong:
            return ""
        state, name, told = wrong[0]
        more = f" And {len(wrong) - 1} more, see Problems." if len(wrong) > 1 else ""
        return f"{state.task.param(name).label} ({name}): {told}{more}"

    def remark(self, title: str) -> str:
        """What to think of before a run that may start."""
        found = [problem.severity for state in self._used(title) for problem in state.problems()]
        told = told_of(0, found.count("warning"))
        return f"{told} on its parameters, see Problems." if told else ""

    def next_problem(self) -> None:
        """Go to the next field with a problem, after the one that was looked at last."""
        self.problems.go_on(*self._at)

    def search(self) -> None:
        """Put the keyboard into the search of the sets in front."""
        panel = self.params.panels[self._window.param_tabs.currentIndex()]
        panel.search.setFocus()
        panel.search.selectAll()

    def _used(self, title: str) -> list[FormState]:
        return [state for state in self.states if state.task.name in USED.get(title, ())]

    def _looked(self, state: FormState, name: str) -> None:
        self._at = (state, name)

    def _follow(self, state: FormState, name: str) -> None:
        """A link in the help: the parameter of the same set, else of the first set that has it."""
        found = next((each for each in (state, *self.states) if name in each.task), None)
        if found is not None:
            self.params.reveal(found, name)

    # ---- a run and the form

    def _run_changed(self) -> None:
        title = self._window.session.running
        self._taken = {state.task.name: state.values for state in self._used(title)}
        if not title:
            self.look()
        self._tell_running()

    def _tell_running(self) -> None:
        """A run works with the values it began with; say so when the form has others by now."""
        title = self._window.session.running
        for panel in self.params.panels:
            count = sum(self._changed_since(state) for state in panel.states)
            word = "change counts" if count == 1 else "changes count"
            panel.note.say(
                f"{title} works with the values it began with. {count} {word} for the next run."
                if count
                else ""
            )

    def _changed_since(self, state: FormState) -> int:
        taken = self._taken.get(state.task.name)
        if taken is None or taken == state.values:
            return 0
        return sum(repr(taken[name]) != repr(state.values[name]) for name in state.task.names)

    # ---- the pipeline's values

    def take_pipeline(self) -> None:
        """Read the row of MDRIZTAB for the exposures of the list, in the lane."""
        files = self._window.files.files()
        state = self.params.states["astrodrizzle"]
        if files:
            self.lane.run(
                read_pipeline,
                files,
                state.values,
                done=partial(self._pipeline_read, state, files[0]),
                failed=partial(self._pipeline_failed, files[0]),
                key="pipeline",
            )

    def _pipeline_read(self, state: FormState, first: Path, found: PipelineValues) -> None:
        used = {name: found.params[name] for name in found.changed}
        state.take(state.values.replaced(f"MDRIZTAB {found.table.name}", **used))
        told = f"{len(found.changed)} values taken from {found.title}"
        self._window.log.say(f"{told}.")
        for note in found.notes:
            self._window.log.say(note, "warning")
        self.params.noted.emit(first, f"{told}, with remarks" if found.notes else "", list(found.notes))
        self.params.reveal(state, found.changed[0] if found.changed else "")

    def _pipeline_failed(self, first: Path, error: BaseException) -> None:
        told = tell(self._window.log, PIPELINE, error)
        self.params.noted.emit(first, f"The pipeline's values could not be taken: {told}", [])

    # ---- the look

    def set_wide(self, on: bool) -> None:
        """Give the form the whole width, with a sentence beside each field and the help page at its side."""
        whole, left, _ = self._window.splitters
        whole.widget(1).setVisible(not on)
        if on:
            self._sizes = left.sizes()
            left.setSizes([FEW_LINES, sum(self._sizes) - FEW_LINES])
        elif self._sizes:
            left.setSizes(self._sizes)

    def _help_chosen(self, on: bool) -> None:
        self._window.settings.set("help page", "yes" if on else "no")
        for panel in self.params.panels:
            panel.show_help(on)


def read_pipeline(files: list[Path], values: ParamSet) -> PipelineValues:
    """In the lane."""
    from core.drizzle.pipeline import pipeline_values

    return pipeline_values(files, values, keep_from=())
