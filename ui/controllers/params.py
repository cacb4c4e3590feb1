"""The parameter sets of the window: three panels, their files, one history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QTabWidget, QWidget

from core.errors import Refusal
from core.params import TASKS, ParamSet, read_cfg, write_cfg
from ui.engine import AlignSets
from ui.logview import LogView
from ui.panels.panel import Panel
from ui.panels.state import FormState, History
from ui.runner import tell
from ui.settings import Settings

CFG = "Parameter files (*.cfg);;All files (*)"
INPUT = "The exposures of the list are what runs; in a saved file this value is kept as it stands."


class ParamsController(QObject):
    """States and panels of tweakreg, source finding and astrodrizzle; `changed()` at every change of a value;
    `noted(path, head, lines)` what a parameter file that was opened has wrong, all empty when nothing."""

    changed = Signal()
    noted = Signal(object, str, object)

    def __init__(self, window: QWidget, tabs: QTabWidget, log: LogView, settings: Settings) -> None:
        super().__init__(window)
        self.window_, self.tabs, self.log, self.settings = window, tabs, log, settings
        self.history = History(self)
        self.states = {name: FormState(task, self.history, self) for name, task in TASKS.items()}
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
        state.load(state.values.replaced(**values), state.path)

    def refuse_wrong(self, title: str, *tasks: str) -> bool:
        """Whether values of these tasks keep a run from starting; tells which and shows the first."""
        wrong = [(task, name, told) for task in tasks for name, told in self.states[task].wrong()]
        for task, name, told in wrong:
            self.log.say(f"{title} not started. {task}, {name}: {told}", "error")
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

    def open_file(self, path: Path) -> bool:
        """Load a .cfg into the form of the task that it names; a refusal is told in the log."""
        try:
            loaded = read_cfg(path)
        except Refusal as refusal:
            told = tell(self.log, "", refusal)
            self.noted.emit(path, f"{path.name} was not opened: {told}", [])
            return False
        state = self.states[loaded.set.task.name]
        state.load(loaded.set, path.absolute())
        for note in loaded.notes:
            self.log.say(f"{path.name}: {note}", "warning")
        head = f"{path.name} was opened, but {len(loaded.notes)} of its lines could not be taken as they are"
        self.noted.emit(path, head if loaded.notes else "", list(loaded.notes))
        self.log.say(f"{state.task.name} parameters read from {path}.")
        self.settings.add_recent("cfg", path.absolute())
        self.reveal(state, "")
        return True

    def ask_open(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self.window_, "Open parameters", self.settings.get("folder/cfg"), CFG
        )
        if name:
            self.settings.set("folder/cfg", str(Path(name).parent))
            self.open_file(Path(name))

    def save(self, state: FormState | None = None) -> bool:
        """Write the set to its file, or ask for one."""
        state = state or self.current()
        return self.write(state, state.path) if state.path else self.ask_save(state)

    def ask_save(self, state: FormState | None = None) -> bool:
        state = state or self.current()
        start = state.path or Path(self.settings.get("folder/cfg") or ".") / f"{state.task.name}.cfg"
        name, _ = QFileDialog.getSaveFileName(
            self.window_, f"Save {state.task.name} parameters", str(start), CFG
        )
        if not name:
            return False
        path = Path(name)
        if not path.suffix:
            path = path.with_suffix(".cfg")
        self.settings.set("folder/cfg", str(path.parent))
        return self.write(state, path)

    def write(self, state: FormState, path: Path) -> bool:
        """Write a set; values that cannot be read are named and the last good ones written in their place."""
        if state.bad and not self._agreed_to_bad(state):
            return False
        try:
            write_cfg(state.values, path)
        except Refusal as refusal:
            tell(self.log, "Save", refusal)
            return False
        state.mark_saved(path.absolute())
        self.settings.add_recent("cfg", path.absolute())
        self.log.say(f"{state.task.name} parameters saved to {path}.")
        return True

    def _agreed_to_bad(self, state: FormState) -> bool:
        lines = "\n".join(
            f"{name}: “{bad.text}”, saved as {state.values[name]}" for name, bad in state.bad.items()
        )
        answer = QMessageBox.question(
            self.window_,
            "Save parameters",
            f"Some texts are no values; their last good values would be saved:\n\n{lines}\n\nSave anyway?",
        )
        return answer == QMessageBox.StandardButton.Yes

    def _asked(self, what: str, state: FormState) -> None:
        if what == "open":
            self.ask_open()
        elif what == "save":
            self.save(state)
        elif what == "save as":
            self.ask_save(state)
        else:
            state.reset()

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
