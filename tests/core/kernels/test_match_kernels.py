"""The pair counting and the search for neighbours against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from core.kernels.match import close_pairs, difference_histogram, neighbours


def lists(seed: int, n: int = 300, m: int = 250) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    image = np.column_stack([*rng.uniform(0, 100, (2, n)), rng.integers(1, 3, n), *rng.uniform(0, 9, (2, n))])
    other = np.column_stack([*rng.uniform(0, 100, (2, m)), rng.integers(1, 3, m), *rng.uniform(0, 9, (2, m))])
    return image, np.ascontiguousarray(other[np.argsort(other[:, 1])])


@pytest.mark.parametrize("radius", [1, 4, 25])
def test_histogram_is_numpys_and_splits_what_sits_on_the_detector(radius: int) -> None:
    image, reference = lists(radius)
    counts = sum(
        difference_histogram(image, reference, radius, 0.7, start, min(start + 77, len(image)))
        for start in range(0, len(image), 77)
    )
    difference = image[:, None, :] - reference[None]
    fixed = (difference[..., 2] == 0) & (np.abs(difference[..., 3:]) <= 0.7).all(axis=2)
    edges = np.arange(-radius - 0.5, radius + 1.0)
    for plane, chosen in enumerate((~fixed, fixed)):
        u, v = difference[chosen][:, 0], difference[chosen][:, 1]
        expected, _, _ = np.histogram2d(v, u, bins=(edges, edges))
        assert np.array_equal(counts[plane], expected)


def test_zero_difference_falls_into_the_middle_bin() -> None:
    one = np.array([[5.0, 6.0, 1.0, 0.0, 0.0]])
    other = np.array([[5.0, 6.0, 2.0, 0.0, 0.0]])
    counts = difference_histogram(one, other, 3, 0.7, 0, 1)
    assert counts[0, 3, 3] == 1
    assert counts.sum() == 1
    assert difference_histogram(one, one, 3, 0.7, 0, 1)[1, 3, 3] == 1


def test_empty_lists_count_nothing() -> None:
    image, reference = lists(1)
    assert difference_histogram(image[:0], reference, 2, 0.7, 0, 0).sum() == 0
    assert difference_histogram(image, reference[:0], 2, 0.7, 0, len(image)).sum() == 0


@pytest.mark.parametrize("n", [0, 1, 2, 300])
def test_neighbours_are_numpys(n: int) -> None:
    rng = np.random.default_rng(n)
    points, places = rng.uniform(0, 60, (n, 2)), rng.uniform(-5, 65, (200, 2))
    points = np.ascontiguousarray(points[np.argsort(points[:, 1])])
    rows = rng.permutation(n)
    nearest, count = np.empty(200, np.int64), np.empty(200, np.int64)
    neighbours(points, rows, places, 3.0, nearest, count)
    distances = np.hypot(*(places[:, None] - points[None]).transpose(2, 0, 1))
    assert np.array_equal(count, (distances <= 3.0).sum(axis=1))
    for k, number in enumerate(nearest):
        closest = int(distances[k].argmin()) if n else -1
        assert number == (rows[closest] if n and distances[k, closest] < 3.0 else -1)


@pytest.mark.parametrize("n", [0, 1, 300])
def test_close_pairs_are_numpys(n: int) -> None:
    points = np.random.default_rng(n).uniform(0, 60, (n, 2))
    points = np.ascontiguousarray(points[np.argsort(points[:, 1])])
    distances = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    expected = {(int(i), int(j)) for i, j in zip(*np.nonzero(distances <= 4.0), strict=True) if i < j}
    found = close_pairs(points, np.arange(n), 4.0)
    assert {(int(i), int(j)) for i, j in found} == expected
    assert len(found) == len(expected)
    assert n < 300 or len(found) > 100
