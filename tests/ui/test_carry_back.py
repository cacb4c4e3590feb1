"""tweakback from the window: a drizzled image's alignment carried back to its exposures, and taken back again."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.history import states
from core.simulate import Scene, simulate
from tests.ui_standins import StandInPerson
from ui.dialogs import Ask
from ui.window import MainWindow

MINUTE = 60_000
SCENE = Scene(seed=3, n_exposures=2, density=0.02, noise=False, defects=False, cr_rate=0.0)
NORTH = 0.1  # arcsec that the alignment moved the drizzled image


@pytest.fixture(scope="module")
def simulated(tmp_path_factory) -> tuple[Path, ...]:
    return simulate(SCENE, tmp_path_factory.mktemp("simulated")).files


@pytest.fixture
def files(simulated, tmp_path) -> list[Path]:
    return [Path(shutil.copy(path, tmp_path)) for path in simulated]


def drizzled(files: list[Path], names: list[str]) -> Path:
    """A small product of these exposures, moved to the north by an alignment."""
    sci = fits.ImageHDU(np.zeros((300, 300), np.float32), name="SCI")
    ra, dec = SCENE.target
    for letter, shift in (("", NORTH / 3600.0), ("A", 0.0)):
        for axis, value in ((1, ra), (2, dec + shift)):
            sci.header[f"CTYPE{axis}{letter}"] = ("RA---TAN", "DEC--TAN")[axis - 1]
            sci.header[f"CRPIX{axis}{letter}"] = 150.0
            sci.header[f"CRVAL{axis}{letter}"] = value
            sci.header[f"CD{axis}_{axis}{letter}"] = (-1.1e-5, 1.1e-5)[axis - 1]
    sci.header["WCSNAME"], sci.header["WCSNAMEA"] = "TWEAK", "DRZWCS"
    primary = fits.PrimaryHDU()
    for number, name in enumerate(names, 1):
        primary.header[f"D{number:03d}DATA"] = f"{name}[sci,1]"
    path = files[0].parent / "field_drz.fits"
    fits.HDUList([primary, sci]).writeto(path)
    return path


@pytest.fixture
def window(qtbot, files) -> MainWindow:
    window = MainWindow(files, folder=files[0].parent, ask=StandInPerson())
    window.show()
    rest(qtbot, window)
    yield window
    window.runner.stop()
    qtbot.waitUntil(lambda: not window.lane.is_busy, timeout=MINUTE)
    window.close()
    window.deleteLater()


def rest(qtbot, window) -> None:
    qtbot.waitUntil(lambda: not window.runner.is_running and not window.files.is_reading, timeout=MINUTE)


def declination(path: Path) -> float:
    return fits.getval(path, "CRVAL2", ("SCI", 1))


def test_the_exposures_get_the_correction(qtbot, window, files):
    before = [declination(path) for path in files]
    image = drizzled(files, [*(path.name for path in files), "gone_flt.fits"])
    window.ask.answers["open"] = image
    window.actions_["carry_back"].trigger()
    qtbot.waitUntil(lambda: "carry back" in window.ask.asked, timeout=MINUTE)
    rest(qtbot, window)
    lines, left = window.ask.told
    assert [line.partition(":")[0] for line in lines] == [path.name for path in files]
    assert all("to TWEAK, moved by 100.0 mas" in line for line in lines)
    assert ["gone_flt.fits" in line for line in left] == [True]
    moved = [(declination(path) - old) * 3600.0 for path, old in zip(files, before, strict=True)]
    assert moved == pytest.approx([NORTH] * 2, abs=1e-4)
    assert all(states(path)[-1].action == f"Tweakback from {image.name}" for path in files)
    assert "carried back to 2 of 2 exposures" in window.log.plain()


def test_nothing_is_written_after_a_no(qtbot, window, files):
    whole = [path.read_bytes() for path in files]
    window.ask.answers |= {"open": drizzled(files, [path.name for path in files]), "carry back": False}
    window.actions_["carry_back"].trigger()
    qtbot.waitUntil(lambda: "nothing written" in window.log.plain(), timeout=MINUTE)
    assert [path.read_bytes() for path in files] == whole


def test_an_image_that_was_not_aligned_is_refused(qtbot, window, files):
    window.ask.answers["open"] = files[0]
    window.actions_["carry_back"].trigger()
    qtbot.waitUntil(lambda: "which exposures it was made of" in window.log.plain(), timeout=MINUTE)
    rest(qtbot, window)
    assert "carry back" not in window.ask.asked


def test_the_real_question_names_image_and_exposures(monkeypatch):
    asked = []
    monkeypatch.setattr(Ask, "_confirmed", lambda _, *words: asked.append(" ".join(words)))
    Ask(None).may_carry_back("field_drz.fits", ["a_flt.fits: IDC to TWEAK"], ["b_flt.fits: gone"])
    assert "Carry the alignment of field_drz.fits back to 1 exposure?" in asked[0]
    assert "Not changed:\n•  b_flt.fits: gone" in asked[0]
