"""A chip that is off by itself is named; chips that see other parts of the sky, or more false sources, are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.align.chipoff import chip_off
from core.align.match import Placing, nearest
from core.align.near import Near
from core.align.results import Matches, Sources

CENTRE = np.array([500.0, 500.0])


def listed(u: np.ndarray, v: np.ndarray, extver: np.ndarray) -> Sources:
    """Sources somewhere on their detector."""
    number = np.arange(len(u)) + 1
    return Sources(u, v, u, v, u * 0.0, number, extver, 31.0 * number, v)


def scene(n: int = 60, false: int = 40, seed: int = 1) -> tuple[Sources, Sources]:
    """Image and reference on two chips, one above the other, with `n` stars each and false sources of their own."""
    rng = np.random.default_rng(seed)
    u, v = rng.uniform(0, 1000, (2, 2 * n))
    made = []
    for _ in range(2):
        fu, fv = rng.uniform(0, 1000, (2, false))
        every = np.concatenate([v, fv])
        made.append(listed(np.concatenate([u, fu]), every, np.where(every < 500.0, 1, 2)))
    return made[0], replace(made[1], x=made[1].x + 7.0)


def found(image: Sources, reference: Sources, shift: tuple[float, float] = (0.0, 0.0)) -> object:
    placing = Placing(np.eye(2), np.array(shift), CENTRE)
    xy, uv = (np.column_stack([one.u, one.v]) for one in (image, reference))
    pairs = nearest(Near.of(xy), xy, placing(uv), 1.0)
    return chip_off(image, reference, Matches(pairs[:, 0], pairs[:, 1]), placing, 25.0, 1.0)


@pytest.mark.parametrize("move", [(2.0, 0.0), (-6.0, 7.0), (30.0, -20.0)])
def test_a_chip_that_is_off_is_named(move: tuple[float, float]) -> None:
    image, reference = scene()
    two = image.extver == 2
    moved = replace(image, u=image.u + move[0] * two, v=image.v + move[1] * two)
    off = found(moved, reference)
    assert off is not None
    assert (off.extver, off.distance) == (2, pytest.approx(np.hypot(*move), abs=0.6))


def test_chips_without_stars_of_the_reference_are_not() -> None:
    image, reference = scene()
    assert found(image, reference) is None
    half = reference.v < 450.0  # the reference does not reach the other chip
    part = listed(reference.u[half], reference.v[half], reference.extver[half])
    assert found(image, replace(part, x=part.x + 7.0)) is None
    for seed in range(5):
        crowd, other = scene(n=20, false=400, seed=seed)
        assert found(crowd, other) is None
