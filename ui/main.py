"""Opening the window: the application, its look, what happens to errors that nobody caught."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, QSettings, QTimer, Signal
from PySide6.QtWidgets import QApplication

from ui import icons, style, warmup
from ui.places import state_folder
from ui.sessionwords import Given
from ui.settings import Settings
from ui.window import MainWindow

NAME = "DrizzleDesk"
SWITCH_S = 0.0005  # Python's own is 0.005


def make_application(argv: Sequence[str] = (NAME,), look: str = "system") -> QApplication:
    """The QApplication, dressed; the one that is there already if there is one."""
    application = QApplication.instance() or QApplication(list(argv) or [NAME])
    assert isinstance(application, QApplication)
    application.setApplicationName(NAME)
    application.setOrganizationName(NAME)
    application.setApplicationDisplayName(NAME)
    application.setDesktopFileName("drizzledesk")
    application.setWindowIcon(icons.application_icon())
    style.switch().start(look)
    # a thread that works in Python, not in a kernel, gives way to the window ten times sooner
    sys.setswitchinterval(SWITCH_S)
    return application


def open_window(
    files: Sequence[Path] = (),
    *,
    cfgs: Sequence[Path] = (),
    maps: Mapping[Path, Path] | None = None,
    product: str = "",
    demo: bool = False,
    folder: Path | None = None,
    session: Path | None = None,
    argv: Sequence[str] = (NAME,),
) -> int:
    """Open the window on `files` with the parameter files `cfgs`; returns the exit status when it is closed.

    `maps` are inverse variance maps by exposure, those of an @list; `product` the name that an association gives to
    what is drizzled. `demo` sets the parameters of the demonstration, so that a person can press Align, Apply and
    Drizzle; `session` is a session file to open. What a window that was killed had autosaved is offered first, with
    what of all this would give way to it.
    """
    store = QSettings(NAME, NAME)
    settings = Settings(store, state_folder())
    application = make_application(argv, settings.get("look", "system"))
    window = MainWindow(files, settings, folder, cfgs=cfgs)
    window.engine.maps.update({path.absolute(): file.absolute() for path, file in (maps or {}).items()})
    if product and not str(window.params.values("astrodrizzle")["output"]).strip():
        window.params.assign("astrodrizzle", output=product)
    window.restore_places()
    hook = ErrorHook(window)
    if demo:
        from ui.demo import set_demo_parameters

        set_demo_parameters(window)
    window.show()
    wanted = partial(window.sessions.open, session) if session is not None else None
    given = Given(tuple(files), tuple(cfgs), session)
    QTimer.singleShot(0, window, partial(window.sessions.recovery.offer, wanted, given))
    QTimer.singleShot(300, window, window_warmer(window))
    try:
        return application.exec()
    finally:
        hook.remove()


def window_warmer(window: MainWindow):  # type: ignore[no-untyped-def]
    """Loads the engine in its lane, so that the first Align does not have to."""

    def warm() -> None:
        if not window.lane.is_busy:
            window.lane.run(warmup.warm_up, title="Loading the engine")

    return warm


class ErrorHook(QObject):
    """Errors that nobody caught are told in the window's log; the window goes on. Remove it at the end."""

    _caught = Signal(object)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._former = sys.excepthook
        self._caught.connect(self._tell)
        sys.excepthook = self._hook

    def remove(self) -> None:
        sys.excepthook = self._former

    def _hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._former(kind, error, trace)
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(text)
        error.trace_text = text  # type: ignore[attr-defined]
        self._caught.emit(error)

    def _tell(self, error: BaseException) -> None:
        self._window.report_error(error)
