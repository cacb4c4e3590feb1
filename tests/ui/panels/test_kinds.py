"""What each kind of value offers beside typing: flags by name, two numbers, columns, files, choices in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QMenu

from core.data.facts import ColumnFact
from ui.panels.columns import ColumnMenu
from ui.panels.flags import FlagsPopup, names_of

Key, Mod, Left = Qt.Key, Qt.KeyboardModifier, Qt.MouseButton.LeftButton


def popup_of(kind):
    return next(
        each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible()
    )


@pytest.fixture
def flags(qtbot, make_panel, row_of):
    """The popup of driz_sep_bits, opened by its button."""

    def open_for(name: str, task: str = "astrodrizzle", **options):
        panel = make_panel(task, **options)
        row = row_of(panel, name)
        qtbot.mouseClick(row.editor.button, Left)
        popup = popup_of(FlagsPopup)
        return panel, row, popup

    return open_for


def test_flags_have_the_names_of_the_detector(flags):
    _, _, popup = flags("driz_sep_bits")
    told = [box.text().replace("\u2007", "") for box in popup.boxes.values()]
    assert "64  warm pixel" in told
    assert "32  unstable pixel" in told
    assert 8 not in popup.boxes  # not used by WFC3/UVIS
    assert "dark current" in popup.boxes[64].toolTip()


def test_checking_flags_writes_the_expression_and_can_be_undone(qtbot, flags):
    panel, row, popup = flags("driz_sep_bits")
    for bit in (32, 64):
        qtbot.mouseClick(popup.boxes[bit], Left, pos=QPoint(8, 8))
    assert panel.states[0].values["driz_sep_bits"] == "64,32"
    assert row.editor.text() == "64,32"
    panel.history.undo()
    assert panel.states[0].values["driz_sep_bits"] == "32"
    panel.history.undo()
    assert row.editor.text() == "0"


@pytest.mark.parametrize(
    ("before", "bit", "after"),
    [
        ("64+32", 16, "64+32+16"),
        ("~256", 64, "~256,64"),
        ("96", 4, "64,32,4"),
        ("0", 64, "64"),
        ("64", 64, "0"),
    ],
)
def test_the_expression_stays_written_as_it_was(qtbot, flags, before, bit, after):
    panel, row, popup = flags("final_bits")
    row.editor.line.replace(before)
    popup.refresh()
    qtbot.mouseClick(popup.boxes[bit], Left, pos=QPoint(8, 8))
    assert panel.states[0].values["final_bits"] == after


def test_typed_expressions_check_the_boxes(flags):
    _, row, popup = flags("final_bits")
    row.editor.line.replace("~4096")
    popup.refresh()
    assert not popup.boxes[4096].isChecked()
    assert popup.boxes[64].isChecked()


def test_ignoring_the_dq_array_is_a_box_of_its_own(qtbot, flags):
    panel, _, popup = flags("final_bits")
    qtbot.mouseClick(popup.everything, Left, pos=QPoint(8, 8))
    assert panel.states[0].values["final_bits"] == "None"
    assert not popup.boxes[64].isEnabled()
    qtbot.mouseClick(popup.everything, Left, pos=QPoint(8, 8))
    assert panel.states[0].values["final_bits"] == "0"


def test_the_flag_of_cosmic_rays_is_one_flag(qtbot, flags):
    panel, _, popup = flags("crbit")
    assert popup.boxes[4096].isChecked()
    qtbot.mouseClick(popup.boxes[8192], Left, pos=QPoint(8, 8))
    assert panel.states[0].values["crbit"] == 8192
    assert not popup.boxes[4096].isChecked()


def test_pixels_of_each_flag_are_counted_when_asked(qtbot, make_panel, row_of):
    panel = make_panel("astrodrizzle")
    row = row_of(panel, "final_bits")
    with qtbot.waitSignal(panel.context.counts_wanted):
        qtbot.mouseClick(row.editor.button, Left)
    popup = popup_of(FlagsPopup)
    assert popup.counts[64].text() == ""
    panel.context.set_counts("a_flt.fits", {0: 1000, 64: 25})
    assert popup.counts[64].text().split() == ["25", "2.50", "%"]


def test_flags_by_the_keyboard(qtbot, make_panel, row_of):
    panel = make_panel("astrodrizzle")
    row = row_of(panel, "final_bits")
    qtbot.waitUntil(lambda: row.editor.line.hasFocus())
    qtbot.keyClick(row.editor.line, Key.Key_Down, Mod.AltModifier)
    popup = popup_of(FlagsPopup)
    qtbot.keyClick(popup, Key.Key_Down)
    qtbot.keyClick(popup.focusWidget(), Key.Key_Space)
    assert panel.states[0].values["final_bits"] == "2"
    qtbot.keyClick(popup, Key.Key_Escape)
    assert not popup.isVisible()


def test_without_data_there_are_sixteen_flags_without_names(flags):
    _, _, popup = flags("final_bits", data=False)
    assert len(popup.boxes) == 16


def test_the_row_tells_flags_by_name(make_panel, row_of, uvis):
    panel = make_panel("astrodrizzle")
    row = row_of(panel, "driz_sep_bits")
    panel.states[0].edit("driz_sep_bits", "64,32")
    assert row._second_line() == "driz_sep_bits  ·  warm pixel, unstable pixel"
    assert names_of(row.param, "~256", uvis) == "all but full-well saturation"
    assert names_of(row.param, "None", uvis) == "DQ ignored"


def test_a_pair_is_two_fields(qtbot, make_panel, row_of):
    panel = make_panel("astrodrizzle")
    row = row_of(panel, "driz_cr_snr")
    first, second = row.editor.lines
    assert (first.text(), second.text()) == ("3.5", "3.0")
    qtbot.mouseDClick(second, Left)
    second.selectAll()
    qtbot.keyClicks(second, "2.5")
    assert panel.states[0].values["driz_cr_snr"] == "3.5 2.5"
    second.selectAll()
    qtbot.keyClick(second, Key.Key_Delete)
    assert panel.states[0].is_wrong("driz_cr_snr")
    assert first.text() == "3.5"
    panel.history.undo()
    assert (first.text(), second.text()) == ("3.5", "3.0")


@pytest.mark.parametrize("text", ["3.5 3.0 1.0", "3.5", "a;b", "3.5,3"])
def test_a_pair_that_is_none_is_shown_whole(make_panel, row_of, text):
    panel = make_panel("astrodrizzle")
    row = row_of(panel, "driz_cr_snr")
    panel.states[0].edit("driz_cr_snr", text)
    assert row.editor.text().split() == text.replace(",", " ").replace(";", " ").split()
    assert panel.states[0].values["driz_cr_snr"] == text


def test_columns_are_those_of_the_catalog(qtbot, make_panel, row_of):
    panel = make_panel("tweakreg")
    panel.states[0].edit("refcat", "gaia.cat")
    row = row_of(panel, "refycol")
    with qtbot.waitSignal(panel.context.columns_wanted) as asked:
        qtbot.mouseClick(row.editor.button, Left)
    assert asked.args == ["refcat", "gaia.cat"]
    menu = popup_of(ColumnMenu)
    assert [action.text() for action in menu.actions()] == ["Looking into the file…"]
    found = (ColumnFact(1, "ra", "201.5"), ColumnFact(2, "dec", "-47.4"), ColumnFact(3, "", "15.2"))
    panel.context.set_columns("refcat", "gaia.cat", found)
    assert [action.text() for action in menu.actions()] == ["1  ra\t201.5", "2  dec\t-47.4", "3\t15.2"]
    menu.actions()[1].trigger()
    assert panel.states[0].values["refycol"] == "dec"
    menu.actions()[2].trigger()
    assert panel.states[0].values["refycol"] == "3"
    menu.close()


def test_columns_say_why_there_are_none(make_panel, row_of):
    panel = make_panel("tweakreg")
    panel.states[0].edit("catfile", "list.txt")
    row = row_of(panel, "xcol")
    row.editor.open()
    menu = popup_of(ColumnMenu)
    panel.context.set_columns("catfile", "list.txt", "There is no such list.")
    assert [action.text() for action in menu.actions()] == ["There is no such list."]
    assert not menu.actions()[0].isEnabled()
    menu.close()


def test_files_are_completed_while_typed(qtbot, make_panel, row_of):
    panel = make_panel("tweakreg")
    row = row_of(panel, "refcat")
    qtbot.waitUntil(lambda: row.editor.line.hasFocus())
    asked = []
    panel.context.files_wanted.connect(asked.append)
    qtbot.keyClicks(row.editor.line, "ga")
    assert asked == ["g", "ga"]
    panel.context.set_names("g", ["garbage"])  # too late: the text has gone on
    completer = row.editor._completer
    assert not completer.popup().isVisible()
    panel.context.set_names("ga", ["gaia.cat", "gallery/"])
    qtbot.waitUntil(completer.popup().isVisible)
    completer.activated.emit("gaia.cat")
    assert panel.states[0].values["refcat"] == "gaia.cat"
    completer.popup().hide()


def test_a_chooser_puts_the_file_into_the_field(qtbot, make_panel, row_of, monkeypatch):
    from ui.panels import paths

    panel = make_panel("tweakreg")
    monkeypatch.setattr(paths.QFileDialog, "getOpenFileName", lambda *_: ("/data/gaia.cat", ""))
    monkeypatch.setattr(paths.QFileDialog, "getSaveFileName", lambda *_: ("/data/new.log", ""))
    row = row_of(panel, "refcat")
    qtbot.mouseClick(row.editor.button, Left)
    assert panel.states[0].values["refcat"] == "/data/gaia.cat"
    row_of(panel, "runfile").editor.open()
    assert panel.states[0].values["runfile"] == "/data/new.log"


def test_choices_are_listed_with_their_sentences(qtbot, make_panel, row_of):
    panel = make_panel("astrodrizzle")
    editor = row_of(panel, "combine_type").editor
    qtbot.keyClick(editor, Key.Key_Down, Mod.AltModifier)
    view = editor.view()
    qtbot.waitUntil(view.isVisible)
    one_line = view.fontMetrics().height()
    assert all(view.sizeHintForRow(row) > 1.8 * one_line for row in range(editor.count()))
    editor.hidePopup()


def test_the_wheel_does_not_change_a_value_in_passing(make_panel, row_of):
    from PySide6.QtGui import QWheelEvent

    panel = make_panel("astrodrizzle")
    editor = row_of(panel, "combine_type").editor
    turn = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(0, -120), QPoint(0, -120), Qt.MouseButton.NoButton,
        Mod.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(editor, turn)
    assert panel.states[0].values["combine_type"] == "minmed"


def test_the_menu_of_a_field_clears_resets_and_explains(qtbot, make_panel, row_of):
    panel = make_panel("astrodrizzle")
    row = row_of(panel, "final_fillval")
    panel.states[0].edit("final_fillval", "5")
    menu = row._menu(QMenu(row))
    actions = {action.text().split(" (")[0]: action for action in menu.actions()}
    assert set(actions) == {"Back to the default", "Clear", "Copy final_fillval=…", "Explain"}
    actions["Copy final_fillval=…"].trigger()
    assert QApplication.clipboard().text() == "final_fillval=5.0"
    actions["Clear"].trigger()
    assert panel.states[0].values["final_fillval"] is None
    panel.states[0].edit("final_fillval", "6")
    actions["Back to the default"].trigger()
    assert panel.states[0].values["final_fillval"] is None
    actions["Explain"].trigger()
    assert panel.page.name == "final_fillval"
    flags = row_of(panel, "final_bits")._menu(QMenu(row))
    assert "Flags by name…" in [action.text() for action in flags.actions()]


def test_usual_words_are_offered(make_panel, row_of, uvis):
    panel = make_panel("astrodrizzle")
    panel.context.set_facts(replace(uvis, extensions=frozenset({1, 2}), wcs=(("A", "IDC_x"),)))
    wanted = {"final_wt_scl": "expsq", "group": "sci,2", "wcskey": "A"}
    for name, word in wanted.items():
        row = row_of(panel, name)
        row.editor.open()
        menu = popup_of(QMenu)
        next(action for action in menu.actions() if action.data() == word).trigger()
        assert panel.states[0].values[name] == word
        menu.close()


def test_a_file_dropped_on_its_field_gives_its_name(make_panel, row_of):
    panel = make_panel("tweakreg")
    editor = row_of(panel, "refcat").editor
    for url, wanted in (
        (QUrl.fromLocalFile("/data/gaia dr3.cat"), "/data/gaia dr3.cat"),
        (QUrl("http://x/y"), ""),
    ):
        data = QMimeData()
        data.setUrls([url])
        drop = QDropEvent(
            QPointF(3, 3), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Mod.NoModifier
        )
        editor.line.replace("")
        editor.dropEvent(drop)
        assert panel.states[0].values["refcat"] == wanted


def test_a_section_goes_back_to_its_defaults_in_one_step(make_panel):
    panel = make_panel("astrodrizzle")
    state = panel.states[0]
    for name, text in (("final_pixfrac", "0.8"), ("final_bits", "64"), ("build", "yes")):
        state.edit(name, text)
    box = next(box for box in panel.form.boxes if box.section.switch == "driz_combine")
    menu = QMenu(panel)
    box.heading.fill(menu)
    back = menu.actions()[0]
    assert back.text() == "Section back to its defaults (2 changed)"
    back.trigger()
    assert state.changed_names() == ["build"]
    panel.history.undo()
    assert len(state.changed_names()) == 3
    menu.actions()[-1].trigger()
    assert not any(each.is_open for each in panel.form.boxes)
    menu.actions()[-2].trigger()
    assert all(each.is_open for each in panel.form.boxes)
