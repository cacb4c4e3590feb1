"""The menu bar: files, editing, the steps, the look, help."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from html import escape
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QMainWindow,
    QMenu,
    QMessageBox,
    QVBoxLayout,
)

from ui import style
from ui.actions import Actions
from ui.menukeys import MenuKeys
from ui.panels.keys import FORM_KEYS
from ui.settings import Settings

VIEW_KEYS = (
    ("Ctrl+1 … Ctrl+7", "Sources, Histogram, Residuals, Vectors, Pair, Blink, Products"),
    ("Delete", "Remove from the list; in plots and matches: exclude the selected stars"),
    (
        "Arrows, Space",
        "Histogram: move the ring, with Shift in large steps; take the peak there; Escape puts it back",
    ),
    ("R", "In plots and matches: restore the selected stars"),
    ("L", "In plots and images: a lasso, drawn by dragging; Shift or Ctrl adds to what is selected"),
    ("Shift and drag", "In plots, without the lasso: select the stars in a band"),
    ("Return, Backspace", "Walk: next, back"),
    ("N, Q", "Walk: leave this image out, stop"),
    ("1 … 9", "Blink: go to the frame of this number"),
    ("Space", "Blink: start or stop blinking"),
    (
        "B, Shift+B",
        "Blink: the next frame, the frame before; Tab and Shift+Tab while the image has the keyboard",
    ),
    (
        "Page Up, Page Down",
        "Blink: another group of frames (another chip, all exposures, the drizzled images)",
    ),
    ("M", "Blink: lay the mask over the frame in red"),
    ("S", "Blink: split, to see two frames side by side"),
    ("Arrows", "Move over the image; with Shift in small steps"),
    ("+, \u2212", "Zoom; so does the wheel"),
    ("F, O", "The whole frame; one screen pixel for each pixel"),
    ("Escape", "Leave the image for the next control"),
    ("Letters", "In menus: go to the line that begins so"),
)


class Menus:
    """Builds the menus; `openers` take a path from the recent ones, by kind: "exposures", "sessions", "cfg"."""

    def __init__(
        self,
        window: QMainWindow,
        actions: Actions,
        settings: Settings,
        openers: Mapping[str, Callable[[Path], object]],
    ) -> None:
        self._window, self._actions, self._settings = window, actions, settings
        self._openers = openers
        bar = window.menuBar()
        self._file(bar.addMenu("&File"))
        edit = bar.addMenu("&Edit")
        actions.fill(
            edit,
            "undo",
            "redo",
            "",
            "search",
            "next_problem",
            "",
            "versions",
            "anew",
            "carry_back",
            "",
            "leave_out",
            "up",
            "down",
            "remove",
        )
        self._params(bar.addMenu("&Parameters"))
        actions.fill(
            bar.addMenu("&Run"),
            "align",
            "walk",
            "apply",
            "drizzle",
            "",
            "stop",
            "",
            "cluster",
            "tables",
            "folder",
            "photometry",
        )
        self.view = bar.addMenu("&View")
        self._look(self.view)
        self.view.addSeparator()
        actions.fill(self.view, "wide")
        actions.fill(bar.addMenu("&Help"), "shortcuts", "about")
        keys = MenuKeys(bar)
        for action in bar.actions():
            keys.watch(action.menu())  # type: ignore[type-var]
        actions["shortcuts"].triggered.connect(self._show_shortcuts)
        actions["about"].triggered.connect(self._show_about)

    def _file(self, menu: QMenu) -> None:
        self._actions.fill(menu, "open")
        self._recent(menu.addMenu("Recent exposures"), "exposures")
        menu.addSeparator()
        self._actions.fill(menu, "new_session", "open_session")
        self._recent(menu.addMenu("Recent sessions"), "sessions")
        self._actions.fill(menu, "last_session", "save_session", "save_session_as", "")
        self.export = menu.addMenu("Export")
        self._actions.fill(menu, "", "quit")

    def _params(self, menu: QMenu) -> None:
        self._actions.fill(menu, "open_cfg")
        self._recent(menu.addMenu("Recent parameters"), "cfg")
        self._actions.fill(menu, "reload", "new_set", "", "save", "save_as", "", "presets", "compare")
        copies = menu.addMenu("Copy as")
        copies.setToolTipsVisible(True)
        self._actions.fill(copies, "copy_command", "copy_python", "copy_cfg")
        self._actions.fill(menu, "", "notes", "forget")

    def _recent(self, menu: QMenu, kind: str) -> None:
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(partial(self._fill_recent, menu, kind))
        menu.triggered.connect(self._open_recent)

    def _fill_recent(self, menu: QMenu, kind: str) -> None:
        """Newest first; what is gone is shown grey, with where it was, until the list is tidied."""
        menu.clear()
        paths = self._settings.all_recent(kind)
        gone = False
        for path in paths:
            action = QAction(path.name, menu)
            there = path.exists()
            gone = gone or not there
            action.setEnabled(there)
            action.setToolTip(str(path) if there else f"{path}\nThere is no such file any more.")
            action.setData((kind, path))
            menu.addAction(action)
        if not paths:
            menu.addAction("None yet").setEnabled(False)
            return
        menu.addSeparator()
        if gone:
            menu.addAction("Take off what is gone").setData((kind, "gone"))
        menu.addAction("Clear the list").setData((kind, "all"))

    def _open_recent(self, action: QAction) -> None:
        kind, what = action.data()
        if isinstance(what, Path):
            self._openers[kind](what)
        else:
            self._settings.clear_recent(kind, gone_only=what == "gone")

    def _look(self, menu: QMenu) -> None:
        group = QActionGroup(menu)
        for mode, text in (("system", "Colours of the system"), ("light", "Light"), ("dark", "Dark")):
            action = QAction(text, menu, checkable=True)
            action.setData(mode)
            action.setChecked(style.switch().mode == mode)
            group.addAction(action)
            menu.addAction(action)
        group.triggered.connect(self._set_look)

    def _set_look(self, action: QAction) -> None:
        style.switch().set_mode(action.data())
        self._settings.set("look", action.data())

    def _show_shortcuts(self) -> None:
        """Two columns: the actions of the window, and the keys of its views."""
        columns = "".join(
            f"<td><table cellspacing='3' width='500'>{_rows(rows)}</table></td>"
            for rows in (self._actions.shortcut_rows(), (*FORM_KEYS, *VIEW_KEYS))
        )
        dialog = QDialog(self._window)
        dialog.setWindowTitle("Keyboard shortcuts")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(dialog.reject)
        keys = QLabel(f"<table><tr>{columns}</tr></table>")
        keys.setWordWrap(True)
        keys.setFixedSize(1040, keys.heightForWidth(1040))
        column = QVBoxLayout(dialog)
        column.addWidget(keys)
        column.addWidget(buttons)
        dialog.open()

    def _show_about(self) -> None:
        from core import __version__

        self._say(
            "About DrizzleDesk",
            f"<b>DrizzleDesk {__version__}</b><p>Aligns Hubble exposures and combines them, by eye and by number. "
            "The steps follow the DrizzlePac Handbook (STScI 2012), section 7.1; the engine is its own.</p>"
            "<p>BSD 3-Clause licence.</p>",
        )

    def _say(self, title: str, text: str) -> None:
        box = QMessageBox(self._window)
        box.setWindowTitle(title)
        box.setText(text)
        box.open()


def _rows(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f"<tr><td width='150'><b>{escape(keys)}</b></td><td>{escape(what)}</td></tr>" for keys, what in pairs
    )
