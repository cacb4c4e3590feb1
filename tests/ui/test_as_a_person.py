"""The whole way as a person goes it, with mouse and keys alone: load, tune, click a peak, lasso, exclude, apply, undo.

Every step is judged by what the window tells and by what is in the files, not by that nothing broke.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from core.align.find import find
from core.align.settings import FindParams
from core.simulate import Scene, alignment_error, simulate
from core.simulate.truth import Truth
from tests.ui.test_alive import at_plot, rest
from tests.ui.test_lasso import draw, settled
from tests.ui_standins import StandInPerson
from ui.window import MainWindow

MINUTE = 60_000
LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
CARDS = ("CRVAL1", "CRVAL2", "CD1_1", "CD2_2", "WCSNAME")


@pytest.fixture
def truth(tmp_path) -> Truth:
    """Three small exposures, made here, with errors of pointing."""
    return simulate(Scene(seed=5, size="small"), tmp_path)


@pytest.fixture
def files(truth) -> list[Path]:
    return sorted(truth.files)


@pytest.fixture
def window(qtbot, tmp_path) -> MainWindow:
    window = MainWindow(folder=tmp_path, ask=StandInPerson())
    window.resize(1280, 800)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield window
    if window.versions.dialog is not None:
        window.versions.dialog.reject()
    window.runner.stop()
    qtbot.waitUntil(lambda: not window.lane.is_busy, timeout=MINUTE)
    window.close()
    window.deleteLater()


def drop_files(window: MainWindow, files: list[Path]) -> None:
    """Files dragged from elsewhere onto the list."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in files])
    target, at = window.listing.viewport(), QPointF(40, 40)
    buttons, no = LEFT, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at.toPoint(), Qt.DropAction.CopyAction, data, buttons, no)
    QApplication.sendEvent(target, enter)
    QApplication.sendEvent(target, QDropEvent(at, Qt.DropAction.CopyAction, data, buttons, no))


def type_parameter(qtbot, window: MainWindow, name: str, value: str) -> None:
    """Search it, go to its field, type."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    panel = window.params.panels[window.param_tabs.currentIndex()]
    qtbot.keyClick(window, Qt.Key.Key_F, CTRL)
    qtbot.waitUntil(panel.search.hasFocus)
    panel.search.selectAll()
    qtbot.keyClicks(panel.search, name)
    row = next(box.rows[name] for box in panel.form.boxes if name in box.rows)
    qtbot.waitUntil(row.editor.isVisible)
    qtbot.mouseClick(row.editor, LEFT)
    row.editor.selectAll()
    qtbot.keyClicks(row.editor, value)
    qtbot.keyClick(row.editor, Qt.Key.Key_Tab)


def headers(files: list[Path]) -> list[dict[str, object]]:
    return [{key: fits.getheader(path, ("SCI", 1)).get(key) for key in CARDS} for path in files]


def click_tab(qtbot, tabs, page) -> None:
    bar = tabs.tabBar()
    qtbot.mouseClick(bar, LEFT, pos=bar.tabRect(tabs.indexOf(page)).center())


def test_the_whole_way(qtbot, window, truth, files):
    drop_files(window, files)
    rest(qtbot, window)
    names = [path.name for path in files]
    assert [entry.path.name for entry in window.listing.entries()] == names
    found_at_default = int(window.views.sources.found.kept.sum())

    # tune: the sources follow the form at once, and are those that the engine finds
    window.param_tabs.setCurrentIndex(1)
    type_parameter(qtbot, window, "threshold", "150")
    rest(qtbot, window)
    found = int(window.views.sources.found.kept.sum())
    chip = window.listing.current().exposure.chips[0]
    assert found == len(find(chip, FindParams(threshold=150.0))) < found_at_default
    assert f"{found} sources" in window.views.sources.words.text()

    # align: status and numbers in the table are those of the result, and close to the truth of the simulation
    qtbot.keyClick(window, Qt.Key.Key_F5)
    rest(qtbot, window)
    assert [entry.badge for entry in window.listing.entries()] == ["REFERENCE", "ALIGNED", "ALIGNED"]
    image = window.show_.image()
    assert image.name == names[1]
    automatic, n_used = image.offset, image.fit.n_used
    assert n_used > 100
    assert max(image.fit.rms_x, image.fit.rms_y) < 0.05
    histogram = window.views.histogram
    assert window.views.tabs.currentWidget() is histogram
    assert f"{automatic.height} pairs" in histogram.facts.text()

    # click a place without a peak: matched again at once, and never a false success; undo brings the peak back
    settled(qtbot, lambda: at_plot(histogram, histogram.plot, 0.0, 0.0))
    away = (-14.0 if automatic.x > 0 else 14.0, -12.0 if automatic.y > 0 else 12.0)
    qtbot.mouseClick(histogram.area.viewport(), LEFT, pos=at_plot(histogram, histogram.plot, *away))
    qtbot.waitUntil(lambda: bool(window.session.choices), timeout=MINUTE)
    rest(qtbot, window)
    wrong = window.show_.image()
    assert str(wrong.status) == "FAILED"
    assert "chosen by hand" in histogram.facts.text()
    assert histogram.note.text().startswith("Peak chosen by you")
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    rest(qtbot, window)
    assert window.show_.image().fit is image.fit
    assert not window.session.choices
    assert window.listing.entries()[1].badge == "ALIGNED"

    # a lasso around part of the field in the vector plot; Delete refits without these stars
    vectors = window.views.vectors
    click_tab(qtbot, window.views.tabs, vectors)
    click_tab(qtbot, window.foot, window.match_table)
    settled(qtbot, lambda: at_plot(vectors, vectors.plot, 0.0, 0.0))
    vectors.area.setFocus()
    qtbot.keyClick(vectors.area, Qt.Key.Key_L)
    corners = [(-400.0, -400.0), (-50.0, -400.0), (-50.0, -50.0), (-400.0, -50.0)]
    draw(qtbot, vectors.area.viewport(), [at_plot(vectors, vectors.plot, *corner) for corner in corners])
    chosen = window.views.selection.places
    assert 5 < len(chosen) < len(image.matches) / 2
    assert f"{len(chosen)} selected" in window.match_table.label.text()
    qtbot.keyClick(vectors.area, Qt.Key.Key_Delete)
    rest(qtbot, window)
    refitted = window.show_.image()
    assert (refitted.fit.why[chosen] == 2).all()
    assert not refitted.fit.used[chosen].any()
    assert refitted.fit.n_used <= n_used - int(image.fit.used[chosen].sum())
    assert f"{len(chosen)} excluded" in vectors.figures.text()
    assert not np.array_equal(refitted.fit.shift, image.fit.shift)
    assert np.hypot(*(refitted.fit.shift - image.fit.shift)) < 0.02, "a part of good stars tells the same"
    table = window.align_table
    row = {table.horizontalHeaderItem(k).text(): table.item(1, k).text() for k in range(10)}
    assert row["matches"] == str(len(image.matches))
    assert row["used"] == str(refitted.fit.n_used)
    assert row["xsh [px]"] == f"{refitted.fit.shift[0]:+.4f}".replace("-", "\u2212")

    # apply: the headers have what was shown before, and only those of the aligned images
    old, raw = headers(files), [path.read_bytes() for path in files]
    qtbot.keyClick(window, Qt.Key.Key_F6)
    rest(qtbot, window)
    assert window.ask.asked[-1] == "apply"
    new = headers(files)
    assert new[0] == old[0]
    assert [each["WCSNAME"] for each in new[1:]] == ["TWEAK", "TWEAK"]
    aligned = {one.name: one for one in window.session.alignment.images}
    for path, cards in zip(files[1:], new[1:], strict=True):
        wcs = aligned[path.name].new_wcs[1]
        assert (cards["CRVAL1"], cards["CRVAL2"]) == pytest.approx(tuple(wcs.crval), abs=1e-11)
        assert cards["CD1_1"] == pytest.approx(wcs.cd[0, 0], rel=1e-9)
    assert [entry.badge for entry in window.listing.entries()] == ["REFERENCE", "APPLIED", "APPLIED"]
    assert max(alignment_error(truth, files, files[0]).values()) < 1.0, "mas, against the truth"

    # undo: all headers are again what they were, byte for byte
    window.listing.selectAll()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_H, CTRL)
    qtbot.waitUntil(lambda: window.versions.dialog is not None and window.versions.dialog.past is not None)
    dialog = window.versions.dialog
    menu = dialog.many.menu()
    menu.popup(dialog.mapToGlobal(QPoint(20, 20)))
    qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(menu.actions()[0]).center())
    rest(qtbot, window)
    assert "2 of 2 files" in dialog.told.text()
    assert [path.read_bytes() for path in files] == raw
    assert headers(files) == old
    assert [entry.badge for entry in window.listing.entries()] == ["REFERENCE", "ALIGNED", "ALIGNED"]
