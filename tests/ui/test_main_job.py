"""The main job with the real engine, pressed as a person presses it: Align, look, Apply, Drizzle, blink, products."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from astropy.io import fits
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolBar

from core.simulate import Truth, alignment_error
from tests.ui_standins import StandInPerson
from ui import warmup
from ui.watch import LoopWatch
from ui.window import MainWindow

MINUTE = 60_000


@pytest.fixture
def exposures(shared_data, tmp_path) -> list[Path]:
    """Copies of the simulated exposures of Omega Centauri, with their truth."""
    for source in (shared_data / "omega_cen_simulated").iterdir():
        shutil.copy(source, tmp_path)
    return sorted(tmp_path.glob("*_flt.fits"))


@pytest.fixture
def window(qtbot, exposures, tmp_path) -> MainWindow:
    window = MainWindow(exposures, folder=tmp_path / "products", ask=StandInPerson())
    window.ask.answers["guard"] = "go on"  # the exposures come with their pointing errors
    window.show()
    window.lane.run(warmup.warm_up)
    qtbot.waitUntil(lambda: not window.files.is_reading and not window.lane.is_busy, timeout=MINUTE)
    yield window
    window.runner.stop()
    qtbot.waitUntil(lambda: not window.lane.is_busy, timeout=MINUTE)
    window.close()
    window.deleteLater()


def press(qtbot, window, name: str) -> None:
    """Click the toolbar button and wait for the end of what it starts."""
    button = window.findChild(QToolBar, "steps").widgetForAction(window.actions_[name])
    assert button.isEnabled(), window.actions_[name].toolTip()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.runner.is_running, timeout=5 * MINUTE)
    qtbot.waitUntil(lambda: not window.files.is_reading, timeout=MINUTE)


def click_row(qtbot, window, row: int) -> None:
    """Click an exposure of the list."""
    box = window.listing.visualItemRect(window.listing.item(row))
    qtbot.mouseClick(window.listing.viewport(), Qt.MouseButton.LeftButton, pos=box.center())


def type_value(qtbot, window, tab: int, name: str, text: str) -> None:
    """Type a value into the form, as a person does after a search."""
    window.param_tabs.setCurrentIndex(tab)
    panel = window.params.panels[tab]
    panel.search.clear()
    qtbot.keyClicks(panel.search, name)
    qtbot.waitUntil(lambda: any(name in box.rows and box.rows[name].isVisible() for box in panel.form.boxes))
    row = next(box.rows[name] for box in panel.form.boxes if name in box.rows)
    row.editor.selectAll()
    qtbot.keyClicks(row.editor, text)
    panel.search.clear()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names(window) -> set[str]:
    return {frame.name for frame in window.views.blink.store.frames}


def test_main_job(qtbot, window, exposures, tmp_path):
    before = [digest(path) for path in exposures]
    type_value(qtbot, window, 1, "threshold", "200")
    window.params.assign("astrodrizzle", driz_cr_corr=True, output="omega")

    press(qtbot, window, "align")
    assert [str(image.status) for image in window.session.alignment.images] == [
        "REFERENCE",
        "ALIGNED",
        "ALIGNED",
    ]
    assert [digest(path) for path in exposures] == before, "Align must not write"
    for row in (1, 2):
        click_row(qtbot, window, row)
        for place, view in enumerate(("histogram", "residuals", "vectors"), start=2):
            qtbot.keyClick(window, getattr(Qt.Key, f"Key_{place}"), Qt.KeyboardModifier.ControlModifier)
            assert window.pages()[view].isVisible()
            qtbot.wait(30)
    image = window.session.alignment.images[1]
    assert image.fit.rms_x < 0.1
    assert image.fit.rms_y < 0.1
    assert window.align_table.item(1, 4).text() == str(image.fit.n_used)

    image = window.session.alignment.images[2]
    match = int(image.matches.image[0])
    window.views.residuals.star_clicked.emit(0)
    blink = window.views.blink
    qtbot.waitUntil(lambda: blink.canvas.frame is not None and blink.canvas.state.zoom >= 6.0, timeout=MINUTE)
    assert blink.isVisible()
    assert blink.current.group.endswith(f"[sci,{image.sources.extver[match]}]")
    assert abs(blink.canvas.state.x - (image.sources.x[match] + 1.0)) < 1e-6
    assert abs(blink.canvas.state.y - (image.sources.y[match] + 1.0)) < 1e-6
    qtbot.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    marked = {marks.legend: len(marks) for marks in blink.canvas._marks}
    chip = next(catalog for catalog in image.catalogs if f"[sci,{catalog.extver}]" in blink.current.group)
    assert marked["found"] == len(chip)
    assert marked["chosen star"] == 1
    assert 0 < marked["used"] <= image.fit.n_used

    press(qtbot, window, "apply")
    assert [digest(path) == old for path, old in zip(exposures, before, strict=True)] == [True, False, False]
    assert [entry.badge for entry in window.listing.entries()] == ["REFERENCE", "APPLIED", "APPLIED"]
    assert fits.getval(exposures[1], "WCSNAME", ("SCI", 1)) == "TWEAK"
    errors = alignment_error(Truth.load(tmp_path), exposures, exposures[0])
    assert max(errors.values()) < 2.0, "mas"

    press(qtbot, window, "drizzle")
    result = window.session.result
    assert result is not None, window.log.plain()
    assert {path.name for path in (result.science, result.weight, result.context)} == {
        "omega_drz_sci.fits",
        "omega_drz_wht.fits",
        "omega_drz_ctx.fits",
    }
    assert window.cosmic_table.rowCount() == 6
    root = "ibc301qrq"
    assert {
        f"{root}_flt.fits",
        f"{root}_crclean.fits",
        f"{root}_sci1_crmask.fits",
        f"{root}_sci2_blt.fits",
    } <= names(window)
    assert {f"{root}_single_sci.fits", "omega_med.fits", "omega_drz_sci.fits"} <= names(window)


def test_blink_shows_every_frame_of_the_chosen_exposure(qtbot, window):
    window.params.assign("imagefindpars", threshold=200.0)
    window.params.assign("astrodrizzle", driz_cr_corr=True)
    press(qtbot, window, "drizzle")
    click_row(qtbot, window, 2)
    window.views.show("blink")
    blink = window.views.blink
    assert blink.current.group == "ibc307qyq_flt [sci,1]"
    seen = []
    for _ in range(4):
        qtbot.waitUntil(
            lambda: blink.canvas.frame is not None and blink.canvas.frame.name == blink.current.name,
            timeout=MINUTE,
        )
        seen.append(blink.current.name)
        blink.step(1)
    assert seen == [f"ibc307qyq_{what}.fits" for what in ("flt", "crclean", "sci1_crmask", "sci1_blt")]
    assert not blink.store.trouble


def test_stop_and_drizzle_again(qtbot, window, tmp_path):
    button = window.findChild(QToolBar, "steps").widgetForAction(window.actions_["drizzle"])
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: "Separate" in window.status.step.text() or "Static" in window.status.step.text(),
        timeout=MINUTE,
    )
    window.actions_["stop"].trigger()
    qtbot.waitUntil(lambda: not window.runner.is_running, timeout=MINUTE)
    assert "Drizzle stopped." in window.log.plain()
    assert window.session.result is None
    press(qtbot, window, "drizzle")
    assert window.session.result.science.exists()


def test_the_window_is_never_deaf(qtbot, window):
    """Worst gap of a 5 ms timer during Align and Drizzle, kernels compiled.

    Another program may take the processor away at any time, so the best of up to six rounds counts: what the window
    does itself happens in every round.
    """
    window.params.assign("imagefindpars", threshold=200.0)
    press(qtbot, window, "align")
    window.ask.answers["unapplied"] = "as is"
    press(qtbot, window, "drizzle")
    worst = []
    for _ in range(6):
        window.session.memory.forget()
        for journal in window.drizzle.folder().glob("*_steps.json"):
            journal.unlink()
        watch = LoopWatch(parent=window)
        press(qtbot, window, "align")
        press(qtbot, window, "drizzle")
        watch.stop()
        worst.append(watch.worst)
        if watch.worst < 0.1:
            break
    assert min(worst) < 0.1, f"deaf for {[f'{gap * 1000:.0f} ms' for gap in worst]}"


def test_close_during_a_run_ends_it(qtbot, window, exposures):
    button = window.findChild(QToolBar, "steps").widgetForAction(window.actions_["drizzle"])
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "(" in window.status.step.text(), timeout=MINUTE)
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=MINUTE)
    assert not window.runner.is_running
    for path in exposures:
        with fits.open(path) as hdus:
            assert len(hdus) >= 7
