"""Parameter files and sessions are read beside the window: it stays alive, and what is edited meanwhile is kept."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from core.params import TASKS, read_cfg, write_cfg
from ui.controllers import sessions, setfiles


@pytest.fixture
def held(monkeypatch) -> threading.Event:
    """Reading waits until this is set; the names of the threads that read are in `held.names`."""
    go, names = threading.Event(), set()
    load = sessions.load

    def slowly(read):
        def reading(*given):
            names.add(threading.current_thread().name)
            assert go.wait(10)
            return read(*given)

        return reading

    monkeypatch.setattr(setfiles, "read_cfg", slowly(read_cfg))
    monkeypatch.setattr(sessions, "load", slowly(load))
    go.names = names
    return go


@pytest.fixture
def cfg(tmp_path: Path) -> Path:
    write_cfg(TASKS["tweakreg"].defaults().replaced(nclip=7, minobj=20), tmp_path / "mine.cfg")
    return tmp_path / "mine.cfg"


def test_edits_made_while_a_file_is_read_lie_on_top_of_it(qtbot, make_window, held, cfg):
    window = make_window()
    state = window.params.states["tweakreg"]
    state.edit("sigma", "2.5")  # before: the file goes over it
    window.params.open_file(cfg)
    state.edit("nclip", "5")
    state.edit("searchrad", "far")
    held.set()
    qtbot.waitUntil(lambda: state.path == cfg)
    assert state.values["nclip"] == 5
    assert state.values["minobj"] == 20
    assert state.values["sigma"] == TASKS["tweakreg"].defaults()["sigma"]
    assert state.text_of_bad("searchrad") == "far"
    assert state.is_modified
    assert "kept: " in window.log.plain()
    assert threading.main_thread().name not in held.names


def test_a_file_that_nobody_meddled_with_is_as_it_is(qtbot, make_window, held, cfg):
    window = make_window()
    state = window.params.states["tweakreg"]
    window.params.open_file(cfg)
    held.set()
    qtbot.waitUntil(lambda: state.path == cfg)
    assert not state.is_modified
    assert "kept: " not in window.log.plain()


def test_a_file_that_arrives_after_the_window_was_closed_does_nothing(qtbot, make_window, held, cfg):
    window = make_window()
    window.params.open_file(cfg)
    window.close()
    held.set()
    qtbot.wait(50)
    assert window.params.states["tweakreg"].path is None


@pytest.mark.parametrize("answer", ["discard", ""])
def test_edits_made_while_a_session_is_read_are_asked_about(
    qtbot, make_window, person, held, tmp_path, answer
):
    (tmp_path / "a_flt.fits").write_bytes(b"only the stand-in reads it")
    window = make_window("a_flt.fits")
    window.params.assign("tweakreg", nclip=7)
    window.sessions.save_to(tmp_path / "a.drizzledesk")
    qtbot.waitUntil(lambda: window.sessions.path is not None)
    other = make_window()
    other.sessions.open(tmp_path / "a.drizzledesk")
    assert person.asked == []
    other.params.states["tweakreg"].edit("nclip", "5")
    person.answers["unsaved"] = answer
    held.set()
    qtbot.waitUntil(lambda: person.asked == ["unsaved"])
    qtbot.waitUntil(lambda: not other.sessions.lane.is_busy and not other.files.is_reading)
    assert other.params.values("tweakreg")["nclip"] == (7 if answer else 5)
    assert other.listing.count() == (1 if answer else 0)
