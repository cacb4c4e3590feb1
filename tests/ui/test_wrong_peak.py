"""A peak chosen by hand that does not align: the way back is the first remedy, and nothing looks like success."""

from __future__ import annotations

from PySide6.QtCore import Qt

from tests.ui.test_alive import aligned, rest, window  # noqa: F401
from ui import style
from ui.remedies import AUTOMATIC


def test_the_way_back_from_a_wrong_peak_comes_first(qtbot, aligned):  # noqa: F811
    strip, panel = aligned.remedies, aligned.views.histogram.facts
    aligned.views.show("histogram")
    rest(qtbot, aligned)
    assert AUTOMATIC not in strip.suggestions()
    assert style.current().good.lower() in panel.text().lower()
    aligned.choices.choose_peak(12.0, 14.0)
    rest(qtbot, aligned)
    assert str(aligned.show_.image().status) == "FAILED"
    assert "1 failed" in aligned.status.step.text()
    assert strip.isVisible()
    assert strip.suggestions()[0] == AUTOMATIC
    assert "chosen by hand" in panel.text()
    assert style.current().good.lower() not in panel.text().lower()
    qtbot.mouseClick(strip.automatic, Qt.MouseButton.LeftButton)
    rest(qtbot, aligned)
    assert str(aligned.show_.image().status) == "ALIGNED"
    assert AUTOMATIC not in strip.suggestions()
    assert "failed" not in aligned.status.step.text()
