"""The line of steps above the parameters of Drizzle: how they stand now, and running them one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from core.drizzle.choose import NAMES, SWITCHES
from ui.controllers.drizzle import from_step
from ui.panels.steps import StepStrip
from ui.session import DRIZZLE, unavailable

if TYPE_CHECKING:
    from core.drizzle.status import StepState
    from ui.window import MainWindow

LATE_MS = 350


class StepsController(QObject):
    """Asks the engine how the steps stand, a moment after anything changed, while the line is to be seen."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.strip = StepStrip(self._reason)
        panel = window.params.panels[-1]
        panel.top.addWidget(self.strip)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LATE_MS)
        self._timer.timeout.connect(self._ask)
        self.strip.wanted.connect(self._wanted)
        self.strip.looked.connect(self._looked)
        for signal in (
            window.params.states["astrodrizzle"].changed,
            window.files.changed,
            window.runner.changed,
            window.drizzle.drizzled,
            window.drizzle.folder_changed,
            window.param_tabs.currentChanged,
        ):
            signal.connect(self.refresh)

    def refresh(self, *_: object) -> None:
        """Anything may have changed."""
        self._timer.start()

    def _ask(self) -> None:
        window = self._window
        files, folder = window.files.files(), window.drizzle.folder()
        if not files or folder is None:
            self._show(self._reason())
            return
        if window.params.states["astrodrizzle"].wrong():
            self._show("A parameter is wrong.")
            return
        shown = window.param_tabs.currentWidget() is window.params.panels[-1]
        if not shown or window.runner.is_running or window.quick.is_closed:
            return
        params = window.params.values("astrodrizzle")
        window.quick.run(window.engine.steps, tuple(files), params, folder, done=self._show, key="steps")

    def _show(self, states: tuple[StepState, ...] | str) -> None:
        if isinstance(states, str):  # such a run cannot be, and says why when it is asked for
            self.strip.show_states((), states)
        else:
            self.strip.show_states(states)

    def _reason(self) -> str:
        """Why nothing can be run now."""
        window = self._window
        return unavailable(window.session, window.files.files(), window.files.is_reading)[DRIZZLE]

    def _wanted(self, how: str, place: int) -> None:
        name = NAMES[place]
        params = self._window.params.values("astrodrizzle")
        self._window.drizzle.run_steps(frozenset({name}) if how == "this" else from_step(name, params))

    def _looked(self, place: int) -> None:
        params = self._window.params
        params.reveal(params.states["astrodrizzle"], SWITCHES[place])
