"""The parameter sets of the window: three panels, their files, one history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QTabWidget, QWidget

from core.params import TASKS, ParamSet
from ui.controllers.setfiles import SetFiles
from ui.engine import AlignSets
from ui.logview import LogView
from ui.panels.panel import Panel
from ui.panels.state import FormState, History
from ui.session import NOT_STARTED
from ui.settings import Settings
from ui.taking import take

INPUT = "The exposures of the list are what runs; in a saved file this value is kept as it stands."


class ParamsController(QObject):
    """States and panels of tweakreg, source finding and astrodrizzle; `changed()` at every change of a value;
    `noted(path, head, lines)` what a parameter file that was opened has wrong, all empty when nothing;
    `wanted(what, state)` for what a panel asks that others do: "reload", "compare", "presets"; `renamed()` when a
    form has another file or was saved."""

    changed = Signal()
    noted = Signal(object, str, object)
    wanted = Signal(str, object)
    renamed = Signal()

    def __init__(self, window: QWidget, tabs: QTabWidget, log: LogView, settings: Settings) -> None:
        super().__init__(window)
        self.window_, self.tabs, self.log, self.settings = window, tabs, log, settings
        self.history = History(self)
        self.states = {name: FormState(task, self.history, self) for name, task in TASKS.items()}
        self.files = SetFiles(window, self.states, self.current, log, settings)
        self.files.noted.connect(self.noted)
        self.files.opened.connect(self._opened)
        self._set_rules()
        names = (
            ("Align", "tweakreg"),
            ("Find sources", "imagefindpars", "refimagefindpars"),
            ("Drizzle", "astrodrizzle"),
        )
        self.panels: list[Panel] = []
        for title, *tasks in names:
            panel = Panel([self.states[task] for task in tasks], tabs)
            panel.asked.connect(self._asked)
            self.panels.append(panel)
            tabs.addTab(panel, title)
            tabs.setTabToolTip(tabs.count() - 1, "Parameters of " + " and ".join(tasks))
        self.history.went.connect(self.reveal)
        for state in self.states.values():
            state.changed.connect(self.changed)
            state.renamed.connect(self.renamed)

    def values(self, task: str) -> ParamSet:
        return self.states[task].values

    def align_sets(self) -> AlignSets:
        """A snapshot for an alignment."""
        return AlignSets(
            self.values("tweakreg"), self.values("imagefindpars"), self.values("refimagefindpars")
        )

    def assign(self, task: str, **values: Any) -> None:
        """Set values from the program; can be undone like any edit."""
        state = self.states[task]
        take((state, state.values.replaced(**values)))

    def refuse_wrong(self, title: str, *tasks: str) -> bool:
        """Whether values of these tasks keep a run from starting; tells which and shows the first."""
        wrong = [(task, name, told) for task in tasks for name, told in self.states[task].wrong()]
        for task, name, told in wrong:
            self.log.say(f"{title} {NOT_STARTED} {task}, {name}: {told}", "error")
        if wrong:
            self.reveal(self.states[wrong[0][0]], wrong[0][1])
        return bool(wrong)

    def reveal(self, state: FormState, name: str) -> None:
        """Bring a parameter into view."""
        for panel in self.panels:
            if state in panel.states:
                self.tabs.setCurrentWidget(panel)
                panel.reveal(state, name)

    def reveal_subject(self, subject: str) -> None:
        """Bring the parameter that a refusal is about into view, if it is about one."""
        for state in self.states.values():
            if subject in state.task:
                self.reveal(state, subject)
                return

    def current(self) -> FormState:
        """The (first) state of the panel that is shown."""
        return self.panels[max(0, self.tabs.currentIndex())].states[0]

    def open_file(self, path: Path) -> None:
        """Load a .cfg into the form of the task that it names; a refusal is told in the log."""
        self.files.open_file(path)

    def save(self, state: FormState | None = None) -> bool:
        """Write the set to its file, or ask for one."""
        return self.files.save(state)

    def write(self, state: FormState, path: Path) -> bool:
        """Write a set to a file."""
        return self.files.write(state, path)

    def _opened(self, state: FormState) -> None:
        self.reveal(state, "")

    def _asked(self, what: str, state: FormState) -> None:
        if what == "open":
            self.files.ask_open()
        elif what == "save":
            self.files.save(state)
        elif what == "save as":
            self.files.ask_save(state)
        elif what == "defaults":
            self.files.new(state)
        else:
            self.wanted.emit(what, state)

    def _set_rules(self) -> None:
        """What is different in a window: exposures come from the list, and Apply is what updates headers."""
        tweakreg, drizzle = self.states["tweakreg"], self.states["astrodrizzle"]
        tweakreg.locked["input"] = drizzle.locked["input"] = INPUT
        tweakreg.assume = _as_if_applied
        self.states["refimagefindpars"].companion = tweakreg
        tweakreg.changed.connect(self.states["refimagefindpars"].refresh)
        for state in self.states.values():
            state.refresh()


def _as_if_applied(values: ParamSet) -> ParamSet:
    """In the window headers change with Apply, so what describes the new WCS matters whatever updatehdr says."""
    return values.replaced(updatehdr=True)
