"""The line of steps with the real engine: alone, from one on, and after the window was closed and opened again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from core.drizzle.choose import NAMES
from core.simulate import Scene, simulate
from tests.core.drizzle.conftest import correct_headers
from tests.ui_standins import StandInPerson
from ui.window import MainWindow

MINUTE = 60_000


@pytest.fixture(scope="module")
def simulated(tmp_path_factory) -> list[Path]:
    truth = simulate(Scene(seed=11, size="small", density=0.6), tmp_path_factory.mktemp("steps"))
    correct_headers(truth)
    return sorted(truth.files)


@pytest.fixture
def exposures(simulated, tmp_path) -> list[Path]:
    return [Path(shutil.copy2(path, tmp_path)) for path in simulated]


@pytest.fixture
def open_window(qtbot, exposures):
    windows = []

    def make() -> MainWindow:
        window = MainWindow(exposures, ask=StandInPerson())
        windows.append(window)
        window.resize(1280, 800)
        window.show()
        window.params.assign(
            "astrodrizzle", output="f606w", driz_sep_bits="64,32", final_bits="64,32", preserve=False
        )
        window.param_tabs.setCurrentIndex(2)
        qtbot.waitUntil(lambda: not window.files.is_reading, timeout=MINUTE)
        return window

    yield make
    for window in windows:
        shut(qtbot, window)


def shut(qtbot, window) -> None:
    window.runner.stop()
    qtbot.waitUntil(lambda: not window.lane.is_busy, timeout=MINUTE)
    window.close()


def stands(window) -> str:
    """The first letter of how each step stands: d done, t to be done again, f files gone, n not done, o off."""
    return "".join(button.stand[:1] or "?" for button in window.steps.strip.buttons)


def wait_for(qtbot, window, expected: str) -> None:
    qtbot.waitUntil(lambda: not window.runner.is_running, timeout=MINUTE)
    qtbot.waitUntil(lambda: stands(window) == expected, timeout=MINUTE)


def press(qtbot, window, place: int, text: str) -> None:
    """Choose from the menu of a step."""
    qtbot.waitUntil(lambda: not window.files.is_reading, timeout=MINUTE)
    button = window.steps.strip.buttons[place]
    menu = button.menu()
    menu.aboutToShow.emit()
    action = next(one for one in menu.actions() if one.text() == text)
    assert action.isEnabled(), action.toolTip()
    action.trigger()
    qtbot.waitUntil(lambda: not window.runner.is_running, timeout=MINUTE)
    qtbot.waitUntil(lambda: not window.files.is_reading, timeout=MINUTE)


def pixels(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.fits")}


def test_step_by_step_over_a_restart(qtbot, open_window, exposures, tmp_path):
    window = open_window()
    wait_for(qtbot, window, "nnnnnnn")
    for place in range(4):
        press(qtbot, window, place, "Run this step alone")
        wait_for(qtbot, window, "d" * (place + 1) + "n" * (6 - place))
    window.params.assign("astrodrizzle", combine_type="median")
    wait_for(qtbot, window, "dddtnnn")
    assert "combine_type was minmed" in window.steps.strip.buttons[3].toolTip()
    window.params.history.undo()
    wait_for(qtbot, window, "ddddnnn")
    shut(qtbot, window)

    second = open_window()
    wait_for(qtbot, second, "ddddnnn")
    press(qtbot, second, 4, "Run from this step on")
    wait_for(qtbot, second, "ddddddd")
    before = pixels(tmp_path)

    second.params.assign("astrodrizzle", driz_cr_snr="5.0 4.0")
    wait_for(qtbot, second, "dddddtt")
    second.actions_["drizzle"].trigger()
    wait_for(qtbot, second, "ddddddd")
    assert "5 steps of 7 taken over" in second.status.step.text()
    changed = {name for name, data in pixels(tmp_path).items() if data != before[name]}
    assert changed
    assert all("crmask" in name or "_drz_" in name or name.endswith("_flt.fits") for name in changed)


def test_files_that_are_gone_or_of_another_run(qtbot, open_window, tmp_path):
    window = open_window()
    window.actions_["drizzle"].trigger()
    wait_for(qtbot, window, "ddddddd")
    median = tmp_path / "f606w_med.fits"
    data = median.read_bytes()
    median.unlink()
    window.steps.refresh()
    wait_for(qtbot, window, "dddfddd")
    press(qtbot, window, 4, "Run this step alone")
    assert "f606w_med.fits" in window.status.step.text() or "f606w_med.fits" in window.log.plain()
    half = len(data) // 2
    median.write_bytes(data[:half] + bytes(4000) + data[half + 4000 :])
    window.steps.refresh()
    wait_for(qtbot, window, "dddtddd")
    window.ask.answers["unfit"] = "make"
    press(qtbot, window, 4, "Run this step alone")
    assert "unfit" in window.ask.asked
    wait_for(qtbot, window, "ddddddd")
    assert median.read_bytes() == data


def test_switched_off_steps_cannot_be_run_and_a_step_leads_to_its_parameters(qtbot, open_window):
    window = open_window()
    window.params.assign("astrodrizzle", driz_cr=False, blot=False)
    wait_for(qtbot, window, "nnnnoon")
    strip = window.steps.strip
    strip.buttons[5].menu().aboutToShow.emit()
    run = next(one for one in strip.buttons[5].menu().actions() if one.text() == "Run this step alone")
    assert not run.isEnabled()
    assert "off" in run.toolTip()
    show = next(one for one in strip.buttons[5].menu().actions() if one.text() == "Show its parameters")
    show.trigger()
    heading = next(
        box.heading for box in window.params.panels[-1].form.boxes if box.section.switch == "driz_cr"
    )
    qtbot.waitUntil(lambda: not heading.visibleRegion().isEmpty())
    strip.buttons[0].setFocus(Qt.FocusReason.TabFocusReason)
    assert strip.buttons[0].accessibleName() == "Step 1, Static mask: not done"
    assert len(strip.buttons) == len(NAMES)
