"""Plots out: the view in front as PNG, SVG or CSV, and the report of the alignment as a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from core.data.safe import write_text
from ui.actions import Actions
from ui.controllers.drizzle import DrizzleController
from ui.controllers.show import ShowController
from ui.dialogs import Ask
from ui.lane import Lane
from ui.logview import LogView
from ui.reportplots import Charts, Pictures, Stepper, dismiss, drawing
from ui.runner import tell
from ui.session import Session
from ui.views.chart import ChartView
from ui.views.histogram import HistogramView
from ui.views.linked import LinkedChart
from ui.views.pair import PairView
from ui.views.paper import image_of_widget, image_steps, svg_steps, write_bytes, write_png
from ui.views.sources import SourcesView
from ui.views.tabular import histogram_csv, matches_csv, sources_csv

if TYPE_CHECKING:
    from ui.viewset import ViewSet

ACTIONS = ("export_png", "export_svg", "export_csv", "", "export_report")
FILTERS = {
    ".png": "PNG pictures (*.png)",
    ".svg": "SVG drawings (*.svg)",
    ".csv": "CSV tables (*.csv)",
    ".html": "HTML pages (*.html)",
}
NOTHING = "This view shows nothing yet."
NO_NUMBERS = "This view is no plot of numbers."
NO_LINES = "Only the plots of an alignment (histogram, residuals, vectors) are made of lines and numbers."


class ExportController(QObject):
    """Captures what is on show in the GUI thread; encoding and writing are done in the quick lane."""

    def __init__(
        self,
        session: Session,
        views: ViewSet,
        show: ShowController,
        drizzle: DrizzleController,
        actions: Actions,
        lane: Lane,
        log: LogView,
        ask: Ask,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.session, self.views, self.show, self.drizzle = session, views, show, drizzle
        self.actions, self.lane, self.log, self.ask = actions, lane, log, ask
        self.drawing = Stepper(self)
        self._charts: Charts = {}
        slots = (self.save_png, self.save_svg, self.save_csv, self.save_report)
        for name, slot in zip((name for name in ACTIONS if name), slots, strict=True):
            actions[name].triggered.connect(slot)

    def fill(self, menu: QMenu) -> None:
        """The ways out as a menu that knows, when it opens, which of them there are."""
        menu.setToolTipsVisible(True)
        self.actions.fill(menu, *ACTIONS)
        menu.aboutToShow.connect(self.refresh)

    def button(self, parent: QWidget) -> QToolButton:
        """The same menu as a button for the corner of the views."""
        made = QToolButton(parent)
        made.setObjectName("filter")
        made.setText("Export")
        made.setToolTip("Save the view in front, or a report of the whole alignment")
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(made)
        self.fill(menu)
        made.setMenu(menu)
        return made

    def stop(self) -> None:
        """The window closes: nothing is drawn any more."""
        self.drawing.stop()
        dismiss(self._charts)

    # ---- what there is

    def refresh(self) -> None:
        """Which files can be made of what is on show now."""
        page = self._page()
        empty = "" if _has_picture(page) else NOTHING
        lines = empty or ("" if isinstance(page, ChartView) else NO_LINES)
        self.actions.enable("export_png", empty)
        self.actions.enable("export_svg", lines)
        self.actions.enable("export_csv", empty or ("" if self._numbers() is not None else NO_NUMBERS))
        self.actions.enable("export_report", "" if self.session.alignment else "Align first.")

    def _page(self) -> QWidget:
        return self.views.tabs.currentWidget()

    def _start(self, suffix: str, name: str = "") -> Path:
        """A file name to begin with: exposure and view, where products go."""
        folder = self.drizzle.folder() or Path()
        if not name:
            view = next(key for key, page in self.views.pages.items() if page is self._page())
            about = self.show.current if view != "products" else None
            stem = about.name.removesuffix(".gz").removesuffix(".fits") if about else folder.name
            name = f"{stem}_{view}"
        return folder / f"{name}{suffix}"

    def _ask(self, title: str, suffix: str, name: str = "") -> Path | None:
        return self.ask.file_to_save(title, self._start(suffix, name), FILTERS[suffix])

    # ---- making

    def save_png(self) -> None:
        """The view in front as a picture."""
        page = self._page()
        if self._is_ready(_has_picture(page)):
            path = self._ask("Save the view as a picture", ".png")
            if path is not None:
                if isinstance(page, ChartView):
                    self.drawing.start(image_steps(page), partial(self._drawn, write_png, path))
                else:
                    self._write(write_png, image_of_widget(_picture(page)), path)

    def save_svg(self) -> None:
        """The plot in front as a drawing."""
        page = self._page()
        if isinstance(page, ChartView) and self._is_ready(_has_picture(page)):
            path = self._ask("Save the plot as a drawing", ".svg")
            if path is not None:
                self.drawing.start(svg_steps(page), partial(self._drawn, write_bytes, path))

    def save_csv(self) -> None:
        """The numbers of the plot in front."""
        if not self._is_ready(_has_picture(self._page())):
            return
        make = self._numbers()
        path = self._ask("Save the numbers of the plot", ".csv") if make is not None else None
        if make is not None and path is not None:
            self._write(_write_made, make, path)

    def _numbers(self) -> Callable[[], str] | None:
        """What makes the numbers of the view in front, in the lane; None for a view without any."""
        page, image, alignment = self._page(), self.show.image(), self.session.alignment
        if isinstance(page, SourcesView):
            return partial(sources_csv, page.found) if page.found is not None else None
        if image is None or alignment is None:
            return None
        if isinstance(page, HistogramView) and image.offset is not None:
            return partial(histogram_csv, image.offset, alignment.frame.scale * 1000.0)
        return partial(matches_csv, image, alignment) if isinstance(page, LinkedChart | PairView) else None

    def save_report(self) -> None:
        """The whole alignment as a page: the plots are drawn little by little, then it is written."""
        session = self.session
        if session.alignment is None or session.aligned_sets is None:
            self.log.say("No report: align first.", "warning")
            return
        path = self._ask("Save the report of the alignment", ".html", "alignment_report")
        if path is not None:
            limit = session.aligned_sets.tweakreg["ylimit"]
            given = (path, session.alignment, session.aligned_sets, session.choices, session.applied)
            self.drawing.start(
                drawing(session.alignment, limit, self._charts), partial(self._plotted, *given)
            )

    def _drawn(self, write: Callable[..., Path], path: Path, made: Any) -> None:
        self._write(write, made, path)

    def _plotted(
        self, path: Path, alignment: Any, sets: Any, choices: Any, applied: Any, plots: Pictures
    ) -> None:
        from ui.htmlreport import write_html

        self._write(write_html, path, alignment, sets, plots, choices, applied)

    def _is_ready(self, ready: bool) -> bool:
        if not ready:
            self.log.say(f"Nothing saved: {NOTHING}", "warning")
        return ready

    def _write(self, work: Callable[..., Path], *args: Any) -> None:
        self.lane.run(work, *args, done=self._written, failed=self._failed)

    def _written(self, path: Path) -> None:
        self.log.say(f"Written: {path}", "good")

    def _failed(self, error: BaseException) -> None:
        tell(self.log, "Export", error)


def _write_made(make: Callable[[], str], path: Path) -> Path:
    """In the lane: make the text and write it. Raises `Refusal`."""
    write_text(make(), path)
    return path


def _picture(page: QWidget) -> QWidget:
    """The part of a view that is the picture, without its buttons."""
    for name in ("picture", "canvas"):
        part = getattr(page, name, None)
        if isinstance(part, QWidget) and part.isVisible():
            return part
    return page


def _has_picture(page: QWidget) -> bool:
    """Whether a view shows anything but a reason why not."""
    stack = getattr(page, "stack", None)
    if stack is not None and stack.message:
        return False
    canvas = getattr(page, "canvas", None)
    return canvas is None or canvas.frame is not None
