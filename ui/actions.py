"""Actions of the window: one place for words, icons and shortcuts."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QToolBar

from ui import icons, style

# name: (text, icon, shortcut, what it does)
ACTIONS = {
    "open": ("Open exposures…", "open", "Ctrl+O", "Open flt or flc exposures"),
    "remove": (
        "Remove from the list",
        "remove",
        "",
        "Take the selected exposures out of the list; files stay",
    ),
    "up": ("Move up", "up", "Alt+Up", "Move the exposure up in the list"),
    "down": ("Move down", "down", "Alt+Down", "Move the exposure down in the list"),
    "new_session": (
        "New session",
        "",
        "Ctrl+Alt+N",
        "Empty the list and set all parameters to their defaults",
    ),
    "open_session": (
        "Open session…",
        "",
        "Ctrl+Alt+O",
        "Exposures, all sets, results and views as they were saved",
    ),
    "last_session": ("Open the last session", "", "", "What was there when the window was closed last"),
    "save_session": (
        "Save session",
        "",
        "Ctrl+Alt+S",
        "Keep exposures, all sets, results and views in one file",
    ),
    "save_session_as": ("Save session as…", "", "", "Keep the session in another file"),
    "new_set": ("All defaults", "", "", "Set the shown set to its defaults, without a file"),
    "leave_out": (
        "Leave out of the alignment",
        "leave",
        "Ctrl+E",
        "The selected exposures are not aligned and not applied, or are taken in again",
    ),
    "open_cfg": ("Open parameters…", "", "Ctrl+Shift+O", "Open a .cfg file of any of the tasks"),
    "reload": ("Reload", "", "Ctrl+R", "Read the file of the shown set again"),
    "presets": ("Presets…", "", "Ctrl+P", "Values for common cases, each with its reason"),
    "compare": (
        "Compare…",
        "",
        "Ctrl+D",
        "The shown set beside the defaults, a .cfg file or the set that made a product",
    ),
    "copy_command": ("Command line", "", "", "Copy the task as a drizzledesk command"),
    "copy_python": ("Python for drizzlepac", "", "", "Copy the task as Python that runs drizzlepac"),
    "copy_cfg": (".cfg file", "", "", "Copy the shown set as the text of a .cfg file"),
    "notes": (
        "What was not understood…",
        "",
        "",
        "The lines of the opened parameter files that were not taken as they stand",
    ),
    "forget": (
        "Forget my settings…",
        "",
        "",
        "Forget recent files, sizes and colours; all parameters to defaults",
    ),
    "save": ("Save parameters", "save", "Ctrl+S", "Save the shown parameter set"),
    "save_as": ("Save parameters as…", "", "Ctrl+Shift+S", "Save the shown parameter set to another file"),
    "tables": ("Write catalogs and shift file…", "", "", "Write what writecat and shiftfile ask for"),
    "folder": ("Folder for products…", "folder", "", "Choose where products are written"),
    "photometry": (
        "Ready for photometry…",
        "",
        "",
        "A copy of a product with its mean sky put back, in electrons or electrons per second, as DAOPHOT needs it",
    ),
    "quit": ("Quit", "", "Ctrl+Q", "Close the window"),
    "undo": (
        "Undo",
        "undo",
        "Ctrl+Z",
        "Undo the last change of a parameter or the last choice of stars or peak",
    ),
    "redo": ("Redo", "", "Ctrl+Shift+Z", "Redo what was undone"),
    "search": ("Search parameters", "search", "Ctrl+F", "Search names, labels and help of the parameters"),
    "next_problem": ("Next problem", "", "F4", "Go to the next parameter with an error or a warning"),
    "wide": (
        "Wide parameters",
        "",
        "F9",
        "Give the parameters the whole width of the window, with a sentence beside each",
    ),
    "align": ("Align", "align", "F5", "Find sources, match and fit; writes nothing"),
    "apply": ("Apply", "apply", "F6", "Write the alignment into the headers, after asking"),
    "drizzle": ("Drizzle", "drizzle", "F7", "Clean and combine the exposures"),
    "cluster": ("Where Drizzle works…", "", "", "Threads of this machine, or a Dask cluster"),
    "stop": ("Stop", "stop", "Ctrl+.", "Stop what is running"),
    "marks": (
        "Mark sources",
        "",
        "Ctrl+M",
        "Mark the sources found, used and clipped on the blinked exposures",
    ),
    "walk": (
        "Walk through the images",
        "",
        "F8",
        "Image by image: confirm histogram, residuals and vectors, or leave the image out",
    ),
    "versions": (
        "WCS history…",
        "",
        "Ctrl+H",
        "Recorded states of the headers and the WCSs inside the files: restore, make primary, export",
    ),
    "anew": (
        "WCS from reference files…",
        "",
        "",
        "updatewcs: make the WCS of the selected exposures anew from the files that IDCTAB, NPOLFILE and D2IMFILE name",
    ),
    "carry_back": (
        "Carry back to the exposures…",
        "",
        "",
        "tweakback: give the exposures of a drizzled image the correction that its alignment gave to it",
    ),
    "export_png": ("View as picture (PNG)…", "", "", "Save the view in front as it is shown"),
    "export_svg": ("Plot as drawing (SVG)…", "", "", "Save the plot in front as lines and letters"),
    "export_csv": ("Numbers of the plot (CSV)…", "", "", "Save the bins or the matches of the plot in front"),
    "export_report": (
        "Report of the alignment (HTML)…",
        "",
        "",
        "Save figures, plots, changed parameters and versions as one page",
    ),
    "shortcuts": ("Keyboard shortcuts", "", "F1", "All shortcuts"),
    "about": ("About DrizzleDesk", "", "", "Version and authors"),
}
TOOLBAR = ("open", "", "align", "apply", "drizzle", "", "stop")
SHORT = {"open": "Open"}


class Actions(QObject):
    """All actions by name: `actions["align"]`."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._all: dict[str, QAction] = {}
        for name, (text, _, keys, _tip) in ACTIONS.items():
            action = QAction(text, window)
            action.setIconText(SHORT.get(name, text))
            if keys:
                action.setShortcut(QKeySequence(keys))
            window.addAction(action)
            self._all[name] = action
            self.enable(name, "")
        self["marks"].setCheckable(True)
        self["wide"].setCheckable(True)
        self["quit"].setMenuRole(QAction.MenuRole.QuitRole)
        self["about"].setMenuRole(QAction.MenuRole.AboutRole)
        self.draw()
        style.switch().changed.connect(self.draw)

    def __getitem__(self, name: str) -> QAction:
        return self._all[name]

    def draw(self) -> None:
        """Icons in the colours of the theme."""
        theme = style.current()
        colours = {"stop": theme.bad, "align": theme.accent, "apply": theme.accent, "drizzle": theme.accent}
        for name, (_, picture, _, _) in ACTIONS.items():
            if picture:
                self._all[name].setIcon(icons.icon(picture, colours.get(name, "")))

    def enable(self, name: str, reason: str, remark: str = "") -> None:
        """Enable an action, or disable it with the reason in its tooltip; a remark stands there as well."""
        _, _, keys, tip = ACTIONS[name]
        action = self._all[name]
        action.setEnabled(not reason)
        shown = f"{tip} ({keys})" if keys else tip
        more = f"Not now: {reason}" if reason else remark
        action.setToolTip(f"{shown}\n{more}" if more else shown)

    def toolbar(self, window: QMainWindow) -> QToolBar:
        """The toolbar with the four steps."""
        bar = QToolBar("Steps", window)
        bar.setObjectName("steps")
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        for name in TOOLBAR:
            if name:
                bar.addAction(self._all[name])
            else:
                bar.addSeparator()
        window.addToolBar(bar)
        return bar

    def fill(self, menu: QMenu, *names: str) -> None:
        """Append actions to a menu; "" is a separator."""
        for name in names:
            if name:
                menu.addAction(self._all[name])
            else:
                menu.addSeparator()

    def shortcut_rows(self) -> list[tuple[str, str]]:
        """Keys and what they do, for the help."""
        return [(keys, tip) for _, _, keys, tip in ACTIONS.values() if keys]
