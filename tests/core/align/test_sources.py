"""Sources are columns of one length, whatever is taken out of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.align.results import COLUMNS, Sources
from core.align.sources import chosen, lone


def sources(n: int) -> Sources:
    """Sources with every column filled."""
    whole = ("number", "extver", "origin")
    columns = {name: np.arange(n, dtype=np.int64 if name in whole else float) for name in COLUMNS}
    columns["lone"] = np.arange(n) % 2 == 0
    return Sources(**columns, origins=("a_flt.fits",))


@pytest.mark.parametrize("which", [np.array([4, 1, 2]), np.array([False, True, True, False, True])])
def test_every_column_is_cut(which: np.ndarray) -> None:
    """`lone` was left at its full length, so that a grown reference had columns of two lengths."""
    whole = sources(5)
    part = chosen(whole, which)
    assert len(part) == 3
    for name in COLUMNS:
        assert np.array_equal(getattr(part, name), getattr(whole, name)[which])
    assert lone(part).tolist() == (np.arange(5) % 2 == 0)[which].tolist()


@pytest.mark.parametrize("name", [name for name in COLUMNS if name != "ra"])
def test_columns_of_different_lengths_are_no_sources(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        replace(sources(5), **{name: np.zeros(4)})


def test_what_is_not_known_may_be_missing() -> None:
    bare = replace(sources(3), lone=None, error=None, fine_u=None, fine_v=None, origin=None)
    assert chosen(bare, np.array([0, 2])).lone is None
    assert not lone(bare).any()
