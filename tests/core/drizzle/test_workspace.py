"""Arrays between memory and files: what somebody reads must stay as it is, however little room there is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.drizzle.workspace import Workspace
from core.runs.background import Background
from core.runs.buffers import Buffers

SHAPE = (64, 64)
SIZE = 4 * 64 * 64


@pytest.fixture
def space(tmp_path: Path):
    made = Workspace(tmp_path)
    made.buffers, made.room = Buffers(4 * SIZE), 2 * SIZE
    with Background() as background:
        made.background = background
        yield made


def _put(space: Workspace, name: str, value: float) -> None:
    array = space.buffers.take(SHAPE, np.float32)
    array[:] = value
    space.put(name, array)


def test_an_array_that_is_read_is_not_written_over(space: Workspace) -> None:
    _put(space, "median.fits", 7.0)
    lent = space.get("median.fits")
    for number in range(6):
        _put(space, f"blot{number}.fits", float(number))
        assert (lent == 7.0).all(), number


def test_rows_too(space: Workspace) -> None:
    _put(space, "single.fits", 3.0)
    rows = space.rows("single.fits")
    for number in range(6):
        _put(space, f"other{number}.fits", float(number))
    assert (rows(0, 64) == 3.0).all()


def test_what_is_let_go_makes_room_and_is_read_from_its_file(space: Workspace) -> None:
    _put(space, "median.fits", 7.0)
    space.get("median.fits")
    space.let_go("median.fits")
    for number in range(6):
        _put(space, f"blot{number}.fits", float(number))
    assert space.buffers.most <= 4 * SIZE
    assert (space.get("median.fits") == 7.0).all()


def test_what_is_given_back_stays_while_there_is_room(space: Workspace) -> None:
    _put(space, "mask.fits", 1.0)
    lent = space.get("mask.fits")
    space.give_back("mask.fits")
    assert space.get("mask.fits") is lent
    space.give_back("mask.fits")
    for number in range(3):
        _put(space, f"other{number}.fits", float(number))
    assert space.get("mask.fits") is not lent
