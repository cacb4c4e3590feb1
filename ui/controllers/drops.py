"""Files dropped on the window, wherever: exposures into the list, a session or parameter files opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QDropEvent

from core.sessions.names import EXTENSION
from ui.exposures import dropped_paths

if TYPE_CHECKING:
    from ui.window import MainWindow


class DropsController(QObject):
    """Takes what no field of its own took: a drop that nobody below accepts comes to the window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        window.listing.dropped.connect(self.take)

    def take(self, paths: list[Path]) -> None:
        """Each file goes where it belongs; of several sessions the first is opened."""
        window = self._window
        sessions = [path for path in paths if path.name.endswith(EXTENSION)]
        cfgs = [path for path in paths if path.suffix.lower() == ".cfg"]
        exposures = [path for path in paths if path not in sessions and path not in cfgs]
        if sessions:
            window.sessions.open(sessions[0])
        for path in cfgs:
            window.params.open_file(path)
        if exposures:
            window.files.add(exposures)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        kind = event.type()
        if kind not in (QEvent.Type.DragEnter, QEvent.Type.Drop) or not isinstance(event, QDropEvent):
            return False
        if kind == QEvent.Type.DragEnter and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            return True
        paths = dropped_paths(event.mimeData()) if kind == QEvent.Type.Drop else []
        if paths:
            event.acceptProposedAction()
            self.take(paths)
        return bool(paths)
