"""The walk on single-drizzled images, which have no distortion: what is left to align after drizzling."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtCore import Qt

from core.drizzle.session import astrodrizzle
from core.params import TASKS
from tests.ui.test_alive import rest
from tests.ui_standins import StandInPerson
from ui.window import MainWindow

MINUTE = 60_000
STEPS = dict.fromkeys(("driz_combine", "median", "blot", "driz_cr", "clean", "build"), False)


@pytest.fixture(scope="module")
def singles(shared_data, tmp_path_factory) -> list[Path]:
    """The simulated exposures as they are, each drizzled by itself onto one frame."""
    folder = tmp_path_factory.mktemp("singles")
    files = [
        shutil.copy(each, folder) for each in sorted((shared_data / "omega_cen_simulated").glob("*_flt.fits"))
    ]
    astrodrizzle(files, TASKS["astrodrizzle"].defaults().replaced(**STEPS), folder=folder)
    return sorted(folder.glob("*_single_sci.fits"))


@pytest.fixture
def window(qtbot, singles, tmp_path) -> MainWindow:
    files = [Path(shutil.copy(each, tmp_path)) for each in singles]
    window = MainWindow(files, ask=StandInPerson())
    window.params.assign("imagefindpars", threshold=200.0)
    window.show()
    rest(qtbot, window)
    yield window
    window.runner.stop()
    qtbot.waitUntil(lambda: not window.lane.is_busy, timeout=MINUTE)
    window.close()
    window.deleteLater()


def test_from_the_list_to_the_header(qtbot, window, tmp_path):
    names = [entry.path.name for entry in window.listing.entries()]
    assert [name.endswith("_single_sci.fits") for name in names] == [True] * 3
    assert not any(entry.error for entry in window.listing.entries())
    assert int(window.views.sources.found.kept.sum()) > 200, "sources are found live"
    window.actions_["align"].trigger()
    rest(qtbot, window)
    offsets = [image.offset for image in window.session.alignment.images]
    assert [entry.badge for entry in window.listing.entries()] == ["REFERENCE", "ALIGNED", "ALIGNED"]
    # the pointing errors of the headers, which the walk is to show
    assert np.hypot(offsets[1].x, offsets[1].y) > 5.0
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_F8)
    seen = []
    for _ in range(6):
        seen.append((window.listing.current().path.name, window.views.current()))
        chart = window.views.charts[window.views.current()]
        assert not chart.stack.message
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Return)
        rest(qtbot, window)
    assert seen == [(name, view) for name in names[1:] for view in ("histogram", "residuals", "vectors")]
    assert "2 of 2 images kept" in window.walk_bar.words.text()
    window.views.show("pair")
    rest(qtbot, window)
    window.views.selection.set([5])
    rest(qtbot, window)
    assert all(image.frame is not None for image in window.views.pair.images)
    qtbot.mouseClick(window.walk_bar.buttons["next"], Qt.MouseButton.LeftButton)
    rest(qtbot, window)
    assert [entry.badge for entry in window.listing.entries()] == ["REFERENCE", "APPLIED", "APPLIED"]
    assert all("TWEAK" in _names(tmp_path / name) for name in names[1:])
    window.actions_["align"].trigger()
    rest(qtbot, window)
    left = [image.offset for image in window.session.alignment.images[1:]]
    assert max(np.hypot(each.x, each.y) for each in left) < 0.1, "aligned again, nothing is left"


def _names(path: Path) -> list[str]:
    with fits.open(path) as hdus:
        return [str(hdu.header.get("WCSNAME")) for hdu in hdus if hdu.header.get("CRVAL1") is not None]
