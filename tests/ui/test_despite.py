"""Drizzling what is not aligned: the person hears of it first, and decides."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from core.align.results import Status
from tests.ui.test_window import NAMES, finished, press
from ui.dialogs import Ask
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


@pytest.mark.parametrize("answer", ["go on", "align", ""])
def test_flagged_stars_stop_the_run_unless_the_person_goes_on(qtbot, make_window, engine, person, answer):
    engine.apart = 'The exposures are not aligned: one is 0.62" off.'
    person.answers["guard"] = answer
    window = make_window(*NAMES)
    press(qtbot, window, "drizzle")
    finished(qtbot, window)
    qtbot.waitUntil(lambda: "guard" in person.asked and not window.runner.is_running)
    assert person.told == engine.apart
    on = answer == "go on"
    assert [call[2]["guard"] for call in _drizzled(engine)] == (["stop", "warn"] if on else ["stop"])
    assert (window.session.result is not None) == on
    assert window.params.values("astrodrizzle")["guard"] == ("warn" if on else "stop")
    assert (window.session.alignment is not None) == (answer == "align")
    assert window.session.running != DRIZZLE


def test_the_guard_is_told_at_length_once(qtbot, make_window, engine, person):
    """The question and the Log have the figures; banner and foot of the window say which exposure it is, in short."""
    engine.apart = 'The exposures are not aligned: one is 0.62" off, and much more is to be said of it.'
    person.answers["guard"] = ""
    window = make_window(*NAMES)
    press(qtbot, window, "drizzle")
    finished(qtbot, window)
    qtbot.waitUntil(lambda: "guard" in person.asked)
    assert window.log.plain().count("0.62") == 1
    assert "0.62" not in window.banner.plain() + window.status.step.text()
    assert NAMES[2] in window.banner.plain()
    assert window.status.step.text() == "Drizzle stopped: the exposures are not aligned"
    qtbot.mouseClick(window.banner.helps()["Align again"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.alignment is not None)
    assert window.banner.plain() == ""


QUESTIONS = {
    "unapplied": (
        lambda ask: ask.unapplied(2),
        {"Apply, then drizzle": "apply", "Drizzle as it is": "as is"},
    ),
    "failed": (lambda ask: ask.despite_failed(["a"]), {"Leave out": "leave out", "Drizzle all": "all"}),
    "guard": (
        lambda ask: ask.despite_guard("Off."),
        {"Align again": "align", "Go on all the same": "go on", "Stop here": ""},
    ),
    "changed": (
        lambda ask: ask.about_changed_file(Path("a.cfg")),
        {"Reload": "reload", "Overwrite": "overwrite"},
    ),
    "missing": (
        lambda ask: ask.where_are(["a"], 2),
        {"Look in a folder…": "find", "Open without them": "without"},
    ),
    "recover": (
        lambda ask: ask.may_recover("Saved.", 1),
        {"Recover": "recover", "Discard": "discard", "Later": ""},
    ),
    "stop": (lambda ask: ask.may_stop("Align"), {"Stop and close": True, "Keep running": False}),
    "replace": (lambda ask: ask.may_replace_name("TWEAK"), {"Replace": True, "Cancel": False}),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_button_of_a_question_has_its_answer(qtbot, make_window, name):
    """With the boxes themselves, pressed; Escape does nothing, whatever there is to lose."""
    window = make_window(NAMES[0])
    question, answers = QUESTIONS[name]

    def answered(text: str) -> object:
        def press_it() -> None:
            box = QApplication.activeModalWidget()
            if text == "Escape":
                qtbot.keyClick(box, Qt.Key.Key_Escape)
                return
            button = next(each for each in box.buttons() if each.text().replace("&", "") == text)
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

        QTimer.singleShot(20, window, press_it)
        return question(Ask(window))

    for text, answer in answers.items():
        assert answered(text) == answer
    assert not answered("Escape")
