"""Letters in menus: the first letter of a line goes to it, again to the next one, as in the menus of other desktops."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QMenu


class MenuKeys(QObject):
    """Watches menus. A letter only goes to its line; nothing is done before Return."""

    def watch(self, menu: QMenu) -> None:
        """This menu, and all menus within it."""
        for each in (menu, *menu.findChildren(QMenu)):
            each.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        letter = event.text().casefold()
        if not isinstance(watched, QMenu) or len(letter) != 1 or not letter.isalnum():
            return False
        menu: QObject | None = watched
        while isinstance(menu, QMenu):  # what a menu within another does not know, the other may
            if _go(menu, letter):
                return True
            menu = menu.parent()
        return False


def _go(menu: QMenu, letter: str) -> bool:
    """Go to the next line that begins so; a menu within opens. Whether there is such a line."""
    lines = [action for action in menu.actions() if _begins(action, letter)]
    if lines:
        now = menu.activeAction()
        menu.setActiveAction(lines[(lines.index(now) + 1) % len(lines) if now in lines else 0])
    return bool(lines)


def _begins(action: QAction, letter: str) -> bool:
    words = action.text().replace("&", "").casefold()
    return action.isVisible() and action.isEnabled() and words.startswith(letter)
