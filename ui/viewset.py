"""The five views as tabs."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QTabWidget, QWidget

from ui import icons, layout, style
from ui.views.blink import BlinkView
from ui.views.histogram import HistogramView
from ui.views.prepared import Run
from ui.views.products import ProductView
from ui.views.residuals import ResidualView
from ui.views.vectors import VectorView

TITLES = {
    "histogram": "Histogram",
    "residuals": "Residuals",
    "vectors": "Vectors",
    "blink": "Blink",
    "products": "Products",
}


class ViewSet(QObject):
    """Makes the views once; they are hidden, never deleted, while the window lives. `tabs` owns it."""

    def __init__(self, run: Run) -> None:
        self.tabs = layout.tabs()
        super().__init__(self.tabs)
        self.tabs.setMinimumWidth(480)
        self.histogram, self.residuals, self.vectors = HistogramView(), ResidualView(), VectorView()
        self.blink, self.products = BlinkView(run), ProductView(run)
        self.pages: dict[str, QWidget] = {
            "histogram": self.histogram,
            "residuals": self.residuals,
            "vectors": self.vectors,
            "blink": self.blink,
            "products": self.products,
        }
        for name, page in self.pages.items():
            self.tabs.addTab(page, TITLES[name])
        self.products.clear("No products yet.\nPress Drizzle (F7).")
        self.draw()
        style.switch().changed.connect(self.draw)

    def draw(self) -> None:
        """Icons of the tabs in the colours of the theme."""
        for place, name in enumerate(self.pages):
            self.tabs.setTabIcon(place, icons.icon(name, style.current().muted))

    def show(self, name: str) -> None:
        self.tabs.setCurrentWidget(self.pages[name])

    def add_shortcuts(self, window: QMainWindow, menu: QMenu) -> None:
        """Ctrl+1 to Ctrl+5, in the menu too."""
        for place, name in enumerate(self.pages, start=1):
            action = QAction(TITLES[name], window)
            action.setShortcut(QKeySequence(f"Ctrl+{place}"))
            action.triggered.connect(partial(self._show_page, name))
            menu.addAction(action)

    def _show_page(self, name: str, _checked: bool = False) -> None:
        self.show(name)

    def grab_all(self, window: QMainWindow, params: QTabWidget, folder: Path) -> list[Path]:
        """Pictures of the window, one for each view; each goes with the parameters that it depends on."""
        folder.mkdir(parents=True, exist_ok=True)
        beside = {"histogram": 0, "residuals": 0, "vectors": 1, "blink": 2, "products": 2}
        paths = []
        for name in self.pages:
            self.show(name)
            params.setCurrentIndex(beside[name])
            QApplication.processEvents()
            path = folder / f"{name}.png"
            if not window.grab().save(str(path)):
                raise OSError(f"cannot write {path}")
            paths.append(path)
        return paths

    def stop(self) -> None:
        """The window closes: no timer of a view may go on."""
        self.blink.stop()
