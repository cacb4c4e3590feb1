"""The .cfg files of the parameter sets: opened, saved, noticed when somebody else changes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from stat import S_IWRITE
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from core.errors import Refusal
from core.params import Loaded, ParamSet, read_cfg, write_cfg
from ui.logview import LogView
from ui.panels.state import FormState, Moment
from ui.runner import tell
from ui.settings import Settings
from ui.taking import take

if TYPE_CHECKING:
    from core.params.cfg.lines import Entry
    from ui.dialogs import Ask
    from ui.lane import Lane

CFG = "Parameter files (*.cfg);;All files (*)"
Stamp = tuple[int, int]


class SetFiles(QObject):
    """`noted(path, head, lines)` what a file that was opened has wrong, all empty when nothing; `opened(state)` after
    a file was read into a form; `gone_stale(state)` when its file was changed by somebody else."""

    noted = Signal(object, str, object)
    opened = Signal(object)
    gone_stale = Signal(object)

    def __init__(
        self,
        window: QWidget,
        states: Mapping[str, FormState],
        current: Callable[[], FormState],
        log: LogView,
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self.window_, self.states, self.current = window, states, current
        self.log, self.settings = log, settings
        self.notes: dict[str, tuple[Path, tuple[str, ...]]] = {}
        self._kept: dict[tuple[str, Path], tuple[Entry, ...]] = {}
        self._stamps: dict[Path, Stamp | None] = {}
        self._told: set[Path] = set()
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.applicationStateChanged.connect(self._came_back)

    # ---- opening

    def open_file(self, path: Path, *, ask: bool = True) -> None:
        """Read a .cfg in the background, then load it into the form of the task that it names; a refusal is told in
        the log. Unsaved changes of a form that has a file are asked about first. What the person edits while the
        file is read lies on top of it."""
        path, lane = path.absolute(), self._lane
        if lane is None:
            self.open_now(path, ask=ask)
        elif not lane.is_closed:
            before = {task: state.moment() for task, state in self.states.items()}
            done = partial(self._arrived, path, ask, before)
            lane.run(_read, path, done=done, failed=partial(self._refused, path), key=f"cfg {path}")

    def open_now(self, path: Path, *, ask: bool = True) -> bool:
        """The same while one waits, for what must be there before anything else goes on; whether it was loaded."""
        path = path.absolute()
        try:
            loaded, stamp = _read(path)
        except Refusal as refusal:
            self._refused(path, refusal)
            return False
        return self._take(path, loaded, stamp, ask)

    def _arrived(
        self, path: Path, ask: bool, before: Mapping[str, Moment], read: tuple[Loaded, Stamp | None]
    ) -> None:
        loaded, stamp = read
        state = self.states[loaded.set.task.name]
        now = state.moment()
        edited = edited_since(before[state.task.name], now)
        if not (self._take(path, loaded, stamp, ask) and edited):
            return
        good = {name: now.values[name] for name in edited if name not in now.bad}
        take((state, state.values.replaced(**good)))
        for name in edited:
            if name in now.bad:
                state.edit(name, now.bad[name].text)
        self.log.say(f"Changed while {path.name} was read, and kept: {', '.join(edited)}.", "warning")

    def _refused(self, path: Path, error: BaseException) -> None:
        told = tell(self.log, "", error)
        self.noted.emit(path, f"{path.name} was not opened: {told}", [])

    def _take(self, path: Path, loaded: Loaded, stamp: Stamp | None, ask: bool) -> bool:
        """Load what was read into its form, unless the person wants to keep what is there."""
        state = self.states[loaded.set.task.name]
        if ask and not self._settled(state):
            return False
        self.adopt(state, path, loaded, stamp)
        for note in loaded.notes:
            self.log.say(f"{path.name}: {note}", "warning")
        self.noted.emit(path, _head(path.name, loaded.notes), list(loaded.notes))
        self.log.say(f"{state.task.name} parameters read from {path}.")
        self.settings.add_recent("cfg", path)
        self.opened.emit(state)
        return True

    @property
    def _lane(self) -> Lane | None:
        """Where files are read: not behind the images; None before the window is whole."""
        sessions = getattr(self.window_, "sessions", None)
        return sessions.lane if sessions is not None else None

    def adopt(self, state: FormState, path: Path, loaded: Loaded, stamp: Stamp | None = None) -> None:
        """Give a form what a file holds; `stamp` is what the file was when it was read."""
        state.load(loaded.set, path)
        self._kept[state.task.name, path] = loaded.kept
        self.seen(path, stamp)
        self.notes[state.task.name] = (path, loaded.notes)

    def ask_open(self) -> None:
        name = self.ask_name("Open parameters")
        if name is not None:
            self.open_file(name)

    def ask_name(self, title: str, filters: str = CFG, kind: str = "cfg") -> Path | None:
        """A file to open that the person chooses."""
        name, _ = QFileDialog.getOpenFileName(
            self.window_, title, self.settings.get(f"folder/{kind}"), filters
        )
        if not name:
            return None
        self.settings.set(f"folder/{kind}", str(Path(name).parent))
        return Path(name)

    def reload(self, state: FormState | None = None) -> None:
        """Read the file of a form again; what the form held comes back by undo."""
        state = state or self.current()
        if state.path is not None:
            self.open_file(state.path, ask=False)

    def new(self, state: FormState | None = None) -> bool:
        """All defaults and no file; unsaved changes of a file are asked about, and undo brings all back."""
        state = state or self.current()
        if not self._settled(state):
            return False
        state.reset()
        return True

    def _settled(self, state: FormState) -> bool:
        """Whether the form may take another set: nothing unsaved, or saved or given up by the person."""
        if state.path is None or not state.is_modified:
            return True
        answer = self._ask.about_unsaved([f"{state.task.name}: {state.path}"])
        return self.save(state) if answer == "save" else answer == "discard"

    # ---- saving

    def save(self, state: FormState | None = None) -> bool:
        """Write the set to its file, or ask for one."""
        state = state or self.current()
        if state.path is None:
            return self.ask_save(state)
        if self._is_stale(state.path):
            answer = self._ask.about_changed_file(state.path)
            if answer != "overwrite":
                return answer == "reload" and self.open_now(state.path, ask=False)
        return self.write(state, state.path)

    def ask_save(self, state: FormState | None = None) -> bool:
        state = state or self.current()
        path = self.ask_target(f"Save {state.task.name} parameters", state.task.name, state.path)
        return path is not None and self.write(state, path)

    def ask_target(self, title: str, name: str, start: Path | None = None) -> Path | None:
        """A .cfg file to write that the person chooses; an existing one was confirmed."""
        begin = start or Path(self.settings.get("folder/cfg") or ".") / f"{name}.cfg"
        chosen, _ = QFileDialog.getSaveFileName(self.window_, title, str(begin), CFG)
        if not chosen:
            return None
        path = Path(chosen)
        self.settings.set("folder/cfg", str(path.parent))
        return path if path.suffix else path.with_suffix(".cfg")

    def write(self, state: FormState, path: Path) -> bool:
        """Write a set; values that cannot be read are named and the last good ones written in their place. What was
        not understood in the file that the set came from goes along in comment lines."""
        if state.bad and not self._agreed_to_bad(state):
            return False
        path = path.absolute()
        kept = self._kept.get((state.task.name, state.path), ()) if state.path else ()
        if not self.write_values(state.values, path, kept):
            return False
        self._kept[state.task.name, path] = kept
        state.mark_saved(path)
        return True

    def write_values(self, values: ParamSet, path: Path, kept: Sequence[Entry] = ()) -> bool:
        """Write any set to a file; a refusal is told in the log. A file that is marked read-only stays as it is, also
        for somebody who may write everything."""
        try:
            if path.exists() and not path.stat().st_mode & S_IWRITE:
                raise Refusal("The file is write-protected.", file=path, advice="Save as… to another file.")
            write_cfg(values, path, kept)
        except Refusal as refusal:
            tell(self.log, "Save", refusal)
            return False
        self.seen(path)
        self.settings.add_recent("cfg", path.absolute())
        self.log.say(f"{values.task.name} parameters saved to {path}.", "good")
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

    # ---- changed on disk

    def seen(self, path: Path, stamp: Stamp | None = None) -> None:
        """The form and the file agree now; `stamp` is what the file was when it was read."""
        self._stamps[path] = stamp or _stamp(path)
        self._told.discard(path)
        self.noted.emit(("disk", path), "", [])

    def check_disk(self) -> None:
        """Look, in the background, whether somebody else changed the files of the forms."""
        paths = [state.path for state in self.states.values() if state.path in self._stamps]
        lane: Lane | None = getattr(self.window_, "quick", None)
        if paths and lane is not None:
            lane.run(_stamps, paths, done=self._looked, key="parameter files")

    def _came_back(self, state: Any) -> None:
        # a window that was closed has no lane any more
        if state == Qt.ApplicationState.ApplicationActive and self.window_.isVisible():
            self.check_disk()

    def _looked(self, stamps: Mapping[Path, Stamp | None]) -> None:
        for state in self.states.values():
            path = state.path
            if path is None or path not in stamps or path in self._told:
                continue
            if stamps[path] != self._stamps.get(path):
                self._told.add(path)
                gone = stamps[path] is None
                what = "is gone" if gone else "was changed by another program"
                advice = (
                    "Save writes it anew."
                    if gone
                    else "Reload reads it again (Parameters menu); Save asks first."
                )
                self.noted.emit(("disk", path), f"{path.name} {what} since it was opened", [advice])
                self.gone_stale.emit(state)

    def _is_stale(self, path: Path) -> bool:
        """Whether there is another file now than the one that was read."""
        now = _stamp(path)
        return now is not None and path in self._stamps and now != self._stamps[path]

    @property
    def _ask(self) -> Ask:
        return self.window_.ask  # type: ignore[attr-defined]


def _head(name: str, notes: Sequence[str]) -> str:
    """What to say above the notes on a file: how many lines were not taken, if any were not."""
    lines = sum(note.startswith("line ") for note in notes)
    if not lines:
        return f"{name} was opened" if notes else ""
    told = "1 of its lines could not be taken as it stands"
    if lines > 1:
        told = f"{lines} of its lines could not be taken as they stand"
    return f"{name} was opened, but {told}"


def edited_since(before: Moment, now: Moment) -> list[str]:
    """The parameters that were edited between two moments of one form."""
    return [
        name
        for name in now.values
        if repr(before.values[name]) != repr(now.values[name]) or before.bad.get(name) != now.bad.get(name)
    ]


def _read(path: Path) -> tuple[Loaded, Stamp | None]:
    """A .cfg file, and what the file was just before it was read. Runs in the lane; raises Refusal."""
    stamp = _stamp(path)
    return read_cfg(path), stamp


def _stamp(path: Path) -> Stamp | None:
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return None
    return stat.st_size, stat.st_mtime_ns


def _stamps(paths: Sequence[Path]) -> dict[Path, Stamp | None]:
    return {path: _stamp(path) for path in paths}
