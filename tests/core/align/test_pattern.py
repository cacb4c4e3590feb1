"""Turned, scaled and shifted lists are found by their pattern; what has no counterpart or two of them is not."""

from __future__ import annotations

import numpy as np
import pytest

from core.align.pattern import pattern
from core.align.results import Sources
from tests.placings import similarity

CENTRE = np.array([600.0, 500.0])


def sources(xy: np.ndarray, flux: np.ndarray) -> Sources:
    n = len(xy)
    u, v = np.ascontiguousarray(xy.T)
    one = np.ones(n, np.int64)
    return Sources(ra=u * 0, dec=u * 0, u=u, v=v, flux=flux, number=np.arange(n) + 1, extver=one, x=u, y=v)


def lists(
    n: int,
    *,
    rot: float = 0.0,
    scale: float = 1.0,
    shift: tuple[float, float] = (0.0, 0.0),
    false: int = 0,
    common: float = 0.8,
    seed: int = 1,
    faint_false: bool = False,
) -> tuple[Sources, Sources, np.ndarray]:
    """Image and reference of `n` stars of which each sees a part, 0.1 px of scatter, and `false` others in each."""
    rng = np.random.default_rng(seed)
    sky = rng.uniform([0, 0], [1200, 1000], (n, 2))
    flux = 10 ** rng.uniform(2, 5, n)
    matrix = similarity(rot, scale)
    made = []
    for k in range(2):
        seen = rng.random(n) < common
        xy = sky[seen] + rng.normal(0, 0.1, (int(seen.sum()), 2))
        if k == 0:
            xy = (xy - CENTRE) @ matrix + CENTRE + shift
        extra = rng.uniform([0, 0], [1200, 1000], (false, 2))
        light = 10 ** (rng.uniform(2, 5, false) if not faint_false else rng.uniform(1, 3, false))
        order = rng.permutation(len(xy) + false)
        made.append(sources(np.concatenate([xy, extra])[order], np.concatenate([flux[seen], light])[order]))
    return made[0], made[1], matrix


@pytest.mark.parametrize("n", [25, 60, 400, 3000])
@pytest.mark.parametrize(
    ("rot", "scale", "shift"),
    [
        (0.0, 1.0, (0.0, 0.0)),
        (0.2, 1.0, (12.0, -9.0)),
        (-0.15, 1.001, (30.0, 4.0)),
        (1.5, 0.998, (-80.0, 60.0)),
        (37.0, 1.0, (5.0, 5.0)),
        (180.0, 1.0, (3.0, -7.0)),
    ],
)
def test_a_turned_list_is_found(n: int, rot: float, scale: float, shift: tuple[float, float]) -> None:
    image, reference, matrix = lists(n, rot=rot, scale=scale, shift=shift)
    found = pattern(image, reference, 1.0, 10, CENTRE)
    assert found is not None
    assert found.placing.matrix == pytest.approx(matrix, abs=3e-4)
    assert found.placing.shift == pytest.approx(shift, abs=0.15)
    assert abs((found.rot - rot + 180.0) % 360.0 - 180.0) < 0.02
    assert found.scale == pytest.approx(scale, abs=3e-4)
    assert found.count > 0.5 * n * 0.64
    assert found.expected < 0.3 * found.count


@pytest.mark.parametrize("seed", range(5))
def test_as_many_false_sources_as_stars_do_not_hide_the_pattern(seed: int) -> None:
    image, reference, matrix = lists(150, rot=0.3, scale=1.0007, shift=(9.0, 5.0), false=150, seed=seed)
    found = pattern(image, reference, 1.0, 15, CENTRE)
    assert found is not None
    assert found.placing.matrix == pytest.approx(matrix, abs=3e-4)


@pytest.mark.parametrize("n", [10, 40, 200, 2000])
@pytest.mark.parametrize("seed", range(6))
def test_other_stars_are_no_pattern(n: int, seed: int) -> None:
    image, _, _ = lists(n, seed=seed)
    _, reference, _ = lists(n, seed=seed + 100)
    assert pattern(image, reference, 1.0, 4, CENTRE) is None


def test_mirrored_stars_are_no_pattern() -> None:
    image, reference, _ = lists(80)
    mirrored = sources(np.column_stack([1200.0 - image.u, image.v]), image.flux)
    assert pattern(mirrored, reference, 1.0, 10, CENTRE) is None


def test_a_grid_has_no_place_of_its_own() -> None:
    y, x = np.mgrid[0:10, 0:12] * 100.0 + 50.0
    xy = np.column_stack([x.ravel(), y.ravel()])
    rng = np.random.default_rng(2)
    flux = np.full(len(xy), 1000.0)
    image = sources(xy + rng.normal(0, 0.1, xy.shape) + [8.0, 3.0], flux)
    assert pattern(image, sources(xy, flux), 1.0, 10, CENTRE) is None


def test_the_answer_is_always_the_same_and_few_sources_have_none() -> None:
    image, reference, _ = lists(200, rot=0.2)
    one, two = (pattern(image, reference, 1.0, 10, CENTRE) for _ in range(2))
    assert np.array_equal(one.placing.matrix, two.placing.matrix)
    few, other, _ = lists(3)
    assert pattern(few, other, 1.0, 1, CENTRE) is None
