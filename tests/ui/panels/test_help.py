"""Every value explains itself: help page, tooltip, origin, the way back, marks."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl

from core.params import TASKS
from ui.panels.helptext import HANDBOOK, brief, linked, page, tooltip
from ui.panels.state import FormState, History


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", "", html)))


@pytest.mark.parametrize("task", list(TASKS))
def test_the_page_of_every_parameter_tells_all_that_is_declared(qapp, task):
    state = FormState(TASKS[task], History())
    for name in state.task.names:
        param, text = state.task.param(name), plain(page(state, name))
        told = [param.label, name, param.help, param.smaller, param.larger]
        assert all(part in text for part in told)
        assert all(f"{choice}: {sentence}" in text for choice, sentence in param.choices.items())
        assert "the default" in text
        assert HANDBOOK in text
        assert brief(param).endswith((".", "?"))
        assert len(brief(param)) < 250


def test_the_page_follows_the_keyboard_and_the_typing(qtbot, make_panel, row_of):
    panel = make_panel("astrodrizzle")
    panel.show_help(True)
    row = row_of(panel, "final_pixfrac")
    assert panel.page.name == "final_pixfrac"
    row.editor.selectAll()
    qtbot.keyClicks(row.editor, "0.8")
    qtbot.waitUntil(lambda: "Now 0.8, set by you. Back to 1.0" in panel.page.toPlainText())
    row.editor.selectAll()
    qtbot.keyClicks(row.editor, "2")
    qtbot.waitUntil(lambda: "out of range" in panel.page.toPlainText())


def test_the_page_tells_what_was_edited_before_it_was_opened(make_panel, row_of):
    panel = make_panel("astrodrizzle")
    row_of(panel, "final_pixfrac")
    panel.show_help(True)
    panel.show_help(False)
    panel.states[0].edit("final_pixfrac", "0.7")
    panel.show_help(True)
    assert "Now 0.7" in panel.page.toPlainText()


def test_a_click_on_a_greyed_label_tells_why(qtbot, make_panel, row_of):
    panel = make_panel("astrodrizzle")
    panel.show_help(True)
    row = row_of(panel, "final_scale")
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton, pos=QPoint(60, 12))
    assert "The section is switched off: final_wcs is off." in panel.page.toPlainText()


def test_the_default_is_one_click_away(qtbot, make_panel, row_of):
    panel = make_panel("astrodrizzle")
    row_of(panel, "final_pixfrac")
    panel.states[0].edit("final_pixfrac", "0.8")
    panel.page.anchorClicked.emit(QUrl("default"))
    assert panel.states[0].values["final_pixfrac"] == 1.0
    panel.history.undo()
    assert panel.states[0].values["final_pixfrac"] == 0.8


def test_names_of_parameters_in_the_text_are_links(qtbot, make_panel, row_of):
    text = linked("Only with driz_cr, and with the output of a run.", "driz_cr_snr")
    assert text == "Only with <a href='param:driz_cr'>driz_cr</a>, and with the output of a run."
    panel = make_panel("astrodrizzle")
    row_of(panel, "driz_cr_snr")
    with qtbot.waitSignal(panel.wanted) as led:
        panel.page.anchorClicked.emit(QUrl("param:driz_cr"))
    assert led.args == [panel.states[0], "driz_cr"]


def test_origins_in_words(qapp):
    state = FormState(TASKS["astrodrizzle"], History())
    assert state.origin("final_pixfrac") == "the default"
    state.edit("final_pixfrac", "0.8")
    assert state.origin("final_pixfrac") == "set by you"
    state.edit("final_pixfrac", "0.8x")
    assert state.origin("final_pixfrac") == "set by you"
    state.load(state.values.replaced("file my.cfg", final_pixfrac=0.7), Path("my.cfg"))
    assert state.origin("final_pixfrac") == "from the file my.cfg"
    state.take(state.values.replaced("MDRIZTAB a_mdz.fits", final_pixfrac=0.6))
    assert state.origin("final_pixfrac") == "from MDRIZTAB a_mdz.fits"
    state.reset("final_pixfrac")
    assert state.origin("final_pixfrac") == "the default"


def test_values_from_a_table_are_not_saved_in_the_file(qapp):
    state = FormState(TASKS["astrodrizzle"], History())
    state.load(state.values.replaced("file my.cfg", build=True), Path("my.cfg"))
    assert not state.is_modified
    state.take(state.values.replaced("a table", final_pixfrac=0.6))
    assert state.is_modified
    assert state.path == Path("my.cfg")


def test_the_tooltip_tells_both_ends(qapp):
    state = FormState(TASKS["astrodrizzle"], History())
    text = plain(tooltip(state, "driz_cr_snr"))
    assert "Too small: Noise and the cores of stars are eaten." in text
    assert "Too large:" in text


def test_marks_are_counted_in_the_heading_and_worst_problems_shown(make_panel):
    panel = make_panel("astrodrizzle")
    box = next(box for box in panel.form.boxes if box.section.switch == "driz_combine")
    assert (box.heading.changed_count(), box.heading.worst()) == (0, "")
    panel.states[0].edit("final_bits", "64,8")
    assert (box.heading.changed_count(), box.heading.worst()) == (1, "warning")
    panel.states[0].edit("final_pixfrac", "2")
    assert (box.heading.changed_count(), box.heading.worst()) == (2, "error")


def test_problems_are_counted_below_the_form(make_panel):
    panel = make_panel("astrodrizzle")
    assert panel.strip.text() == "No problems"
    panel.states[0].edit("final_bits", "64,8")
    panel.states[0].edit("final_pixfrac", "x")
    assert panel.strip.text() == "1 error, 1 warning"


@pytest.mark.parametrize("size", [(372, 500), (372, 900), (1260, 720)])
def test_the_help_stands_where_there_is_room(make_panel, size):
    panel = make_panel("astrodrizzle", size=size)
    assert panel.page.isVisible() == (size != (372, 500))
    beside = panel.halves.orientation() == Qt.Orientation.Horizontal
    assert beside == (size[0] > 1000)
    panel.show_help(not panel.page.isVisible())
    assert panel.page.isVisible() == (size == (372, 500))


def test_the_wide_form_has_a_sentence_beside_each_field(make_panel, row_of):
    panel = make_panel("astrodrizzle", size=(1260, 720))
    row = row_of(panel, "final_pixfrac")
    assert row._second_line() == "final_pixfrac  ·  input pixels  ·  0 to 1"
    assert row.editor.geometry().right() < row.width() - 250
    panel.states[0].edit("final_pixfrac", "0.8")
    assert row._second_line() == "final_pixfrac  ·  input pixels  ·  default 1.0"
