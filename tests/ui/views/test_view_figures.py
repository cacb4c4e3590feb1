"""The figures of a run under the products."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.drizzle.coverage import Coverage
from core.drizzle.diagnostics import CosmicRate, Diagnostics, Remark
from core.drizzle.starwidth import Width
from ui.views.figures import FigureStrip, cells_of, rates_table

FOUND = Diagnostics(
    (
        CosmicRate("a_flt.fits", 0.001, 0.002, (0.0012, 0.0025)),
        CosmicRate("b<.fits", 0.02, 0.03, None, "many"),
    ),
    Coverage((0.25, 0.75), 0.0123, 0.31),
    Width(0.08, 40),
    Width(0.09, 38),
    (Remark("final_pixfrac", "1 < 2 holes"), Remark("final_bits", "b"), Remark("driz_cr_scale", "c")),
)


@pytest.fixture
def strip(qtbot):
    made = FigureStrip()
    qtbot.addWidget(made)
    made.resize(700, 60)
    return made


def test_every_figure_that_is_known():
    cells = dict(cells_of(FOUND))
    assert cells == {
        "Cosmic rays": "0.10\u20132.00 %, expected 0.12\u20130.25 %",
        "Seen by exposures": "1: 25 %\u20022: 75 %",
        "Holes": "1.23 %",
        "Weights, rms/median": "0.31",
        "FWHM of 38 stars": "0.090\u2033, inputs 0.080\u2033",
    }
    assert cells_of(Diagnostics()) == []
    bare = replace(FOUND, coverage=Coverage((), 0.0, None), inputs=None)
    assert [name for name, _ in cells_of(bare)] == ["Cosmic rays", "Holes"]
    assert "b&lt;.fits" in rates_table(FOUND.cosmic)
    ir = CosmicRate("i_flt.fits", 0.0004, 0.001, (0.0, 0.0))
    assert cells_of(Diagnostics((ir,))) == [("Cosmic rays", "0.04 %, expected none")]


def test_remarks_lead_to_their_parameter(qtbot, strip):
    strip.show_figures(FOUND)
    assert not strip.isHidden()
    assert "1 &lt; 2 holes" in strip.remarks.text()
    assert "and 1 more" in strip.remarks.text()
    assert [not label.isHidden() for label in strip.cells] == [True] * 5
    with qtbot.waitSignal(strip.chosen) as told:
        strip.remarks.linkActivated.emit("final_pixfrac")
    assert told.args == ["final_pixfrac"]
    strip.show_figures(None)
    assert strip.isHidden()
    assert strip.remarks.text() == ""


def test_link_in_the_window_shows_the_parameter(qtbot, make_window):
    window = make_window("a_flt.fits")
    window.views.products.figures.chosen.emit("final_pixfrac")
    assert "final_pixfrac" in window.params.current().task
