"""A peak at zero offset: it can be seen, and its figures have no minus."""

from __future__ import annotations

from dataclasses import replace

from core.align.results import Alignment, Offset
from tests.ui.views.test_view_charts import shown
from ui.views.chart import plain
from ui.views.histogram import HistogramView


def test_a_peak_at_zero_is_not_covered_and_zero_has_no_minus(qtbot, alignment: Alignment, offset: Offset):
    view = shown(qtbot, HistogramView, alignment)
    assert view.zero.isVisible()
    still = replace(offset, x=-0.001, y=0.0, significance=-0.01)
    view.show_image(replace(alignment.images[1], offset=still), alignment)
    assert not view.zero.isVisible()
    assert "x +0.00, y +0.00 px" in plain(view.facts.text())
    assert "Significance0.0" in plain(view.facts.text())
