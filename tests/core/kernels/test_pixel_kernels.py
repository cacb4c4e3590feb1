"""Kernels that work on rows of pixels side by side, each against its definition written out pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from core.kernels import cosmic, stack, statistics

ROWS, COLUMNS = 5, stack.CHUNK + 9  # more than one chunk, and a piece of one


def images(n, seed=0):
    rng = np.random.default_rng([n, seed])
    values = rng.normal(1.0, 0.3, (n, ROWS, COLUMNS)).astype(np.float32)
    values[rng.random(values.shape) < 0.02] += 30.0
    values[rng.random(values.shape) < 0.01] = np.nan
    weights = np.full(values.shape, 40.0, np.float32)
    weights[rng.random(values.shape) < 0.3] = 0.0
    weights[:, 2, :5] = 0.0  # pixels without a good value
    return values, weights


def good_of(values, weights, limit, y, x, lower=-np.inf, upper=np.inf):
    column, use = values[:, y, x], weights[:, y, x] >= limit
    return np.sort(column[use & (column >= lower) & (column < upper)])


def last_of(values, y, x):
    return next((v for v in values[::-1, y, x] if v != 0 and not np.isnan(v)), 0.0)


@pytest.mark.parametrize("n", [1, 2, 3, 6])
@pytest.mark.parametrize(("nlow", "nhigh"), [(0, 0), (0, 1), (1, 0), (1, 2)])
@pytest.mark.parametrize("fill", [False, True])
def test_median_and_mean(n, nlow, nhigh, fill):
    values, weights = images(n)
    out = [np.empty((ROWS, COLUMNS), np.float32) for _ in range(2)]
    for mean in (False, True):
        limits = np.full(n, 20.0)
        stack.trimmed(values, weights, limits, 0.2, 9.0, nlow, nhigh, mean, fill, out[mean])
    for y in range(ROWS):
        for x in [*range(20), *range(COLUMNS - 12, COLUMNS)]:
            found = good_of(values, weights, 20.0, y, x, 0.2, 9.0)
            if not found.size:
                assert out[0][y, x] == out[1][y, x] == (last_of(values, y, x) if fill else 0.0)
                continue
            low, high = nlow, nhigh
            rest = found[low : found.size - high] if found.size > low + high else found[:0]
            assert out[1][y, x] == np.float32(rest.astype(float).mean() if rest.size else 0.0)
            while found.size - low - high < 1:
                low, high = max(0, low - 1), max(0, high - 1)
            assert out[0][y, x] == np.float32(np.median(found[low : found.size - high].astype(float)))


@pytest.mark.parametrize("n", [1, 2, 3, 6])
@pytest.mark.parametrize("grow", [0, 1, 3])
def test_minmed(n, grow):
    values, weights = images(n, grow)
    rate, noise2 = np.linspace(0.1, 0.2, n), np.linspace(9.0, 12.0, n)
    out = np.empty((ROWS - 2, COLUMNS), np.float32)
    stack.minmed(values, weights, np.full(n, 20.0), rate, noise2, 4.0, 1.0, grow, False, 1, out)
    middle, lowest, total, rms = (np.zeros((ROWS, COLUMNS)) for _ in range(4))
    for y in range(ROWS):
        for x in range(COLUMNS):
            found = good_of(values, weights, 20.0, y, x)
            if found.size:
                rest = found if n == 2 or found.size == 1 else found[:-1]
                middle[y, x], lowest[y, x] = np.float32(np.median(rest.astype(float))), found[0]
                total[y, x] = weights[:, y, x].sum()
                use = (weights[:, y, x] >= 20.0) & ~np.isnan(values[:, y, x])
                sky = (weights[:, y, x] * rate).sum() + noise2[use].sum()
                rms[y, x] = np.sqrt(max(0.0, middle[y, x] * total[y, x] + sky))
    deep, near = ((middle - lowest) * total > limit * rms for limit in (4.0, 1.0))
    box = np.zeros_like(deep)
    for y, x in np.argwhere(deep):
        box[max(0, y - grow) : y + grow + 1, max(0, x - grow) : x + grow + 1] = True
    expected = np.where(near & box if grow else deep, lowest, middle)[1:-1]
    assert (expected != middle[1:-1]).any() or n < 3
    # rounding in single precision may decide a pixel that lies on the limit
    assert (out != expected.astype(np.float32)).sum() <= 1


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5])
@pytest.mark.parametrize(("trail", "step"), [(0, 0), (2, 1), (3, -1), (90, 1)])
def test_joining_and_growing(size, trail, step):
    rng = np.random.default_rng(size)
    shape = (23, 41)
    state = (rng.random(shape) < 0.05).astype(np.uint8) | (rng.random(shape) < 0.04).astype(np.uint8) * 2
    flagged, good = np.empty(shape, np.uint8), np.empty(shape, np.uint8)
    for start, stop in ((0, 9), (9, 23)):
        cosmic.join(state, start, stop, flagged)
    for start, stop in ((0, 9), (9, 23)):
        cosmic.grow(flagged, size, trail, step, start, stop, good)
    hit = np.zeros(shape, bool)
    for y, x in np.argwhere(state & 2):
        near = state[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2] & 1
        assert flagged[y, x] == near.any()
        if not near.any():
            continue
        before, after = max(size, 1) // 2, max(size - 1, 0) // 2
        hit[max(0, y - after) : y + before + 1, max(0, x - after) : x + before + 1] = True
        for k in range(1, trail + 1):
            if step and 0 <= y + step * k < shape[0]:
                hit[y + step * k, x] = True
    assert not flagged[state & 2 == 0].any()
    np.testing.assert_array_equal(good == 0, hit)


def test_clipped_moments_and_range():
    rng = np.random.default_rng(3)
    for size in (1, 5, statistics.LANES, 3 * statistics.LANES + 17):
        values = rng.normal(100.0, 20.0, size).astype(np.float32)
        values[::50] = np.nan
        values[::77] = np.inf
        values[0] = 111.0
        inside = values[(values >= 90.0) & (values <= 125.0)].astype(float)
        count, total, squares, low, high = statistics.clipped_moments(values, 90.0, 125.0, 101.0)
        assert (count, low, high) == (inside.size, inside.min(), inside.max())
        assert total == pytest.approx((inside - 101.0).sum(), rel=1e-12)
        assert squares == pytest.approx(((inside - 101.0) ** 2).sum(), rel=1e-12)
        finite = values[np.isfinite(values)]
        assert statistics.finite_range(values) == (finite.min(), finite.max())
    assert statistics.finite_range(np.full(3, np.nan, np.float32)) == (np.inf, -np.inf)


def test_mean_weight():
    weights = np.random.default_rng(4).uniform(0, 50, 3 * stack.CHUNK + 11).astype(np.float32)
    weights[::3] = 0.0
    count, total = stack.positive_mean(weights, 1e-8)
    assert count == (weights > 0).sum()
    assert total == pytest.approx(weights.astype(float).sum(), rel=1e-12)
