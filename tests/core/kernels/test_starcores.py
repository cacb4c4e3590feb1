"""Centres of star images: edges, equal pixels, limits of the arrays."""

from __future__ import annotations

import numpy as np

from core.kernels.starcores import star_cores


def _found(data, usable=None, clean=None, room=50, rows=None):
    data = np.asarray(data, np.float32)
    usable = np.ones(data.shape, np.uint8) if usable is None else usable
    clean = np.ones(data.shape, np.uint8) if clean is None else clean
    x, y, flagged = np.full(room, -1, np.int32), np.full(room, -1, np.int32), np.full(room, 9, np.uint8)
    height = np.zeros(room, np.float32)
    start, stop = rows or (0, data.shape[0])
    count = star_cores(data, usable, clean, 2.0, 0.0, 9.0, start, stop, x, y, height, flagged)
    kept = min(count, room)
    return count, list(zip(x[:kept].tolist(), y[:kept].tolist(), strict=True)), height[:kept], flagged[:kept]


def _star(data, x, y, height=1000.0, side=0.3):
    data[y - 1 : y + 2, x] += side * height
    data[y, x - 1 : x + 2] += side * height
    data[y, x] = height


def test_position_height_and_flag() -> None:
    data, clean = np.zeros((20, 30)), np.ones((20, 30), np.uint8)
    _star(data, 7, 4)
    _star(data, 20, 11)
    clean[11, 20] = 0
    count, places, height, flagged = _found(data, clean=clean)
    assert (count, places) == (2, [(7, 4), (20, 11)])
    assert height.tolist() == [2000.0, 2000.0]  # electrons: the factor is 2
    assert flagged.tolist() == [0, 1]


def test_sharp_and_faint_and_unusable_ones_are_none() -> None:
    data = np.zeros((20, 30))
    _star(data, 5, 5, side=0.05)  # a hot pixel with a little around it
    _star(data, 12, 5, height=20.0)  # below 20 sigma
    data[12, 4:25] = 1000.0  # a line
    _star(data, 20, 16)
    usable = np.ones(data.shape, np.uint8)
    usable[17, 21] = 0
    assert _found(data, usable)[0] == 0
    data[5, 12] = np.nan
    assert _found(data)[1] == [(20, 16)]


def test_of_two_equal_pixels_one_is_the_centre() -> None:
    data = np.zeros((20, 30))
    data[7:10, 9:13] = 300.0
    data[8, 10:12] = 1000.0
    assert _found(data)[1] == [(10, 8)]


def test_rows_outside_and_the_border_are_not_looked_at() -> None:
    data = np.zeros((20, 30))
    _star(data, 1, 1)
    _star(data, 28, 18)
    data[0, 10] = data[19, 10] = data[10, 0] = data[10, 29] = 5000.0
    assert _found(data)[1] == [(1, 1), (28, 18)]
    assert _found(data, rows=(0, 10))[1] == [(1, 1)]


def test_more_stars_than_there_is_room_for_are_counted() -> None:
    data = np.zeros((40, 40))
    for x in range(3, 38, 5):
        _star(data, x, 20)
    count, places, *_ = _found(data, room=3)
    assert (count, len(places)) == (7, 3)
