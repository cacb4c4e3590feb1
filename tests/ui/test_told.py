"""The line at the foot of the window: what runs, that nothing runs while a question waits, what was saved."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from core.runs.progress import Report

NAMES = ("a_flt.fits", "b_flt.fits")


@pytest.fixture
def aligned(qtbot, make_window):
    window = make_window(*NAMES)
    qtbot.keyClick(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: window.session.alignment is not None and not window.runner.is_running)
    return window


def seen_while_asked(window, person, question: str) -> list[tuple[str, bool, bool]]:
    """What the line says, whether it has a bar, and whether Stop can be pressed, at the moment of a question."""
    seen: list[tuple[str, bool, bool]] = []
    answer = person._answer

    def watch(asked: str) -> object:
        if asked == question:
            stop = window.actions_["stop"].isEnabled() or window.status.button.isVisible()
            seen.append((window.status.step.text(), window.status.bar.isVisible(), stop))
        return answer(asked)

    person._answer = watch
    return seen


@pytest.mark.parametrize(("question", "words"), [("apply", "choose the exposures"), ("replace", "replaced?")])
def test_nothing_runs_while_apply_waits_for_its_answer(qtbot, aligned, engine, person, question, words):
    engine.taken = "TWEAK is in a_flt.fits"
    person.answers[question] = False
    seen = seen_while_asked(aligned, person, question)
    aligned.actions_["apply"].trigger()
    qtbot.waitUntil(lambda: bool(seen) and not aligned.runner.is_running)
    [(told, bar, stop)] = seen
    assert words in told
    assert not bar
    assert not stop
    assert aligned.status.step.text() == "Apply cancelled, nothing written"


def test_nothing_runs_while_a_question_after_a_failure_waits(qtbot, aligned, engine, person):
    engine.apart = "b_flt.fits lies elsewhere."
    person.answers.update(unapplied="as is", guard="")
    seen = seen_while_asked(aligned, person, "guard")
    aligned.actions_["drizzle"].trigger()
    qtbot.waitUntil(lambda: bool(seen) and not aligned.runner.is_running)
    [(_, bar, stop)] = seen
    assert not bar
    assert not stop


def test_what_was_saved_stands_in_the_line(qtbot, aligned, person, tmp_path):
    session = tmp_path / "night.drizzledesk"
    aligned.sessions.save_to(session)
    qtbot.waitUntil(lambda: aligned.sessions.path is not None)
    assert aligned.status.step.text() == f"Session saved to {session}."
    state = aligned.params.states["tweakreg"]
    assert aligned.params.files.write_values(state.values, tmp_path / "own.cfg")
    assert "own.cfg" in aligned.status.step.text()
    report = tmp_path / "report.html"
    person.file_to_save = lambda _title, _start, _filters: report
    aligned.export.save_report()
    qtbot.waitUntil(lambda: report.name in aligned.status.step.text())
    assert report.exists()


def test_beside_a_run_it_is_told_for_a_while(make_window, tmp_path):
    status = make_window().status
    status.set_running("Align")
    status.report(Report("Sources", 1, 2))
    status.tell("Session saved.", "good")
    assert status.currentMessage() == "Session saved."
    assert status.bar.isVisible()
    status.clearMessage()
    assert status.step.text() == "Align: Sources (1 of 2)"
    status.set_running("")


def test_a_mended_parameter_is_not_complained_about_any_more(qtbot, make_window):
    window = make_window(*NAMES)
    state = window.params.states["tweakreg"]
    state.edit("nclip", "many")
    window.align.align()
    assert window.status.step.text().startswith("Align not started. tweakreg, nclip")
    state.edit("nclip", "4")
    qtbot.waitUntil(lambda: window.status.step.text() == "Ready")
