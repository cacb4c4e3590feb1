"""Menus without a mouse: a letter goes to the line that begins with it."""

from __future__ import annotations

from PySide6.QtCore import Qt


def test_letters_go_from_line_to_line(qtbot, make_window):
    window = make_window()
    menu = next(action.menu() for action in window.menuBar().actions() if action.text() == "&File")
    menu.popup(window.mapToGlobal(window.rect().topLeft()))
    seen = []
    for letter in (Qt.Key.Key_R, Qt.Key.Key_R, Qt.Key.Key_S, Qt.Key.Key_Z, Qt.Key.Key_O):
        qtbot.keyClick(menu, letter)
        seen.append(menu.activeAction().text())
    assert seen == ["Recent exposures", "Recent sessions", "Save session", "Save session", "Open exposures…"]
    qtbot.keyClick(menu, Qt.Key.Key_Escape)
    assert not menu.isVisible()
