"""The pair counting against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from core.kernels.match import difference_histogram


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
