"""Colour bar, scale bar, wrapping bars, themes: the small parts of the views."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from core.align.results import Alignment
from ui import style
from ui.views.canvas import Canvas
from ui.views.colors import COLOUR_MAPS, gradient, plot_colours, table
from ui.views.colourbar import ColourBar
from ui.views.furniture import angle_words, bar_length
from ui.views.lookbar import LookBar
from ui.views.parts import ElidedLabel
from ui.views.prepared import CONTEXT, MASK, prepare
from ui.views.residuals import ResidualView
from ui.views.stretch import Look
from ui.views.wrap import Wrap


@pytest.fixture
def themes(qtbot: QtBot) -> Iterator[style.ThemeSwitch]:
    switch = style.switch()
    before = switch.mode
    yield switch
    switch.set_mode(before)


def test_colour_bar_tells_the_values_at_its_places(qtbot: QtBot) -> None:
    bar = ColourBar()
    qtbot.addWidget(bar)
    data = np.array([[0.0, 100.0]], np.float32)
    bar.set_frame(prepare("a", data, Look("min-max", "sqrt")))
    assert bar.labels() == [(0.0, "0"), (0.25, "6.25"), (0.5, "25"), (0.75, "56.25"), (1.0, "100")]
    bar.set_frame(prepare("m", np.array([[1, 0]], np.uint8), kind=MASK))
    assert bar.labels() == [(0.0, "good"), (1.0, "flagged")]
    bar.set_frame(prepare("c", np.array([[0, 7]], np.int32), kind=CONTEXT))
    assert [words for _, words in bar.labels()] == ["1", "2", "3"]
    bar.set_frame(None)
    assert bar.labels() == []


def test_colour_bar_shows_the_colours_of_the_frame(qtbot: QtBot) -> None:
    bar = ColourBar()
    qtbot.addWidget(bar)
    bar.resize(510, 40)
    bar.set_colours("Viridis", False)
    bar.set_frame(prepare("a", np.array([[0.0, 1.0]], np.float32), Look("min-max")))
    picture = bar.grab().toImage()
    for x, entry in ((4, 1), (255, 127), (505, 253)):
        drawn = picture.pixelColor(x, 5)
        wanted = QColor(*gradient("Viridis")[entry].tolist())
        assert max(abs(drawn.red() - wanted.red()), abs(drawn.green() - wanted.green())) <= 4


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_colour_maps_have_a_blank_and_255_colours_and_invert(name: str) -> None:
    blank = QColor("#123456")
    entries = table(name, False, blank)
    assert len(entries) == 256
    assert entries[0] == blank.rgba()
    assert table(name, True, blank)[1:] == entries[:0:-1]


def test_scale_bar_is_round_and_never_longer_than_wanted() -> None:
    for zoom in (0.1, 0.37, 1.0, 5.0, 40.0):
        length, pixels = bar_length(0.04, zoom, 250.0)
        assert pixels == pytest.approx(length / 0.04 * zoom)
        assert 60.0 < pixels <= 250.0
    assert [angle_words(a) for a in (0.05, 0.5, 30.0, 120.0)] == [
        "50 mas",
        "0.5\u2033",
        "30\u2033",
        "2\u2032",
    ]


def test_wrapping_bar_needs_little_width_and_keeps_its_order(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    row = Wrap(holder)
    buttons = [QPushButton(str(n)) for n in range(6)]
    for button in buttons:
        button.setFixedSize(100, 20)
        row.addWidget(button)
    assert holder.minimumSizeHint().width() <= 100
    assert row.heightForWidth(1000) == 20
    assert row.heightForWidth(330) == 20 * 2 + 6
    holder.resize(330, 60)
    holder.show()
    places = [(button.y(), button.x()) for button in buttons]
    assert places == sorted(places)
    assert max(button.geometry().right() for button in buttons) <= 330


def test_fixed_cuts_that_make_no_sense_are_not_asked_for(qtbot: QtBot) -> None:
    bar = LookBar()
    qtbot.addWidget(bar)
    bar.cuts.setCurrentText("fixed")
    bar.low.setText("5")
    bar.high.setText("5")
    assert bar.look.cuts != "fixed"
    bar.high.setText("6")
    assert bar.look == Look("fixed", "linear", 5.0, 6.0)


def test_elided_text_is_whole_in_its_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel("name_" * 50)
    qtbot.addWidget(label)
    label.resize(90, 20)
    assert label.toolTip() == label.accessibleName() == "name_" * 50
    assert label.minimumSizeHint().width() < 90


def test_views_follow_the_theme(qtbot: QtBot, themes: style.ThemeSwitch, alignment: Alignment) -> None:
    canvas, plots = Canvas(), ResidualView()
    for widget in (canvas, plots):
        qtbot.addWidget(widget)
        widget.resize(400, 300)
        widget.show()
    canvas.show_frame(prepare("a", np.zeros((20, 90), np.float32)))
    plots.show_image(alignment.images[1], alignment)
    for mode in ("dark", "light", "dark"):
        themes.set_mode(mode)
        colours = plot_colours()
        assert colours.dark == (mode == "dark")
        assert canvas.grab().toImage().pixelColor(200, 20) == colours.sky
        assert plots.area.backgroundBrush().color() == colours.field
        assert colours.chip(1).name() in plots.figures.text().lower()


def test_plot_colours_stand_out_from_their_ground(themes: style.ThemeSwitch) -> None:
    def luminance(colour: QColor) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for mode in ("light", "dark"):
        themes.set_mode(mode)
        colours = plot_colours()
        ground = luminance(colours.field)
        for colour in (*colours.chips, colours.text, colours.warn, colours.bad):
            dark, bright = sorted((luminance(colour), ground))
            assert (bright + 0.05) / (dark + 0.05) >= 3.0, (mode, colour.name())
