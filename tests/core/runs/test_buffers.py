"""Memory that is used again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.runs import buffers
from core.runs.buffers import Buffers, fetch_ahead

BIG = 1 << 20


def test_what_is_given_back_is_used_again_from_the_beginning() -> None:
    store = Buffers(4 * BIG)
    one, two = store.take((256, 1024), np.float32), store.take((512, 1024), np.uint16)
    assert one.flags.c_contiguous
    first = one.ctypes.data
    assert not np.shares_memory(one, two)
    store.give(one)
    again = store.take((1024,), np.uint8)
    assert again.ctypes.data == first
    assert store.most == 2 * BIG


def test_pieces_join() -> None:
    store = Buffers(3 * BIG)
    pieces = [store.take((BIG,), np.uint8) for _ in range(3)]
    for piece in (pieces[1], pieces[0], pieces[2]):
        store.give(piece)
    assert store.take((3 * BIG,), np.uint8).ctypes.data == pieces[0].ctypes.data


def test_a_view_of_the_beginning_gives_the_whole_back() -> None:
    store = Buffers(BIG)
    taken = store.take((BIG,), np.uint8)
    store.give(taken[:10].view(np.bool_))
    assert store.take((BIG,), np.uint8).ctypes.data == taken.ctypes.data


def test_nothing_is_lent_twice_and_strangers_are_nothing() -> None:
    store = Buffers(2 * BIG)
    taken = store.take((BIG,), np.uint8)
    store.give(taken, taken, None, np.zeros(10))
    first, second = store.take((BIG,), np.uint8), store.take((BIG,), np.uint8)
    assert not np.shares_memory(first, second)


def test_what_does_not_fit_is_ordinary_memory() -> None:
    store = Buffers(BIG)
    array = store.take((3, BIG), np.float32)
    array[:] = 1
    store.give(array)
    assert Buffers().take((5, 5), np.int32).shape == (5, 5)


def test_memory_fetched_ahead_is_taken_once() -> None:
    fetch_ahead(4 * BIG, 2 * BIG)
    (ahead,) = buffers._ahead
    store = Buffers(3 * BIG)
    assert np.shares_memory(store.take((10,), np.uint8), ahead.stretch)
    assert not ahead._thread.is_alive()
    assert not np.shares_memory(Buffers(BIG).take((10,), np.uint8), ahead.stretch)


def test_too_little_fetched_ahead_is_dropped() -> None:
    fetch_ahead(BIG, BIG)
    assert Buffers(2 * BIG).take((2 * BIG,), np.uint8).size == 2 * BIG
    assert not buffers._ahead


def test_without_so_much_memory_all_is_ordinary(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stretch is a guess from above: a system that refuses it may well have what is needed."""
    really = np.empty

    def small(shape: Any, *rest: Any) -> Any:
        if isinstance(shape, int) and shape > BIG:
            raise MemoryError
        return really(shape, *rest)

    monkeypatch.setattr(np, "empty", small)
    fetch_ahead(4 * BIG, BIG)
    assert not buffers._ahead
    store = Buffers(4 * BIG)
    one, two = store.take((100, 100), np.float32), store.take((100, 100), np.float32)
    one[:], two[:] = 1, 2
    assert (one == 1).all()
    store.give(one, two)
    assert store.most == 0
