"""What may be pressed and what title and tabs say, counted afresh from the whole state of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ui.views.fitted import company

if TYPE_CHECKING:
    from ui.window import MainWindow


class RefreshController(QObject):
    """Each slot may be called at any time and any number of times: it reads the state and changes only what is
    shown."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def everything(self) -> None:
        """All of it, after the whole state was replaced."""
        self.state()
        self.stale()
        self.limit()

    def state(self) -> None:
        """What may be pressed, the folder of the products, undo and title."""
        window = self._window
        files = window.files.files()
        window.form.enable_runs()
        if company().know(entry.path.name for entry in window.listing.entries()):
            window.listing.viewport().update()
        chosen = "" if window.listing.count() else "The list is empty."
        for name in ("up", "down", "remove"):
            window.actions_.enable(name, chosen)
        window.leaving.refresh()
        for name in ("versions", "anew"):
            window.actions_.enable(name, "" if files else "Open exposures first.")
        folder = window.drizzle.folder()
        window.folder_line.show_folder(str(folder) if folder else "the folder of the exposures")
        window.show_.set_any(bool(files))
        window.box.refresh()
        self.undo()
        self.title()

    def undo(self) -> None:
        history, actions = self._window.params.history, self._window.actions_
        actions.enable("undo", "" if history.can_undo else "Nothing was changed.")
        actions.enable("redo", "" if history.can_redo else "Nothing was undone.")

    def title(self) -> None:
        window = self._window
        unsaved = any(state.path and state.is_modified for state in window.params.states.values())
        window.setWindowModified(unsaved or window.sessions.is_modified)
        path = window.params.current().path
        window.actions_.enable("reload", "" if path else "The shown set came from no file.")
        named = window.sessions.path or window.drizzle.folder()
        window.setWindowTitle(f"{named.name}[*] - DrizzleDesk" if named else "DrizzleDesk[*]")

    def stale(self) -> None:
        """Mark the table of an alignment that was made with other parameters than the form shows."""
        window = self._window
        made_with = window.session.aligned_sets
        stale = made_with is not None and made_with != window.params.align_sets()
        window.foot.setTabText(0, "Alignment (parameters changed since)" if stale else "Alignment")

    def limit(self) -> None:
        """The range of the residual plots is a parameter."""
        window = self._window
        window.views.residuals.set_limit(window.params.values("tweakreg")["ylimit"])

    def blink(self) -> None:
        """The frames to blink, and live source finding, once all exposures have been read."""
        window = self._window
        if not window.files.is_reading:
            window.blink.refresh()
            window.live.refresh()
