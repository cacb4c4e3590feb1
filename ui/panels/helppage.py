"""The page that explains the parameter which has the keyboard, beside or below the form."""

from __future__ import annotations

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QTextBrowser, QWidget

from ui import style
from ui.panels.helptext import page
from ui.panels.state import FormState

NOTHING = "<p>Click on a parameter, or move to it with the keyboard: what it does stands here.</p>"
LATE_MS = 120


class HelpPage(QTextBrowser):
    """Explains `name` of `state`; `wanted(state, name)` when a link to another parameter is followed."""

    wanted = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state: FormState | None = None
        self.name = ""
        self.setObjectName("help")
        self.setOpenLinks(False)
        self.setAccessibleName("Help on the parameter")
        self.document().setDocumentMargin(10)
        self.anchorClicked.connect(self._follow)
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(LATE_MS)
        self._late.timeout.connect(self.refresh)
        style.switch().changed.connect(self.refresh)
        self.refresh()

    def show_param(self, state: FormState, name: str) -> None:
        """Explain this parameter from now on."""
        if (state, name) != (self.state, self.name):
            self.state, self.name = state, name
            self.verticalScrollBar().setValue(0)
            self.refresh()

    def refresh_soon(self) -> None:
        """The values changed: write the page anew when the typing pauses."""
        if self.isVisible():
            self._late.start()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """What was edited while nobody looked stands on the page."""
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Write the page as things are now."""
        place = self.verticalScrollBar().value()
        self.setHtml(page(self.state, self.name) if self.state is not None else NOTHING)
        self.verticalScrollBar().setValue(place)

    def _follow(self, link: QUrl) -> None:
        if self.state is None:
            return
        if link.toString() == "default":
            self.state.reset(self.name)
            self.refresh()
        else:
            self.wanted.emit(self.state, link.toString().removeprefix("param:"))
