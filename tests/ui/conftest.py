"""Windows to try, with stand-ins for the engine and the person."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.ui_standins import StandInEngine, StandInPerson
from ui import style
from ui.window import MainWindow


@pytest.fixture(autouse=True)
def dressed(qapp) -> None:
    style.switch().start("light")


@pytest.fixture
def engine() -> StandInEngine:
    return StandInEngine()


@pytest.fixture
def person() -> StandInPerson:
    return StandInPerson()


@pytest.fixture
def make_window(qtbot, engine, person, tmp_path) -> Iterator[Callable[..., MainWindow]]:
    """A function that opens a window on files of these names, read by the stand-in engine."""
    windows: list[MainWindow] = []

    def make(*names: str, **options) -> MainWindow:
        window = MainWindow([tmp_path / name for name in names], engine=engine, ask=person, **options)
        windows.append(window)
        window.resize(1280, 800)
        window.show()
        qtbot.waitUntil(lambda: not window.files.is_reading)
        return window

    yield make
    engine.go.set()
    for window in windows:
        window.runner.stop()
        qtbot.waitUntil(lambda w=window: not w.lane.is_busy)
        window.close()
        window.deleteLater()
