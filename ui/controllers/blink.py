"""What is blinked: the chip of the current exposure with its cleaned form, its masks and what it was compared with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ui.exposures import ExposureList
from ui.session import Session

if TYPE_CHECKING:
    from ui.viewset import ViewSet


class BlinkController(QObject):
    def __init__(self, session: Session, listing: ExposureList, views: ViewSet, parent: QObject) -> None:
        super().__init__(parent)
        self.session, self.listing, self.pane = session, listing, views.blink
        self.current: Path | None = None

    def show_current(self, path: Path | None) -> None:
        self.current = path

    def show_result(self) -> None:
        pass
