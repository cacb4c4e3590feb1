"""Drizzling what is not aligned: the person hears of it first, and decides."""

from __future__ import annotations

import pytest

from core.align.results import Status
from tests.ui.test_window import NAMES, finished, press
from ui.session import DRIZZLE


def _drizzled(engine):
    return [call for call in engine.given if call[0] == "drizzle"]


@pytest.mark.parametrize(
    ("answer", "combined"), [("all", [3]), ("leave out", [2]), ("", [])], ids=["all", "leave out", "cancel"]
)
def test_exposures_that_failed_are_asked_about(qtbot, make_window, engine, person, answer, combined):
    engine.statuses[NAMES[1]] = Status.FAILED
    person.answers |= {"failed": answer, "unapplied": "as is"}
    window = make_window(*NAMES)
    press(qtbot, window, "align")
    finished(qtbot, window)
    press(qtbot, window, "drizzle")
    finished(qtbot, window)
    assert person.asked.count("failed") == 1
    assert person.told == [f"{NAMES[1]}: Only 3 matches."]
    assert [len(call[1]) for call in _drizzled(engine)] == combined


def test_nobody_is_asked_when_all_are_aligned(qtbot, make_window, engine, person):
    window = make_window(*NAMES)
    press(qtbot, window, "align")
    finished(qtbot, window)
    press(qtbot, window, "drizzle")
    qtbot.waitUntil(lambda: window.session.result is not None)
    assert "failed" not in person.asked


@pytest.mark.parametrize("on", [True, False])
def test_flagged_stars_stop_the_run_unless_the_person_goes_on(qtbot, make_window, engine, person, on):
    engine.apart = 'The exposures are not aligned: one is 0.62" off.'
    person.answers["go on"] = on
    window = make_window(*NAMES)
    press(qtbot, window, "drizzle")
    finished(qtbot, window)
    qtbot.waitUntil(lambda: "go on" in person.asked and not window.runner.is_running)
    assert person.told == engine.apart
    assert [call[2]["guard"] for call in _drizzled(engine)] == (["stop", "warn"] if on else ["stop"])
    assert (window.session.result is not None) == on
    assert window.params.values("astrodrizzle")["guard"] == ("warn" if on else "stop")
    assert window.session.running != DRIZZLE
