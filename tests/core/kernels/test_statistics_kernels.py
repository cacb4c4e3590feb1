"""Sums in lanes are the sums one after the other, to the last digits that a sum has."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.kernels.statistics import LANES, clipped_moments


@pytest.mark.parametrize("size", [0, 1, LANES - 1, LANES, LANES + 1, 5 * LANES + 3, 100_003])
@pytest.mark.parametrize("limits", [(-3.0, 3.0), (-np.inf, np.inf), (0.5, 0.4), (-1e9, 0.0)])
def test_lanes_and_what_is_left_over(size: int, limits: tuple[float, float]) -> None:
    rng = np.random.default_rng(size)
    values = rng.normal(0.2, 2.0, size).astype(np.float32)
    values[::7] = np.nan
    lower, upper = limits
    pivot = 0.1875
    count, total, squares, low, high = clipped_moments(values, lower, upper, pivot)
    inside = values[(values >= lower) & (values <= upper)].astype(float)
    assert count == len(inside)
    assert total == pytest.approx(math.fsum(inside - pivot), rel=1e-13, abs=1e-9)
    assert squares == pytest.approx(math.fsum((inside - pivot) ** 2), rel=1e-13)
    assert low == (inside.min() if len(inside) else np.inf)
    assert high == (inside.max() if len(inside) else -np.inf)


def test_infinite_pixels_never_count_within_finite_limits() -> None:
    values = np.array([np.inf, -np.inf, np.nan, 1.0] * LANES, np.float32)
    assert clipped_moments(values, -10.0, 10.0, 0.0) == (LANES, LANES, LANES, 1.0, 1.0)
