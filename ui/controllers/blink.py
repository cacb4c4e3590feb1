"""What is blinked: the exposures of the list with what the last run made of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ui.controllers.crpreview import CosmicPreviewController
from ui.exposures import ExposureList
from ui.session import Session
from ui.views.blinkframes import ALL, blink_frames

if TYPE_CHECKING:
    from ui.views.canvas import ViewState
    from ui.viewset import ViewSet
    from ui.window import MainWindow


class BlinkController(QObject):
    """Keeps the blink view's frames in step with the list and the last result."""

    def __init__(self, session: Session, listing: ExposureList, views: ViewSet, parent: MainWindow) -> None:
        super().__init__(parent)
        self.session, self.listing, self.view = session, listing, views.blink
        self._shown: tuple[object, ...] = ()
        self._wish: tuple[str, str, ViewState | None] | None = None
        self.preview = CosmicPreviewController(parent)

    def refresh(self) -> None:
        """Other exposures or another result; nothing happens when the frames would be the same."""
        exposures = [entry.exposure for entry in self.listing.good() if entry.exposure is not None]
        shown = (self.session.result, *exposures)
        if len(shown) == len(self._shown) and all(
            one is other for one, other in zip(shown, self._shown, strict=True)
        ):
            return
        self._shown = shown
        self.view.show_frames(blink_frames(exposures, self.session.result))
        entry = self.listing.current()
        self.show_current(entry.path if entry else None)
        if self._wish is not None and exposures:
            wish, self._wish = self._wish, None
            self.view.come_back(*wish)

    def come_back(self, group: str, name: str, state: ViewState | None) -> None:
        """Show a frame again where it was looked at, as soon as the exposures have been read."""
        self._wish = (group, name, state)

    def show_current(self, path: Path | None) -> None:
        """Go to the first chip of the exposure that is current in the list, unless one of its chips is shown."""
        now = self.view.current
        if path is None or (now is not None and self._is_of(path, now.group)):
            return
        among_all = now is not None and now.group.startswith(f"{ALL} ")
        for index, frame in enumerate(self.view.store.frames):
            if among_all:
                found = frame.group == now.group and frame.name.startswith(path.name)
            else:
                found = self._is_of(path, frame.group)
            if found:
                self.view.go_to(index)
                return

    def _is_of(self, path: Path, group: str) -> bool:
        stem = path.name.removesuffix(".gz").removesuffix(".fits")
        return group.startswith(f"{stem} ")
