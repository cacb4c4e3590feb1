"""Sources are columns of one length, whatever is taken out of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.align import sources as sources_module
from core.align.results import COLUMNS, Sources
from core.align.sources import chosen, lone, useful


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


def lit(*flux: float, extver: tuple[int, ...] = ()) -> Sources:
    made = sources(len(flux))
    return replace(made, flux=np.array(flux), extver=np.array(extver or (1,) * len(flux), np.int64))


def test_few_sources_are_all_matched() -> None:
    whole = lit(3.0, 1.0, 2.0)
    assert useful(whole, None) == (whole, "")


def test_of_very_many_the_brightest_are_matched_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources_module, "MOST", 3)
    used, note = useful(lit(5.0, 1.0, 4.0, 2.0, 3.0), None, "refnbright")
    assert used.number.tolist() == [0, 2, 4]  # in their order, with their own numbers
    assert note == "The brightest 3 of 5 sources are used: raise threshold, or set refnbright."


def test_a_number_of_the_person_counts_for_each_chip_and_is_no_matter_of_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sources_module, "MOST", 3)
    whole = lit(5.0, 1.0, 4.0, 2.0, 3.0, 9.0, extver=(1, 1, 1, 2, 2, 2))
    assert useful(whole, 2)[0].number.tolist() == [0, 2, 4, 5]
    used, note = useful(whole, 3)
    assert (len(used), note) == (6, "")


def test_of_equal_fluxes_the_first_are_taken() -> None:
    assert useful(lit(1.0, 1.0, 1.0, 1.0), 2)[0].number.tolist() == [0, 1]
    assert not len(useful(lit(), 2)[0])
