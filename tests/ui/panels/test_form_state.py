"""Values, unreadable texts, liveness and undo of a form, without any widget."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.params import TASKS
from ui.panels.state import FormState, History


@pytest.fixture
def history(qapp) -> History:
    return History()


@pytest.fixture
def drizzle(history) -> FormState:
    return FormState(TASKS["astrodrizzle"], history)


def test_what_cannot_be_read_stays_with_its_message(drizzle):
    drizzle.edit("final_pixfrac", "0.8")
    drizzle.edit("final_pixfrac", "0,8")
    assert drizzle.text_of_bad("final_pixfrac") == "0,8"
    assert "cannot be read" in drizzle.message("final_pixfrac")
    assert drizzle.values["final_pixfrac"] == 0.8
    assert [name for name, _ in drizzle.wrong()] == ["final_pixfrac"]
    drizzle.edit("final_pixfrac", "0.9")
    assert drizzle.text_of_bad("final_pixfrac") is None
    assert drizzle.wrong() == []


def test_typing_in_one_field_is_one_undo(drizzle, history):
    for text in ("0", "0.", "0.7", "0.75"):
        drizzle.edit("final_pixfrac", text)
    history.seal()
    drizzle.edit("final_pixfrac", "0.5")
    history.undo()
    assert drizzle.values["final_pixfrac"] == 0.75
    history.undo()
    assert drizzle.values["final_pixfrac"] == 1.0
    assert not history.can_undo
    history.redo()
    history.redo()
    assert drizzle.values["final_pixfrac"] == 0.5
    assert not history.can_redo


def test_undo_brings_back_an_unreadable_text_too(drizzle, history):
    drizzle.edit("final_pixfrac", "abc")
    history.seal()
    drizzle.reset("final_pixfrac")
    history.undo()
    assert drizzle.text_of_bad("final_pixfrac") == "abc"


def test_undo_goes_back_over_all_forms_in_order(drizzle, history):
    tweakreg = FormState(TASKS["tweakreg"], history)
    went = []
    history.went.connect(lambda state, name: went.append((state.task.name, name)))
    tweakreg.edit("nclip", "5")
    drizzle.edit("final_pixfrac", "0.5")
    history.undo()
    history.undo()
    assert went == [("astrodrizzle", "final_pixfrac"), ("tweakreg", "nclip")]
    assert tweakreg.values["nclip"] == 3


def test_what_is_live_follows_all_values_and_not_the_order_of_edits(drizzle, history):
    other = FormState(TASKS["astrodrizzle"], history)
    drizzle.edit("driz_cr", "no")
    drizzle.edit("median", "no")
    other.edit("median", "no")
    other.edit("driz_cr", "no")
    names = TASKS["astrodrizzle"].names
    assert [drizzle.grey_reason(name) for name in names] == [other.grey_reason(name) for name in names]
    assert "driz_cr" in drizzle.grey_reason("driz_cr_snr")
    drizzle.edit("driz_cr", "yes")
    assert drizzle.grey_reason("driz_cr_snr") == ""


def test_a_locked_parameter_is_grey_with_the_reason(drizzle):
    drizzle.locked["input"] = "The list of exposures decides."
    drizzle.refresh()
    assert drizzle.grey_reason("input") == "The list of exposures decides."


def test_modified_means_different_from_the_file(drizzle, history):
    path = Path("mine.cfg")
    assert not drizzle.is_modified
    drizzle.edit("build", "yes")
    assert drizzle.is_modified
    drizzle.mark_saved(path)
    assert not drizzle.is_modified
    history.undo()
    drizzle.mark_saved(path)
    drizzle.edit("build", "yes")
    assert drizzle.is_modified
    history.undo()
    assert not drizzle.is_modified


def test_all_defaults_can_be_undone_with_the_file_it_came_from(drizzle, history):
    drizzle.load(drizzle.values.replaced(build=True), Path("mine.cfg"))
    drizzle.reset()
    assert drizzle.path is None
    assert not drizzle.changed_names()
    history.undo()
    assert drizzle.path == Path("mine.cfg")
    assert drizzle.values["build"] is True
    assert not drizzle.is_modified


@pytest.mark.parametrize("task", list(TASKS))
def test_any_text_in_any_field_is_kept(history, task):
    state = FormState(TASKS[task], history)
    for name in state.task.names:
        state.edit(name, "☃ not, a value")
        shown = state.text_of_bad(name)
        assert (state.values[name] if shown is None else shown) == "☃ not, a value"
