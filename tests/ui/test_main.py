"""Opening the program: what a killed window left is offered first, whatever the program was started with."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication

from tests.ui_standins import StandInPerson
from ui import autosave, main
from ui.dialogs import Ask
from ui.window import MainWindow


class Killed(autosave.Slot):
    """The place of a window whose process is gone: nobody holds its lock."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._lock.unlock()


@pytest.fixture
def started(qtbot, tmp_path, monkeypatch):
    """A function that starts the program as its command does, and gives what the person was asked and the window."""
    person, windows = StandInPerson(), []

    class Window(MainWindow):
        def __init__(self, *given, **named) -> None:
            super().__init__(*given, ask=person, **named)
            windows.append(self)

    class Application:
        def exec(self) -> int:
            qtbot.waitUntil(
                lambda: bool(person.asked) and not windows[0].sessions.lane.is_busy, timeout=10_000
            )
            qtbot.waitUntil(lambda: not windows[0].sessions.lane.is_busy)
            return 0

    monkeypatch.setattr(main, "MainWindow", Window)
    monkeypatch.setattr(main, "make_application", lambda *_: Application())
    monkeypatch.setattr(main, "window_warmer", lambda _window: lambda: None)
    monkeypatch.setattr(main, "state_folder", lambda: tmp_path / "state")
    ini = str(tmp_path / "settings.ini")
    monkeypatch.setattr(main, "QSettings", lambda *_: QSettings(ini, QSettings.Format.IniFormat))

    def start(answer: str, **options) -> tuple[list[str], MainWindow]:
        person.answers["recover"] = answer
        main.open_window(**options)
        return person.asked, windows[0]

    yield start
    for window in windows:
        window.close()
        window.deleteLater()


@pytest.fixture
def killed(make_window, qtbot, tmp_path) -> None:
    """The autosave of a window with a changed parameter."""
    window = make_window()
    window.params.assign("tweakreg", nclip=5)
    slot = Killed(tmp_path / "state" / "sessions")
    window.sessions.save_to(slot.path)
    qtbot.waitUntil(lambda: window.sessions.path is not None)


def test_the_demonstration_offers_recovery_too(started, killed):
    asked, window = started("recover", demo=True)
    assert asked == ["recover"]
    assert window.params.values("tweakreg")["nclip"] == 5


def test_a_session_is_opened_when_nothing_is_recovered(qtbot, started, killed, make_window, tmp_path):
    other = make_window()
    other.params.assign("tweakreg", nclip=7)
    other.sessions.save_to(tmp_path / "mine.drizzledesk")
    qtbot.waitUntil(lambda: other.sessions.path is not None)
    asked, window = started("", session=tmp_path / "mine.drizzledesk")
    qtbot.waitUntil(lambda: window.params.values("tweakreg")["nclip"] == 7)
    assert asked == ["recover"]


def test_what_is_recovered_goes_before_the_session_asked_for(started, killed, tmp_path):
    _, window = started("recover", session=tmp_path / "not there.drizzledesk")
    assert window.params.values("tweakreg")["nclip"] == 5
    assert window.banner.plain() == ""


def test_what_was_given_and_gives_way_is_named_before(started, killed, tmp_path):
    files = (tmp_path / "a_flt.fits", tmp_path / "b_flt.fits")
    _, window = started("", files=files, cfgs=[tmp_path / "own.cfg"])
    assert window.ask.given_up == "a_flt.fits, b_flt.fits, own.cfg"
    assert [entry.path for entry in window.listing.entries()] == list(files)


def test_enter_keeps_what_was_given(qtbot, make_window):
    window = make_window()
    seen = []

    def look() -> None:
        box = QApplication.activeModalWidget()
        seen.append((box.defaultButton().text(), box.informativeText()))
        qtbot.keyClick(box, Qt.Key.Key_Return)

    for given in ("", "new_flt.fits", "a_long_name_flt.fits, " * 40):
        QTimer.singleShot(20, window, look)
        assert Ask(window).may_recover("Saved.", 0, given) == ("" if given else "recover")
    assert [default for default, _ in seen] == ["Recover", "Later", "Later"]
    assert "new_flt.fits\n" in seen[1][1]
    assert len(seen[2][1]) < 500
