"""A large font of the system: nothing is cut off that no scroll bar would bring back."""

from __future__ import annotations

from collections.abc import Iterator

import pyqtgraph as pg
import pytest
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QToolButton

from ui import style
from ui.views.chart import fitting_label
from ui.views.parts import RichLines


@pytest.fixture
def large(qapp) -> Iterator[None]:
    before = QFont(qapp.font())
    font = QFont(before)
    font.setPointSizeF(before.pointSizeF() * 1.4)
    qapp.setFont(font)
    yield
    qapp.setFont(before)


def test_a_large_font_has_its_room(qtbot, large, make_window):
    assert style.scaled(100) > 120
    window = make_window("a_flt.fits")
    sources = window.views.sources
    assert sources.side.minimumSizeHint().width() <= sources.beside.width()
    bar = window.views.tabs.tabBar()
    assert bar.sizeHint().width() <= bar.width()
    assert not [one for one in bar.findChildren(QToolButton) if one.isVisible()]
    window.resize(1920, 1080)
    qtbot.waitUntil(lambda: bar.iconSize().width() > 0)


def test_the_usual_font_changes_no_length(qapp):
    assert style.scaled(100) == 100


def test_lines_are_no_higher_than_their_text(qtbot):
    """Or a scroll bar would stand beside figures that have all the room they need."""
    lines = RichLines()
    qtbot.addWidget(lines)
    lines.setText("<b>1259 sources</b> of 1366 candidates, and more words than one line of it holds")
    lines.resize(260, 200)
    lines.show()
    assert lines.minimumSizeHint().height() == lines.sizeHint().height() == lines.heightForWidth(260)
    assert lines.heightForWidth(260) < lines.heightForWidth(60)


def test_a_label_is_as_long_as_its_axis_allows(qtbot):
    area = pg.GraphicsLayoutWidget()
    qtbot.addWidget(area)
    plot = area.addPlot()
    fitting_label(plot, "left", "Y from the frame's reference pixel (px)", "Y (px)")
    area.resize(400, 700)
    area.show()
    axis = plot.getAxis("left")
    qtbot.waitUntil(lambda: axis.labelText.startswith("Y from") and axis.size().height() > 500)
    area.resize(400, 150)
    qtbot.waitUntil(lambda: axis.labelText == "Y (px)")
    area.resize(400, 700)
    qtbot.waitUntil(lambda: axis.labelText.startswith("Y from") and axis.size().height() > 500)
    box = axis.mapRectFromItem(axis.label, axis.label.boundingRect())
    assert abs(box.center().y() - axis.size().height() / 2) < 3
