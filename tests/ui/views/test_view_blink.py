"""Blinking: keys, one view for all frames, shared cuts, masks, what cannot be read; nothing in the GUI thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.data.chipwcs import ChipWCS
from core.errors import Refusal
from ui.lane import Lane
from ui.views.blink import BlinkFrame, BlinkView
from ui.views.canvas import ViewState
from ui.views.framestore import FrameStore

SHAPE = (60, 90)


def image(level: float, seed: int = 0, shape: tuple[int, int] = SHAPE) -> Callable[[], np.ndarray]:
    def load() -> np.ndarray:
        return np.random.default_rng(seed).normal(level, 1.0, shape).astype(np.float32)

    return load


def mask() -> np.ndarray:
    made = np.ones(SHAPE, np.uint8)
    made[20, 30] = 0
    return made


def some_frames() -> list[BlinkFrame]:
    return [
        BlinkFrame("a_flt.fits", image(10.0, 1), group="a [sci,1]", unit="e-"),
        BlinkFrame("a_crclean.fits", image(30.0, 2), group="a [sci,1]", unit="e-"),
        BlinkFrame("a_sci1_crmask.fits", mask, "mask", group="a [sci,1]"),
        BlinkFrame("b_flt.fits", image(50.0, 3, (40, 50)), group="b [sci,1]"),
        BlinkFrame("b_wht.fits", image(5.0, 4, (40, 50)), "weight", group="b [sci,1]"),
    ]


@pytest.fixture
def view(qtbot: QtBot, lane: Lane) -> BlinkView:
    view = BlinkView(lane.run)
    qtbot.addWidget(view)
    view.resize(1000, 600)
    view.show()
    view.show_frames(some_frames())
    qtbot.waitUntil(lambda: not lane.is_busy)
    view.canvas.setFocus()
    return view


def name_on(view: BlinkView) -> str:
    assert view.canvas.frame is not None
    assert view.canvas.frame.name in view.canvas.accessibleDescription()
    return view.canvas.frame.name


def test_b_steps_forwards_and_shift_b_back(view: BlinkView, qtbot: QtBot) -> None:
    seen = [name_on(view)]
    for _ in range(3):
        qtbot.keyClick(view.canvas, Qt.Key.Key_B)
        seen.append(name_on(view))
    assert seen == ["a_flt.fits", "a_crclean.fits", "a_sci1_crmask.fits", "a_flt.fits"]
    qtbot.keyClick(view.canvas, Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    assert name_on(view) == "a_sci1_crmask.fits"


def test_tab_steps_on_the_canvas_and_escape_leaves_it(view: BlinkView, qtbot: QtBot) -> None:
    qtbot.keyClick(view.canvas, Qt.Key.Key_Tab)
    assert name_on(view) == "a_crclean.fits"
    qtbot.keyClick(view.canvas, Qt.Key.Key_Backtab)
    assert name_on(view) == "a_flt.fits"
    qtbot.keyClick(view.canvas, Qt.Key.Key_Escape)
    assert not view.canvas.hasFocus()


def test_numbers_go_to_frames_and_pages_to_groups(view: BlinkView, qtbot: QtBot, lane: Lane) -> None:
    qtbot.keyClick(view.canvas, Qt.Key.Key_2)
    assert name_on(view) == "a_crclean.fits"
    qtbot.keyClick(view.canvas, Qt.Key.Key_9)
    assert name_on(view) == "a_crclean.fits"
    qtbot.keyClick(view.canvas, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: not lane.is_busy)
    assert name_on(view) == "b_wht.fits", "the frame of the same place"
    qtbot.keyClick(view.canvas, Qt.Key.Key_PageUp)
    assert name_on(view) == "a_crclean.fits"


def test_space_starts_and_stops_and_the_interval_counts(view: BlinkView, qtbot: QtBot) -> None:
    view.controls.interval.setValue(60)
    with qtbot.waitSignals([view.frame_changed] * 4, timeout=3000):
        qtbot.keyClick(view.canvas, Qt.Key.Key_Space)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Space)
    assert not view.is_playing
    with qtbot.assertNotEmitted(view.frame_changed, wait=150):
        pass


def test_unticked_frames_are_left_out(view: BlinkView, qtbot: QtBot) -> None:
    view.list.list.item(1).setCheckState(Qt.CheckState.Unchecked)
    qtbot.keyClick(view.canvas, Qt.Key.Key_B)
    assert name_on(view) == "a_sci1_crmask.fits"


def test_zoom_and_place_stay_when_frames_change(view: BlinkView, qtbot: QtBot) -> None:
    view.canvas.set_state(ViewState(33.25, 21.5, 7.0))
    for _ in range(5):
        qtbot.keyClick(view.canvas, Qt.Key.Key_B)
        assert view.canvas.state == ViewState(33.25, 21.5, 7.0)


def test_shared_cuts_are_those_of_the_first_image(view: BlinkView, qtbot: QtBot, lane: Lane) -> None:
    first, second = view.store.get(0), view.store.get(1)
    assert first is not None
    assert second is not None
    assert (second.low, second.high) == (first.low, first.high)
    view.controls.shared.click()
    qtbot.waitUntil(lambda: not lane.is_busy)
    own = view.store.get(1)
    assert own is not None
    assert own.low > first.high, "its own pixels are brighter than all of the first"
    view.controls.shared.click()
    qtbot.waitUntil(lambda: not lane.is_busy)
    again = view.store.get(1)
    assert again is not None
    assert (again.low, again.high) == (first.low, first.high)


def test_a_new_stretch_reaches_every_image_of_the_group(view: BlinkView, qtbot: QtBot, lane: Lane) -> None:
    qtbot.keyClick(view.canvas, Qt.Key.Key_2)
    view.bar.cuts.setCurrentText("min-max")
    view.bar.cuts.activated.emit(0)
    qtbot.waitUntil(lambda: not lane.is_busy)
    first = view.store.get(0)
    assert first is not None
    assert (first.low, first.high) == (first.data.min(), first.data.max())
    second = view.store.get(1)
    assert second is not None
    assert (second.low, second.high) == (first.low, first.high)
    assert view.canvas.frame is second


def test_mask_overlay_finds_the_mask_of_the_group(view: BlinkView, qtbot: QtBot) -> None:
    view.canvas.set_state(ViewState(31.0, 21.0, 20.0))
    middle = view.canvas.rect().center()
    before = view.canvas.grab().toImage().pixelColor(middle)
    qtbot.keyClick(view.canvas, Qt.Key.Key_M)
    after = view.canvas.grab().toImage().pixelColor(middle)
    assert after.red() > after.blue() + 50
    assert abs(before.red() - before.blue()) < 3


def test_cursor_reads_the_frame_on_show(view: BlinkView, qtbot: QtBot) -> None:
    qtbot.keyClick(view.canvas, Qt.Key.Key_2)
    qtbot.mouseMove(view.canvas, view.canvas.to_widget(31.0, 21.0).toPoint())
    value = image(30.0, 2)()[20, 30]
    qtbot.waitUntil(lambda: f"{value:.6g} e-" in view.readout.text())


def test_nothing_is_read_or_stretched_in_the_gui_thread(
    qtbot: QtBot, lane: Lane, stretched_in: set[str]
) -> None:
    read_in: set[str] = set()

    def load() -> np.ndarray:
        read_in.add(threading.current_thread().name)
        return image(1.0)()

    view = BlinkView(lane.run)
    qtbot.addWidget(view)
    view.show_frames([BlinkFrame(str(n), load) for n in range(3)])
    qtbot.waitUntil(lambda: not lane.is_busy)
    stretched_in.discard("")
    before = set(stretched_in)
    view.step(1)
    view.step(1)
    assert stretched_in == before
    assert threading.current_thread().name not in stretched_in | read_in
    assert read_in


def test_a_frame_that_cannot_be_read_says_so_and_the_others_work(qtbot: QtBot, lane: Lane) -> None:
    def broken() -> np.ndarray:
        raise Refusal("The file is truncated.", file="x/a_crclean.fits", advice="Run the step again.")

    frames = some_frames()[:3]
    frames[0] = replace(frames[0], load=broken)
    view = BlinkView(lane.run)
    qtbot.addWidget(view)
    view.show_frames(frames)
    qtbot.waitUntil(lambda: not lane.is_busy)
    assert "not readable" in view.list.list.item(0).text()
    assert "truncated" in view.list.list.item(0).toolTip()
    view.step(1)
    assert name_on(view) == "a_crclean.fits"


def test_new_frames_keep_the_chosen_one_and_the_view(view: BlinkView, qtbot: QtBot, lane: Lane) -> None:
    qtbot.keyClick(view.canvas, Qt.Key.Key_2)
    view.canvas.set_state(ViewState(10.0, 12.0, 5.0))
    view.show_frames(some_frames())
    qtbot.waitUntil(lambda: not lane.is_busy)
    assert name_on(view) == "a_crclean.fits"
    assert view.canvas.state == ViewState(10.0, 12.0, 5.0)


def test_frames_that_stay_are_not_read_again(qtbot: QtBot, lane: Lane) -> None:
    read: list[str] = []

    def one() -> np.ndarray:
        read.append("one")
        return image(1.0)()

    def two() -> np.ndarray:
        read.append("two")
        return image(2.0)()

    view = BlinkView(lane.run)
    qtbot.addWidget(view)
    view.show_frames([BlinkFrame("one", one), BlinkFrame("two", two)])
    qtbot.waitUntil(lambda: not lane.is_busy)
    view.show_frames([BlinkFrame("two", two), BlinkFrame("new", image(3.0)), BlinkFrame("one", one)])
    qtbot.waitUntil(lambda: not lane.is_busy)
    assert sorted(read) == ["one", "two"]
    assert [frame is not None for frame in map(view.store.get, range(3))] == [True, True, True]


def test_an_answer_for_old_frames_is_dropped(qtbot: QtBot, lane: Lane) -> None:
    gate = threading.Event()

    def slow() -> np.ndarray:
        gate.wait(5)
        return image(1.0)()

    view = BlinkView(lane.run)
    qtbot.addWidget(view)
    view.show_frames([BlinkFrame("old", slow)])
    view.show_frames([BlinkFrame("new", image(2.0))])
    gate.set()
    qtbot.waitUntil(lambda: not lane.is_busy)
    assert name_on(view) == "new"


def test_the_same_sky_stays_in_view_when_the_group_changes(
    qtbot: QtBot, lane: Lane, frame_wcs: ChipWCS
) -> None:
    moved = replace(frame_wcs, crpix=frame_wcs.crpix + np.array([12.0, -7.0]))
    view = BlinkView(lane.run)
    qtbot.addWidget(view)
    view.show_frames(
        [
            BlinkFrame("a", image(1.0), wcs=frame_wcs, group="a"),
            BlinkFrame("b", image(1.0), wcs=moved, group="b"),
        ]
    )
    qtbot.waitUntil(lambda: not lane.is_busy)
    view.canvas.set_state(ViewState(40.0, 30.0, 4.0))
    view.step_group(1)
    qtbot.waitUntil(lambda: not lane.is_busy)
    state = view.canvas.state
    assert (state.x, state.y, state.zoom) == pytest.approx((52.0, 23.0, 4.0), abs=1e-6)


def test_memory_limit_forgets_groups_and_then_pixels(qtbot: QtBot, lane: Lane) -> None:
    frames = some_frames()
    one = 90 * 60 * 5
    store = FrameStore(lane.run, memory=int(2.5 * one))
    store.set_frames(frames)
    store.want([0, 1, 2])
    qtbot.waitUntil(lambda: not lane.is_busy)
    assert all(store.get(index) is not None for index in (0, 1, 2))
    store.want([3, 4])
    qtbot.waitUntil(lambda: not lane.is_busy)
    assert store.get(3) is not None
    assert store.get(0) is None
    tight = FrameStore(lane.run, memory=one)
    tight.set_frames(frames)
    tight.want([0, 1, 2])
    qtbot.waitUntil(lambda: not lane.is_busy)
    shown, other = tight.get(0), tight.get(1)
    assert shown is not None
    assert other is not None
    assert shown.data.size
    assert not other.data.size
    tight.want([1, 0, 2])
    qtbot.waitUntil(lambda: not lane.is_busy)
    again = tight.get(1)
    assert again is not None
    assert np.array_equal(again.data, frames[1].load())


def test_no_frames_are_explained(view: BlinkView) -> None:
    view.clear("Add exposures first.")
    assert view.stack.message == "Add exposures first."
    assert not view.controls.isEnabled()
    view.show_frames(())
    assert "Nothing to blink yet" in view.stack.message


def test_blink_step_time_at_full_size(qtbot: QtBot, lane: Lane, capsys: pytest.CaptureFixture[str]) -> None:
    view = BlinkView(lane.run)
    qtbot.addWidget(view)
    view.resize(1280, 800)
    view.show()
    shape = (4096, 4096)
    view.show_frames([BlinkFrame(f"{n}.fits", image(10.0, n, shape)) for n in range(3)])
    qtbot.waitUntil(lambda: not lane.is_busy, timeout=60_000)
    view.canvas.set_state(ViewState(2000.0, 2000.0, 1.0))
    taken = []
    for _ in range(12):
        start = time.perf_counter()
        view.step(1)
        view.canvas.repaint()
        taken.append(time.perf_counter() - start)
    with capsys.disabled():
        print(
            f"\nblink step at 4096 x 4096: median {np.median(taken) * 1e3:.1f} ms, worst {max(taken) * 1e3:.1f} ms"
        )
    assert np.median(taken) < 0.2
