"""Names of exposures in too little room are told apart wherever they stand; bars fit without losing anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QRect
from PySide6.QtGui import QHelpEvent, QImage, QPainter
from PySide6.QtWidgets import QApplication, QLabel, QToolTip, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ui.elided import ElidedLabel
from ui.tables import FigureTable
from ui.views.blinkbar import BlinkControls
from ui.views.canvas import Canvas
from ui.views.fitted import Company, MiddleCombo, company
from ui.views.furniture import draw_name
from ui.views.lookbar import LookBar
from ui.views.parts import ElidedLabel as Title
from ui.views.prepared import prepare
from ui.views.shortnames import DOTS
from ui.views.wrap import Wrap

LONG = [f"a_very_long_name_of_a_target_visit_{n:02d}_epoch_two_of_the_programme_flt.fits" for n in (1, 2, 11)]


@pytest.fixture
def known() -> Iterator[None]:
    company().know(LONG)
    yield
    company().know(())


def of(names: list[str]) -> Company:
    made = Company()
    made.know(names)
    return made


@pytest.mark.parametrize("room", [20, 30, 44])
@pytest.mark.parametrize("text", ["Match 4 of {} (used)", "{} [sci,2]", "1  {}", "{}"])
def test_texts_with_two_names_never_look_alike(room: int, text: str) -> None:
    texts = [text.format(name) for name in LONG]
    texts = [of(LONG).fitted(each, room, len) for each in texts]
    assert len(set(texts)) == 3
    assert all(len(each) <= room for each in texts)


def test_another_name_among_them_changes_nothing() -> None:
    assert of([*LONG, "truncated_flt.fits"]).fitted(LONG[1], 20, len) == of(LONG).fitted(LONG[1], 20, len)
    both = [f"{target}_with_a_long_name_visit_{n}_flt.fits" for target in "xy" for n in (1, 2)]
    assert len({of(both).fitted(name, 30, len) for name in both}) == 4


def test_what_follows_a_name_stays() -> None:
    named = of(LONG)
    assert named.fitted(f"{LONG[1]} [sci,2]", 30, len).endswith(f"_target_visit_02{DOTS} [sci,2]")
    product = LONG[2].replace("_flt.fits", "_single_sci.fits")
    assert "visit_11" in named.fitted(product, 40, len)
    assert named.fitted(product, 40, len).endswith("\u2026single_sci.fits")
    group = LONG[0].removesuffix(".fits") + " [sci,1]"
    assert named.fitted(group, 26, len).endswith(f"visit_01{DOTS} [sci,1]")
    assert named.fitted("short.fits", 26, len) == "short.fits"


def test_flt_and_flc_are_seen_where_there_is_room() -> None:
    assert of(LONG).fitted(LONG[0], 48, len).endswith("visit_01\u2026_flt.fits")


@given(
    st.lists(st.text("ab_. 1", max_size=12), max_size=5), st.text("ab_. 1", max_size=20), st.integers(1, 24)
)
def test_no_text_is_wider_than_its_room(names: list[str], text: str, room: int) -> None:
    for each in (text, *names):
        shown = of(names).fitted(each, room, len)
        assert len(shown) <= room
        assert shown == each or len(each) > room


def painted(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def test_labels_boxes_and_cells_show_what_tells_names_apart(qtbot: QtBot, known: None) -> None:
    for kind in (ElidedLabel, Title, MiddleCombo):
        looks = []
        for name in LONG[:2]:
            widget = kind()
            qtbot.addWidget(widget)
            widget.resize(190, 26)
            if isinstance(widget, MiddleCombo):
                widget.addItem(name)
            else:
                (widget.set_text if isinstance(widget, ElidedLabel) else widget.setText)(name)
                assert widget.toolTip() == name
            looks.append(painted(widget))
        assert looks[0] != looks[1]
    table = FigureTable({"image": "File", "remark": "Remark"})
    qtbot.addWidget(table)
    table.setRowCount(2)
    for row, name in enumerate(LONG[:2]):
        table.fill(row, Path(name), [name, ""])
    table.setAlternatingRowColors(False)
    table.setColumnWidth(0, 150)
    cells = [painted(table.viewport()).copy(table.visualItemRect(table.item(row, 0))) for row in (0, 1)]
    assert cells[0] != cells[1]
    assert table.item(0, 0).toolTip() == LONG[0]


def test_two_sides_of_a_pair_are_told_apart(known: None, qapp: object) -> None:
    looks = []
    for name in LONG[:2]:
        image = QImage(430, 60, QImage.Format.Format_RGB32)
        image.fill(0)
        painter = QPainter(image)
        box = draw_name(painter, QRect(0, 0, 430, 60), f"{name} [sci,2]")
        assert box.right() < 300
        painter.end()
        looks.append(image)
    assert looks[0] != looks[1]


def test_the_whole_name_is_told_over_a_short_one(qtbot: QtBot, known: None) -> None:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(300, 200)
    canvas.show_frame(prepare("f", np.zeros((20, 20), dtype=np.float32)), LONG[0])
    canvas.grab()
    for place, told in ((QPoint(150, 150), ""), (QPoint(30, 20), LONG[0])):
        QApplication.sendEvent(canvas, QHelpEvent(QEvent.Type.ToolTip, place, canvas.mapToGlobal(place)))
        assert QToolTip.text() == told
    box = MiddleCombo()
    qtbot.addWidget(box)
    box.addItem(LONG[1])
    box.setToolTip("What it is for")
    place = QPoint(5, 5)
    QApplication.sendEvent(box, QHelpEvent(QEvent.Type.ToolTip, place, box.mapToGlobal(place)))
    assert QToolTip.text() == f"{LONG[1]}\nWhat it is for"


def test_what_is_spared_saves_a_line(qtbot: QtBot) -> None:
    whole = QWidget()
    qtbot.addWidget(whole)
    row, parts = Wrap(whole), [QLabel(str(n)) for n in range(4)]
    for part in parts:
        part.setFixedSize(100, 20)
        row.addWidget(part)
    parts[3].setFixedSize(40, 20)
    row.spare(parts[1:3], parts[3])
    whole.show()
    for width, seen in ((312, [0, 1, 2]), (300, [0, 2, 3]), (210, [0, 3])):
        whole.resize(width, 90)
        assert [n for n in range(4) if parts[n].isVisible()] == seen
        assert row.heightForWidth(width) == 20
    whole.resize(130, 90)  # a line is saved here too, though it is not the last one
    assert [n for n in range(4) if parts[n].isVisible()] == [0, 3]


def test_blink_controls_fit_and_lose_no_switch(qtbot: QtBot) -> None:
    controls = BlinkControls()
    qtbot.addWidget(controls)
    controls.resize(691, 30)
    controls.show()
    line = controls.layout().heightForWidth(10_000)
    assert controls.layout().heightForWidth(691) == line
    assert not controls.more.isVisible()
    controls.resize(480, 30)
    assert controls.layout().heightForWidth(480) < 1.5 * line
    assert controls.overlay.isVisible()
    assert controls.more.isVisible()
    controls.menu.aboutToShow.emit()
    hidden = {box.text() for box in controls.switches if not box.isVisible()}
    assert {action.text() for action in controls.menu.actions()} == hidden != set()
    action = next(one for one in controls.menu.actions() if one.text() == "Match the sky")
    action.trigger()
    assert not controls.sky.isChecked()


def test_cuts_by_hand_keep_their_fields(qtbot: QtBot) -> None:
    bar = LookBar()
    qtbot.addWidget(bar)
    bar.resize(560, 30)
    bar.show()
    assert not bar.limits.isVisible()
    assert bar.layout().heightForWidth(560) == bar.layout().heightForWidth(10_000)
    bar.cuts.setCurrentText("fixed")
    qtbot.waitUntil(bar.limits.isVisible)
    bar.resize(900, 30)
    bar.cuts.setCurrentText("zscale")
    qtbot.waitUntil(bar.limits.isVisible)


def test_a_low_window_cuts_no_line_of_a_bar(qtbot: QtBot) -> None:
    whole, bar, rest = QWidget(), QWidget(), QWidget()
    qtbot.addWidget(whole)
    row = Wrap(bar)
    for _ in range(4):
        part = QLabel("x")
        part.setFixedSize(100, 20)
        row.addWidget(part)
    rest.setMinimumHeight(10)
    column = QVBoxLayout(whole)
    column.addWidget(bar)
    column.addWidget(rest, 1)
    whole.resize(250, 400)
    whole.show()
    whole.resize(250, 40)
    qtbot.waitUntil(lambda: bar.height() == row.heightForWidth(bar.width()) == 46)
