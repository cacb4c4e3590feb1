"""The demonstration: the same actions that a person presses, one after the other, then a picture of each view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from ui.pictures import Steps, save
from ui.window import MainWindow

# What Handbook example 7.1 changes from the defaults, fitted to the simulated exposures
PARAMETERS = {
    "imagefindpars": {"threshold": 200.0, "peakmax": 50000.0},
    "astrodrizzle": {"output": "demo", "driz_cr_corr": True, "driz_sep_bits": "64,32", "final_bits": "64,32"},
}
SETTLE_MS, PICTURE_MS = 50, 10
SIZE = (1280, 800)


@dataclass
class DemoOutcome:
    """What the demonstration left: the pictures, and what went wrong ("" if nothing)."""

    pictures: list[Path] = field(default_factory=list)
    trouble: str = ""


def set_demo_parameters(window: MainWindow) -> None:
    """The parameters of the example."""
    for task, values in PARAMETERS.items():
        window.params.assign(task, **values)


class Yes:
    """Answers every question with what the demonstration wants."""

    def files_to_apply(
        self, _alignment: object, files: list[Path], _wcsname: str, _cards: object
    ) -> list[Path]:
        return files

    def may_replace_name(self, _taken: str) -> bool:
        return True

    def may_drizzle(self, *_: object) -> bool:
        return True

    def unapplied(self, _count: int) -> str:
        return "apply"

    def may_stop(self, _running: str) -> bool:
        return True

    def about_unsaved(self, _names: list[str]) -> str:
        return "discard"

    def folder(self, _title: str, start: Path | None) -> Path | None:
        return start


class Demo(QObject):
    """Presses Align, Apply and Drizzle in turn; every step begins when the window is at rest and must be enabled."""

    def __init__(
        self, window: MainWindow, folder: Path, done: Callable[[DemoOutcome], object], settle_s: float = 120.0
    ) -> None:
        super().__init__(window)
        self.window_, self.folder, self.done = window, folder, done
        self.outcome = DemoOutcome()
        self._steps = ["align", "apply", "drizzle"]
        self._rest = int(settle_s * 1000 / SETTLE_MS)
        self._pictures: Steps | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._next)

    def start(self) -> None:
        self._timer.start()

    def _next(self) -> None:
        window = self.window_
        if window.runner.is_running or window.files.is_reading:
            return
        if self._steps:
            self._press(self._steps.pop(0))
        elif self._pictures is None and window.quick.is_busy and self._rest > 0:
            self._rest -= 1
        elif self._take_picture():
            self._timer.setInterval(PICTURE_MS)
        elif not window.quick.is_busy:
            self._finish()

    def _take_picture(self) -> bool:
        """One step on the way to the pictures; encoding and writing are done in the lane. False after the last."""
        window = self.window_
        if self._pictures is None:
            self._pictures = window.picture_steps(self.folder)
        try:
            taken = next(self._pictures)
        except StopIteration:
            return False
        if taken is not None:
            path, image = taken
            window.quick.run(save, image, path, done=self.outcome.pictures.append, failed=self._not_written)
        return True

    def _not_written(self, error: BaseException) -> None:
        self.outcome.trouble = self.outcome.trouble or str(error)
        if self._pictures is not None:
            self._pictures.close()

    def _press(self, name: str) -> None:
        action = self.window_.actions_[name]
        if not action.isEnabled():
            told = action.toolTip().splitlines()[-1]
            self.outcome.trouble = f"{action.text()} cannot be pressed. {told}"
            self._steps.clear()
            return
        action.trigger()

    def _finish(self) -> None:
        self._timer.stop()
        self.outcome.trouble = self.outcome.trouble or trouble_of(self.window_)
        self.done(self.outcome)


def trouble_of(window: MainWindow) -> str:
    """What is missing at the end: an alignment that failed, products that are not there."""
    session = window.session
    if session.alignment is None:
        return "There is no alignment."
    if not session.alignment.is_complete:
        return "Not every image is aligned."
    if session.result is None:
        return "There are no products."
    gone = [str(path) for path in session.result.products if not path.exists()]
    return f"Products are missing: {', '.join(gone)}" if gone else ""


def run_demo(window: MainWindow, folder: Path, done: Callable[[DemoOutcome], object]) -> Demo:
    """Set the parameters, press Align, Apply and Drizzle, save a picture of each view to `folder`, call `done`.

    Returns at once; the event loop of the application does the rest. Questions of the window are answered by the
    demonstration.
    """
    window.resize(*SIZE)
    window.answer_with(Yes())
    set_demo_parameters(window)
    demo = Demo(window, Path(folder), done)
    demo.start()
    return demo
