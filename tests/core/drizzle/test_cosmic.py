"""Cosmic rays: the two passes against the formula written out in numpy, the edges, growing, pairs of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.drizzle.cosmic import (
    CosmicMask,
    CosmicParams,
    Detector,
    find_cosmics,
    fractions,
    suspicious,
)
from core.errors import Refusal
from core.params import TASKS
from core.runs.spread import Threads

DEFAULTS = TASKS["astrodrizzle"].defaults()
CHIP = Detector(to_electrons=1.0, sky=4.0, read_noise=3.1, cte_dir=-1)


def params(**values: Any) -> CosmicParams:
    return CosmicParams.of(DEFAULTS.replaced(**values))


def scene(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:60, :80]
    blot = 4.0 + sum(900 * np.exp(-((x - a) ** 2 + (y - b) ** 2) / 5) for a, b in rng.uniform(5, 55, (6, 2)))
    data = blot + rng.normal(0, np.sqrt(np.abs(blot) + 3.1**2))
    rays = rng.random(blot.shape) < 0.02
    data[rays] += rng.uniform(5, 900, rays.sum())
    return data.astype(np.float32), blot.astype(np.float32)


def formula(data: np.ndarray, blot: np.ndarray, p: CosmicParams, chip: Detector) -> np.ndarray:
    """Flagged pixels, from the definition: every window by an explicit loop."""
    d, b = data.astype(float) * chip.to_electrons, blot.astype(float) * chip.to_electrons
    rows, columns = d.shape
    slope = np.zeros_like(b)
    for dy, dx in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        for y in range(rows):
            for x in range(columns):
                if 0 <= y + dy < rows and 0 <= x + dx < columns:
                    slope[y, x] = max(slope[y, x], abs(b[y, x] - b[y + dy, x + dx]))
    noise = np.sqrt(np.abs(b + chip.sky) + chip.read_noise**2)
    fails = [np.abs(d - b) > s * slope + n * noise for s, n in zip(p.scale, p.snr, strict=True)]
    flagged = np.zeros(d.shape, bool)
    for y in range(rows):
        for x in range(columns):
            near = fails[0][max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
            flagged[y, x] = fails[1][y, x] and near.any()
    return flagged


@pytest.mark.parametrize("chip", [CHIP, Detector(40.0, 2.0, 12.0)])
def test_two_passes(chip: Detector) -> None:
    data, blot = (image / np.float32(chip.to_electrons) for image in scene())
    mask = find_cosmics(data, blot, params(), chip, workers=Threads(2))
    expected = formula(data, blot, params(), chip)
    assert 50 < expected.sum() < 500
    # rounding in float32 may decide a pixel that lies on the limit
    assert ((mask.good == 0) != expected).sum() <= 1


def test_cosmic_rays_at_the_edges_are_found() -> None:
    # fault 18: drizzlepac takes missing neighbours for 0, and |blot| hides everything there
    blot = np.full((30, 40), 500.0, np.float32)
    data = blot.copy()
    places = [(0, 0), (0, 20), (29, 39), (29, 5), (28, 11), (15, 0), (15, 39), (15, 38)]
    for place in places:
        data[place] += 300.0
    good = find_cosmics(data, blot, params(), CHIP).good
    assert sorted(map(tuple, np.argwhere(good == 0))) == sorted(places)


def one_ray() -> tuple[np.ndarray, np.ndarray]:
    blot = np.full((21, 21), 10.0, np.float32)
    data = blot.copy()
    data[10, 10] = 1000.0
    return data, blot


@pytest.mark.parametrize("grow", [0, 1])
def test_growing_by_0_and_1_adds_nothing(grow: int) -> None:
    # fault 17: with driz_cr_grow = 0 drizzlepac flags nothing at all
    good = find_cosmics(*one_ray(), params(driz_cr_grow=grow), CHIP).good
    assert list(map(tuple, np.argwhere(good == 0))) == [(10, 10)]


def test_growing_by_3_flags_the_box() -> None:
    found = find_cosmics(*one_ray(), params(driz_cr_grow=3), CHIP)
    assert np.array_equal(np.argwhere(found.good == 0).min(axis=0), [9, 9])
    assert (found.good == 0).sum() == 9
    assert (found.core == 0).sum() == 1


@pytest.mark.parametrize(("cte_dir", "rows"), [(-1, [10, 11, 12]), (1, [8, 9, 10]), (0, [10])])
def test_trails_follow_the_readout(cte_dir: int, rows: list[int]) -> None:
    # fault 17: with cte_dir 0 drizzlepac flags every pixel
    chip = Detector(1.0, 4.0, 3.1, cte_dir)
    good = find_cosmics(*one_ray(), params(driz_cr_ctegrow=2), chip).good
    assert [(y, x) for y, x in np.argwhere(good == 0)] == [(y, 10) for y in rows]


def test_pixels_that_are_no_numbers_are_flagged() -> None:
    data, blot = one_ray()
    data[3, 4] = np.nan
    assert find_cosmics(data, blot, params(), CHIP).good[3, 4] == 0


def test_fraction_of_the_usable_pixels() -> None:
    good = np.ones((10, 10), np.uint8)
    good[0] = 0
    usable = np.ones((10, 10), bool)
    usable[:, :5] = False
    core = np.ones((10, 10), np.uint8)
    core[0, 7] = 0
    mask = CosmicMask(good, core)
    assert fractions(mask, usable, Threads(2)) == (5, 0.1, 0.02)
    assert fractions(mask, np.zeros((10, 10), bool)) == (0, 0.0, 0.0)


def test_what_is_too_much_depends_on_the_time() -> None:
    assert not suspicious(0.0035, 40.0)
    assert suspicious(0.03, 40.0)
    assert not suspicious(0.03, 1000.0)


@pytest.mark.parametrize("text", ["4 4", "4,4", "4;4", " 4 , 4 "])
def test_two_numbers_however_parted(text: str) -> None:
    assert params(driz_cr_snr=text).snr == (4.0, 4.0)


@pytest.mark.parametrize("text", ["", "4", "a b", "1 2 3", "-1 2", "nan 3"])
def test_other_texts_are_refused(text: str) -> None:
    # fault 17: one number stops drizzlepac in the middle of the run with a ValueError
    with pytest.raises(Refusal, match="driz_cr_snr"):
        params(driz_cr_snr=text)


def test_blocks_and_threads_change_nothing() -> None:
    rng = np.random.default_rng(4)
    blot = rng.gamma(1, 30, (500, 90)).astype(np.float32)
    data = (blot + rng.normal(0, 20, blot.shape)).astype(np.float32)
    one, two = (
        find_cosmics(data, blot, params(driz_cr_grow=3, driz_cr_ctegrow=3), CHIP, workers=Threads(n)).good
        for n in (1, 3)
    )
    assert np.array_equal(one, two)
    assert 0 < (one == 0).sum() < one.size
