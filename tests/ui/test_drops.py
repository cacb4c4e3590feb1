"""Files dropped on the window: each goes where it belongs, and one that could not be read is read again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from core.errors import Refusal
from core.params import TASKS, write_cfg

LEFT, NO = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
COPY = Qt.DropAction.CopyAction


def drop(window, *urls: str) -> bool:
    """Drag these over the window and let them go; whether they may be dropped there."""
    data = QMimeData()
    data.setUrls([QUrl(url) for url in urls])
    enter = QDragEnterEvent(QPointF(500.0, 300.0).toPoint(), COPY, data, LEFT, NO)
    enter.ignore()
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(window, QDropEvent(QPointF(500.0, 300.0), COPY, data, LEFT, NO))
    return enter.isAccepted()


def names(window) -> list[str]:
    return [entry.path.name for entry in window.listing.entries()]


def test_exposures_and_parameters_find_their_places(qtbot, make_window, tmp_path):
    window = make_window()
    write_cfg(TASKS["imagefindpars"].defaults().replaced(threshold=33.0), tmp_path / "find.cfg")
    urls = [QUrl.fromLocalFile(str(tmp_path / name)).toString() for name in ("a_flt.fits", "find.cfg")]
    assert drop(window, *urls)
    qtbot.waitUntil(lambda: window.params.values("imagefindpars")["threshold"] == 33.0)
    qtbot.waitUntil(lambda: not window.files.is_reading)
    assert names(window) == ["a_flt.fits"]


def test_a_session_is_opened(make_window, tmp_path, monkeypatch):
    window, opened = make_window(), []
    monkeypatch.setattr(window.sessions, "open", opened.append)
    assert drop(window, QUrl.fromLocalFile(str(tmp_path / "my.drizzledesk")).toString())
    assert opened == [tmp_path / "my.drizzledesk"]
    assert names(window) == []


def test_an_address_of_the_web_is_no_file(make_window):
    assert not drop(make_window(), "https://archive.stsci.edu/a_flt.fits")


def test_a_file_that_came_back_is_read_again(qtbot, make_window, engine, tmp_path, monkeypatch):
    good = engine.open

    def gone(path: Path):
        raise Refusal("There is no such file.", file=path)

    monkeypatch.setattr(engine, "open", gone)
    window = make_window("a_flt.fits")
    assert window.listing.entries()[0].error
    monkeypatch.setattr(engine, "open", good)
    window.files.add([tmp_path / "a_flt.fits"])
    qtbot.waitUntil(lambda: not window.files.is_reading)
    assert [(entry.path.name, entry.error) for entry in window.listing.entries()] == [("a_flt.fits", "")]
