"""The mask over a drizzled chip follows the parameters of the form; the cursor tells why."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from astropy.io import fits

from core.drizzle.cosmic import CosmicParams
from core.drizzle.crpreview import CosmicPreview, Why
from core.drizzle.session import astrodrizzle
from core.params import TASKS
from core.simulate import Scene, simulate
from ui.controllers.crpreview import reason_words
from ui.engine import Engine
from ui.window import MainWindow


@pytest.fixture(scope="module")
def drizzled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drizzled")
    simulate(Scene(seed=4, size="small", n_exposures=2, density=0.3, max_shift=0.0), folder)
    files = sorted(folder.glob("*_flt.fits"))
    params = TASKS["astrodrizzle"].defaults().replaced(
        output="p", preserve=False, driz_combine=False, driz_cr_corr=False, clean=False, guard="warn"
    )  # fmt: skip
    return files, astrodrizzle(files, params, folder=folder)


def laid(window: MainWindow) -> np.ndarray | None:
    mask = window.views.blink.canvas._mask_frame
    return None if mask is None else mask.data


def test_mask_follows_the_form_and_the_cursor_tells_why(qtbot, drizzled, person):
    files, result = drizzled
    window = MainWindow(files, engine=Engine(), ask=person)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: not window.files.is_reading, timeout=20_000)
    window.session.result = result
    window.blink.refresh()
    view = window.views.blink
    window.views.show("blink")
    assert not view.reason.isVisible()
    view.controls.overlay.setChecked(True)
    qtbot.waitUntil(
        lambda: view._preview is not None and laid(window) is view._preview[1].data, timeout=20_000
    )
    chip = result.exposures[0]
    np.testing.assert_array_equal(laid(window), fits.getdata(chip.crmasks[1]))
    before = laid(window)
    window.params.assign("astrodrizzle", driz_cr_grow=5)
    qtbot.waitUntil(lambda: laid(window) is not before, timeout=10_000)
    grown = laid(window)
    assert (grown == 0).sum() > 3 * (before == 0).sum()
    y, x = np.argwhere(before == 0)[0]
    view.canvas.cursor_moved.emit(float(x + 1), float(y + 1))
    qtbot.waitUntil(lambda: view.reason.text().startswith("flagged in the"))
    y, x = np.argwhere((before == 1) & (grown == 0))[0]
    view.canvas.cursor_moved.emit(float(x + 1), float(y + 1))
    qtbot.waitUntil(lambda: view.reason.text().startswith("flagged by growing: |data "))
    # another pass over the same pixel: the words follow the form, not only the cursor
    window.params.assign("astrodrizzle", driz_cr_grow=1)
    qtbot.waitUntil(lambda: view.reason.text().startswith("not flagged"))
    # a gain of the form changes the electrons, though run, file and chip are the same
    noise = window.blink.preview._now[1].detector.read_noise
    window.params.assign("astrodrizzle", rdnoise=str(noise + 40.0))
    qtbot.waitUntil(lambda: window.blink.preview._now[1].detector.read_noise == noise + 40.0)
    view.canvas.cursor_moved.emit(float("nan"), float("nan"))
    assert view.reason.text() == ""
    view.controls.overlay.setChecked(False)
    assert laid(window) is None
    assert not view.reason.isVisible()
    qtbot.waitUntil(lambda: not window.quick.is_busy, timeout=10_000)


def test_the_window_never_works_out_a_reason_itself(qtbot, drizzled, person, monkeypatch):
    """With much growing a part of thousands of rows is searched: not in the thread that draws."""
    files, result = drizzled
    window = MainWindow(files, engine=Engine(), ask=person)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: not window.files.is_reading, timeout=20_000)
    window.session.result = result
    window.blink.refresh()
    window.views.show("blink")
    view, threads, why = window.views.blink, [], CosmicPreview.why
    view.controls.overlay.setChecked(True)
    qtbot.waitUntil(
        lambda: laid(window) is not None and window.blink.preview._now is not None, timeout=20_000
    )

    def noted(self, *given):
        threads.append(threading.current_thread())
        return why(self, *given)

    monkeypatch.setattr(CosmicPreview, "why", noted)
    for x in range(1, 60):
        view.canvas.cursor_moved.emit(float(x), 20.0)
    qtbot.waitUntil(lambda: not window.quick.is_busy, timeout=10_000)
    assert view.reason.text() == reason_words(
        why(window.blink.preview._now[1], window.blink.preview._now[2], 58, 19), window.blink.preview._now[2]
    )
    assert threads
    assert threading.main_thread() not in threads


def test_words_of_a_reason():
    params = CosmicParams((3.5, 3.0), (1.2, 0.7), 1, 0)
    first = Why(812.44, 20.1, 6.0, 5.0, (24.7, 19.2), (True, True), "first pass")
    assert reason_words(first, params) == (
        "flagged in the first pass: |data 812.4 \u2212 blot 20.1| = 792.3 > "
        "1.2 \u00d7 derivative 6.0 + 3.5 \u00d7 noise 5.0 = 24.7 e\u2212"
    )
    alone = Why(42.0, 20.1, 6.0, 5.0, (24.7, 19.2), (False, True), "")
    assert "= 21.9 > 0.7" in reason_words(alone, params)
    assert reason_words(alone, params).endswith("no neighbour is beyond the first limit")
    assert "\u2264 1.2" in reason_words(
        Why(21.0, 20.1, 6.0, 5.0, (24.7, 19.2), (False, False), "grown"), params
    )
