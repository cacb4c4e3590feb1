"""Every control has a name for those who do not see it: all widgets of the window are walked through."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTableView,
    QTextEdit,
    QWidget,
)

from core.params import TASKS
from ui.headerletdialog import HeaderletDialog
from ui.panels.section import Heading, switch_of
from ui.wcsdialog import WCSDialog

CONTROLS = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit,
    QPlainTextEdit, QTextEdit, Heading,
)  # fmt: skip
PARTS = (QScrollBar, QHeaderView)
"""What Qt makes inside a control, which tells of them itself."""


def name_of(widget: QWidget) -> str:
    """The name that a screen reader is told: the one that was given, or what stands on a button."""
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    action = widget.defaultAction() if hasattr(widget, "defaultAction") else None
    return widget.accessibleName() or text or (action.text() if action is not None else "")


def is_part(widget: QWidget) -> bool:
    """Whether the widget is made by Qt inside another: the field of a spin box, the list of a choice ..."""
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, (QAbstractSpinBox, QComboBox, QAbstractItemView, QLineEdit)):
            return True
        above = above.parentWidget()
    return isinstance(widget, PARTS) or widget.objectName().startswith("qt_")


def controls(within: QWidget) -> list[QWidget]:
    return [w for w in within.findChildren(QWidget) if isinstance(w, CONTROLS) and not is_part(w)]


def described(widget: QWidget) -> str:
    above = [type(widget).__name__]
    while widget.parentWidget() is not None:
        widget = widget.parentWidget()
        above.append(type(widget).__name__)
    return " < ".join(above[:5])


def test_every_control_of_the_window_has_a_name(qtbot, make_window):
    window = make_window("a_flt.fits")
    for panel in window.params.panels:
        panel.all.setChecked(True)
    found = controls(window)
    assert len(found) > 300
    assert [described(widget) for widget in found if not name_of(widget).strip()] == []


@pytest.mark.parametrize("place", range(3))
def test_fields_are_named_by_label_and_parameter(qtbot, make_window, place):
    window = make_window()
    panel = window.params.panels[place]
    panel.all.setChecked(True)
    for box in panel.form.boxes:
        for name, row in box.rows.items():
            param = TASKS[box.state.task.name].param(name)
            for field in row.editor.fields():
                assert param.label in field.accessibleName()
                assert f"({name})" in field.accessibleName()
        switch = switch_of(box.state, box.section)
        if switch:
            assert f"({switch})" in box.heading.switch.accessibleName()


def test_why_a_field_is_grey_or_wrong_is_told_too(make_window):
    window = make_window()
    panel = window.params.panels[2]
    state = panel.states[0]
    state.edit("final_pixfrac", "2")
    rows = {name: row for box in panel.form.boxes for name, row in box.rows.items()}
    assert "out of range" in rows["final_pixfrac"].editor.accessibleDescription()
    assert "final_wcs" in rows["final_scale"].editor.accessibleDescription()


def test_no_table_keeps_the_keyboard(make_window):
    """Tab goes on from every table, those of the dialogs too."""
    window = make_window("a_flt.fits")
    dialogs = (WCSDialog([], window), HeaderletDialog(Path("a.fits"), Path("b_hlet.fits"), (), window))
    tables = [table for widget in (window, *dialogs) for table in widget.findChildren(QTableView)]
    assert len(tables) >= 6
    assert [described(table) for table in tables if table.tabKeyNavigation()] == []
