"""What a parameter form holds: a set of values, texts that cannot be read (yet), and the way back.

A text that is no value stays as the person typed it, beside the last good value, until it is mended or undone:
nothing typed is lost, and no run starts with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.errors import Refusal
from core.params import ParamSet, Task
from core.params.checks import NO_DATA, DataFacts, Problem, problems
from core.params.live import is_live
from ui.panels.context import DataContext

KEPT = 500
Assume = Callable[[ParamSet], ParamSet]


@dataclass(frozen=True)
class Bad:
    """A text that cannot be read, and why."""

    text: str
    message: str


@dataclass(frozen=True)
class Moment:
    """All that undo has to bring back of one form."""

    values: ParamSet
    bad: Mapping[str, Bad]
    path: Path | None


class FormState(QObject):
    """The values of one task as the form shows them.

    Signals: `changed(names)` with the names whose value or text changed, after liveness and problems were
    worked out afresh; `renamed()` when the file or the "modified" mark changed.
    """

    changed = Signal(object)
    renamed = Signal()

    def __init__(self, task: Task, history: History, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.task = task
        self.history = history
        self.values = task.defaults()
        self.bad: dict[str, Bad] = {}
        self.path: Path | None = None
        self.assume: Assume | None = None
        self.locked: dict[str, str] = {}
        self.companion: FormState | None = None
        self.data = DataContext(self)
        self._saved: dict[Path | None, ParamSet] = {None: self.values}
        self._grey: dict[str, str] = {}
        self._silent: frozenset[str] = frozenset()
        self._problems: dict[str, Problem] = {}
        self._listed: list[Problem] = []
        self._work_out()

    def use_data(self, data: DataContext) -> None:
        """Follow the loaded exposures that `data` knows."""
        self.data = data
        data.changed.connect(self.refresh)
        self.refresh()

    @property
    def facts(self) -> DataFacts:
        """What is known of the loaded exposures."""
        return self.data.facts if self.data else NO_DATA

    @property
    def is_modified(self) -> bool:
        """Whether there is something that the file (or the defaults) does not hold."""
        return bool(self.bad) or self.values != self._saved.get(self.path)

    def text_of_bad(self, name: str) -> str | None:
        """The unreadable text of `name`, or None when its value is good."""
        return self.bad[name].text if name in self.bad else None

    def grey_reason(self, name: str) -> str:
        """Why `name` does not matter now; "" when it does."""
        return self._grey.get(name, "")

    def message(self, name: str) -> str:
        """What is wrong with `name`; "" when nothing is."""
        if name in self.bad:
            return self.bad[name].message
        found = self._problems.get(name)
        return " ".join(part for part in (found.message, found.advice) if part) if found else ""

    def is_wrong(self, name: str) -> bool:
        """Whether the message of `name` is an error that stops a run, not a mere warning."""
        found = self._problems.get(name)
        return name in self.bad or (found is not None and found.severity == "error")

    def is_changed(self, name: str) -> bool:
        return name in self.bad or not self.values.is_default(name)

    def origin(self, name: str) -> str:
        """Where the value comes from, in words: the default, a file, a table, you."""
        told = self.values.origin(name)
        if name in self.bad or told == "changed":
            return "set by you"
        if told == "default" or (self.values.is_default(name) and not self.path):
            return "the default"
        return f"from the {told}" if told.startswith(("file", "command line", "preset")) else f"from {told}"

    def changed_names(self) -> list[str]:
        return [name for name in self.task.names if self.is_changed(name)]

    def wrong(self) -> list[tuple[str, str]]:
        """Names and messages of everything that keeps a run from starting."""
        return [
            (name, self.message(name))
            for name in self.task.names
            if self.is_wrong(name) and not self.grey_reason(name)
        ]

    def problems(self) -> list[Problem]:
        """Everything wrong or doubtful that concerns this form now, in the order of the task."""
        return list(self._listed)

    def edit(self, name: str, text: str) -> None:
        """Take what the person typed or chose; successive edits of one field are one undo."""
        bad = dict(self.bad)
        values = self.values
        try:
            values = values.with_text(name, text)
            bad.pop(name, None)
        except Refusal as refusal:
            advice = f" {refusal.advice}" if refusal.advice else ""
            bad[name] = Bad(text, f"{refusal.what}{advice}")
        self._take(Moment(values, bad, self.path), name, f"{self.task.name}.{name}")

    def reset(self, *names: str) -> None:
        """Back to the default: these parameters, or all of them and no file."""
        kept = {name: bad for name, bad in self.bad.items() if names and name not in names}
        path = self.path if names else None
        self._take(Moment(self.values.reset(*names), kept, path), names[0] if names else "", "")

    def take(self, values: ParamSet) -> None:
        """Take values from the program (a suggestion, a table); the file stays what it was, so they are not saved."""
        self._take(Moment(values, {}, self.path), "", "")

    def load(self, values: ParamSet, path: Path | None) -> None:
        """Take a whole set, from a file or elsewhere; may be undone."""
        if path is not None:
            self._saved[path] = values
        self._take(Moment(values, {}, path), "", "")
        self.renamed.emit()

    def mark_saved(self, path: Path) -> None:
        """The values are those of the file `path` now."""
        self.path = path
        self._saved[path] = self.values
        self.renamed.emit()

    def moment(self) -> Moment:
        return Moment(self.values, dict(self.bad), self.path)

    def restore(self, moment: Moment) -> None:
        """Go to another moment without making history."""
        names = frozenset(
            name
            for name in self.task.names
            if repr(self.values[name]) != repr(moment.values[name])
            or self.bad.get(name) != moment.bad.get(name)
        )
        self.values, self.bad, self.path = moment.values, dict(moment.bad), moment.path
        self._work_out()
        self.changed.emit(names)
        self.renamed.emit()

    def refresh(self) -> None:
        """Work out afresh what is live, after `assume`, `locked` or the companion's values changed."""
        self._work_out()
        self.changed.emit(frozenset())

    def _take(self, moment: Moment, name: str, merge: str) -> None:
        before = self.moment()
        if before == moment:
            return
        self.history.add(Change(self, before, moment, name, merge))
        self.restore(moment)

    def _work_out(self) -> None:
        """What is live is a function of all values, never of the order in which they were edited."""
        values = self.assume(self.values) if self.assume else self.values
        beside = self.companion.values if self.companion else None
        count = self.facts.count
        grey = {name: is_live(values, name, tweakreg=beside, exposures=count) for name in self.task.names}
        self._grey = {name: liveness.reason for name, liveness in grey.items() if not liveness.live}
        self._grey.update(self.locked)
        # what only the window knows to be without effect is no fault of the set; `input` tells whose set it is
        self._silent = frozenset(
            name for name in self._grey if is_live(values, name).live and name != "input"
        )
        self._problems = {}
        for problem in problems(values, self.facts):
            known = self._problems.get(problem.name)
            if known is None or (known.severity != "error" and problem.severity == "error"):
                self._problems[problem.name] = problem
        self._listed = []
        for name in self.task.names:
            if name in self.bad and name not in self._grey:
                self._listed.append(Problem(name, self.bad[name].message, "error"))
            elif name in self._problems and name not in self._silent:
                self._listed.append(self._problems[name])


@dataclass(frozen=True)
class Change:
    """One step of the history; `name` is the parameter to show ("" for a whole set)."""

    state: FormState
    before: Moment
    after: Moment
    name: str
    merge: str


class History(QObject):
    """Undo and redo over all forms of a window; `went(state, name)` says where the change is to be seen."""

    went = Signal(object, str)
    moved = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._done: list[Change] = []
        self._undone: list[Change] = []
        self._open = ""

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def add(self, change: Change) -> None:
        """Remember a change; it joins the last one when both are edits of the same field, not yet sealed."""
        self._undone.clear()
        if change.merge and change.merge == self._open and self._done:
            last = self._done[-1]
            self._done[-1] = Change(change.state, last.before, change.after, change.name, change.merge)
        else:
            self._done.append(change)
            del self._done[:-KEPT]
        self._open = change.merge
        self.moved.emit()

    def clear(self) -> None:
        """Forget all steps: what they were of is not in the window any more."""
        self._done.clear()
        self._undone.clear()
        self._open = ""
        self.moved.emit()

    def seal(self) -> None:
        """The field was left: its next edit is an undo of its own."""
        self._open = ""

    def undo(self) -> None:
        self._go(self._done, self._undone, back=True)

    def redo(self) -> None:
        self._go(self._undone, self._done, back=False)

    def _go(self, source: list[Change], target: list[Change], *, back: bool) -> None:
        self.seal()
        if not source:
            return
        change = source.pop()
        target.append(change)
        change.state.restore(change.before if back else change.after)
        self.moved.emit()
        self.went.emit(change.state, change.name)
