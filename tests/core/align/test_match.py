"""Matching: one to one, nearest, and not lost by a rounded offset or a roll."""

from __future__ import annotations

import numpy as np
import pytest

from core.align.match import Placing, apart, beats_chance, chance_matches, listed_twice, match, nearest
from core.align.near import Near
from core.align.results import Offset, PeakStatus, Sources
from core.align.settings import FitParams, MatchParams
from tests.placings import similarity

FITTING = FitParams(minobj=4)
CENTRE = np.array([2000.0, 2000.0])


def sources(xy: np.ndarray) -> Sources:
    n = len(xy)
    u, v = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
    x = np.random.default_rng(n).uniform(0, 1e9, n)
    return Sources(u, v, u, v, np.ones(n), np.arange(1, n + 1), np.ones(n, np.int64), x, x)


def at(x: float, y: float) -> Offset:
    return Offset(x, y, np.zeros((1, 1), np.int64), 25, 1, 0, 9.0, 9, PeakStatus.GOOD)


def stars(n: int = 800, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 4000, (n, 2))


def test_a_rounded_offset_and_a_roll_lose_nothing() -> None:
    """drizzlepac matches once with the offset as it is: here it would lose most at a tolerance of 1 pixel."""
    uv = stars()
    xy = (uv - CENTRE) @ similarity(0.02, 1.00002) + CENTRE + [5.4, -3.4]
    found = match(sources(xy), sources(uv), at(5.9, -3.9), MatchParams(), FITTING, CENTRE)
    once = np.hypot(*(xy - uv - [5.9, -3.9]).T) <= 1.0
    assert once.mean() < 0.7
    assert len(found) == len(uv)
    assert np.array_equal(found.reference, found.image)


def test_every_source_is_used_once() -> None:
    """Fault 7: in drizzlepac one image source may serve several reference sources."""
    uv = np.concatenate([stars(200), stars(200) + np.array([0.6, 0.0])])
    xy = stars(200) + np.array([0.2, 0.0])
    found = match(sources(xy), sources(uv), at(0.0, 0.0), MatchParams(separation=0.1), FITTING, CENTRE)
    assert len(set(found.image.tolist())) == len(found) == len(set(found.reference.tolist()))
    assert (found.reference < 200).all()


def test_pairs_are_the_nearest_ones_within_the_tolerance() -> None:
    xy = np.array([[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]])
    expected = np.array([[0.9, 0.0], [0.3, 0.0], [11.0, 0.0], [21.5, 0.0]])
    pairs = nearest(Near.of(xy), xy, expected, 1.0)
    assert pairs.tolist() == [[1, 0], [2, 1]]


def test_of_sources_too_close_the_later_by_y_goes() -> None:
    positions = np.array([[5.0, 1.3], [5.0, 1.0], [5.0, 1.45], [9.0, 9.0]])
    assert apart(positions, 0.5).tolist() == [False, True, False, True]
    assert apart(positions, 0.35).tolist() == [False, True, True, True]
    assert apart(positions, 0.0).all()


def test_empty_lists_match_nothing() -> None:
    none, some = sources(np.empty((0, 2))), sources(stars(5))
    for image, reference in ((none, some), (some, none), (none, none)):
        assert len(match(image, reference, at(0, 0), MatchParams(), FITTING, CENTRE)) == 0


def test_what_chance_gives_is_known() -> None:
    image, reference = sources(stars(3000, 1)), sources(stars(3000, 2))
    found = match(image, reference, at(0.0, 0.0), MatchParams(tolerance=5.0), FITTING, CENTRE)
    expected = chance_matches(image, reference, found, 5.0)
    assert expected == pytest.approx(3000**2 * np.pi * 25 / 4000**2, rel=0.25)
    assert len(found) > 15
    assert not beats_chance(len(found), expected)
    assert beats_chance(15, 1.0)


def twice(xy: np.ndarray, uv: np.ndarray, **params: float) -> float:
    image, reference = sources(xy), sources(uv)
    asked = MatchParams(**params)
    made = match(image, reference, at(0.0, 0.0), asked, FITTING, CENTRE)
    return listed_twice(image, reference, made, Placing.at(0.0, 0.0, CENTRE), asked)


def test_a_reference_that_lists_stars_twice_is_noticed() -> None:
    once = stars(300)
    both = np.concatenate([once, once[:240] + np.array([0.3, 1.9])])
    assert twice(once, once) == 0.0
    assert twice(once, both) == pytest.approx(0.8, abs=0.05)
    assert twice(once, both, separation=2.5) == 0.0


def test_a_crowded_reference_lists_no_star_twice() -> None:
    deep = stars(25_000, 1) / 4.0  # one in 40 square pixels: in every other circle there is a second
    assert twice(deep[:3000], deep) == 0.0
    assert twice(deep[:2000], deep[:4000]) == 0.0
