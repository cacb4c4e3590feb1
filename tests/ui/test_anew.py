"""updatewcs from the window: which exposures have their files, the question, and what is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.io import fits

from core.data.history import states
from core.simulate import Scene, simulate
from tests.core.data.reference_tables import write_idctab, write_lookup
from tests.ui_standins import StandInPerson
from ui.dialogs import Ask
from ui.window import MainWindow

MINUTE = 60_000
SCENE = Scene(seed=3, n_exposures=2, density=0.02, noise=False, defects=False, cr_rate=0.0)


@pytest.fixture
def files(tmp_path, monkeypatch) -> list[Path]:
    monkeypatch.setenv("iref", f"{tmp_path / 'references'}/")
    return list(simulate(SCENE, tmp_path / "data").files)


@pytest.fixture
def window(qtbot, files, tmp_path) -> MainWindow:
    window = MainWindow(files, folder=tmp_path, ask=StandInPerson())
    window.show()
    settled(qtbot, window)
    yield window
    window.runner.stop()
    qtbot.waitUntil(lambda: not window.lane.is_busy, timeout=MINUTE)
    window.close()
    window.deleteLater()


def settled(qtbot, window) -> None:
    qtbot.waitUntil(lambda: not window.runner.is_running and not window.files.is_reading, timeout=MINUTE)


def references(exposure: Path, folder: Path) -> None:
    folder.mkdir()
    with fits.open(exposure) as hdus:
        names = [hdus[0].header[key].partition("$")[2] for key in ("IDCTAB", "NPOLFILE", "D2IMFILE")]
        write_idctab(hdus, folder / names[0])
        write_lookup(hdus, "WCSDVARR", folder / names[1])
        write_lookup(hdus, "D2IMARR", folder / names[2])


def test_without_files_nothing_is_asked(qtbot, window, files):
    whole = [path.read_bytes() for path in files]
    window.actions_["anew"].trigger()
    settled(qtbot, window)
    assert "anew" not in window.ask.asked
    assert "IDCTAB: The reference file iref$" in window.log.plain()
    assert "no exposure has all its files" in window.log.plain()
    assert [path.read_bytes() for path in files] == whole


def test_exposures_with_their_files_are_made_anew(qtbot, window, files, tmp_path):
    references(files[0], tmp_path / "references")
    with fits.open(files[1], mode="update") as hdus:
        hdus[0].header["IDCTAB"] = "iref$other_idc.fits"
    second = files[1].read_bytes()
    window.listing.clearSelection()
    window.actions_["anew"].trigger()
    qtbot.waitUntil(lambda: "anew" in window.ask.asked, timeout=MINUTE)
    settled(qtbot, window)
    lines, left = window.ask.told
    assert [line.partition(":")[0] for line in lines] == [files[0].name]
    assert left[0].startswith(f"{files[1].name}: IDCTAB")
    qtbot.waitUntil(lambda: "1 of 2 exposures have a new WCS" in window.log.plain(), timeout=MINUTE)
    assert [one.action for one in states(files[0])][-1] == "Distortions from reference files"
    assert files[1].read_bytes() == second
    settled(qtbot, window)


def test_the_question_says_what_it_does(window, monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(Ask, "_confirmed", lambda self, *words: said.extend(words) or False)
    assert not Ask(window).may_make_anew(["a_flt.fits: IDCTAB x_idc.fits"], ["b_flt.fits: IDCTAB: not there"])
    assert said[0] == "Make the WCS of 1 file anew?"
    assert "no longer in force" in said[1]
    assert "b_flt.fits" in said[1]
