"""Keys in a field that stands in no form."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

KEYS = [
    Qt.Key.Key_Return,
    Qt.Key.Key_Down,
    Qt.Key.Key_Up,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_F1,
    Qt.Key.Key_Home,
]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_keys_in_a_field_beside_the_image_do_no_harm(qtbot, make_window, key):
    """It stands in no form, though the window has a walk of its own; Return once ended the program."""
    window = make_window("a_flt.fits", "b_flt.fits")
    field = window.views.sources.dials["threshold"].editor
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "70")
    with qtbot.captureExceptions() as broken:
        qtbot.keyClick(field, key)
        qtbot.keyClick(field, key, Qt.KeyboardModifier.ControlModifier)
    assert broken == []
    assert window.params.values("imagefindpars")["threshold"] == 70.0
