"""The session file of the window: new, open, save, recent; autosaves, and recovery after a kill."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog

from core.sessions.names import EXTENSION
from ui.autosave import LAST, Orphan, Slot, leave
from ui.banner import BUSY
from ui.controllers.recovery import Recovery
from ui.lane import Lane
from ui.runner import tell
from ui.sessionstate import Opened, Shot, Sums, load, read_by, save
from ui.sessionwords import when_of
from ui.windowstate import forget_results, shoot, show

if TYPE_CHECKING:
    from core.sessions.marks import FileMark
    from core.sessions.writing import Parts
    from ui.window import MainWindow

SESSIONS = f"Sessions (*{EXTENSION});;All files (*)"
DEBOUNCE_MS = 3000


class SessionsController(QObject):
    """`renamed()` when the session, or a form, has another file; `autosaved(path)` after each autosave; `restored()`
    when a session was opened and its state is shown."""

    renamed = Signal()
    autosaved = Signal(object)
    restored = Signal()

    def __init__(self, window: MainWindow, folder: Path | None) -> None:
        super().__init__(window)
        self.window_ = window
        self.path: Path | None = None
        self.lane = Lane("sessions", self)
        self._slot = Slot(folder) if folder is not None else None
        self._folder = folder
        self.recovery = Recovery(self, folder)
        self._parts: Parts | None = None
        self._sums = Sums()
        self._noted: dict[str, FileMark] = {}
        self._saved = shoot(window, {}).signature
        self._autosaved = self._saved
        self._closing = False
        # counts the sessions shown: what was begun for an earlier one must not touch the next
        self._shown = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DEBOUNCE_MS)
        self._timer.timeout.connect(self._autosave)
        self._connect()
        reason = "" if self.last is not None else "No window was closed before."
        window.actions_.enable("last_session", reason)

    def _connect(self) -> None:
        window = self.window_
        window.params.renamed.connect(self.renamed)
        for signal in (
            window.params.changed,
            window.params.renamed,
            window.files.changed,
            window.choices.changed,
            window.drizzle.folder_changed,
        ):
            signal.connect(self._changed)
        window.align.aligned.connect(self._results_changed)
        window.align.refitted.connect(self._results_changed)
        window.align.applied.connect(self._results_changed)
        window.drizzle.drizzled.connect(self._results_changed)
        window.align.aligned.connect(partial(self._forget_told, "align"))
        window.drizzle.drizzled.connect(partial(self._forget_told, "drizzle"))

    def slots(self) -> dict[str, object]:
        """What the actions of these names do."""
        return {
            "new_session": self.new,
            "open_session": self.ask_open,
            "last_session": self.open_last,
            "save_session": self.save,
            "save_session_as": self.ask_save,
            "forget": self.window_.closer.forget,
        }

    # ---- state

    @property
    def is_modified(self) -> bool:
        """Whether the window holds something that the session file does not."""
        return self.path is not None and self.shot().signature != self._saved

    def shot(self) -> Shot:
        return shoot(self.window_, self._noted)

    def _changed(self) -> None:
        if self._slot is not None and not self._closing and not self._timer.isActive():
            self._timer.start()

    def _results_changed(self, *_: object) -> None:
        """Note what the files are now that the engine has read, or written, them."""
        session = self.window_.session
        if session.alignment is None:
            self._noted = {}
        elif not self._closing:
            self.lane.run(read_by, session.aligned_files, session.aligned_sets, done=self._note, key="marks")
        self._changed()

    def _note(self, marks: dict[str, FileMark]) -> None:
        self._noted = marks

    # ---- saving

    def save(self) -> bool:
        """Write the session to its file, or ask for one; whether it was begun."""
        return self._save_then(None)

    def _save_then(self, then: Callable[[], object] | None) -> bool:
        """Save, and go on with `then` once the file is written; not when that fails."""
        return self.save_to(self.path, then=then) if self.path is not None else self._ask_save(then)

    def ask_save(self) -> bool:
        """Ask for a file, and write the session to it."""
        return self._ask_save(None)

    def _ask_save(self, then: Callable[[], object] | None) -> bool:
        folder = self.window_.drizzle.folder()
        start = (
            self.path
            or (folder or Path(self.window_.settings.get("folder/sessions") or ".")) / f"session{EXTENSION}"
        )
        name, _ = QFileDialog.getSaveFileName(self.window_, "Save the session", str(start), SESSIONS)
        if not name:
            return False
        path = Path(name)
        return self.save_to(path if path.suffix else path.with_suffix(EXTENSION), then=then)

    def save_to(self, path: Path, *, then: Callable[[], object] | None = None) -> bool:
        """Write the session in the background; `then` is called once it is written, not when that fails."""
        shot, path = self.shot(), path.absolute()
        self.window_.log.say(f"Saving the session to {path}…")
        self.lane.run(
            save,
            shot,
            path,
            self._packed_parts(),
            self._sums,
            True,
            done=partial(self._written, shot, self._shown, then),
            failed=self._failed,
            key="save",
        )
        return True

    def _written(self, shot: Shot, shown: int, then: Callable[[], object] | None, path: Path) -> None:
        self.window_.settings.add_recent("sessions", path)
        self.window_.settings.set("folder/sessions", str(path.parent))
        self.window_.log.say(f"Session saved to {path}.", "good")
        if shown == self._shown:  # else the file belongs to a session that is not shown any more
            self.path, self._saved = path, shot.signature
            self.renamed.emit()
        if then is not None:
            then()

    def _failed(self, error: BaseException) -> None:
        told = tell(self.window_.log, "Session", error)
        self.window_.banner.tell("session", "error", f"The session was not saved or opened: {told}")

    def _packed_parts(self) -> Parts:
        if self._parts is None:
            from core.sessions.writing import Parts

            self._parts = Parts()
        return self._parts

    # ---- opening

    def ask_open(self) -> None:
        start = self.window_.settings.get("folder/sessions")
        name, _ = QFileDialog.getOpenFileName(self.window_, "Open a session", start, SESSIONS)
        if name:
            self.open(Path(name))

    def open_last(self) -> None:
        """What was there when the window was closed last."""
        if self.last is not None:
            self._load(self.last, partial(self.bring, None, None))

    @property
    def last(self) -> Path | None:
        """The state in which a window was closed last, if it is there."""
        path = self._folder / LAST if self._folder is not None else None
        return path if path is not None and path.exists() else None

    def open(self, path: Path) -> None:
        """Read a session file in the background, and show it."""
        self._load(path.absolute(), partial(self.bring, path.absolute(), None))

    def new(self) -> None:
        """An empty list, all defaults, no results; unsaved changes are asked about."""
        self._replace("New session", self._clear)

    def _clear(self) -> None:
        self._shown += 1
        self._forget_told()
        forget_results(self.window_)
        self.window_.files.replace([])
        for state in self.window_.params.states.values():
            state.reset()
        self.path, self._saved = None, self.shot().signature
        self.renamed.emit()

    def _load(self, path: Path, done: Callable[[Opened], object]) -> None:
        self._replace("Open session", partial(self._read, path, done))

    def _read(self, path: Path, done: Callable[[Opened], object]) -> None:
        loaded = partial(self._loaded, self.shot().signature, done)
        self.lane.run(load, path, (), done=loaded, failed=self._failed, key="open")

    def _loaded(self, before: object, done: Callable[[Opened], object], opened: Opened) -> None:
        """What the person did while the file was read is asked about like anything else that is not saved."""
        if self.shot().signature == before and not self.window_.runner.is_running:
            done(opened)
        else:
            self._replace("Open session", partial(done, opened))

    def _replace(self, title: str, go: Callable[[], object]) -> None:
        """Show another session by `go`: no run going on, nothing unsaved. After a save it is looked at again, for
        the person may have gone on meanwhile."""
        window = self.window_
        if window.runner.is_running:
            window.log.say(
                f"{title} not done: {window.session.running} is running. Stop it, or wait.", "warning"
            )
            told = f"{title}: {window.session.running} is running. Stop it, or wait."
            window.banner.tell(BUSY, "warning", told)
            return
        states = [state for state in window.params.states.values() if state.path and state.is_modified]
        names = [*(f"{state.task.name}: {state.path}" for state in states), *self._unsaved()]
        answer = window.ask.about_unsaved(names) if names else "discard"
        if answer == "discard":
            go()
        elif answer == "save" and all(window.params.save(state) for state in states):
            if self._unsaved():
                self._save_then(partial(self._replace, title, go))
            else:
                go()

    def _unsaved(self) -> list[str]:
        """The session, named, if it would be lost by opening another one."""
        shot = self.shot()
        if shot.signature == self._saved or shot.is_worthless:
            return []
        return [f"session: {self.path or 'not in a file yet'}"]

    def bring(self, path: Path | None, orphan: Orphan | None, opened: Opened) -> None:
        """The file was read: ask for what is missing, then show it."""
        missing = opened.missing
        if missing:
            answer = self.window_.ask.where_are(missing, len(opened.exposures))
            if answer == "find":
                folder = self.window_.ask.folder("Folder of the exposures", None)
                again = path or (orphan.path if orphan is not None else self.last)
                if folder is not None and again is not None:
                    done = partial(self.bring, path, orphan)
                    self.lane.run(load, again, (folder,), done=done, failed=self._failed, key="open")
                    return
                answer = ""
            if answer != "without":
                if orphan is not None:
                    orphan.let_go()
                return
        self._show(path, orphan, opened)

    def _show(self, path: Path | None, orphan: Orphan | None, opened: Opened) -> None:
        window = self.window_
        self._shown += 1
        self._noted = dict(opened.noted)
        show(window, opened)
        self._tell(opened)
        kept = str(opened.document.view.get("session") or "")
        self.path = path or (Path(kept) if kept else None)
        # a recovered session differs from its file, and its state was in no file of the person's
        self._saved = self.shot().signature if path is not None else ()
        if path is not None:
            window.settings.add_recent("sessions", path)
        window.log.say(f"Session saved at {when_of(opened)} opened.", "good")
        window.status.conclude("Session opened", "warning" if opened.notes or opened.gone else "info")
        self.renamed.emit()
        self.restored.emit()
        if orphan is not None:
            self._autosave(then=orphan)

    def _tell(self, opened: Opened) -> None:
        """What is not as it was, and what makes it anew at the press of a button."""
        window = self.window_
        self._forget_told()
        if opened.notes:
            window.banner.tell(
                "session", "warning", "Not all of the session is as it was", list(opened.notes)
            )
        for name, told in opened.gone.items():
            action = window.actions_[name]
            head, _, rest = told.partition(": ")
            window.banner.tell(
                f"session {name}", "warning", head, [rest], [(f"{action.text()} again", action)]
            )
        for note in (*opened.notes, *opened.gone.values()):
            window.log.say(note, "warning")

    def _forget_told(self, *names: str) -> None:
        """What was told of the session opened last, or of its results of these names, is so no more."""
        for key in [f"session {name}" for name in names or ("align", "drizzle")] + ["session"] * (not names):
            self.window_.banner.drop(key)

    # ---- autosave and recovery

    def _autosave(self, then: Orphan | None = None) -> None:
        if self._slot is None or self._closing:
            return
        shot = self.shot()
        if shot.signature == self._autosaved and then is None:
            return
        self._autosaved = shot.signature
        if shot.is_worthless and then is None:
            self._slot.path.unlink(missing_ok=True)
            return
        self.lane.run(
            save,
            shot,
            self._slot.path,
            self._packed_parts(),
            self._sums,
            False,
            done=partial(self._autosave_written, then),
            failed=self._autosave_failed,
            key="autosave",
        )

    def _autosave_written(self, then: Orphan | None, path: Path) -> None:
        if then is not None:
            then.remove()
        self.autosaved.emit(path)

    def _autosave_failed(self, error: BaseException) -> None:
        tell(self.window_.log, "Autosave", error)

    # ---- the end

    def stop(self) -> None:
        """The window closes well: no autosave is left to be offered; its state is kept as that of last time."""
        self._closing = True
        self._timer.stop()
        self.recovery.stop()
        if self._slot is None:
            self.lane.close()
            return
        shot = self.shot()
        kept = None if shot.is_worthless else shot
        self.lane.close(last=partial(leave, self._slot, kept, self._packed_parts(), self._sums))

    def forget(self) -> None:
        """The state of last time and what autosaves hold, but not those of other open windows."""
        if self._folder is not None:
            (self._folder / LAST).unlink(missing_ok=True)
            self.recovery.forget()
