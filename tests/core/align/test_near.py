"""Neighbours against scipy's k-d tree, and what happens where distances are equal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial import cKDTree

from core.align.near import Near

# steps of a quarter: many equal coordinates, equal distances and distances that are just the reach
PLACES = arrays(
    np.float64, st.tuples(st.integers(0, 40), st.just(2)), elements=st.integers(-12, 12).map(lambda k: k / 4)
)


@settings(max_examples=200, deadline=None)
@given(PLACES, PLACES, st.sampled_from([0.25, 0.6, 1.0, 5.0]))
def test_neighbours_are_those_of_a_tree(points: np.ndarray, places: np.ndarray, reach: float) -> None:
    near = Near.of(points)
    distances = np.hypot(*(places[:, None] - points[None]).transpose(2, 0, 1)) if len(points) else None
    expected = np.full(len(places), -1)
    if distances is not None and len(places):
        closest = distances.argmin(axis=1)  # of equally near ones the first
        expected = np.where(distances.min(axis=1) < reach, closest, -1)
        assert np.array_equal(near.count(places, reach), (distances <= reach).sum(axis=1))
    assert np.array_equal(near.nearest(places, reach), expected)


@settings(max_examples=200, deadline=None)
@given(PLACES, st.sampled_from([0.25, 0.6, 1.0, 5.0]))
def test_close_pairs_are_those_of_a_tree(points: np.ndarray, reach: float) -> None:
    mine = {(int(i), int(j)) for i, j in Near.of(points).pairs(reach)}
    assert mine == (cKDTree(points).query_pairs(reach) if len(points) else set())


def test_many_positions_give_what_a_tree_gives() -> None:
    rng = np.random.default_rng(5)
    points, places = rng.uniform(0, 900, (20_000, 2)), rng.uniform(-50, 950, (15_000, 2))
    near, tree = Near.of(points), cKDTree(points)
    distance, index = tree.query(places, distance_upper_bound=3.0)
    assert np.array_equal(near.nearest(places, 3.0), np.where(np.isfinite(distance), index, -1))
    assert np.array_equal(near.count(places, 3.0), tree.query_ball_point(places, 3.0, return_length=True))
    assert {tuple(pair) for pair in near.pairs(2.0).tolist()} == tree.query_pairs(2.0)


def test_positions_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        Near.of(np.array([[1.0, np.nan]]))
