"""Border pixels with what lies beyond them, against the same pixels in the middle of a larger image."""

from __future__ import annotations

import numpy as np
import pytest

from core.kernels import cosmic

LIGHT = (1.6, 4.0, 9.0)
LIMITS = (3.5, 3.0, 1.2, 0.7)


@pytest.mark.parametrize("shape", [(12, 17), (1, 9), (9, 1), (2, 2)])
def test_border_pixels_are_judged_as_inner_ones(shape):
    rng = np.random.default_rng(shape)
    blot = rng.gamma(1.0, 30.0, (shape[0] + 2, shape[1] + 2)).astype(np.float32)
    data = (blot + rng.normal(0.0, 60.0, blot.shape)).astype(np.float32)
    state = np.zeros(blot.shape, np.uint8)
    cosmic.compare(data, blot, LIGHT, 1.0, LIMITS, 0, blot.shape[0], state)
    inner = np.s_[1:-1, 1:-1]
    chip = [np.ascontiguousarray(image[inner]) for image in (data, blot)]
    rim = np.concatenate([blot[0, 1:-1], blot[-1, 1:-1], blot[1:-1, 0], blot[1:-1, -1]])
    found = np.zeros(shape, np.uint8)
    cosmic.compare(*chip, LIGHT, 1.0, LIMITS, 0, shape[0], found)
    alone = found.copy()
    cosmic.judge_border(*chip, rim, LIGHT, LIMITS, found)
    np.testing.assert_array_equal(found, state[inner])
    for nothing in (np.full(rim.size, np.nan, np.float32), rim[:0]):
        again = alone.copy()
        cosmic.judge_border(*chip, nothing, LIGHT, LIMITS, again)
        np.testing.assert_array_equal(again, alone)
