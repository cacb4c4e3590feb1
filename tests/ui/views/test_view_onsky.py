"""Exposures on each other's pixels, masks that say what they flag, read-outs under a resting mouse."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest

from core.data.chipwcs import ChipWCS
from core.data.exposure import open_exposure
from ui.views.blinkframes import ALL, exposure_frames
from ui.views.canvas import Canvas
from ui.views.colourbar import ColourBar
from ui.views.prepared import MASK, prepare
from ui.views.readout import Readout, forms_at
from ui.views.stretch import Look


def wcs_at(ra: float = 150.0, shape: tuple[int, int] = (64, 64)) -> ChipWCS:
    cd = np.array([[-1.0, 0.0], [0.0, 1.0]]) * 0.05 / 3600.0
    return ChipWCS(np.array([32.5, 32.5]), np.array([ra, -47.5]), cd, shape)


def test_the_value_follows_the_frame_under_a_resting_mouse(qtbot) -> None:
    canvas, readout = Canvas(), Readout()
    qtbot.addWidget(canvas)
    canvas.cursor_moved.connect(lambda x, y: readout.show_at(canvas.frame, x, y))
    canvas.resize(300, 300)
    canvas.show()
    canvas.show_frame(prepare("a", np.full((64, 64), 3.0, np.float32)))
    QTest.mouseMove(canvas, QPoint(150, 150))
    qtbot.waitUntil(lambda: " 3" in readout.text())
    canvas.show_frame(prepare("b", np.full((64, 64), 7.0, np.float32)))
    assert readout.text().endswith(" 7")


def test_ra_and_dec_stay_whole_where_there_is_little_room(qtbot) -> None:
    readout = Readout()
    qtbot.addWidget(readout)
    frame = prepare("a", np.full((64, 64), 3.0, np.float32), wcs=wcs_at(), unit="electrons")
    readout.show_at(frame, 10.0, 10.0)
    forms = forms_at(frame, 10.0, 10.0)
    wide = readout.fontMetrics().horizontalAdvance
    assert sorted(map(len, forms), reverse=True) == [len(form) for form in forms]
    for form in forms:
        readout.resize(wide(form) + 1, 20)
        assert readout.shown() == form
        assert "RA 10:00:0" in form
        assert "Dec \u221247:" in form
    assert "(150.0" in forms[0]
    assert "electrons" in forms[1]
    assert "electrons" not in forms[2]


def test_a_mask_says_how_much_it_flags_and_that_it_is_enlarged(qtbot) -> None:
    mask = np.ones((100, 100), np.uint8)
    mask[:3, :10] = 0
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(50, 50)
    canvas.show_frame(prepare("m", mask, kind=MASK), "m.fits")
    assert canvas.flagged() == "   0.3 % flagged, drawn enlarged"
    canvas.one_to_one()
    assert canvas.flagged() == "   0.3 % flagged"
    canvas.show_frame(prepare("a", np.ones((100, 100), np.float32)), "a.fits")
    assert canvas.flagged() == ""


@pytest.mark.parametrize(
    ("most", "texts"), [(1, ["0", "1"]), (2, ["0", "1", "2"]), (3, ["0", "1", "2", "3"])]
)
def test_whole_numbers_stand_once_on_a_colour_bar(qtbot, most, texts) -> None:
    bar = ColourBar()
    qtbot.addWidget(bar)
    counts = np.arange(most + 1, dtype=np.int64)[None]
    bar.set_frame(prepare("pairs", counts, Look("fixed", "sqrt", 0.0, float(most)), unit="pairs"))
    assert [words for _, words in bar.labels()] == texts
    places = [at for at, _ in bar.labels()]
    assert places == sorted(places)


def test_all_exposures_blink_on_the_pixels_of_the_first(shared_data) -> None:
    files = sorted((shared_data / "omega_cen_simulated").glob("*_flt.fits"))
    exposures = [open_exposure(path) for path in files]
    frames = exposure_frames(exposures)
    assert [frame.group for frame in frames] == [f"{ALL} [sci,1]"] * 3 + [f"{ALL} [sci,2]"] * 3
    first, second = (np.asarray(frame.load(), dtype=np.float64) for frame in frames[:2])
    assert first.shape == second.shape
    assert frames[1].wcs is frames[0].wcs
    chip, other = exposures[0].chips[0], exposures[1]
    data = {each.extver: each.read("SCI") for each in other.chips}
    rng = np.random.default_rng(5)
    for x, y in zip(rng.integers(0, 1000, 40), rng.integers(0, 500, 40), strict=True):
        ra, dec = chip.wcs.pix_to_sky(np.array([float(x)]), np.array([float(y)]))
        near = set()
        for each in other.chips:
            px, py = (float(value[0]) for value in each.wcs.sky_to_pix(ra, dec))
            for dx in (-0.02, 0.02):
                column, row = round(px + dx), round(py + dx)
                if 0 <= column < each.shape[1] and 0 <= row < each.shape[0]:
                    near.add(float(data[each.extver][row, column]))
        value = second[y, x]
        assert value in near if np.isfinite(value) else len(near) == 0
