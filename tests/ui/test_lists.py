"""A text file that lists exposures, with inverse variance maps in its second column, opened in the window."""

from __future__ import annotations

from pathlib import Path

import core.drizzle.session
from core.params import TASKS
from core.runs.progress import Progress
from ui.engine import Engine

NAMES = ("ia_flt.fits", "ib_flt.fits")


def test_a_list_opens_its_exposures_and_keeps_their_maps(qtbot, make_window, tmp_path, monkeypatch):
    window = make_window()
    window.engine.maps = {}
    monkeypatch.setattr(window.engine, "listed", Engine().listed, raising=False)
    for name in (*NAMES, "i_ivm.fits"):
        (tmp_path / name).touch()
    (tmp_path / "all.txt").write_text(f"{NAMES[0]} i_ivm.fits\n{NAMES[1]}\n")
    window.files.add([tmp_path / "all.txt"])
    qtbot.waitUntil(lambda: len(window.files.files()) == 2)
    assert [path.name for path in window.files.files()] == list(NAMES)
    assert window.engine.maps == {tmp_path / NAMES[0]: tmp_path / "i_ivm.fits"}
    (tmp_path / "bad.txt").write_text(f"{NAMES[0]} gone_ivm.fits\n")
    window.files.add([tmp_path / "bad.txt"])
    qtbot.waitUntil(lambda: "gone_ivm.fits" in window.log.plain())


def test_the_maps_reach_the_run(tmp_path: Path, monkeypatch) -> None:
    given = {}
    monkeypatch.setattr(
        core.drizzle.session, "astrodrizzle", lambda files, params, **more: given.update(more)
    )
    engine = Engine()
    engine.maps[tmp_path / NAMES[0]] = tmp_path / "i_ivm.fits"
    engine.drizzle([], TASKS["astrodrizzle"].defaults(), tmp_path, progress=Progress())
    assert given["ivm"] == {tmp_path / NAMES[0]: tmp_path / "i_ivm.fits"}
