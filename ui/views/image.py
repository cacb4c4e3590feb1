"""One image with everything to look at it: the bar of cuts and colours, the canvas, colour bar and read-out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.data.chipwcs import ChipWCS
from ui.views.canvas import Canvas
from ui.views.colourbar import ColourBar
from ui.views.lookbar import LookBar
from ui.views.marks import Marks
from ui.views.parts import save_widget
from ui.views.prepared import (
    IMAGE,
    Load,
    Prepared,
    Run,
    default_look,
    load_and_prepare,
    number_of,
    numbered,
    prepare,
)
from ui.views.readout import Readout
from ui.views.stretch import Look


class ImageView(QWidget):
    """Shows one image. `clicked(x, y)` gives FITS pixels; `shown(Prepared)` follows when a frame has arrived."""

    clicked = Signal(float, float)
    shown = Signal(object)

    def __init__(self, run: Run, name: str = "Image", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._asked = 0
        self._label = ""
        self.canvas = Canvas(name)
        self.bar = LookBar(default_look(IMAGE))
        self.scale = ColourBar()
        self.readout = Readout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(4)
        for widget in (self.bar, self.canvas, self.scale, self.readout):
            layout.addWidget(widget)
        layout.setStretchFactor(self.canvas, 1)
        self.setAccessibleName(name)
        self._wire()
        self.clear("No image yet.")

    def _wire(self) -> None:
        self.bar.look_changed.connect(self.restretch)
        self.bar.colours_changed.connect(self.set_colours)
        self.bar.fit_asked.connect(self.canvas.fit)
        self.bar.one_to_one_asked.connect(self.canvas.one_to_one)
        self.canvas.cursor_moved.connect(self._read)
        self.canvas.clicked.connect(self.clicked)

    @property
    def frame(self) -> Prepared | None:
        """The frame on show."""
        return self.canvas.frame

    def show_image(
        self,
        name: str,
        load: Load,
        *,
        wcs: ChipWCS | None = None,
        kind: str = IMAGE,
        unit: str = "",
        label: str = "",
    ) -> None:
        """Read an image with `load()` and show it; both reading and stretching happen through `run`."""
        self._label = label or name
        self.canvas.say(f"Reading {name} ...")
        look = self.bar.look if kind == IMAGE else None
        self._ask(load_and_prepare, name, load, look, kind, wcs, unit)

    def set_marks(self, *marks: Marks) -> None:
        """Overlays, replacing those before."""
        self.canvas.set_marks(*marks)

    def set_colours(self, name: str, inverted: bool) -> None:
        """Choose the colour map; at once, without stretching."""
        self.canvas.set_colours(name, inverted)
        self.scale.set_colours(name, inverted)

    def clear(self, message: str) -> None:
        """Show no image, but why."""
        self._asked += 1
        self.canvas.clear(message)
        self.scale.set_frame(None)
        self.readout.setText("")
        self.bar.setEnabled(False)

    def save_png(self, path: str | Path) -> None:
        """Write the canvas as it is seen. Raises `Refusal` when that is impossible."""
        save_widget(self.canvas, path)

    def restretch(self, look: Look) -> None:
        """Stretch what is shown otherwise."""
        frame = self.canvas.frame
        if frame is not None:
            self._ask(prepare, frame.name, frame.data, look, frame.kind, frame.wcs, frame.unit)

    def _ask(self, work: Callable[..., Prepared], *args: object) -> None:
        self._asked += 1
        self._run(numbered, self._asked, work, *args, done=self._arrived, failed=self._failed)

    def _arrived(self, answer: tuple[int, Prepared]) -> None:
        number, frame = answer
        if number != self._asked:  # an answer to a question that was overtaken
            return
        self.canvas.show_frame(frame, self._label)
        self.bar.setEnabled(True)
        self.bar.set_look(frame.look)
        self.bar.show_limits(frame.low, frame.high)
        self.scale.set_frame(frame)
        self.shown.emit(frame)

    def _failed(self, error: BaseException) -> None:
        if number_of(error) not in (None, self._asked):
            return
        self.clear(str(error) or "The image could not be read.")

    def _read(self, x: float, y: float) -> None:
        self.readout.show_at(self.canvas.frame, x, y)
