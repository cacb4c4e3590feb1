"""The canvas: real mouse and key events; what is drawn is what the data hold."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.data.chipwcs import ChipWCS
from ui.views.canvas import Canvas, ViewState
from ui.views.marks import Marks, Shape
from ui.views.prepared import MASK, prepare
from ui.views.stretch import Look


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 300)
    canvas.show()
    return canvas


def wheel(canvas: Canvas, at: QPoint, turns: int) -> None:
    event = QWheelEvent(
        QPointF(at), canvas.mapToGlobal(QPointF(at)), QPoint(), QPoint(0, 120 * turns), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


def colour_at(canvas: Canvas, x: float, y: float) -> QColor:
    point = canvas.to_widget(x, y).toPoint()
    return canvas.grab().toImage().pixelColor(point)


def test_first_row_is_at_the_bottom_and_first_pixel_is_one(canvas: Canvas) -> None:
    data = np.zeros((3, 4), np.float32)
    data[0, 0], data[2, 3] = 1.0, 0.5
    canvas.show_frame(prepare("a", data, Look("min-max")))
    assert colour_at(canvas, 1.0, 1.0) == QColor(255, 255, 255)
    assert colour_at(canvas, 4.0, 3.0).red() == pytest.approx(127, abs=1)
    assert colour_at(canvas, 4.0, 1.0) == QColor(0, 0, 0)
    assert canvas.to_widget(1, 1).y() > canvas.to_widget(1, 3).y()


def test_every_pixel_of_a_zoomed_frame_is_drawn_in_its_place(canvas: Canvas) -> None:
    data = np.random.default_rng(0).integers(0, 255, (37, 53)).astype(np.float32)
    canvas.show_frame(prepare("a", data, Look("fixed", "linear", 0.0, 254.0)))
    canvas.set_state(ViewState(26.3, 18.7, 6.0))
    picture = canvas.grab().toImage()
    for row in range(5, 30, 3):
        for column in range(3, 50, 4):
            point = canvas.to_widget(column + 1, row + 1).toPoint()
            assert picture.pixelColor(point).red() == round(float(data[row, column]) * 255 / 254)


def test_wheel_zooms_about_the_cursor_and_drag_pans(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.show_frame(prepare("a", np.zeros((200, 300), np.float32)))
    at = QPoint(120, 80)
    before = canvas.to_pixels(QPointF(at))
    wheel(canvas, at, 3)
    assert canvas.to_pixels(QPointF(at)) == pytest.approx(before)
    assert canvas.state.zoom == pytest.approx(0.97 * min(400 / 300, 300 / 200) * 1.25**3)
    held = canvas.to_pixels(QPointF(200, 150))
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    qtbot.mouseMove(canvas, QPoint(230, 130))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(230, 130))
    assert canvas.to_pixels(QPointF(230, 130)) == pytest.approx(held)


def test_keys_zoom_pan_fit_and_one_to_one(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.show_frame(prepare("a", np.zeros((200, 300), np.float32)))
    start = canvas.state
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    assert canvas.state.zoom == pytest.approx(start.zoom * 1.25)
    assert canvas.state.x == pytest.approx(start.x + 40 / canvas.state.zoom)
    assert canvas.state.y == pytest.approx(start.y + 30 / canvas.state.zoom)
    qtbot.keyClick(canvas, Qt.Key.Key_O)
    assert canvas.state.zoom == 1.0
    qtbot.keyClick(canvas, Qt.Key.Key_F)
    assert canvas.state == start
    assert canvas.is_fitted


def test_click_tells_the_fits_position_and_a_drag_is_no_click(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.show_frame(prepare("a", np.zeros((200, 300), np.float32)))
    target = canvas.to_widget(101.0, 51.0).toPoint()
    with qtbot.waitSignal(canvas.clicked) as heard:
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=target)
    assert heard.args == pytest.approx(canvas.to_pixels(QPointF(target)))
    with qtbot.assertNotEmitted(canvas.clicked):
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=target)
        qtbot.mouseMove(canvas, target + QPoint(30, 0))
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=target + QPoint(30, 0))


def test_one_flagged_pixel_is_seen_in_a_whole_frame(canvas: Canvas) -> None:
    mask = np.ones((4852, 4842), np.uint8)
    mask[1234, 3456] = 0
    canvas.show_frame(prepare("m", mask, kind=MASK))
    assert canvas.state.zoom < 0.07
    assert colour_at(canvas, 3457.0, 1235.0).red() == 255


def test_a_mask_laid_over_colours_only_flagged_pixels(canvas: Canvas) -> None:
    mask = np.ones((20, 30), np.uint8)
    mask[10, 15] = 0
    canvas.show_frame(prepare("a", np.zeros((20, 30), np.float32)))
    canvas.set_mask(prepare("m", mask, kind=MASK))
    assert colour_at(canvas, 16.0, 11.0).red() > 100
    assert colour_at(canvas, 18.0, 11.0) == QColor(0, 0, 0)
    canvas.set_mask(None)
    assert colour_at(canvas, 16.0, 11.0) == QColor(0, 0, 0)


def test_fit_follows_the_size_until_the_person_zooms(canvas: Canvas) -> None:
    canvas.show_frame(prepare("a", np.zeros((200, 300), np.float32)))
    canvas.resize(800, 600)
    QApplication.processEvents()
    assert canvas.state.zoom == pytest.approx(0.97 * 800 / 300)
    canvas.zoom_by(2.0)
    zoom = canvas.state.zoom
    canvas.resize(500, 500)
    QApplication.processEvents()
    assert canvas.state.zoom == zoom


def test_split_shows_both_frames_and_its_line_can_be_dragged(canvas: Canvas, qtbot: QtBot) -> None:
    dark, bright = np.zeros((30, 40), np.float32), np.ones((30, 40), np.float32)
    look = Look("fixed", "linear", 0.0, 1.0)
    canvas.show_frame(prepare("dark", dark, look))
    canvas.set_beside(prepare("bright", bright, look), "bright")
    assert colour_at(canvas, 10.0, 15.0).red() == 0
    assert colour_at(canvas, 30.0, 15.0).red() == 255
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    qtbot.mouseMove(canvas, QPoint(360, 150))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(360, 150))
    assert colour_at(canvas, 30.0, 15.0).red() == 0


def test_marks_compass_and_empty_text_are_drawn(canvas: Canvas, frame_wcs: ChipWCS) -> None:
    canvas.show_frame(prepare("a", np.zeros((80, 100), np.float32), wcs=frame_wcs), "a")
    plain = canvas.grab().toImage()
    where = np.array([50.0]), np.array([40.0])
    for shape in Shape:
        canvas.set_marks(Marks("star", *where, QColor("#00FF00"), shape, 5.0))
        assert canvas.grab().toImage() != plain
    canvas.clear("Nothing here.")
    assert canvas.frame is None
    assert canvas.accessibleDescription() == "Nothing here."


@pytest.mark.parametrize("shape", [(4096, 4096), (4852, 4842)])
def test_swap_time(canvas: Canvas, shape: tuple[int, int], capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(3)
    look = Look("fixed", "linear", 0.0, 255.0)
    frames = [prepare(str(n), random.integers(0, 255, shape, np.uint8), look) for n in range(2)]
    canvas.resize(1200, 900)
    times = {}
    for zoom in (0.2, 1.0, 4.0):
        canvas.show_frame(frames[0])
        canvas.set_state(ViewState(1500.3, 1400.8, zoom))
        taken = []
        for turn in range(10):
            start = time.perf_counter()
            canvas.show_frame(frames[turn % 2])
            canvas.repaint()
            taken.append(time.perf_counter() - start)
        times[zoom] = float(np.median(taken))
    with capsys.disabled():
        print(f"\nswap and paint {shape}:", {k: f"{v * 1e3:.1f} ms" for k, v in times.items()})
    assert max(times.values()) < 0.2
