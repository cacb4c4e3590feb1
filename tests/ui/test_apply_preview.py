"""Before Apply: the cards of every file, ticks, what cannot be written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QStyle, QStyleOptionViewItem

from core.align.results import Alignment, Applied, ImageResult, Status, Written
from core.data.cards import CardChange
from core.data.chipwcs import ChipWCS
from core.errors import Refusal
from tests.ui_standins import StandInEngine, no_sources
from ui.applydialog import ApplyDialog
from ui.cardstable import moved_words, value_words

LONG = "a_very_long_name_of_an_exposure_that_somebody_renamed_" * 3 + "flc.fits"
FILES = [Path("b_flt.fits"), Path(LONG)]


@pytest.fixture
def alignment() -> Alignment:
    import numpy as np

    frame = ChipWCS(np.ones(2), np.zeros(2), np.eye(2) / 90000.0, (10, 10))
    images = (
        ImageResult(Path("a_flt.fits"), Status.REFERENCE),
        *(ImageResult(path, Status.ALIGNED) for path in FILES),
        ImageResult(Path("d_flt.fits"), Status.ALIGNED),
    )
    return Alignment(frame, "a_flt.fits", no_sources(), images, {})


@pytest.fixture
def dialog(qtbot, alignment) -> ApplyDialog:
    cards: dict[str, object] = dict(StandInEngine().preview(alignment, None, progress=None))
    cards["d_flt.fits"] = Refusal(
        "The file is write-protected.", file="d_flt.fits", advice="Make it writable."
    )
    made = ApplyDialog(alignment, FILES, "<b>TWEAK", None, cards)
    qtbot.addWidget(made)
    made.show()
    return made


def tick(qtbot, dialog: ApplyDialog, row: int) -> None:
    """Click the box of a line."""
    option = QStyleOptionViewItem()
    dialog.list.initViewItemOption(option)
    option.rect = dialog.list.visualItemRect(dialog.list.item(row))
    option.features |= QStyleOptionViewItem.ViewItemFeature.HasCheckIndicator
    box = dialog.list.style().subElementRect(
        QStyle.SubElement.SE_ItemViewItemCheckIndicator, option, dialog.list
    )
    qtbot.mouseClick(dialog.list.viewport(), Qt.MouseButton.LeftButton, pos=box.center())


def click(qtbot, dialog: ApplyDialog, row: int) -> None:
    box = dialog.list.visualItemRect(dialog.list.item(row))
    qtbot.mouseClick(
        dialog.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(box.left() + 120, box.center().y())
    )


def rows(dialog: ApplyDialog) -> list[list[str]]:
    table = dialog.table
    return [
        [table.item(row, place).text() for place in range(table.columnCount())]
        for row in range(table.rowCount())
    ]


def test_cards_of_the_file_in_front(qtbot, dialog):
    assert rows(dialog) == [
        ["SCI,1", "CRVAL1", "201.5", "201.50001", "+1e\u221205"],
        ["SCI,1", "WCSNAME", "IDC_abc", "TWEAK", ""],
    ]
    assert "b_flt.fits" in dialog.title.text()
    click(qtbot, dialog, 2)
    assert LONG in dialog.title.text()
    assert dialog.width() < 1000


def test_ticks_are_kept_while_looking_around(qtbot, dialog):
    tick(qtbot, dialog, 2)
    click(qtbot, dialog, 1)
    click(qtbot, dialog, 2)
    assert dialog.chosen() == [FILES[0]]
    assert dialog.apply.text() == "Apply to 1 file"
    tick(qtbot, dialog, 1)
    assert not dialog.apply.isEnabled()
    tick(qtbot, dialog, 2)
    with qtbot.waitSignal(dialog.accepted):
        qtbot.mouseClick(dialog.apply, Qt.MouseButton.LeftButton)
    assert dialog.chosen() == [FILES[1]]


def test_why_a_file_cannot_be_written(qtbot, dialog):
    assert "cannot be written" in dialog.list.item(3).text()
    click(qtbot, dialog, 3)
    assert "write-protected" in dialog.title.text()
    assert rows(dialog) == []
    assert Path("d_flt.fits") not in dialog.chosen()


def test_words_of_values():
    assert value_words(True) == "T"
    assert value_words(None) == "\u2014"
    assert value_words(1.25) == "1.25"
    card = CardChange("a", 1, "NMATCH", None, 12)
    assert moved_words(card) == "new"
    assert moved_words(replace(card, before=12, after=None)) == "removed"
    assert moved_words(replace(card, before=3.5, after=3.0)) == "\u22120.5"


def test_the_real_cards_before_anything_is_written(qtbot, shared_data, tmp_path):
    import shutil

    from core.runs.progress import Progress
    from ui.engine import Engine
    from ui.window import MainWindow

    for source in (shared_data / "omega_cen_simulated").glob("*_flt.fits"):
        shutil.copyfile(source, tmp_path / source.name)
    files = sorted(tmp_path.glob("*_flt.fits"))
    window = MainWindow()
    qtbot.addWidget(window)
    window.params.assign("imagefindpars", threshold=200.0)
    sets, engine = window.params.align_sets(), Engine()
    made = engine.align(files, sets, window.session.memory, window.session.choices, progress=Progress())
    before = files[1].read_bytes()
    found = engine.preview(made, sets, progress=Progress())
    assert files[1].read_bytes() == before
    keys = {(card.extver, card.keyword) for card in found[files[1].name]}
    assert {(1, "CRVAL1"), (2, "CD1_1"), (1, "WCSNAME")} <= keys
    assert found[files[0].name] == ()
    engine.apply(made, sets, progress=Progress())
    again = engine.preview(made, sets, progress=Progress())
    # the name is in use now, but that is asked about later
    assert not isinstance(again[files[1].name], Refusal)


def test_a_wcs_of_the_same_name_is_said_to_be_replaced(qtbot, alignment):
    changed = CardChange("b_flt.fits", 1, "CRVAL1", 201.5, 201.50001)
    named = CardChange(LONG, 1, "WCSNAME", "IDC_abc", "TWEAK")
    for other, told, untold in (
        ((changed,), "In all files the present WCS has this name already and is replaced", "alternate"),
        ((changed, named), "In 1 of 2 files the present WCS has this name already", "In all"),
    ):
        dialog = ApplyDialog(alignment, FILES, "TWEAK", None, {"b_flt.fits": (changed,), LONG: other})
        qtbot.addWidget(dialog)
        words = " ".join(label.text() for label in dialog.findChildren(QLabel))
        assert told in words
        assert untold not in words


def aligned(qtbot, make_window):
    window = make_window("a_flt.fits", "b_flt.fits")
    window.actions_["align"].trigger()
    qtbot.waitUntil(lambda: not window.runner.is_running)
    return window


def test_where_no_header_can_be_written_nothing_is_asked(qtbot, make_window, engine, person, monkeypatch):
    refusal = Refusal("There is no such file.", file="b_flt.fits")
    monkeypatch.setattr(engine, "preview", lambda *_, **__: {"b_flt.fits": refusal})
    window = aligned(qtbot, make_window)
    window.actions_["apply"].trigger()
    qtbot.waitUntil(lambda: not window.banner.isHidden())
    assert person.asked == []
    told = " ".join(label.text() for label in window.banner.findChildren(QLabel))
    assert "no header can be written" in told
    assert told.count("b_flt.fits") == 1, "a file is named once"


def test_headers_that_could_not_be_written_are_told_one_by_one(qtbot, make_window, engine, monkeypatch):
    reason = "b_flt.fits: No space left on device."
    made = (
        Applied(Path("b_flt.fits"), Written.FAILED, reason),
        Applied(Path("c.fits"), Written.FAILED, "Gone."),
    )
    monkeypatch.setattr(engine, "apply", lambda *_, **__: made)
    window = aligned(qtbot, make_window)
    window.actions_["apply"].trigger()
    qtbot.waitUntil(lambda: not window.banner.isHidden())
    told = " ".join(label.text() for label in window.banner.findChildren(QLabel))
    assert "2 of 2 headers not changed" in told
    assert told.count("b_flt.fits") == 1
    assert "c.fits: Gone." in told


def test_drizzle_does_not_ask_about_an_exposure_that_is_gone(qtbot, make_window, engine, person, monkeypatch):
    window = aligned(qtbot, make_window)
    gone = window.listing.entries()[1].path
    window.listing.update_entry(gone, exposure=None, error="There is no such file.")
    window.actions_["drizzle"].trigger()
    qtbot.waitUntil(lambda: not window.runner.is_running)
    assert person.asked == ["drizzle"]
