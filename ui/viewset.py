"""The seven views as tabs."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QStyle, QWidget

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


class ViewSet(QObject):
    """Makes the views once; they are hidden, never deleted, while the window lives. `tabs` owns it."""

    def __init__(self, run: Run) -> None:
        self.tabs = layout.tabs("Views")
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
        self.tabs.installEventFilter(self)
        style.switch().changed.connect(self.draw)

    def draw(self) -> None:
        """Icons of the tabs in the colours of the theme."""
        for place, name in enumerate(self.pages):
            self.tabs.setTabIcon(place, icons.icon(name, style.current().muted))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self.tabs and event.type() == QEvent.Type.Resize:
            self._fit_tabs()
        return super().eventFilter(watched, event)

    def _fit_tabs(self) -> None:
        """Where there is no room for icons and words of all views, words are enough."""
        bar, corner = self.tabs.tabBar(), self.tabs.cornerWidget()
        room = self.tabs.width() - (corner.sizeHint().width() if corner is not None else 0)
        side = bar.style().pixelMetric(QStyle.PixelMetric.PM_TabBarIconSize)
        bar.setIconSize(QSize(side, side))
        if bar.sizeHint().width() > room:
            bar.setIconSize(QSize(0, 0))

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
        """Who asks for a view by a key wants its keys: the plot or image gets the keyboard."""
        self.show(name)
        charts = {key: chart.area for key, chart in self.charts.items()}
        images = {"sources": self.sources.image.canvas, "pair": self.pair.images[0].canvas}
        target = {**charts, **images}.get(name)
        if target is not None and target.isVisible():
            target.setFocus()

    def stop(self) -> None:
        """The window closes: no timer of a view may go on."""
        self.blink.stop()
