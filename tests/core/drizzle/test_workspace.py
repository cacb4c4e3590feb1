"""Arrays between memory and files: what somebody reads must stay as it is, however little room there is."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.drizzle import workspace
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


def test_an_array_whose_file_failed_is_not_taken_for_a_written_one(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that waits for a file may wake before the background has heard how it ended."""
    submitted, heard = threading.Event(), threading.Event()
    really = Background._done

    def late(self: Background, future: Any) -> None:
        heard.wait(10)
        really(self, future)

    def full(*_: Any, **__: Any) -> None:
        submitted.wait(10)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Background, "_done", late)
    monkeypatch.setattr(workspace, "write_hdus", full)
    _put(space, "median.fits", 7.0)
    submitted.set()
    try:
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            space.take("median.fits")
    finally:
        heard.set()
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            space.wait()
        space.background._error = None  # told; the fixture need not tell it again
