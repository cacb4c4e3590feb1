"""WCS history: what was recorded, back to it, the WCSs inside a file, headerlets."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from astropy.io import fits
from PySide6.QtCore import Qt

from tests.ui_standins import StandInPerson
from ui.wcsdialog import NO_STATES, rms_words
from ui.window import MainWindow

MINUTE = 60_000


@pytest.fixture
def files(shared_data, tmp_path) -> list[Path]:
    for source in (shared_data / "omega_cen_simulated").glob("*_flt.fits"):
        shutil.copyfile(source, tmp_path / source.name)
    return sorted(tmp_path.glob("*_flt.fits"))


@pytest.fixture
def window(qtbot, files, tmp_path) -> MainWindow:
    window = MainWindow(files, folder=tmp_path, ask=StandInPerson())
    window.resize(1280, 800)
    window.show()
    settled(qtbot, window)
    yield window
    if window.versions.dialog is not None:
        window.versions.dialog.reject()
    window.runner.stop()
    qtbot.waitUntil(lambda: not window.lane.is_busy, timeout=MINUTE)
    window.close()
    window.deleteLater()


def settled(qtbot, window) -> None:
    qtbot.waitUntil(lambda: not window.runner.is_running and not window.files.is_reading, timeout=MINUTE)


def opened(qtbot, window, row: int):
    """Select an exposure and open the dialog by its keys."""
    window.listing.setCurrentRow(row)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.wait(50)  # a dialog that was closed gives the keys back
    qtbot.keyClick(window, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.versions.dialog is not None and window.versions.dialog.past is not None)
    return window.versions.dialog


def apply(qtbot, window) -> None:
    window.params.assign("imagefindpars", threshold=200.0)
    window.align.align()
    settled(qtbot, window)
    window.align.apply()
    settled(qtbot, window)


def click_cell(qtbot, table, row: int) -> None:
    box = table.visualItemRect(table.item(row, 1))
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=box.center())


def row_of(table, column: int, text: str) -> int:
    return next(row for row in range(table.rowCount()) if text in table.item(row, column).text())


def test_undo_apply_byte_for_byte(qtbot, window, files):
    before = files[1].read_bytes()
    apply(qtbot, window)
    assert files[1].read_bytes() != before
    dialog = opened(qtbot, window, 1)
    assert dialog.states.rowCount() == 2
    assert "Aligned to" in dialog.states.item(0, 2).text()
    assert dialog.states.item(0, 3).text() == "TWEAK"
    assert dialog.states.item(0, 4).text()
    click_cell(qtbot, dialog.states, 0)
    assert not dialog.restore.isEnabled()
    assert "now" in dialog.restore.toolTip()
    click_cell(qtbot, dialog.states, 1)
    qtbot.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
    settled(qtbot, window)
    assert window.ask.asked[-1] == "restore"
    assert files[1].read_bytes() == before
    assert "restored" in window.log.plain()
    assert window.listing.entries()[1].badge == "ALIGNED"
    assert files[1] in window.session.to_apply()
    qtbot.waitUntil(lambda: dialog.states.rowCount() == 3)
    assert "restored" in dialog.told.text()


def test_nothing_is_restored_without_a_yes(qtbot, window, files):
    apply(qtbot, window)
    after = files[1].read_bytes()
    window.ask.answers["restore"] = False
    dialog = opened(qtbot, window, 1)
    click_cell(qtbot, dialog.states, 1)
    qtbot.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
    settled(qtbot, window)
    assert files[1].read_bytes() == after


def test_headers_changed_by_something_else_are_told_before(qtbot, window, files):
    apply(qtbot, window)
    with fits.open(files[1], mode="update", memmap=False) as hdus:
        hdus[0].header["TARGNAME"] = "ELSEWHERE"
    dialog = opened(qtbot, window, 1)
    click_cell(qtbot, dialog.states, 1)
    qtbot.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
    settled(qtbot, window)
    assert window.ask.asked[-1] == "restore discarding"
    assert fits.getval(files[1], "TARGNAME") != "ELSEWHERE"


def test_another_wcs_of_the_file_becomes_primary(qtbot, window, files):
    old = fits.getval(files[1], "CRVAL1", ("SCI", 1))
    apply(qtbot, window)
    assert fits.getval(files[1], "CRVAL1", ("SCI", 1)) != old
    dialog = opened(qtbot, window, 1)
    click_cell(qtbot, dialog.versions, 0)
    assert not dialog.primary.isEnabled()
    row = next(
        n
        for n in range(dialog.versions.rowCount())
        if dialog.versions.item(n, 2).text() == "alternate"
        and dialog.versions.item(n, 3).text() == f"{old:.8f}"
    )
    click_cell(qtbot, dialog.versions, row)
    assert dialog.primary.isEnabled(), dialog.primary.toolTip()
    qtbot.mouseClick(dialog.primary, Qt.MouseButton.LeftButton)
    settled(qtbot, window)
    assert window.ask.asked[-1] == "switch"
    # an alternate WCS is written with 15 digits
    assert abs(fits.getval(files[1], "CRVAL1", ("SCI", 1)) - old) < 1e-11


def test_a_headerlet_goes_out(qtbot, window, files, tmp_path):
    (tmp_path / "out").mkdir()
    window.ask.answers["save"] = tmp_path / "out"
    apply(qtbot, window)
    dialog = opened(qtbot, window, 2)
    before = files[2].read_bytes()
    qtbot.mouseClick(dialog.export, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Written" in dialog.told.text() or "Export" in dialog.told.text(), timeout=MINUTE)
    target = tmp_path / "out" / "ibc307qyq_hlet.fits"
    assert fits.getval(target, "WCSNAME") == "TWEAK"
    assert files[2].read_bytes() == before


def test_a_file_without_history_says_so(qtbot, window):
    dialog = opened(qtbot, window, 0)
    assert dialog.told.text() == NO_STATES
    assert dialog.states.rowCount() == 0
    assert dialog.versions.rowCount() >= 1
    assert not dialog.restore.isEnabled()
    window.listing.clearSelection()


def test_a_file_that_is_gone_is_told(qtbot, window, files):
    files[0].unlink()
    dialog = opened(qtbot, window, 0)
    assert files[0].name in dialog.told.text()
    assert not dialog.export.isEnabled()


def test_words_of_rms():
    assert rms_words((None, None)) == ""
    assert rms_words((1.234, None)) == "1.23, ?"


class TestSeveralFiles:
    def pick(self, qtbot, dialog, first: bool) -> None:
        """Choose from the menu of the button."""
        action = dialog.many.menu().actions()[int(first)]
        dialog.many.menu().triggered.emit(action)

    def test_all_go_back_at_once_byte_for_byte(self, qtbot, window, files):
        before = [path.read_bytes() for path in files]
        apply(qtbot, window)
        after = [path.read_bytes() for path in files]
        assert [one != other for one, other in zip(before, after, strict=True)] == [False, True, True]
        window.listing.selectAll()
        qtbot.keyClick(window, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
        dialog = window.versions.dialog
        qtbot.waitUntil(lambda: dialog.past is not None)
        assert dialog.many.text() == "Restore 3 files"
        self.pick(qtbot, dialog, first=False)
        settled(qtbot, window)
        assert window.ask.asked[-1] == "restore all"
        lines, left = window.ask.told
        assert [line.partition(":")[0] for line in lines] == [files[1].name, files[2].name]
        assert left == [f"{files[0].name}: nothing was applied to it here"]
        assert [path.read_bytes() for path in files] == before
        assert "2 of 2 files" in dialog.told.text()
        assert set(window.session.to_apply()) == {files[1], files[2]}

    def test_the_state_as_first_seen_skips_what_lies_between(self, qtbot, window, files):
        before = files[1].read_bytes()
        apply(qtbot, window)
        window.params.assign("tweakreg", wcsname="AGAIN")
        apply(qtbot, window)
        dialog = opened(qtbot, window, 1)
        dialog.files.clearSelection()
        dialog.files.item(0).setSelected(True)
        assert dialog.many.text() == "Restore the file"
        self.pick(qtbot, dialog, first=True)
        settled(qtbot, window)
        assert files[1].read_bytes() == before

    def test_nothing_without_a_yes_and_no_question_without_a_way(self, qtbot, window, files):
        dialog = opened(qtbot, window, 0)
        self.pick(qtbot, dialog, first=False)
        settled(qtbot, window)
        assert "restore all" not in window.ask.asked
        assert "Nothing to restore" in dialog.told.text()
        dialog.reject()
        apply(qtbot, window)
        after = files[1].read_bytes()
        window.ask.answers["restore all"] = False
        dialog = opened(qtbot, window, 1)
        self.pick(qtbot, dialog, first=False)
        settled(qtbot, window)
        assert files[1].read_bytes() == after

    def test_one_that_cannot_be_written_stops_no_other(self, qtbot, window, files, monkeypatch):
        before = files[2].read_bytes()
        apply(qtbot, window)
        from core.data import history
        from core.errors import Refusal

        true = history.restore

        def restore(path, *given, **named):
            if path == files[1]:
                raise Refusal("The disk is full.", file=path)
            return true(path, *given, **named)

        monkeypatch.setattr(history, "restore", restore)
        window.listing.selectAll()
        qtbot.keyClick(window, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
        dialog = window.versions.dialog
        qtbot.waitUntil(lambda: dialog.past is not None)
        self.pick(qtbot, dialog, first=False)
        settled(qtbot, window)
        assert "1 of 2 files" in dialog.told.text()
        assert "The disk is full." in dialog.told.text()
        assert files[2].read_bytes() == before


class TestHeaderletIn:
    @pytest.fixture
    def headerlet(self, qtbot, window, files, tmp_path) -> Path:
        """The solution of the second exposure as a file; its headers are as they were again."""
        (tmp_path / "out").mkdir()
        window.ask.answers["save"] = tmp_path / "out"
        apply(qtbot, window)
        dialog = opened(qtbot, window, 1)
        qtbot.mouseClick(dialog.export, Qt.MouseButton.LeftButton)
        target = tmp_path / "out" / "ibc304v3q_hlet.fits"
        qtbot.waitUntil(target.exists, timeout=MINUTE)
        TestSeveralFiles().pick(qtbot, dialog, first=True)
        settled(qtbot, window)
        return target

    def test_looked_at_then_applied(self, qtbot, window, files, headerlet):
        dialog = window.versions.dialog
        before = {key: fits.getval(files[1], key, ("SCI", 1)) for key in ("CRVAL1", "CD1_1", "WCSNAME")}
        goal = fits.getheader(headerlet, ("SIPWCS", 1))
        window.ask.answers["open"] = headerlet
        qtbot.mouseClick(dialog.headerlet, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: "headerlet" in window.ask.asked, timeout=MINUTE)
        settled(qtbot, window)
        cards = {(card.where, card.keyword): card for card in window.ask.cards}
        card = cards["SCI,1", "CRVAL1"]
        assert (card.before, card.after) == (before["CRVAL1"], pytest.approx(goal["CRVAL1"], abs=1e-12))
        now = fits.getheader(files[1], ("SCI", 1))
        for each in window.ask.cards:
            if each.where == "SCI,1" and each.after is not None:
                assert now[each.keyword] == each.after, "the preview is what was written"
        assert now["WCSNAME"] == "TWEAK" != before["WCSNAME"]
        qtbot.waitUntil(lambda: "is the primary WCS" in dialog.told.text())

    def test_a_no_and_another_exposures_headerlet_change_nothing(self, qtbot, window, files, headerlet):
        dialog = window.versions.dialog
        before = [path.read_bytes() for path in files]
        window.ask.answers |= {"open": headerlet, "headerlet": False}
        qtbot.mouseClick(dialog.headerlet, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: "headerlet" in window.ask.asked, timeout=MINUTE)
        dialog.reject()
        window.ask.answers["headerlet"] = True
        dialog = opened(qtbot, window, 2)
        qtbot.mouseClick(dialog.headerlet, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: "belongs to the exposure" in dialog.told.text(), timeout=MINUTE)
        settled(qtbot, window)
        assert [path.read_bytes() for path in files] == before


def test_the_headerlet_is_looked_at_in_a_dialog(qtbot, tmp_path):
    from core.data.cards import CardChange
    from ui.headerletdialog import HeaderletDialog

    cards = [
        CardChange("a_flt.fits", 1, "CRVAL1", 1.0, 1.5),
        CardChange("a_flt.fits", 1, "HDRNAME", None, "X"),
    ]
    dialog = HeaderletDialog(tmp_path / "a_flt.fits", tmp_path / "a_hlet.fits", cards)
    qtbot.addWidget(dialog)
    assert dialog.apply.text() == "Change 2 cards"
    assert [dialog.table.item(row, 4).text() for row in range(2)] == ["+0.5", "new"]
