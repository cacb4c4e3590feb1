"""The image view: everything heavy goes through `run`; late answers are dropped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from core.data.chipwcs import ChipWCS
from core.errors import Refusal
from ui.lane import Lane
from ui.views.image import ImageView


@pytest.fixture
def view(qtbot: QtBot, lane: Lane) -> ImageView:
    view = ImageView(lane.run)
    qtbot.addWidget(view)
    view.resize(600, 500)
    view.show()
    return view


def stars() -> np.ndarray:
    data = np.random.default_rng(5).normal(10, 1, (80, 100)).astype(np.float32)
    data[30, 70] = 500.0
    return data


def test_reading_and_stretching_happen_in_the_worker(
    view: ImageView, qtbot: QtBot, stretched_in: set[str]
) -> None:
    read_in = []

    def load() -> np.ndarray:
        read_in.append(threading.current_thread().name)
        return stars()

    with qtbot.waitSignal(view.shown):
        view.show_image("a", load)
    view.bar.stretch.setCurrentText("log")
    with qtbot.waitSignal(view.shown):
        view.bar.stretch.activated.emit(2)
    assert view.frame is not None
    assert view.frame.look.stretch == "log"
    assert threading.current_thread().name not in stretched_in | set(read_in)
    assert stretched_in
    assert len(read_in) == 1


def test_cursor_reads_the_value_of_the_data(view: ImageView, qtbot: QtBot, frame_wcs: ChipWCS) -> None:
    data = stars()
    with qtbot.waitSignal(view.shown):
        view.show_image("a", lambda: data, wcs=frame_wcs, unit="e-")
    qtbot.mouseMove(view.canvas, view.canvas.to_widget(71.0, 31.0).toPoint())
    qtbot.waitUntil(lambda: "500 e-" in view.readout.text())
    assert "RA 13:26:4" in view.readout.text()


def test_typing_a_cut_fixes_it(view: ImageView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.shown):
        view.show_image("a", stars)
    view.bar.high.setFocus()
    view.bar.high.selectAll()
    qtbot.keyClicks(view.bar.high, "250")
    with qtbot.waitSignal(view.shown):
        qtbot.keyClick(view.bar.high, Qt.Key.Key_Return)
    assert view.frame is not None
    assert (view.frame.look.cuts, view.frame.high) == ("fixed", 250.0)


def test_only_the_newest_answer_is_shown(view: ImageView, qtbot: QtBot) -> None:
    gate = threading.Event()

    def slow() -> np.ndarray:
        gate.wait(5)
        return np.zeros((5, 5), np.float32)

    view.show_image("old", slow)
    view.show_image("new", stars)
    gate.set()
    with qtbot.waitSignal(view.shown):
        pass
    assert view.frame is not None
    assert view.frame.name == "new"


def test_a_late_failure_does_not_wipe_the_newer_image(view: ImageView, qtbot: QtBot, lane: Lane) -> None:
    def broken() -> np.ndarray:
        raise Refusal("The file is truncated.", file="old.fits")

    view.show_image("old", broken)
    view.show_image("new", stars)
    qtbot.waitUntil(lambda: not lane.is_busy)
    assert view.frame is not None
    assert view.frame.name == "new"


def test_a_failure_says_what_and_which_file(view: ImageView, qtbot: QtBot, lane: Lane) -> None:
    def broken() -> np.ndarray:
        raise Refusal("The file is truncated.", file="x/a_flt.fits", advice="Fetch it again.")

    view.show_image("a", broken)
    qtbot.waitUntil(lambda: not lane.is_busy)
    told = view.canvas.accessibleDescription()
    assert all(word in told for word in ("a_flt.fits", "truncated", "Fetch it again."))


def test_picture_is_written_or_refused(view: ImageView, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(view.shown):
        view.show_image("a", stars)
    view.save_png(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(Refusal, match=r"a\.png"):
        view.save_png(tmp_path / "nowhere" / "a.png")


def test_click_is_passed_on(view: ImageView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.shown):
        view.show_image("a", stars)
    with qtbot.waitSignal(view.clicked):
        qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))


def test_without_run_nothing_is_computed(qtbot: QtBot, stretched_in: set[str]) -> None:
    asked: list[Callable[..., object]] = []

    def run(work: Callable[..., object], *_args: object, **_named: object) -> None:
        asked.append(work)

    view = ImageView(run)
    qtbot.addWidget(view)
    view.show_image("a", stars)
    assert len(asked) == 1
    assert not stretched_in
