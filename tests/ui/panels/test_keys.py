"""The keyboard alone: every field is reached, changed and left again, with real key events."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication

from core.params import TASKS
from ui.panels.choice import ChoiceEditor
from ui.panels.fields import SwitchEditor
from ui.panels.section import Heading

Key, Mod = Qt.Key, Qt.KeyboardModifier


def focused():
    return QApplication.focusWidget()


def press(qtbot, key, modifier=Mod.NoModifier):
    """A key for whatever has the keyboard, as a person presses it."""
    qtbot.keyClick(focused(), key, modifier)


@pytest.fixture
def panel(qtbot, make_panel):
    made = make_panel("astrodrizzle")
    qtbot.waitUntil(made.isActiveWindow)
    made.form.enter()
    qtbot.waitUntil(lambda: focused() is not None)
    return made


def everywhere(qtbot, panel, key, modifier=Mod.NoModifier):
    """All fields that the key leads to, from the first to where it goes no further or leaves the form."""
    seen = [focused()]
    for _ in range(400):
        assert panel.form.viewport().rect().intersects(_place(panel, focused()))
        press(qtbot, key, modifier)
        if focused() in seen or not panel.form.isAncestorOf(focused()):
            break
        seen.append(focused())
    return seen


@pytest.mark.parametrize("key", [Key.Key_Tab, Key.Key_Return, Key.Key_Down])
def test_every_field_is_reached_from_top_to_bottom(qtbot, panel, key):
    panel.all.setChecked(True)
    fields = [field for field in panel.form.fields() if field.isEnabled()]
    qtbot.wait(1)  # the order of Tab is set when the rows are there
    fields[0].setFocus()
    wanted = fields
    if key == Key.Key_Return:  # it opens and closes a heading, so that the walk is by fields
        wanted = [field for field in fields if not isinstance(field, Heading)][:6]
        wanted[0].setFocus()
        seen = [focused()]
        for _ in wanted[1:]:
            press(qtbot, key)
            while isinstance(focused(), Heading):
                press(qtbot, Key.Key_Down)
            seen.append(focused())
    else:
        seen = everywhere(qtbot, panel, key)
    assert seen == wanted


def _place(panel, field):
    return QRect(field.mapTo(panel.form.viewport(), QPoint(0, 0)), field.size())


def test_and_back_again(qtbot, panel):
    panel.all.setChecked(True)
    qtbot.wait(1)
    fields = panel.form.fields()
    press(qtbot, Key.Key_End, Mod.ControlModifier)
    assert focused() is fields[-1]
    assert everywhere(qtbot, panel, Key.Key_Backtab, Mod.ShiftModifier) == fields[::-1]
    press(qtbot, Key.Key_End, Mod.ControlModifier) if panel.form.isAncestorOf(focused()) else fields[
        -1
    ].setFocus()
    assert everywhere(qtbot, panel, Key.Key_Up) == fields[::-1]
    fields[-1].setFocus()
    press(qtbot, Key.Key_Home, Mod.ControlModifier)
    assert focused() is fields[0]


def test_tab_follows_the_rows_also_when_they_were_made_later(qtbot, panel):
    """Rows appear when they are first shown, so the order in which they were made is not the order on the screen."""
    panel.states[0].edit("final_wcs", "yes")
    panel.all.setChecked(True)
    qtbot.wait(1)
    assert [f for f in panel.form.fields() if f.isEnabled()] == panel.form.fields()
    panel.form.fields()[0].setFocus()
    assert everywhere(qtbot, panel, Key.Key_Tab) == panel.form.fields()


def test_greyed_fields_are_passed_over(qtbot, panel, row_of):
    grey = row_of(panel, "final_scale").editor
    assert not grey.isEnabled()
    assert grey not in panel.form.fields()


def test_pages_go_down_and_up(qtbot, panel):
    panel.all.setChecked(True)
    fields = panel.form.fields()
    fields[0].setFocus()
    places = [0]
    while places[-1] < len(fields) - 1 and len(places) < 40:
        press(qtbot, Key.Key_PageDown)
        places.append(fields.index(focused()))
    assert 4 < len(places) < 20
    assert places == sorted(set(places))
    press(qtbot, Key.Key_PageUp)
    assert 0 < fields.index(focused()) < places[-1]
    assert panel.form.viewport().rect().intersects(_place(panel, focused()))


def test_typing_over_a_field_that_return_led_to(qtbot, panel, row_of):
    row = row_of(panel, "driz_cr_snr")
    qtbot.waitUntil(lambda: focused() is row.editor.lines[0])
    qtbot.keyClicks(focused(), "5")
    row.editor.lines[0].selectAll()
    qtbot.keyClicks(focused(), "5")
    press(qtbot, Key.Key_Return)
    assert focused() is row.editor.lines[1]
    qtbot.keyClicks(focused(), "4.5")  # Return selected what was there
    assert panel.states[0].values["driz_cr_snr"] == "5 4.5"
    press(qtbot, Key.Key_Return, Mod.ShiftModifier)
    assert focused() is row.editor.lines[0]


def test_a_switch_by_space_y_and_n(qtbot, panel, row_of):
    row = row_of(panel, "driz_cr_corr")
    qtbot.waitUntil(lambda: focused() is row.editor)
    assert isinstance(row.editor, SwitchEditor)
    for key, value in ((Key.Key_Space, True), (Key.Key_N, False), (Key.Key_N, False), (Key.Key_Y, True)):
        press(qtbot, key)
        assert panel.states[0].values["driz_cr_corr"] is value


def test_a_choice_by_arrows_and_letters_but_not_in_passing(qtbot, panel, row_of):
    row = row_of(panel, "final_wht_type")
    qtbot.waitUntil(lambda: focused() is row.editor)
    assert isinstance(row.editor, ChoiceEditor)
    press(qtbot, Key.Key_Right)
    assert panel.states[0].values["final_wht_type"] == "ERR"
    press(qtbot, Key.Key_Left)
    press(qtbot, Key.Key_Left)
    assert panel.states[0].values["final_wht_type"] == "EXP"
    qtbot.keyClicks(row.editor, "i")
    assert panel.states[0].values["final_wht_type"] == "IVM"
    press(qtbot, Key.Key_Down)
    assert panel.states[0].values["final_wht_type"] == "IVM"
    assert focused() is not row.editor


def test_a_heading_by_arrows_and_its_switch_by_letters(qtbot, panel):
    box = next(box for box in panel.form.boxes if box.section.switch == "median")
    box.heading.setFocus()
    press(qtbot, Key.Key_Left)
    assert not box.is_open
    press(qtbot, Key.Key_Left)
    assert not box.is_open
    press(qtbot, Key.Key_Right)
    assert box.is_open
    press(qtbot, Key.Key_Return)
    assert not box.is_open
    panel.states[0].edit("driz_cr", "no")
    panel.states[0].edit("blot", "no")
    press(qtbot, Key.Key_N)
    assert panel.states[0].values["median"] is False
    press(qtbot, Key.Key_Y)
    assert panel.states[0].values["median"] is True


def test_from_the_search_into_the_form_and_back_to_everything(qtbot, panel):
    panel.search.setFocus()
    qtbot.keyClicks(panel.search, "combine_grow")
    press(qtbot, Key.Key_Return)
    label = TASKS["astrodrizzle"].param("combine_grow").label
    assert focused().accessibleName() == f"{label} (combine_grow)"
    panel.search.setFocus()
    press(qtbot, Key.Key_Escape)
    assert panel.search.text() == ""
    qtbot.waitUntil(lambda: panel.count.text().startswith("36 of"))


def test_f1_shows_the_help_of_the_field(qtbot, panel, row_of):
    row = row_of(panel, "driz_cr_grow")
    qtbot.waitUntil(lambda: focused() is row.editor)
    panel.show_help(False)
    press(qtbot, Key.Key_F1)
    assert panel.page.isVisible()
    assert "driz_cr_grow" in panel.page.toPlainText()


def test_home_and_end_alone_stay_in_the_text(qtbot, panel, row_of):
    row = row_of(panel, "final_bits")
    qtbot.waitUntil(lambda: focused() is row.editor.line)
    press(qtbot, Key.Key_End)
    assert focused() is row.editor.line
    assert row.editor.line.cursorPosition() == len(row.editor.text())
