"""Tab goes through the window as it is read: from the left to the right, from above downwards."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from ui.taborder import ordered


def test_the_keyboard_follows_the_eye(make_window):
    window = make_window("a_flt.fits", "b_flt.fits")
    panel = window.params.panels[0]
    found = list(ordered(window))
    rows = [row for box in panel.form.boxes for row in box.rows.values()]
    fields = [field for row in rows for field in row.editor.fields() if field in found]
    assert len(fields) > 5
    wanted = [
        window.listing,
        window.param_tabs.tabBar(),
        panel.search,
        panel.all,
        *fields,
        window.views.tabs.tabBar(),
        window.foot.tabBar(),
    ]
    places = [found.index(widget) for widget in wanted]
    assert places == sorted(places)
    assert not [each for each in found if not each.isVisible() or not each.isEnabled()]
    assert len(set(found)) == len(found)
    # rows that were made later stand where they are seen
    panel.all.setChecked(True)
    more = [row.editor.fields()[0] for box in panel.form.boxes for row in box.rows.values()]
    later = [each for each in ordered(window) if each in more]
    assert len(later) > len(fields)
    tops = [each.mapTo(window, each.rect().topLeft()).y() for each in later]
    assert tops == sorted(tops)


@pytest.mark.parametrize("view", ["sources", "blink"])
def test_tab_and_back_tab_go_round(qtbot, make_window, view):
    window = make_window("a_flt.fits")
    window.activateWindow()
    window.views.tabs.setCurrentWidget(window.views.pages[view])
    panel = window.params.panels[0]
    panel.search.setFocus()
    qtbot.waitUntil(panel.search.hasFocus)
    for key, by in [(Qt.Key.Key_Tab, 1)] * 3 + [(Qt.Key.Key_Backtab, -1)] * 3:
        chain = list(ordered(window))
        now = QApplication.focusWidget()
        qtbot.keyClick(now, key)
        assert QApplication.focusWidget() is chain[chain.index(now) + by]
    assert panel.search.hasFocus()
    # buttons, choices and sliders draw their focus only then
    assert window.testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
    chain = list(ordered(window))
    chain[-1].setFocus()
    qtbot.keyClick(chain[-1], Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is chain[0]
