"""Leave exposures out of the alignment, and take them in again: from the list, its menu, or by key."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt

from ui.actions import Actions
from ui.controllers.choices import ChoicesController
from ui.exposures import Entry, ExposureList
from ui.session import Session

OUT, IN = "Leave out of the alignment", "Take in again"
WHY = "Left out by hand."
NONE = "Select exposures in the list first."


class LeavingController(QObject):
    """What is left out is SKIPPED; undone by the same Undo as the parameters."""

    def __init__(
        self,
        session: Session,
        listing: ExposureList,
        actions: Actions,
        choices: ChoicesController,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.session, self.listing, self.actions, self.choices = session, listing, actions, choices
        actions["leave_out"].triggered.connect(self.toggle)
        listing.itemSelectionChanged.connect(self.refresh)
        listing.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        listing.addActions([actions[name] for name in ("leave_out", "versions", "up", "down", "remove")])
        choices.changed.connect(self.choices_changed)
        self.refresh()

    def toggle(self) -> None:
        """Leave the selected exposures out; take them in again when all of them are out."""
        names = [entry.path.name for entry in self._selected()]
        if names:
            self.choices.leave_out(names, not self._all_out(names))

    def refresh(self) -> None:
        """What may be pressed, and what it does."""
        names = [entry.path.name for entry in self._selected()]
        self.actions["leave_out"].setText(IN if names and self._all_out(names) else OUT)
        self.actions.enable("leave_out", self.choices.busy() or ("" if names else NONE))

    def choices_changed(self) -> None:
        """Tell it at once in the list; an alignment that is there is done again, and tells more."""
        for entry in self.listing.entries():
            out = self._is_out(entry.path.name)
            if out and entry.badge != "SKIPPED":
                self.listing.update_entry(entry.path, badge="SKIPPED", why=WHY)
            elif not out and entry.badge == "SKIPPED" and entry.why.startswith(WHY):
                self.listing.update_entry(entry.path, badge="", why="")
        self.refresh()

    def _selected(self) -> list[Entry]:
        rows = sorted(self.listing.row(item) for item in self.listing.selectedItems())
        entries = self.listing.entries()
        return [entries[row] for row in rows if entries[row].exposure is not None]

    def _all_out(self, names: list[str]) -> bool:
        return all(self._is_out(name) for name in names)

    def _is_out(self, name: str) -> bool:
        return self.session.choices.of(name).left_out
