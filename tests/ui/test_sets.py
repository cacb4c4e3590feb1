"""Parameter sets as a person handles them: new, open, reload, save, recent, copies, presets, comparison."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from core.params import TASKS, parse_cfg, read_cfg, write_cfg
from core.params.presets import Facts
from tests.core.params.test_params_scripts import run_command, run_python
from ui.controllers import settools
from ui.settings import Settings

NAMES = ("a_flt.fits", "b_flt.fits", "c_flt.fits")
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(make_window):
    made = make_window(*NAMES)
    made.param_tabs.setCurrentIndex(2)
    return made


@pytest.fixture
def drizzle(window):
    return window.params.states["astrodrizzle"]


def choose(monkeypatch, path: Path | None, kind: str = "getOpenFileName") -> None:
    """Answer the next file chooser."""
    monkeypatch.setattr(QFileDialog, kind, lambda *_: (str(path or ""), ""))


def menu_of(window, title: str) -> QMenu:
    return next(action.menu() for action in window.menuBar().actions() if action.text() == title)


def click_in(qtbot, menu: QMenu, text: str) -> None:
    """Open a menu and click one of its lines."""
    menu.popup(QPoint(10, 10))
    qtbot.waitUntil(menu.isVisible)
    # a list of recent files is filled when it opens
    action = next(each for each in menu.actions() if each.text() == text)
    qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())


def clipboard() -> str:
    return QApplication.clipboard().text()


# ---- files


def read(qtbot, window) -> None:
    """Wait until what was asked for has been read."""
    qtbot.waitUntil(lambda: not window.sessions.lane.is_busy)


def test_all_defaults_asks_for_what_is_not_saved_and_can_be_undone(qtbot, window, drizzle, person, tmp_path):
    """TEAL's Defaults throws everything away without a word."""
    drizzle.edit("final_pixfrac", "0.8")
    window.params.write(drizzle, tmp_path / "mine.cfg")
    drizzle.edit("final_pixfrac", "0.7")
    person.answers["unsaved"] = ""
    click_in(qtbot, menu_of(window, "&Parameters"), "All defaults")
    assert drizzle.values["final_pixfrac"] == 0.7
    person.answers["unsaved"] = "discard"
    click_in(qtbot, menu_of(window, "&Parameters"), "All defaults")
    assert not drizzle.values.changed()
    assert drizzle.path is None
    window.actions_["undo"].trigger()
    assert drizzle.values["final_pixfrac"] == 0.7
    assert drizzle.path == tmp_path / "mine.cfg"


def test_opening_over_unsaved_changes_asks_first(qtbot, window, drizzle, person, tmp_path, monkeypatch):
    write_cfg(TASKS["astrodrizzle"].defaults().replaced(final_pixfrac=0.5), tmp_path / "other.cfg")
    window.params.write(drizzle, tmp_path / "mine.cfg")
    drizzle.edit("final_pixfrac", "0.7")
    choose(monkeypatch, tmp_path / "other.cfg")
    person.answers["unsaved"] = ""
    window.actions_["open_cfg"].trigger()
    read(qtbot, window)
    assert drizzle.values["final_pixfrac"] == 0.7
    person.answers["unsaved"] = "save"
    window.actions_["open_cfg"].trigger()
    read(qtbot, window)
    assert drizzle.values["final_pixfrac"] == 0.5
    assert read_cfg(tmp_path / "mine.cfg").set["final_pixfrac"] == 0.7


def test_a_file_changed_elsewhere_is_noticed_and_reloaded(qtbot, window, drizzle, tmp_path):
    path = tmp_path / "mine.cfg"
    drizzle.edit("final_pixfrac", "0.8")
    window.params.write(drizzle, path)
    assert window.actions_["reload"].isEnabled()
    write_cfg(drizzle.values.replaced(final_pixfrac=0.6), path)
    os.utime(path, ns=(1, 1))
    window.params.files.check_disk()
    qtbot.waitUntil(lambda: "was changed by another program" in window.banner.plain())
    qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    read(qtbot, window)
    assert drizzle.values["final_pixfrac"] == 0.6
    assert "another program" not in window.banner.plain()
    window.actions_["undo"].trigger()
    assert drizzle.values["final_pixfrac"] == 0.8


@pytest.mark.parametrize(
    ("answer", "in_form", "in_file"), [("overwrite", 0.7, 0.7), ("reload", 0.6, 0.6), ("", 0.7, 0.6)]
)
def test_saving_over_a_changed_file_asks(window, drizzle, person, tmp_path, answer, in_form, in_file):
    path = tmp_path / "mine.cfg"
    window.params.write(drizzle, path)
    write_cfg(drizzle.values.replaced(final_pixfrac=0.6), path)
    os.utime(path, ns=(1, 1))
    drizzle.edit("final_pixfrac", "0.7")
    person.answers["changed file"] = answer
    window.params.save(drizzle)
    assert person.asked == ["changed file"]
    assert drizzle.values["final_pixfrac"] == in_form
    assert read_cfg(path).set["final_pixfrac"] == in_file
    drizzle.reset()


def test_coming_back_to_the_window_looks_at_the_files(qtbot, window, drizzle, tmp_path):
    path = tmp_path / "mine.cfg"
    window.params.write(drizzle, path)
    os.utime(path, ns=(1, 1))
    QApplication.instance().applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    qtbot.waitUntil(lambda: "was changed by another program" in window.banner.plain())
    window.close()
    # a window that is closed has nothing to look with, and does not try
    QApplication.instance().applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)


def test_a_file_that_went_is_told_and_written_anew(qtbot, window, drizzle, tmp_path):
    path = tmp_path / "mine.cfg"
    window.params.write(drizzle, path)
    path.unlink()
    window.params.files.check_disk()
    qtbot.waitUntil(lambda: "is gone" in window.banner.plain())
    assert window.params.save(drizzle)
    assert path.exists()


def test_a_protected_file_is_refused(window, drizzle, tmp_path):
    path = tmp_path / "mine.cfg"
    window.params.write(drizzle, path)
    path.chmod(0o444)
    drizzle.edit("final_pixfrac", "0.8")
    assert not window.params.save(drizzle)
    assert "write-protected" in window.log.plain()
    assert read_cfg(path).set["final_pixfrac"] == 1.0
    assert drizzle.is_modified


def test_what_was_not_understood_is_listed_and_kept_on_saving(qtbot, window, tmp_path, monkeypatch):
    (tmp_path / "old.cfg").write_text(
        "_task_name_ = tweakreg\nupdatewcs = no\n[COORDINATE FILE DESCRIPTION]\nfluxmax = 9.0\n[MINE]\nown = 'a, b'\n"
    )
    assert window.params.files.open_now(tmp_path / "old.cfg")
    assert window.params.values("tweakreg")["maxflux"] == 9.0
    click_in(qtbot, menu_of(window, "&Parameters"), "What was not understood…")
    dialog = window.tools.notes_dialog
    assert dialog.isVisible()
    told = dialog.text.toPlainText()
    assert "fluxmax is called maxflux now" in told
    assert "'own' is not a parameter" in told
    qtbot.mouseClick(dialog.copy, LEFT)
    assert clipboard() == told
    window.param_tabs.setCurrentIndex(0)
    choose(monkeypatch, tmp_path / "new.cfg", "getSaveFileName")
    qtbot.keyClick(
        window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    kept = read_cfg(tmp_path / "new.cfg", strict=True).kept
    assert [(entry.key, entry.text) for entry in kept] == [("updatewcs", "no"), ("own", "a, b")]
    assert window.params.save(window.params.states["tweakreg"])
    assert read_cfg(tmp_path / "new.cfg", strict=True).kept == kept


def test_sets_may_be_loaded_while_the_worker_runs(qtbot, window, drizzle, engine, tmp_path):
    """A run works on the snapshot that it was given."""
    write_cfg(TASKS["astrodrizzle"].defaults().replaced(final_pixfrac=0.5), tmp_path / "other.cfg")
    engine.go.clear()
    window.actions_["drizzle"].trigger()
    qtbot.waitUntil(lambda: bool(engine.given))
    assert window.params.files.open_now(tmp_path / "other.cfg")
    assert engine.given[-1][2]["final_pixfrac"] == 1.0
    assert drizzle.values["final_pixfrac"] == 0.5
    engine.go.set()
    qtbot.waitUntil(lambda: not window.runner.is_running)
    assert drizzle.values["final_pixfrac"] == 0.5


# ---- recent files


def test_recent_files_live_in_a_file_and_what_is_gone_is_grey(qtbot, make_window, tmp_path):
    settings = Settings(None, tmp_path / "state")
    window = make_window(settings=settings)
    for name in ("one.cfg", "two.cfg"):
        write_cfg(TASKS["astrodrizzle"].defaults().replaced(output=name), tmp_path / name)
        window.params.files.open_now(tmp_path / name)
    (tmp_path / "one.cfg").unlink()
    assert Settings(None, tmp_path / "state").all_recent("cfg") == [
        tmp_path / "two.cfg",
        tmp_path / "one.cfg",
    ]
    parameters = menu_of(window, "&Parameters")
    recent = next(a.menu() for a in parameters.actions() if a.text() == "Recent parameters")
    recent.popup(QPoint(10, 10))
    lines = {action.text(): action.isEnabled() for action in recent.actions() if action.text()}
    assert lines == {"two.cfg": True, "one.cfg": False, "Take off what is gone": True, "Clear the list": True}
    window.params.states["astrodrizzle"].reset()
    click_in(qtbot, recent, "two.cfg")
    read(qtbot, window)
    assert window.params.values("astrodrizzle")["output"] == "two.cfg"
    click_in(qtbot, recent, "Take off what is gone")
    assert settings.all_recent("cfg") == [tmp_path / "two.cfg"]
    click_in(qtbot, recent, "Clear the list")
    assert settings.all_recent("cfg") == []


@pytest.mark.parametrize(
    "raw", [b"", b"\x80\x04", b"[]", b'{"cfg": 5}', b'{"cfg": [5, "a\\u0000b"]}', b"[" * 200_000]
)
def test_a_damaged_list_of_recent_files_is_an_empty_one(tmp_path, raw):
    (tmp_path / "recent.json").write_bytes(raw)
    settings = Settings(None, tmp_path)
    assert settings.all_recent("cfg") == []
    settings.add_recent("cfg", tmp_path / "x.cfg")
    assert settings.all_recent("cfg") == [tmp_path / "x.cfg"]


def test_a_folder_that_cannot_be_written_loses_only_the_list(tmp_path):
    (tmp_path / "file").write_text("")
    settings = Settings(None, tmp_path / "file" / "below")
    settings.add_recent("cfg", tmp_path / "x.cfg")
    assert settings.all_recent("cfg") == []
    assert (tmp_path / "file").read_text() == ""


def test_forget_my_settings(qtbot, make_window, person, tmp_path):
    """teal.unlearn: but asked about, and the parameters come back by undo."""
    store = QSettings(str(tmp_path / "store.ini"), QSettings.Format.IniFormat)
    settings = Settings(store, tmp_path / "state")
    settings.set("look", "dark")
    settings.add_recent("cfg", tmp_path / "x.cfg")
    window = make_window(settings=settings)
    window.params.states["tweakreg"].edit("nclip", "5")
    window.params.states["astrodrizzle"].edit("output", "x")
    person.answers["forget"] = False
    click_in(qtbot, menu_of(window, "&Parameters"), "Forget my settings…")
    assert settings.all_recent("cfg")
    person.answers["forget"] = True
    click_in(qtbot, menu_of(window, "&Parameters"), "Forget my settings…")
    assert settings.all_recent("cfg") == []
    assert settings.get("look") == ""
    assert not any(state.values.changed() for state in window.params.states.values())
    window.actions_["undo"].trigger()
    assert window.params.values("tweakreg")["nclip"] == 5
    assert window.params.values("astrodrizzle")["output"] == "x"


# ---- copies


def test_copies_run_as_they_are(qtbot, window, drizzle, tmp_path):
    drizzle.edit("output", 'it\'s a, "name" #1')
    drizzle.edit("final_pixfrac", "0.8")
    copies = next(a.menu() for a in menu_of(window, "&Parameters").actions() if a.text() == "Copy as")
    click_in(qtbot, copies, "Command line")
    files, sets = run_command(clipboard())
    assert files == [str(tmp_path / name) for name in NAMES]
    assert sets["astrodrizzle"] == drizzle.values
    click_in(qtbot, copies, "Python for drizzlepac")
    given = run_python(clipboard())
    assert given == {"files": files, "output": drizzle.values["output"], "final_pixfrac": 0.8}
    click_in(qtbot, copies, ".cfg file")
    assert parse_cfg(clipboard(), strict=True).set == drizzle.values


def test_source_finding_is_copied_with_its_task(window):
    window.param_tabs.setCurrentIndex(1)
    window.params.states["refimagefindpars"].edit("threshold", "9")
    window.actions_["copy_python"].trigger()
    given = run_python(clipboard())
    assert given["refimagefindcfg"]["threshold"] == 9.0
    assert len(given["imagefindcfg"]) == 17


# ---- presets


def test_a_preset_shows_what_it_would_change_and_is_one_undo(qtbot, window):
    window.params.states["imagefindpars"].edit("peakmax", "1000")
    qtbot.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    dialog = window.tools.preset_dialog
    assert dialog.isVisible()
    dialog.choose("handbook_7_1")
    assert "Handbook" in dialog.words.text()
    rows = [[dialog.table.item(r, c).text() for c in range(4)] for r in range(dialog.table.rowCount())]
    assert ["peakmax", "1000.0", "50000.0", "imagefindpars"] in rows
    assert ["combine_type", "minmed", "the same", "astrodrizzle"] in rows
    qtbot.mouseClick(dialog.take, LEFT)
    assert window.params.values("imagefindpars")["noise"] == "drizzlepac"
    assert window.params.values("astrodrizzle")["build"] is True
    assert not dialog.take.isEnabled()
    assert window.params.values("imagefindpars").origin("threshold") == "preset Handbook example 7.1"
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.params.values("imagefindpars")["peakmax"] == 1000.0
    assert window.params.values("imagefindpars")["threshold"] == 4.0
    assert window.params.values("astrodrizzle")["build"] is False
    assert dialog.take.isEnabled()


def test_presets_that_fit_the_data_are_marked(window):
    """Three WFC3/UVIS exposures are in the list."""
    assert [each.name for each in window.tools.suggestions()] == ["wfc3_uvis", "few_exposures"]
    dialog = window.tools.presets()
    assert dialog.preset().name == "wfc3_uvis"
    marked = [item.text(0) for item in dialog._items() if item.text(0).startswith("\u2713")]
    assert marked == ["\u2713 WFC3/UVIS", "\u2713 Three to five exposures"]
    window.listing.selectAll()
    window.listing.remove_selected()
    assert dialog.facts == Facts()
    assert "No exposures" in dialog.data.text()


def test_all_that_fit_are_one_step(qtbot, window):
    dialog = window.tools.presets()
    qtbot.mouseClick(dialog.take_all, LEFT)
    drizzle = window.params.values("astrodrizzle")
    assert (drizzle["final_bits"], drizzle["driz_cr_scale"]) == ("336", "1.5 1.2")
    assert not dialog.take_all.isEnabled()
    window.actions_["undo"].trigger()
    assert not window.params.values("astrodrizzle").changed()
    assert dialog.take_all.isEnabled()


def test_presets_by_keyboard(qtbot, window):
    dialog = window.tools.presets()
    dialog.tree.setFocus()
    dialog.choose("wfc3_uvis")
    before = dialog.preset()
    qtbot.keyClick(dialog.tree, Qt.Key.Key_Down)
    assert dialog.preset() not in (None, before)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


# ---- comparison


def test_compare_and_take_over_both_ways(qtbot, window, drizzle, tmp_path, monkeypatch):
    write_cfg(drizzle.values.replaced(final_pixfrac=0.6, output="theirs"), tmp_path / "theirs.cfg")
    drizzle.edit("output", "mine")
    qtbot.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    dialog = window.tools.compare_dialogs["astrodrizzle"]
    assert dialog.isVisible()
    assert [dialog.table.item(0, c).text() for c in range(3)] == ["output", "mine", '""']
    choose(monkeypatch, tmp_path / "theirs.cfg")
    dialog.choice.setFocus()
    dialog.choice.setCurrentIndex(dialog.choice.findData("a .cfg file…"))
    dialog.choice.activated.emit(dialog.choice.currentIndex())
    qtbot.waitUntil(lambda: dialog.table.rowCount() == 2)
    cell = dialog.table.visualItemRect(dialog.table.item(1, 1)).center()
    qtbot.mouseClick(dialog.table.viewport(), LEFT, pos=cell)
    assert dialog.names() == ["final_pixfrac"]
    qtbot.mouseClick(dialog.take_, LEFT)
    assert drizzle.values["final_pixfrac"] == 0.6
    assert dialog.table.rowCount() == 1
    dialog.table.selectRow(0)
    qtbot.mouseClick(dialog.give_, LEFT)
    assert dialog.table.rowCount() == 0
    choose(monkeypatch, tmp_path / "both.cfg", "getSaveFileName")
    qtbot.mouseClick(dialog.save_, LEFT)
    assert read_cfg(tmp_path / "both.cfg").set == drizzle.values
    assert read_cfg(tmp_path / "theirs.cfg").set["output"] == "theirs"
    window.actions_["undo"].trigger()
    assert drizzle.values["final_pixfrac"] == 1.0
    assert [dialog.table.item(0, c).text() for c in range(3)] == ["final_pixfrac", "1.0", "0.6"]


def test_all_parameters_and_the_difference_as_text(qtbot, window, drizzle):
    drizzle.edit("final_scale", "0.03")
    dialog = window.tools.compare(drizzle)
    qtbot.mouseClick(dialog.all, LEFT)
    assert dialog.table.rowCount() == len(TASKS["astrodrizzle"].names)
    qtbot.mouseClick(dialog.copy_, LEFT)
    assert "final_scale = 0.03 -> None" in clipboard()
    drizzle.edit("final_rot", "5")
    assert "2 differences" in dialog.against.text()


def test_a_file_of_another_task_is_refused_in_the_dialog(qtbot, window, drizzle, tmp_path):
    write_cfg(TASKS["tweakreg"].defaults(), tmp_path / "other.cfg")
    dialog = window.tools.compare(drizzle)
    window.tools.compare_with(dialog, tmp_path / "other.cfg")
    qtbot.waitUntil(lambda: "set of tweakreg" in dialog.status.text())
    assert dialog.title == "the defaults"


def test_a_file_to_compare_with_is_not_read_by_the_window(qtbot, window, drizzle, tmp_path, monkeypatch):
    """A folder on a slow net: the window goes on, and the file wanted last is shown."""
    threads = []

    def noted(path):
        threads.append(threading.current_thread())
        return read_cfg(path)

    monkeypatch.setattr(settools, "read_cfg", noted)
    for name, value in (("one.cfg", 0.5), ("two.cfg", 0.7)):
        write_cfg(TASKS["astrodrizzle"].defaults().replaced(final_pixfrac=value), tmp_path / name)
    dialog = window.tools.compare(drizzle)
    window.tools.compare_with(dialog, tmp_path / "one.cfg")
    window.tools.compare_with(dialog, tmp_path / "two.cfg")
    qtbot.waitUntil(lambda: dialog.title == "two.cfg")
    qtbot.waitUntil(lambda: not window.quick.is_busy)
    assert dialog.title == "two.cfg"
    assert dialog.table.item(0, 2).text() == "0.7"
    assert threading.main_thread() not in threads
    assert not dialog.status.text()
    window.tools.compare_with(dialog, tmp_path / "one.cfg")
    dialog.choice.setCurrentIndex(dialog.choice.findData("the defaults"))
    dialog.choice.activated.emit(dialog.choice.currentIndex())
    qtbot.waitUntil(lambda: not window.quick.is_busy)
    qtbot.wait(50)
    assert dialog.title == "the defaults"
    assert not dialog.status.text()


def test_compare_with_the_set_that_made_a_product(qtbot, window, drizzle, tmp_path):
    from tests.core.data.test_madewith import DRIZZLEPAC, product

    path = product(tmp_path / "f606w_drz.fits", DRIZZLEPAC)
    dialog = window.tools.compare(drizzle)
    window.tools.compare_with_product(dialog, path)
    qtbot.waitUntil(lambda: dialog.title == path.name)
    assert "parameters are not told" in dialog.note.text()
    assert "DrizzlePac 3.11.0" in dialog.note.text()
    shown = [dialog.table.item(row, 0).text() for row in range(dialog.table.rowCount())]
    assert "final_kernel" in shown
    assert "driz_cr_snr" not in shown
    (tmp_path / "x.fits").write_text("no")
    window.tools.compare_with_product(dialog, tmp_path / "x.fits")
    qtbot.waitUntil(lambda: "x.fits" in dialog.status.text() and "Reading" not in dialog.status.text())
    assert dialog.title == path.name


def test_two_tasks_are_compared_at_once(window):
    one = window.tools.compare(window.params.states["tweakreg"])
    two = window.tools.compare(window.params.states["astrodrizzle"])
    assert one.isVisible()
    assert two.isVisible()
    assert window.tools.compare(window.params.states["tweakreg"]) is one
    assert one.choice.findData("the set that made a product…") == -1


def test_every_control_of_the_dialogs_has_a_name(window, drizzle):
    from tests.ui.test_accessible import controls, described, name_of

    for dialog in (window.tools.compare(drizzle), window.tools.presets(), window.tools.notes()):
        assert dialog.windowTitle()
        assert [described(control) for control in controls(dialog) if not name_of(control)] == []
