"""Sliders: their scales, and that they are nothing but another hand on the form's value."""

from __future__ import annotations

import pytest

from core.params import TASKS
from ui.panels.dials import STEPS, Dial, Scale
from ui.panels.state import FormState, History


@pytest.mark.parametrize(
    "scale",
    [
        Scale(0.5, 5000.0, True),
        Scale(-2.0, 2.0),
        Scale(1.0, 1e5, True, "low"),
        Scale(0.0, 2.0, False, "high"),
    ],
)
def test_step_and_value_are_each_other_s_inverse(scale):
    for step in range(1, STEPS, 7):
        assert scale.step(scale.value(step)) == step
    assert scale.step(scale.high * 10.0) == STEPS
    end = {"low": 0, "high": STEPS}.get(scale.none)
    if end is None:
        assert scale.value(0) == pytest.approx(scale.low)
    else:
        assert scale.value(end) is None
        assert scale.step(None) == end


def test_moving_is_one_undo(qtbot):
    history = History()
    state = FormState(TASKS["imagefindpars"], history)
    dial = Dial(state, "threshold", Scale(0.5, 5000.0, True))
    qtbot.addWidget(dial)
    for step in (200, 210, 220):
        dial.slider.setValue(step)
    assert state.values["threshold"] == pytest.approx(dial.scale.value(220), rel=0.01)
    history.undo()
    assert state.values["threshold"] == 4.0
    assert dial.slider.value() == dial.scale.step(4.0)
    assert dial.editor.text() == "4.0"


def test_a_text_that_is_no_number_stays_and_the_value_too(qtbot):
    state = FormState(TASKS["imagefindpars"], History())
    dial = Dial(state, "threshold", Scale(0.5, 5000.0, True))
    qtbot.addWidget(dial)
    dial.editor.selectAll()
    qtbot.keyClicks(dial.editor, "4x")
    assert dial.editor.text() == "4x"
    assert state.values["threshold"] == 4.0
    assert "threshold" in state.bad


def test_what_does_not_matter_now_is_grey(qtbot):
    state = FormState(TASKS["imagefindpars"], History())
    dial = Dial(state, "sharplo", Scale(0.0, 2.0, False, "low"))
    qtbot.addWidget(dial)
    assert not dial.slider.isEnabled()
    state.edit("use_sharp_round", "yes")
    assert dial.slider.isEnabled()
