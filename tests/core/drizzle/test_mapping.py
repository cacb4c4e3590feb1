"""The coordinate grid: exact at its nodes, near enough between, the same for any number of threads."""

from __future__ import annotations

import numpy as np
import pytest

from core.drizzle.mapping import pixel_map
from core.errors import Cancelled, Refusal
from core.runs.progress import Progress
from core.runs.spread import Threads
from tests.drizzle_scene import chip_wcs, frame_wcs
from tests.placings import map_of_centers


def exact(wcs, frame):
    y, x = np.indices(wcs.shape, float)
    return frame.sky_to_pix(*wcs.pix_to_sky(x, y))


@pytest.mark.parametrize("step", [0, 1])
def test_exact_everywhere(step):
    wcs, frame = chip_wcs(), frame_wcs()
    for got, expected in zip(pixel_map(wcs, frame, step).positions(), exact(wcs, frame), strict=True):
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("step", [2, 7, 10, 64, 500])
def test_exact_at_the_nodes(step):
    """Nodes are the FITS pixels that are multiples of the step; between them the error grows with its square."""
    wcs, frame = chip_wcs(), frame_wcs()
    x, y = pixel_map(wcs, frame, step).positions()
    true_x, true_y = exact(wcs, frame)
    nodes = np.s_[step - 1 :: step, step - 1 :: step]
    np.testing.assert_allclose(x[nodes], true_x[nodes], rtol=0, atol=1e-9)
    np.testing.assert_allclose(y[nodes], true_y[nodes], rtol=0, atol=1e-9)
    assert np.hypot(x - true_x, y - true_y).max() < 3e-5 * step**2


def test_rows_apart_are_the_same_rows():
    where = pixel_map(chip_wcs(), frame_wcs())
    for whole, part in zip(where.positions(), where.positions(31, 77), strict=True):
        np.testing.assert_array_equal(whole[31:77], part)


@pytest.mark.parametrize("step", [1, 3, 10, 64])
def test_bounds_hold_every_corner(step):
    where = pixel_map(chip_wcs(angle=1.1), frame_wcs(), step)
    fine = pixel_map(chip_wcs(angle=1.1), frame_wcs(), 1) if step == 1 else where
    low, high = where.bounds
    _, y = fine.positions()
    rows, columns = np.indices(y.shape) + 1
    at = (rows // where.block, columns // where.block)
    assert (y >= low[at]).all()
    assert (y <= high[at]).all()
    assert (high - low).max() < 1.6 * where.block + 4


def test_threads_change_nothing():
    one, two = (pixel_map(chip_wcs(), frame_wcs(), 1, workers=Threads(n)) for n in (1, 3))
    np.testing.assert_array_equal(one.x, two.x)
    np.testing.assert_array_equal(one.y, two.y)


def test_map_of_centers_goes_on_linearly():
    y, x = np.indices((4, 5), float)
    where = map_of_centers(np.dstack([2 * x + 1, 3 * y - x]))
    np.testing.assert_allclose(where.positions(), (2 * x + 1, 3 * y - x))
    assert where.x[0, 0] == pytest.approx(-1.0)
    assert where.y[-1, -1] == pytest.approx(3 * 4 - 5)


def test_stops_and_refuses():
    with pytest.raises(Refusal):
        pixel_map(chip_wcs(), frame_wcs(), -3)
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        pixel_map(chip_wcs(), frame_wcs(), progress=progress)


def test_the_middle_says_how_a_chip_leans():
    """Turned left in its middle and right at its edge: the layout of the corners follows the middle."""
    y, x = np.indices((9, 9), float)
    around = np.hypot(x - 4, y - 4)
    for sense in (1, -1):
        angle = sense * np.where(around < 3, 0.4, -0.4)
        places = np.dstack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)])
        assert map_of_centers(places).leaning == sense
