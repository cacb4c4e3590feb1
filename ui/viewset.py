"""The seven views as tabs."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QTabWidget, QWidget

from ui import icons, layout, style
from ui.views.blink import BlinkView
from ui.views.histogram import HistogramView
from ui.views.pair import PairView
from ui.views.prepared import Run
from ui.views.products import ProductView
from ui.views.residuals import ResidualView
from ui.views.selection import Selection
from ui.views.sources import SourcesView
from ui.views.vectors import VectorView

TITLES = {
    "sources": "Sources",
    "histogram": "Histogram",
    "residuals": "Residuals",
    "vectors": "Vectors",
    "pair": "Pair",
    "blink": "Blink",
    "products": "Products",
}
# the parameter tab that a view depends on: 0 Align, 1 Find sources, 2 Drizzle
BESIDE = {"sources": 1, "histogram": 0, "residuals": 0, "vectors": 1, "pair": 0, "blink": 2, "products": 2}
# the table below: 0 Alignment, 1 Matches, 2 Cosmic rays
FOOT = {"sources": 0, "histogram": 0, "residuals": 1, "vectors": 1, "pair": 1, "blink": 2, "products": 2}
FRAME_S = 30.0


class ViewSet(QObject):
    """Makes the views once; they are hidden, never deleted, while the window lives. `tabs` owns it."""

    def __init__(self, run: Run) -> None:
        self.tabs = layout.tabs()
        super().__init__(self.tabs)
        self.tabs.setMinimumWidth(480)
        self.selection = Selection(self)
        self.sources, self.histogram = SourcesView(run), HistogramView(run)
        self.residuals, self.vectors = ResidualView(self.selection), VectorView(self.selection)
        self.pair = PairView(run)
        self.blink, self.products = BlinkView(run), ProductView(run)
        self.pages: dict[str, QWidget] = {
            "sources": self.sources,
            "histogram": self.histogram,
            "residuals": self.residuals,
            "vectors": self.vectors,
            "pair": self.pair,
            "blink": self.blink,
            "products": self.products,
        }
        for name, page in self.pages.items():
            self.tabs.addTab(page, TITLES[name])
        self.charts: dict[str, HistogramView | ResidualView | VectorView] = {
            "histogram": self.histogram,
            "residuals": self.residuals,
            "vectors": self.vectors,
        }
        for chart in self.charts.values():
            chart.keep_axes(True)
        self.products.clear("No products yet.\nPress Drizzle (F7).")
        self.draw()
        style.switch().changed.connect(self.draw)

    def draw(self) -> None:
        """Icons of the tabs in the colours of the theme."""
        for place, name in enumerate(self.pages):
            self.tabs.setTabIcon(place, icons.icon(name, style.current().muted))

    def show(self, name: str) -> None:
        """Bring a view to the front; the blink view gets the keyboard, for its keys."""
        self.tabs.setCurrentWidget(self.pages[name])
        if name == "blink":
            self.blink.canvas.setFocus()

    def current(self) -> str:
        """The name of the view in front."""
        return list(self.pages)[self.tabs.currentIndex()]

    def add_shortcuts(self, window: QMainWindow, menu: QMenu) -> None:
        """Ctrl+1 to Ctrl+7, in the menu too."""
        for place, name in enumerate(self.pages, start=1):
            action = QAction(TITLES[name], window)
            action.setShortcut(QKeySequence(f"Ctrl+{place}"))
            action.triggered.connect(partial(self._show_page, name))
            menu.addAction(action)

    def _show_page(self, name: str, _checked: bool = False) -> None:
        self.show(name)

    def grab_all(self, window: QMainWindow, params: QTabWidget, foot: QTabWidget, folder: Path) -> list[Path]:
        """Pictures of the window, one for each view, and for each frame of the exposure that is blinked.

        Each goes with the parameters and the table that belong to it. Raises OSError when one cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for name in self.pages:
            self.show(name)
            params.setCurrentIndex(BESIDE[name])
            foot.setCurrentIndex(FOOT[name])
            if name == "sources":
                self._wait_for_sources()
            paths.append(_grab(window, folder / f"{name}.png"))
            if name == "blink":
                paths += self._grab_frames(window, folder)
        return paths

    def _wait_for_sources(self) -> None:
        end = time.monotonic() + FRAME_S
        while self.sources.is_waiting and time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.01)

    def _grab_frames(self, window: QMainWindow, folder: Path) -> list[Path]:
        """The frames of the group that is blinked: exposure, cleaned, mask, blot."""
        view, paths = self.blink, []
        now = view.current
        if now is None:
            return []
        shown = view.store.frames.index(now)
        for index in view.store.members(now.group):
            if index == shown:  # the picture of the view is its own
                continue
            view.go_to(index)
            end = time.monotonic() + FRAME_S
            while (
                view.store.get(index) is None and index not in view.store.trouble and time.monotonic() < end
            ):
                QApplication.processEvents()
                time.sleep(0.01)
            paths.append(_grab(window, folder / f"blink-{Path(view.store.frames[index].name).stem}.png"))
        view.go_to(shown)
        return paths

    def stop(self) -> None:
        """The window closes: no timer of a view may go on."""
        self.blink.stop()


def _grab(window: QMainWindow, path: Path) -> Path:
    QApplication.processEvents()
    if not window.grab().save(str(path)):
        raise OSError(f"cannot write {path}")
    return path
