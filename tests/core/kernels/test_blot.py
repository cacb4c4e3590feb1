"""Resampling at given positions: exact for the polynomials that an interpolant can represent."""

from __future__ import annotations

import numpy as np
import pytest

from core.kernels import blot

DEGREES = {blot.NEAREST: 0, blot.LINEAR: 1, blot.POLY3: 3, blot.POLY5: 5, blot.SINC: 0}
KINDS = list(DEGREES)


def resample(image, x, y, kind, factor=1.0, sky=0.0, sinscl=1.0):
    out = np.empty(np.shape(x), np.float32)
    x, y = np.ascontiguousarray(x, float), np.ascontiguousarray(y, float)
    blot.resample(
        np.ascontiguousarray(image, np.float32), x, y, kind, sinscl, np.float32(factor), np.float32(sky), out
    )
    return out


def skewed(shape, at=(20.3, 18.7), dx=(1.01, 0.06), dy=(-0.05, 0.98)):
    """Positions as a distorted chip has them: runs of neighbours, broken at every line that they cross."""
    j, i = np.indices(shape, float)
    return at[0] + dx[0] * i + dy[0] * j, at[1] + dx[1] * i + dy[1] * j


@pytest.mark.parametrize("kind", KINDS)
def test_exact_for_polynomials(kind):
    rng = np.random.default_rng(1)
    degree = DEGREES[kind]
    factors = rng.normal(0, 1, (degree + 1, degree + 1))
    y, x = np.indices((90, 400), float)
    image = np.polynomial.polynomial.polyval2d(x / 200 - 1, y / 45 - 1, factors)
    px, py = skewed((30, 330))
    if kind == blot.NEAREST:
        px, py = np.floor(px + 0.5), np.floor(py + 0.5)
    expected = np.polynomial.polynomial.polyval2d(px / 200 - 1, py / 45 - 1, factors)
    np.testing.assert_allclose(resample(image, px, py, kind), expected, rtol=0, atol=5e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_whole_pixels_come_back(kind):
    """Also for sinc, which drizzlepac 3.11 shifts by a pixel there (fault 14a)."""
    image = np.random.default_rng(3).normal(0, 10, (40, 50)).astype(np.float32)
    y, x = np.indices(image.shape)
    np.testing.assert_allclose(resample(image, x, y, kind), image, rtol=0, atol=2e-5)


def star(x, y):
    return 100.0 * np.exp(-((x - 20.2) ** 2 + (y - 19.6) ** 2) / (2 * 1.6**2))


def test_a_star():
    """Star of sigma 1.6 pixels, moved by a third of a pixel: linear errs by half the second derivative times s (1 - s),
    the others much less; sinc too, which in drizzlepac 3.11 is useless (fault 14a)."""
    y, x = np.indices((40, 40), float)
    px, py = x[5:-5, 5:-5] + 0.3, y[5:-5, 5:-5] - 0.15
    rms = {kind: np.sqrt(((resample(star(x, y), px, py, kind) - star(px, py)) ** 2).mean()) for kind in KINDS}
    u, v = (px - 20.2) / 1.6, (py - 19.6) / 1.6
    curved = (0.3 * 0.7 * (u**2 - 1) + 0.15 * 0.85 * (v**2 - 1)) / 2 / 1.6**2 * star(px, py)
    assert rms[blot.LINEAR] == pytest.approx(np.sqrt((curved**2).mean()), rel=0.15)
    assert rms[blot.POLY3] < rms[blot.LINEAR] / 5
    assert rms[blot.POLY5] < rms[blot.POLY3] / 3
    assert rms[blot.SINC] < rms[blot.LINEAR] / 10


@pytest.mark.parametrize("kind", KINDS)
def test_outside_there_is_the_sky(kind):
    image = np.full((20, 30), 5.0, np.float32)
    x = np.array([[-0.01, 30.01, 10.0, 10.0, np.nan, np.inf, -1e30, 10.0, 0.0, 30.0]])
    y = np.array([[10.0, 10.0, -0.01, 20.01, 10.0, 10.0, 10.0, np.nan, 0.0, 20.0]])
    got = resample(image, x, y, kind, factor=3.0, sky=2.0)
    np.testing.assert_allclose(got[0, :8], 2.0)
    np.testing.assert_allclose(got[0, 8:], 17.0, rtol=1e-5)


@pytest.mark.parametrize("kind", [blot.POLY3, blot.POLY5])
def test_border_is_reflected_through_the_edge(kind):
    """Beyond the border: 2 * edge - mirrored value, so a plane goes on as a plane. At the upper border
    drizzlepac's poly5 takes the fourth row from the end for its sixth sample, and bends it."""
    y, x = np.indices((20, 30), float)
    px, py = np.meshgrid(np.linspace(0, 30, 121), np.linspace(0, 20, 81))
    np.testing.assert_allclose(resample(2 * x - 3 * y, px, py, kind), 2 * px - 3 * py, rtol=0, atol=2e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_small_images(kind):
    """Images smaller than the interpolant is wide."""
    for shape in ((1, 1), (2, 3), (4, 2)):
        px, py = np.meshgrid(np.linspace(0, shape[1], 9), np.linspace(0, shape[0], 9))
        np.testing.assert_allclose(resample(np.full(shape, 4.0), px, py, kind), 4.0, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_runs_and_single_pixels_agree(kind):
    """The same positions in another order, so that no two neighbours make a run."""
    image = np.random.default_rng(6).normal(0, 10, (60, 400)).astype(np.float32)
    x, y = skewed((20, 300))
    order = np.random.default_rng(7).permutation(x.size)
    scrambled = resample(image, x.ravel()[order][None], y.ravel()[order][None], kind)
    np.testing.assert_allclose(scrambled[0], resample(image, x, y, kind).ravel()[order], rtol=0, atol=1e-5)


def test_nan_stays_where_it_is():
    """A sample that is not a number spoils only pixels whose interpolant needs it."""
    image = np.ones((30, 30), np.float32)
    image[15, 15] = np.nan
    y, x = np.indices((30, 30), float)
    for kind, reach in ((blot.LINEAR, 1), (blot.POLY3, 2), (blot.POLY5, 3)):
        bad = np.argwhere(np.isnan(resample(image, x[:-1, :-1] + 0.5, y[:-1, :-1] + 0.5, kind)))
        assert np.abs(bad - 14.5).max() == reach - 0.5
