"""Pictures of the window with each view in front, taken in steps, so that the event loop runs between them."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QMainWindow, QTabWidget

from ui.views.paper import write_png

if TYPE_CHECKING:
    from ui.viewset import ViewSet

# the parameter tab that a view depends on: 0 Align, 1 Find sources, 2 Drizzle
BESIDE = {"sources": 1, "histogram": 0, "residuals": 0, "vectors": 1, "pair": 0, "blink": 2, "products": 2}
# the table below: 0 Alignment, 1 Matches, 2 Cosmic rays
FOOT = {"sources": 0, "histogram": 0, "residuals": 1, "vectors": 1, "pair": 1, "blink": 2, "products": 2}
FRAME_S = 30.0

Taken = tuple[Path, QImage]
Steps = Generator[Taken | None, None, None]


def picture_steps(
    views: ViewSet, window: QMainWindow, params: QTabWidget, foot: QTabWidget, folder: Path
) -> Steps:
    """One picture for each view, and for each frame of the exposure that is blinked, with the parameters and the table
    that belong to it. Gives None when the event loop is to run before the next step, else a picture and where it goes.
    """
    for name in views.pages:
        views.show(name)
        params.setCurrentIndex(BESIDE[name])
        foot.setCurrentIndex(FOOT[name])
        yield None
        if name == "sources":
            yield from _until(lambda: not views.sources.is_waiting)
        yield folder / f"{name}.png", window.grab().toImage()
        if name == "blink":
            yield from _frames(views, window, folder)


def _frames(views: ViewSet, window: QMainWindow, folder: Path) -> Steps:
    """The frames of the group that is blinked: exposure, cleaned, mask, blot."""
    view = views.blink
    now, store = view.current, view.store
    if now is None:
        return
    shown = store.frames.index(now)
    for index in store.members(now.group):
        if index == shown:  # the picture of the view is its own
            continue
        view.go_to(index)
        yield None
        yield from _until(lambda index=index: store.get(index) is not None or index in store.trouble)
        yield folder / f"blink-{Path(store.frames[index].name).stem}.png", window.grab().toImage()
    view.go_to(shown)


def _until(there) -> Iterator[None]:  # type: ignore[no-untyped-def]
    """Gives None until `there()`, or patience ends."""
    end = time.monotonic() + FRAME_S
    while not there() and time.monotonic() < end:
        yield None


def take_all(steps: Steps) -> list[Path]:
    """All steps at once, for who can wait. Raises `Refusal` when a picture cannot be written."""
    paths = []
    for taken in steps:
        if taken is None:
            QApplication.processEvents()
            time.sleep(0.005)
        else:
            path, image = taken
            paths.append(save(image, path))
    return paths


def save(image: QImage, path: Path) -> Path:
    """Write a picture; may run in any thread. Raises `Refusal` or OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_png(image, path)
