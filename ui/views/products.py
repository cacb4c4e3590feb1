"""The products: drizzled science image, weights and context, looked at together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core.drizzle.results import DrizzleResult
from ui.views.canvas import Canvas, ViewState
from ui.views.colourbar import ColourBar
from ui.views.figures import FigureStrip
from ui.views.lookbar import LookBar
from ui.views.parts import ElidedLabel, Stacked, save_widget
from ui.views.planes import contributors, read_product
from ui.views.prepared import (
    CONTEXT,
    IMAGE,
    WEIGHT,
    Prepared,
    Run,
    default_look,
    number_of,
    numbered,
    prepare,
)
from ui.views.readout import Readout, context_bits, value_words
from ui.views.stretch import Look
from ui.views.wrap import together

if TYPE_CHECKING:
    from core.drizzle.diagnostics import Diagnostics

NO_PRODUCTS = (
    "No products yet.\n\nRun AstroDrizzle: the drizzled image, its weights and its context appear here."
)
PANES = ((IMAGE, "Science", "SCI"), (WEIGHT, "Weight", "WHT"), (CONTEXT, "Context", "CTX"))
SIDE_BY_SIDE = "Side by side"


class Pane(QWidget):
    """One product: title, canvas, colour bar."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.name = title
        self.title = ElidedLabel(title)
        self.canvas = Canvas(title)
        self.scale = ColourBar()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.title)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.scale)

    def show_frame(self, frame: Prepared, path: Path) -> None:
        self.title.setText(f"{self.name}: {path.name}")
        self.title.setToolTip(str(path))
        self.canvas.show_frame(frame)
        self.scale.set_frame(frame)

    def clear(self, message: str) -> None:
        self.title.setText(self.name)
        self.canvas.clear(message)
        self.scale.set_frame(None)

    def set_colours(self, name: str, inverted: bool) -> None:
        self.canvas.set_colours(name, inverted)
        self.scale.set_colours(name, inverted)


class ProductView(QWidget):
    """Three linked panes, side by side or one at a time; the cursor reads all three at once."""

    def __init__(self, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._asked = 0
        self._result: DrizzleResult | None = None
        self._paths: dict[str, Path | None] = {}
        self._chips: tuple[str, ...] = ()
        self._weights = "EXP"
        self._todo: list[str] = []
        self._at = (float("nan"), float("nan"))
        self.panes = {kind: Pane(title) for kind, title, _ in PANES}
        self.bar = LookBar(default_look(IMAGE))
        self.bar.cuts.setToolTip(f"Of the science image. {self.bar.cuts.toolTip()}")
        self.choice = QComboBox()
        self.choice.addItems([SIDE_BY_SIDE, *(title for _, title, _ in PANES)])
        self.choice.setAccessibleName("Products shown")
        self.photometry = QPushButton("For photometry…")
        self.photometry.setToolTip(
            "Write a copy with the mean sky put back, in electrons, as DAOPHOT needs it"
        )
        self.readout, self.who, self.figures = Readout(), ElidedLabel(), FigureStrip()
        self._lay_out()
        self._wire()
        self.panes[WEIGHT].set_colours("Grey", False)
        self.panes[CONTEXT].set_colours("Viridis", False)
        self.setAccessibleName("Products")
        self.clear(NO_PRODUCTS)

    @property
    def chips(self) -> tuple[str, ...]:
        """The chip behind each bit of the context image."""
        return self._chips

    def show_result(self, result: DrizzleResult, weights: str = "EXP") -> None:
        """Read the final products through `run` and show them; the view stays when they have the same size.

        `weights` is the parameter final_wht_type: exposure times are given in seconds, other weights bare.
        """
        found = {IMAGE: result.science, WEIGHT: result.weight, CONTEXT: result.context}
        if not any(found.values()):
            if not any(self._paths.values()):
                self.clear("This run made no final image: step 7 was not part of it.")
            return  # what an earlier run made is still there, and stays in view
        self._weights = weights
        self._asked += 1
        self._paths = found
        self.stack.show_picture()
        self.figures.show_figures(None)
        for kind, pane in self.panes.items():
            path = self._paths[kind]
            if path is None:
                pane.clear(f"This run wrote no {pane.name.lower()} image.")
            else:
                pane.canvas.say(f"Reading {path.name} ...")
        self._todo = [kind for kind, path in self._paths.items() if path is not None]
        self._run(numbered, self._asked, contributors, result, done=self._named, failed=self._failed)
        self._result = result

    def canvases(self) -> list[Canvas]:
        """The canvases of science, weight and context; they look at the same place."""
        return [pane.canvas for pane in self.panes.values()]

    def clear(self, message: str) -> None:
        """Show no products, but why."""
        self._paths = {}
        self._asked += 1
        self._todo = []
        self.figures.show_figures(None)
        for pane in self.panes.values():
            pane.clear("")
        self.readout.setText("")
        self.who.setText("")
        self.stack.show_message(message)

    def save_png(self, path: str | Path) -> None:
        """Write the panes as they are seen. Raises `Refusal` when that is impossible."""
        save_widget(self.picture, path)

    def _lay_out(self) -> None:
        whole, self.picture = QWidget(), QWidget()
        head = QHBoxLayout()
        head.addWidget(together("Show", self.choice), 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.bar, 1)
        head.addWidget(self.photometry, 0, Qt.AlignmentFlag.AlignTop)
        row = QHBoxLayout(self.picture)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for pane in self.panes.values():
            row.addWidget(pane, 1)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.picture, 1)
        column.addWidget(self.readout)
        column.addWidget(self.who)
        column.addWidget(self.figures)
        self.stack = Stacked(whole)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(8, 6, 8, 6)
        outer.addWidget(self.stack)

    def _wire(self) -> None:
        self.bar.look_changed.connect(self._restretch)
        self.bar.colours_changed.connect(self.panes[IMAGE].set_colours)
        self.bar.fit_asked.connect(self._fit)
        self.bar.one_to_one_asked.connect(self.panes[IMAGE].canvas.one_to_one)
        self.choice.currentTextChanged.connect(self._choose)
        for pane in self.panes.values():
            pane.canvas.cursor_moved.connect(self._read)
            pane.canvas.view_changed.connect(self._follow)

    # Reading

    def _named(self, answer: tuple[int, tuple[str, ...]]) -> None:
        number, chips = answer
        if number == self._asked:
            self._chips = chips
            self._ask_next()

    def _diagnosed(self, answer: tuple[int, Diagnostics]) -> None:
        if answer[0] == self._asked:
            self.figures.show_figures(answer[1])

    def _ask_next(self) -> None:
        if not self._todo:
            self._run(numbered, self._asked, diagnosed, self._result, done=self._diagnosed, failed=_left_out)
            return
        kind = self._todo[0]
        extension = next(name for each, _, name in PANES if each == kind)
        look = self.bar.look if kind == IMAGE else None
        self._run(
            numbered,
            self._asked,
            read_and_prepare,
            self._paths[kind],
            extension,
            kind,
            look,
            "s" if kind == WEIGHT and self._weights == "EXP" else "",
            done=self._arrived,
            failed=self._failed,
        )

    def _arrived(self, answer: tuple[int, Prepared]) -> None:
        number, frame = answer
        if number != self._asked:
            return
        self._show(frame)
        if self._todo:
            self._todo.pop(0)
            self._ask_next()  # last of all the figures

    def _failed(self, error: BaseException) -> None:
        if number_of(error) not in (None, self._asked):
            return
        if not self._todo:
            self.clear(str(error))
            return
        self.panes[self._todo.pop(0)].clear(str(error))
        self._ask_next()

    def _show(self, frame: Prepared) -> None:
        path = self._paths.get(frame.kind)
        if path is None:
            return
        pane = self.panes[frame.kind]
        first = pane.canvas.frame is None
        pane.show_frame(frame, path)
        if first:
            self._take_view(pane.canvas)
        if frame.kind == IMAGE:
            self.bar.show_limits(frame.low, frame.high)
        self._read(*self._at)

    def _restretch(self, look: Look) -> None:
        frame = self.panes[IMAGE].canvas.frame
        if frame is not None and not self._todo:
            self._run(
                numbered,
                self._asked,
                prepare,
                frame.name,
                frame.data,
                look,
                IMAGE,
                frame.wcs,
                frame.unit,
                done=self._arrived,
                failed=self._failed,
            )

    # Looking

    def _choose(self, text: str) -> None:
        for pane in self.panes.values():
            pane.setVisible(text in (SIDE_BY_SIDE, pane.name))

    def _follow(self, state: ViewState) -> None:
        """A pane was moved by hand: the others look at the same place."""
        moved = self.sender()
        for canvas in self.canvases():
            if canvas is not moved and canvas.frame is not None:
                if isinstance(moved, Canvas) and moved.is_fitted:
                    canvas.fit()
                else:
                    canvas.set_state(state)

    def _take_view(self, canvas: Canvas) -> None:
        """A pane that has just got its first frame looks where the others look."""
        for other in self.canvases():
            same = (
                other.frame is not None
                and canvas.frame is not None
                and other.frame.shape == canvas.frame.shape
            )
            if other is not canvas and same and not other.is_fitted:
                canvas.set_state(other.state)
                return

    def _fit(self) -> None:
        for canvas in self.canvases():
            canvas.fit()

    def _read(self, x: float, y: float) -> None:
        self._at = (x, y)
        frames = {kind: pane.canvas.frame for kind, pane in self.panes.items()}
        main = frames[IMAGE] or frames[WEIGHT] or frames[CONTEXT]
        self.readout.show_at(main, x, y)
        if not self.readout.text() or main is None:
            self.who.setText("")
            return
        parts = []
        weight, context = frames[WEIGHT], frames[CONTEXT]
        if weight is not None and weight is not main:
            parts.append(f"weight {value_words(weight, x, y)}")
        if context is not None:
            parts.append(self._who(context, x, y))
        self.who.setText("   ".join(parts))

    def _who(self, context: Prepared, x: float, y: float) -> str:
        """Which chips contributed to the pixel at a FITS position."""
        words = value_words(context, x, y)
        if words == "outside":
            return ""
        value = context.data[..., int(y - 0.5), int(x - 0.5)]
        return f"context {context_words(value, self._chips)}"


def diagnosed(result: DrizzleResult) -> Diagnostics:
    """The diagnostics of a run. Runs in the worker; raises `Refusal`."""
    from core.drizzle.diagnostics import diagnose  # numba and stwcs: the window does not wait for them

    return diagnose(result)


def _left_out(error: BaseException) -> None:
    """Products that cannot be read have no figures; the panes say why."""


def context_words(value: object, chips: Sequence[str]) -> str:
    """A context value in words: "5: ibc301qrq_flt [sci,1], ibc304v3q_flt [sci,1]"; "0: no exposure"."""
    bits = context_bits(value)
    planes = value.tolist() if hasattr(value, "tolist") else value
    number = " ".join(str(plane) for plane in planes) if isinstance(planes, list) else str(planes)
    names = [chips[bit] if bit < len(chips) else f"chip {bit + 1}" for bit in bits]
    return f"{number}: {', '.join(names) or 'no exposure'}"


def read_and_prepare(path: Path, extension: str, kind: str, look: Look | None, unit: str = "") -> Prepared:
    """Read and stretch one product; a science image's unit is its BUNIT. Runs in the worker; raises `Refusal`."""
    read = read_product(path, extension)
    unit = read.unit if kind == IMAGE else unit
    return prepare(f"{path.name} [{extension}]", read.data, look, kind, read.wcs, unit)
