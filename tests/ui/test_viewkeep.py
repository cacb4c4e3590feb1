"""A session brings back how the images were looked at: cuts, stretch, colours, zoom and centre, what is blinked."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from core.simulate import Scene, simulate
from tests.ui_standins import StandInPerson
from ui import viewkeep
from ui.views.canvas import ViewState
from ui.views.stretch import Look
from ui.window import MainWindow

SCENE = Scene(seed=3, n_exposures=2, density=0.05, noise=False, defects=False, cr_rate=0.0)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory) -> list[Path]:
    return list(simulate(SCENE, tmp_path_factory.mktemp("field")).files)


@pytest.fixture
def opened(qtbot, simulated, tmp_path):
    """A function that opens a window with the real engine on the exposures, or on none."""
    files = [Path(shutil.copy(path, tmp_path)) for path in simulated]
    windows = []

    def make(full: bool) -> MainWindow:
        window = MainWindow(files if full else [], ask=StandInPerson())
        windows.append(window)
        window.resize(1280, 800)
        window.show()
        qtbot.waitUntil(lambda: not window.files.is_reading and not window.quick.is_busy, timeout=60_000)
        return window

    yield make
    for window in windows:
        window.close()
        window.deleteLater()


def at_rest(qtbot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.files.is_reading and not window.quick.is_busy, timeout=60_000)


def test_the_images_are_looked_at_as_before(qtbot, opened, tmp_path):
    window = opened(True)
    sources, blink = window.views.sources.image, window.views.blink
    qtbot.waitUntil(lambda: sources.frame is not None, timeout=60_000)
    sources.bar.set_look(Look("fixed", "log", 1.0, 250.0))
    sources.bar.look_changed.emit(sources.bar.look)
    sources.bar.set_colours("Viridis", True)
    sources.canvas.set_state(ViewState(100.25, 60.5, 4.0), by_hand=True)
    window.live.choose_chip(2)
    window.views.show("blink")
    at_rest(qtbot, window)
    group = next(frame.group for frame in reversed(blink.store.frames) if frame.group.startswith("All"))
    blink._choose_group(group)
    at_rest(qtbot, window)
    blink.list.list.item(0).setCheckState(blink.list.list.item(0).checkState().__class__.Unchecked)
    blink.go_to(blink.list.at(1))
    at_rest(qtbot, window)
    blink.store.set_look(blink._current, Look("98 %", "sqrt"))
    blink.canvas.set_state(ViewState(50.0, 40.0, 8.0), by_hand=True)
    blink.controls.interval.setValue(250)
    window.views.products.choice.setCurrentText("Weight")
    at_rest(qtbot, window)
    name, before = blink.current.name, viewkeep.taken(window)
    window.sessions.save_to(tmp_path / "looked.drizzledesk")
    qtbot.waitUntil(lambda: window.sessions.path is not None)

    other = opened(False)
    with qtbot.waitSignal(other.sessions.restored):
        other.sessions.open(tmp_path / "looked.drizzledesk")
    at_rest(qtbot, other)
    view = other.views.blink
    qtbot.waitUntil(lambda: view.canvas.frame is not None and view.canvas.frame.name == name)
    assert view.current.group == group
    assert view.canvas.state == ViewState(50.0, 40.0, 8.0)
    assert view.store.look_of(view._current) == Look("98 %", "sqrt")
    assert len(view.list.ticked()) == view.list.list.count() - 1
    other.views.show("sources")
    at_rest(qtbot, other)
    image = other.views.sources.image
    qtbot.waitUntil(lambda: image.frame is not None)
    assert image.frame.look == Look("fixed", "log", 1.0, 250.0)
    assert image.canvas.state == ViewState(100.25, 60.5, 4.0)
    assert other.views.sources.chips.currentData() == 2
    assert viewkeep.taken(other) == before


def test_a_frame_that_comes_first_is_not_shown_elsewhere(qtbot, opened):
    """The person zooms before the pixels are there: the hand goes before what a file says."""
    window = opened(True)
    canvas = window.views.sources.image.canvas
    qtbot.waitUntil(lambda: canvas.frame is not None, timeout=60_000)
    canvas.come_back(ViewState(20.0, 20.0, 2.0))
    assert canvas.state == ViewState(20.0, 20.0, 2.0)
    canvas.zoom_by(2.0)
    assert not canvas.is_coming_back
    moved = canvas.state
    canvas.show_frame(dataclasses.replace(canvas.frame))
    assert canvas.state == moved


@pytest.mark.parametrize(
    "view",
    [
        {"sources.look": "[1, 2]", "sources.colours": "No such map", "blink.looks": '{"a": 1}'},
        {"sources.fitted": False, "sources.x": "x", "sources.y": None, "sources.zoom": True},
        {"sources.look": "[" * 100_000, "blink.ticks": "[]", "blink.interval": "soon", "sources.chip": "x"},
        {"sources.look": '["fixed", "log", 5, 1]', "products.shown": "Nothing", "blink.group": 3},
        {"sources.fitted": False, "sources.x": 1.0, "sources.y": 1.0, "sources.zoom": -5.0},
    ],
)
def test_what_is_no_view_leaves_the_views_as_they_are(qtbot, make_window, view):
    window = make_window("a_flt.fits")
    look = window.views.sources.image.bar.look
    viewkeep.bring_back(window, view)
    assert window.views.sources.image.bar.look == look
    assert window.views.products.choice.currentText() == "Side by side"
    assert window.views.sources.image.canvas.state.zoom > 0
