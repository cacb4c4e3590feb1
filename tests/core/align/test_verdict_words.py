"""One of a kind is told in the singular."""

from __future__ import annotations

import numpy as np
import pytest

from core.align.results import Matches
from core.align.settings import MatchParams
from core.align.verdict import judge


@pytest.mark.parametrize(
    ("count", "words"), [(0, "Only 0 matches,"), (1, "Only 1 match,"), (2, "Only 2 matches,")]
)
def test_matches_are_counted_in_words_that_fit(count: int, words: str) -> None:
    places = np.arange(count)
    verdict = judge(MatchParams(), matches=Matches(places, places))
    assert verdict is not None
    assert verdict.reason.startswith(words)
