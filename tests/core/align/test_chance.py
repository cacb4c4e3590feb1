"""The tails of distributions against those of scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import chdtrc, pdtrc

from core.align.chance import beyond, more_than


@pytest.mark.parametrize("mean", [1e-6, 0.03, 1.0, 7.5, 300.0, 21_000.0])
def test_more_than_is_the_tail_of_poisson(mean: float) -> None:
    width = math.sqrt(mean)
    counts = np.unique(np.clip(np.floor(mean + width * np.linspace(-12, 25, 60)), 0, None))
    for count in [*counts.tolist(), 1.0, 50.0]:
        expected = float(pdtrc(count, mean))
        assert more_than(count, mean) == pytest.approx(expected, rel=1e-9, abs=1e-290)
        assert more_than(count + 0.9, mean) == more_than(count, mean)


@pytest.mark.parametrize("freedom", [1, 2, 7, 40, 3000])
def test_beyond_is_the_tail_of_chi_squared(freedom: int) -> None:
    for chi2 in freedom * np.linspace(0.01, 6.0, 80):
        assert beyond(freedom, chi2) == pytest.approx(float(chdtrc(freedom, chi2)), rel=1e-9, abs=1e-290)


def test_the_ends() -> None:
    assert more_than(3, 0.0) == 0.0
    assert more_than(3, math.inf) == 1.0
    assert beyond(5, 0.0) == 1.0
    assert beyond(5, math.inf) == 0.0
    assert all(math.isnan(more_than(*pair)) for pair in ((-1, 2.0), (3, -0.1), (3, math.nan), (math.nan, 3)))
    assert all(math.isnan(beyond(*pair)) for pair in ((0, 2.0), (3, -0.1), (3, math.nan), (math.nan, 3)))
