"""The whole way as a person goes it, with mouse and keys alone and the window's own questions: load, tune, click a
source, click a peak, lasso, exclude, apply, undo.

Every step is judged by what the window tells and by what is in the files, not by that nothing broke.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox, QPushButton, QWidget

from core.align.find import find
from core.align.settings import FindParams
from core.simulate import Scene, alignment_error, simulate
from core.simulate.truth import Truth
from tests.ui.test_alive import at_plot, drag, rest
from tests.ui.test_lasso import draw, settled
from ui.applydialog import ApplyDialog
from ui.window import MainWindow

MINUTE = 60_000
LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
CARDS = ("CRVAL1", "CRVAL2", "CD1_1", "CD2_2", "WCSNAME")


@pytest.fixture
def truth(tmp_path) -> Truth:
    """Two small exposures, made here, with errors of pointing."""
    return simulate(Scene(seed=5, size="small", n_exposures=2), tmp_path)


@pytest.fixture
def files(truth) -> list[Path]:
    return sorted(truth.files)


@pytest.fixture
def window(qtbot, tmp_path) -> MainWindow:
    window = MainWindow(folder=tmp_path)
    window.resize(1280, 800)
    window.show()
    in_front(qtbot, window)
    yield window
    if window.versions.dialog is not None:
        window.versions.dialog.reject()
    window.runner.stop()
    qtbot.waitUntil(lambda: not window.lane.is_busy, timeout=MINUTE)
    window.close()
    window.deleteLater()


def in_front(qtbot, window: MainWindow) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


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
    in_front(qtbot, window)
    panel = window.params.panels[window.param_tabs.currentIndex()]
    qtbot.keyClick(window, Qt.Key.Key_F, CTRL)
    qtbot.waitUntil(panel.search.hasFocus)
    qtbot.keyClick(panel.search, Qt.Key.Key_A, CTRL)
    qtbot.keyClicks(panel.search, name)
    row = next(box.rows[name] for box in panel.form.boxes if name in box.rows)
    qtbot.waitUntil(row.editor.isVisible)
    qtbot.mouseClick(row.editor, LEFT)
    qtbot.keyClick(row.editor, Qt.Key.Key_A, CTRL)
    qtbot.keyClicks(row.editor, value)
    qtbot.keyClick(row.editor, Qt.Key.Key_Tab)


def headers(files: list[Path]) -> list[dict[str, object]]:
    return [{key: fits.getheader(path, ("SCI", 1)).get(key) for key in CARDS} for path in files]


def click_tab(qtbot, tabs, page) -> None:
    bar = tabs.tabBar()
    qtbot.mouseClick(bar, LEFT, pos=bar.tabRect(tabs.indexOf(page)).center())


def answering(
    qtbot, window: MainWindow, kind: type[QDialog], word: str, look: Callable[[QWidget], object] = str
) -> list[object]:
    """Press the button `word` of the next question, as soon as it is there; what `look` saw of it, once it was."""
    seen: list[object] = []
    timer = QTimer(window)

    def press() -> None:
        asked = QApplication.activeModalWidget()
        if isinstance(asked, kind):
            timer.stop()
            seen.append(look(asked))
            button = next(one for one in asked.findChildren(QPushButton) if one.text().startswith(word))
            qtbot.mouseClick(button, LEFT)

    timer.timeout.connect(press)
    timer.start(20)
    return seen


def tune(qtbot, window: MainWindow) -> None:
    """A slider makes fewer sources of many, the form sets the number; found is what the engine finds."""
    view = window.views.sources
    found_at_default = int(view.found.kept.sum())
    slider = view.dials["threshold"].slider
    middle = slider.height() // 2
    start = QPoint(round(slider.width() * slider.value() / slider.maximum()), middle)
    drag(qtbot, slider, start, start + QPoint(20, 0))
    rest(qtbot, window)
    assert int(view.found.kept.sum()) < found_at_default
    click_tab(qtbot, window.param_tabs, window.param_tabs.widget(1))
    type_parameter(qtbot, window, "threshold", "150")
    rest(qtbot, window)
    found = int(view.found.kept.sum())
    chip = window.listing.current().exposure.chips[0]
    assert found == len(find(chip, FindParams(threshold=150.0))) < found_at_default
    assert f"{found} sources" in view.words.text()


def click_a_source(qtbot, window: MainWindow) -> None:
    """Its card tells where it is."""
    view = window.views.sources
    inside = view.found.kept & (view.found.y > 100) & (view.found.y < 400)
    star = int(np.flatnonzero(inside)[0])
    x, y = (float(at[star]) + 1.0 for at in (view.found.x, view.found.y))
    canvas = view.image.canvas
    qtbot.mouseClick(canvas, LEFT, pos=canvas.to_widget(x, y).toPoint())
    qtbot.waitUntil(view.card.words.isVisible)
    assert f"x {x:.2f}, y {y:.2f}" in view.card.words.text()


def click_a_wrong_peak(qtbot, window: MainWindow) -> None:
    """Matched again at once, and never a false success; undo brings the peak back."""
    histogram, image = window.views.histogram, window.show_.image()
    automatic = image.offset
    settled(qtbot, lambda: at_plot(histogram, histogram.plot, 0.0, 0.0))
    away = (-14.0 if automatic.x > 0 else 14.0, -12.0 if automatic.y > 0 else 12.0)
    qtbot.mouseClick(histogram.area.viewport(), LEFT, pos=at_plot(histogram, histogram.plot, *away))
    qtbot.waitUntil(lambda: bool(window.session.choices), timeout=MINUTE)
    rest(qtbot, window)
    assert str(window.show_.image().status) == "FAILED"
    assert "chosen by hand" in histogram.facts.text()
    assert histogram.note.text().startswith("Peak chosen by you")
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    rest(qtbot, window)
    assert window.show_.image().fit is image.fit
    assert not window.session.choices
    assert window.listing.entries()[1].badge == "ALIGNED"


def exclude_by_lasso(qtbot, window: MainWindow) -> None:
    """A lasso around part of the field in the vector plot; Delete refits without these stars."""
    vectors, image = window.views.vectors, window.show_.image()
    n_used = image.fit.n_used
    click_tab(qtbot, window.foot, window.match_table)
    qtbot.keyClick(window, Qt.Key.Key_4, CTRL)
    qtbot.waitUntil(vectors.area.hasFocus)
    settled(qtbot, lambda: at_plot(vectors, vectors.plot, 0.0, 0.0))
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


def apply(qtbot, window: MainWindow, files: list[Path]) -> None:
    """After a no the files are untouched; after a yes the headers have what was fitted, the reference's has not."""
    old, raw = headers(files), [path.read_bytes() for path in files]
    cancelled = answering(qtbot, window, ApplyDialog, "Cancel")
    qtbot.keyClick(window, Qt.Key.Key_F6)
    qtbot.waitUntil(lambda: bool(cancelled), timeout=MINUTE)
    rest(qtbot, window)
    assert [path.read_bytes() for path in files] == raw
    in_front(qtbot, window)
    shown = answering(qtbot, window, ApplyDialog, "Apply to", lambda asked: asked.table.rowCount())
    qtbot.keyClick(window, Qt.Key.Key_F6)
    qtbot.waitUntil(lambda: bool(shown), timeout=MINUTE)
    rest(qtbot, window)
    assert shown[0] > 10, "cards before and after"
    new = headers(files)
    assert new[0] == old[0]
    assert new[1]["WCSNAME"] == "TWEAK"
    wcs = next(one for one in window.session.alignment.images if one.name == files[1].name).new_wcs[1]
    assert (new[1]["CRVAL1"], new[1]["CRVAL2"]) == pytest.approx(tuple(wcs.crval), abs=1e-11)
    assert new[1]["CD1_1"] == pytest.approx(wcs.cd[0, 0], rel=1e-9)
    assert [entry.badge for entry in window.listing.entries()] == ["REFERENCE", "APPLIED"]


def restore(qtbot, window: MainWindow) -> None:
    """All exposures, by their WCS history, to the state before."""
    in_front(qtbot, window)
    row = window.listing.visualItemRect(window.listing.item(0))
    qtbot.mouseClick(window.listing.viewport(), LEFT, pos=row.center())
    qtbot.keyClick(window.listing, Qt.Key.Key_A, CTRL)
    qtbot.keyClick(window, Qt.Key.Key_H, CTRL)
    qtbot.waitUntil(lambda: window.versions.dialog is not None and window.versions.dialog.past is not None)
    dialog = window.versions.dialog
    menu = dialog.many.menu()
    menu.popup(dialog.mapToGlobal(QPoint(20, 20)))
    agreed = answering(qtbot, window, QMessageBox, "Restore")
    qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(menu.actions()[0]).center())
    qtbot.waitUntil(lambda: bool(agreed), timeout=MINUTE)
    rest(qtbot, window)
    assert "1 of 1 files" in dialog.told.text()


def test_the_whole_way(qtbot, window, truth, files):
    drop_files(window, files)
    rest(qtbot, window)
    assert [entry.path.name for entry in window.listing.entries()] == [path.name for path in files]
    tune(qtbot, window)
    click_a_source(qtbot, window)

    # align: status and numbers in the table are those of the result
    qtbot.keyClick(window, Qt.Key.Key_F5)
    rest(qtbot, window)
    assert [entry.badge for entry in window.listing.entries()] == ["REFERENCE", "ALIGNED"]
    image = window.show_.image()
    assert image.name == files[1].name
    assert image.fit.n_used > 100
    assert max(image.fit.rms_x, image.fit.rms_y) < 0.05
    assert window.views.tabs.currentWidget() is window.views.histogram
    assert f"{image.offset.height} pairs" in window.views.histogram.facts.text()

    click_a_wrong_peak(qtbot, window)
    exclude_by_lasso(qtbot, window)
    raw = [path.read_bytes() for path in files]
    apply(qtbot, window, files)
    assert max(alignment_error(truth, files, files[0]).values()) < 1.0, "mas, against the truth"
    restore(qtbot, window)
    assert [path.read_bytes() for path in files] == raw
    assert [entry.badge for entry in window.listing.entries()] == ["REFERENCE", "ALIGNED"]
