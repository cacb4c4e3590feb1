"""The end of a window: what is asked, what is stopped, what is kept for the next time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from ui.taking import take

if TYPE_CHECKING:
    from ui.window import MainWindow

PATIENCE_MS = 10_000


class Closer(QObject):
    """Lets a window close: never with a run in its middle, never without a question about unsaved parameters, and
    never by waiting in the GUI thread."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._stopping = False
        self._given_up = False
        self._forgotten = False

    def may_close(self) -> bool:
        """Whether the window may close at once; if a run has to be stopped first, it closes when that has ended."""
        window = self._window
        if window.runner.is_running and not self._given_up:
            if not self._stopping and window.ask.may_stop(window.session.running):
                self._stopping = True
                window.runner.stop()
                QTimer.singleShot(PATIENCE_MS, self, self._close_anyway)
            return False
        if not self._settle_unsaved():
            self._stopping = False
            return False
        self._let_go()
        return True

    def run_changed(self) -> None:
        """A run began or ended: the window that waits for its end closes now."""
        if self._stopping and not self._window.runner.is_running:
            self._window.close()

    def restore_places(self) -> None:
        """Size and splitters of last time."""
        window = self._window
        geometry = window.settings.bytes("geometry")
        if geometry is not None:
            window.restoreGeometry(geometry)
        for place, splitter in enumerate(window.splitters):
            state = window.settings.bytes(f"splitter{place}")
            if state is not None:
                splitter.restoreState(state)

    def _settle_unsaved(self) -> bool:
        """Whether nothing is unsaved, or the person saved or gave it up. Sets that came from no file are not asked
        about: they have no file to differ from."""
        params = self._window.params
        states = [state for state in params.states.values() if state.path and state.is_modified]
        names = [f"{state.task.name}: {state.path}" for state in states]
        sessions = self._window.sessions
        if sessions.is_modified:
            names.append(f"session: {sessions.path}")
        if not names:
            return True
        answer = self._window.ask.about_unsaved(names)
        if answer == "save" and all(params.save(state) for state in states):
            if sessions.path is not None and sessions.is_modified:
                # written in the background; the window closes when that is done
                sessions.save_to(sessions.path, then=self._window.close)
                return False
            return True
        return answer == "discard"

    def forget(self) -> None:
        """Forget what the program remembers, after asking; parameters go to their defaults, which can be undone."""
        window = self._window
        if not window.ask.may_forget():
            return
        self._forgotten = True
        window.settings.forget()
        window.sessions.forget()
        states = window.params.states.values()
        take(*((state, state.task.defaults()) for state in states))
        window.log.say("Settings forgotten: recent files, folders, colours, sizes, recovered sessions.")

    def _close_anyway(self) -> None:
        """A piece of work that does not end: the window goes, its thread ends at the next check."""
        if self._stopping and self._window.runner.is_running:
            self._given_up = True
            self._window.close()

    def _let_go(self) -> None:
        window = self._window
        if not self._forgotten:
            window.settings.set("geometry", window.saveGeometry())
            for place, splitter in enumerate(window.splitters):
                window.settings.set(f"splitter{place}", splitter.saveState())
        window.sessions.stop()
        window.views.stop()
        window.export.stop()
        window.live.close()
        window.lane.close()
        window.quick.close()
        window.form.lane.close()
