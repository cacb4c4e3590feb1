"""The walk of the Handbook: image by image the histogram, the residuals, the vectors, each confirmed or left out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ui.actions import Actions
from ui.controllers.align import AlignController
from ui.controllers.choices import ChoicesController
from ui.exposures import ExposureList
from ui.session import ALIGN, REFIT, Session
from ui.views.chart import ChartView
from ui.walkbar import WalkBar

if TYPE_CHECKING:
    from core.align.results import ImageResult
    from ui.viewset import ViewSet

STAGES = ("histogram", "residuals", "vectors")
QUESTIONS = {
    "histogram": "Does one peak stand out, and is it the right one?",
    "residuals": "Are the residuals flat, and small (below 0.1 px)?",
    "vectors": "Do the arrows point anywhere, without a pattern?",
}
OUT = "Left out: it is not aligned and not applied."
NOTHING = "Align first: there is nothing to walk through."


class WalkController(QObject):
    """Steps over the images that were matched against the reference. One step back is always possible."""

    def __init__(
        self,
        session: Session,
        views: ViewSet,
        listing: ExposureList,
        bar: WalkBar,
        actions: Actions,
        align: AlignController,
        choices: ChoicesController,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.session, self.views, self.listing, self.bar = session, views, listing, bar
        self.actions, self.align, self.choices = actions, align, choices
        self._place = 0
        self._files: list[Path] = []
        slots = {"back": self.back, "next": self.next, "leave": self.leave, "stop": self.stop}
        for name, slot in slots.items():
            bar.actions_[name].triggered.connect(slot)
        views.tabs.addActions(list(bar.actions_.values()))
        actions["walk"].triggered.connect(self.start)
        align.aligned.connect(self.stop)
        align.refitted.connect(self.refresh)
        choices.changed.connect(self.refresh)
        align.runner.changed.connect(self.refresh)
        self.stop()

    @property
    def is_on(self) -> bool:
        """Whether a walk is going on."""
        return bool(self._files)

    def images(self) -> list[ImageResult]:
        """All images but the reference and those that could not be read."""
        alignment = self.session.alignment
        images = alignment.images if alignment is not None else ()
        return [
            image
            for image in images
            if str(image.status) != "REFERENCE" and (image.sources is not None or self._is_out(image.name))
        ]

    # ---- moving

    def start(self) -> None:
        """Begin with the first image."""
        self._files = [image.path for image in self.images()]
        self._place = 0
        if self._files:
            self._show()

    def next(self) -> None:
        """The next step; at the end, Apply."""
        if not self.is_on:
            return
        if self._place == self._count():
            if self.actions["apply"].isEnabled():
                self.stop()
                self.align.apply()
            return
        self._place = self._after() if self._is_out(self._file().name) else self._place + 1
        self._show()

    def back(self) -> None:
        """The step before; an image that is left out has only one."""
        if self.is_on and self._place > 0:
            self._place -= 1
            if self._is_out(self._file().name):
                self._place -= self._place % len(STAGES)
            self._show()

    def leave(self) -> None:
        """Leave the image out and go on, or take it in again and stay."""
        if not self.is_on or self._place == self._count() or self._busy():
            return
        out = not self._is_out(self._file().name)
        self.choices.leave_out([self._file().name], out)
        if out:
            self._place = self._after()
        self._show()

    def stop(self) -> None:
        """End the walk; what was decided stays."""
        self._files = []
        self.bar.hide()
        self.refresh()

    # ---- showing

    def refresh(self) -> None:
        """What may be pressed now."""
        self.actions.enable("walk", "" if self.images() else NOTHING)
        on = self.is_on
        end = on and self._place == self._count()
        usable = {
            "back": on and self._place > 0,
            "next": on and (not end or self.actions["apply"].isEnabled()),
            "leave": on and not end and not self._busy(),
            "stop": on,
        }
        for name, able in usable.items():
            self.bar.actions_[name].setEnabled(able)
        if on:
            self._write(end)

    def _show(self) -> None:
        """Bring image and view to the front, and the keyboard to the view."""
        self.bar.show()
        if self._place < self._count():
            self.listing.choose(self._file())
            self.views.show(STAGES[self._place % len(STAGES)])
        self.refresh()
        page = self.views.tabs.currentWidget()
        plot = page.area if isinstance(page, ChartView) and not page.stack.message else None
        target = plot if plot is not None and self._place < self._count() else self.bar.buttons["next"]
        target.setFocus()

    def _write(self, end: bool) -> None:
        bar = self.bar
        bar.name("next", "Apply\u2026" if end else "Next")
        if end:
            out = [path.name for path in self._files if self._is_out(path.name)]
            kept = f"{len(self._files) - len(out)} of {len(self._files)} images kept"
            bar.say("End of the walk", f"{kept}; left out: {', '.join(out)}" if out else f"{kept}.")
            bar.name("leave", "Leave this one out")
            return
        name = self._file().name
        number = self._place // len(STAGES) + 1
        bar.say(f"{number} of {len(self._files)}: {name}", self._question(name))
        bar.name("leave", "Take it in again" if self._is_out(name) else "Leave this one out")

    def _question(self, name: str) -> str:
        if self._is_out(name):
            return OUT
        image = next((one for one in self.images() if one.name == name), None)
        if image is not None and image.fit is None:
            return f"{image.status}: {image.reason}"
        return QUESTIONS[STAGES[self._place % len(STAGES)]]

    # ---- helpers

    def _file(self) -> Path:
        return self._files[min(self._place, self._count() - 1) // len(STAGES)]

    def _count(self) -> int:
        return len(self._files) * len(STAGES)

    def _after(self) -> int:
        """The first step of the next image."""
        return (self._place // len(STAGES) + 1) * len(STAGES)

    def _is_out(self, name: str) -> bool:
        return self.session.choices.of(name).left_out

    def _busy(self) -> bool:
        return self.session.running not in ("", ALIGN, REFIT)
