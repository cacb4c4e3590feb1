"""The compass: at any rotation and flip its arrows point where the WCS has north and east."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from core.data.chipwcs import ChipWCS
from ui.views.canvas import Canvas
from ui.views.furniture import compass_arms, compass_place
from ui.views.prepared import local_sky, prepare

SHAPE = (80, 100)
SCALE = 0.04 / 3600.0


def turned(angle: float, flipped: bool, dec: float = -47.47) -> ChipWCS:
    """A frame turned by `angle` degrees; `flipped` as the sky is seen from outside (east to the right)."""
    a = np.radians(angle)
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    cd = SCALE * turn @ np.diag([1.0 if flipped else -1.0, 1.0])
    return ChipWCS(np.array([51.0, 41.0]), np.array([201.69, dec]), cd, (SHAPE[1], SHAPE[0]))


def bearing(canvas: Canvas, wcs: ChipWCS, east: float, north: float) -> np.ndarray:
    """Unit vector on the screen from the frame's middle to a place some arcsec further east and north."""
    x, y = (SHAPE[1] - 1) / 2.0, (SHAPE[0] - 1) / 2.0
    ra, dec = wcs.pix_to_sky(np.array([x]), np.array([y]))
    there = wcs.sky_to_pix(ra + east / 3600.0 / np.cos(np.radians(dec)), dec + north / 3600.0)
    far = canvas.to_widget(there[0][0] + 1.0, there[1][0] + 1.0) - canvas.to_widget(x + 1.0, y + 1.0)
    return np.array([far.x(), far.y()]) / np.hypot(far.x(), far.y())


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("angle", [0.0, 37.0, 90.0, 151.0, 180.0, 226.0, 270.0, 359.0])
def test_the_arrows_point_where_the_sky_is(qtbot: QtBot, angle: float, flipped: bool) -> None:
    wcs = turned(angle, flipped, dec=-72.0)
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 300)
    canvas.show_frame(prepare("a", np.zeros(SHAPE, np.float32), wcs=wcs))
    local = local_sky(wcs, SHAPE)
    assert local is not None
    arms = {letter: np.array([tip.x(), tip.y()]) for letter, tip in compass_arms(local, 10.0).items()}
    np.testing.assert_allclose(arms["N"] / 10.0, bearing(canvas, wcs, 0.0, 1.0), atol=1e-3)
    np.testing.assert_allclose(arms["E"] / 10.0, bearing(canvas, wcs, 1.0, 0.0), atol=1e-3)
    # seen from inside, east lies left of north
    across = arms["N"][0] * arms["E"][1] - arms["N"][1] * arms["E"][0]
    assert (across > 0) == flipped


@pytest.mark.parametrize("flipped", [False, True])
def test_what_is_drawn_is_small_and_lies_along_the_arrows(qtbot: QtBot, flipped: bool) -> None:
    """Light along both arrows and nowhere else: next to them the image is as it was."""
    wcs = turned(30.0, flipped)
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(600, 480)
    canvas.show()
    canvas.show_frame(prepare("a", np.zeros(SHAPE, np.float32), wcs=wcs))
    picture, local = canvas.grab().toImage(), canvas.frame.local
    foot, arm = compass_place(canvas.rect())
    for tip in compass_arms(local, arm).values():
        for share in (0.2, 0.5, 0.95):
            at = (foot + tip * share).toPoint()
            near = [picture.pixelColor(at.x() + i, at.y() + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
            assert max(colour.lightness() for colour in near) > 200
        aside = QPointF(-tip.y(), tip.x()) * 0.35
        assert picture.pixelColor((foot + tip * 0.4 + aside).toPoint()) == QColor(0, 0, 0)
    assert arm <= 20.0
    wide = foot.x() - canvas.rect().left()
    assert wide <= 40.0, "no larger than a tenth of a small view"
