"""Matching: one to one, nearest, and not lost by a rounded offset or a roll."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from core.align.fit import fit, similarity
from core.align.match import apart, beats_chance, chance_matches, match, nearest
from core.align.offset import offset
from core.align.results import Offset, PeakStatus, Sources
from core.align.settings import FitParams, MatchParams

FITTING = FitParams(minobj=4)
CENTRE = np.array([2000.0, 2000.0])


def sources(xy: np.ndarray) -> Sources:
    n = len(xy)
    u, v = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
    x = np.random.default_rng(n).uniform(0, 1e9, n)
    return Sources(u, v, u, v, np.ones(n), np.arange(1, n + 1), np.ones(n, np.int64), x, x)


def at(x: float, y: float) -> Offset:
    return Offset(x, y, np.zeros((1, 1), np.int64), 25, 1, 0, 9.0, 9, PeakStatus.GOOD)


def stars(n: int = 800, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 4000, (n, 2))


def test_a_rounded_offset_and_a_roll_lose_nothing() -> None:
    """drizzlepac matches once with the offset as it is: here it would lose most at a tolerance of 1 pixel."""
    uv = stars()
    xy = (uv - CENTRE) @ similarity(0.02, 1.00002) + CENTRE + [5.4, -3.4]
    found = match(sources(xy), sources(uv), at(5.9, -3.9), MatchParams(), FITTING, CENTRE)
    once = np.hypot(*(xy - uv - [5.9, -3.9]).T) <= 1.0
    assert once.mean() < 0.7
    assert len(found) == len(uv)
    assert np.array_equal(found.reference, found.image)


def test_every_source_is_used_once() -> None:
    """Fault 7: in drizzlepac one image source may serve several reference sources."""
    uv = np.concatenate([stars(200), stars(200) + np.array([0.6, 0.0])])
    xy = stars(200) + np.array([0.2, 0.0])
    found = match(sources(xy), sources(uv), at(0.0, 0.0), MatchParams(separation=0.1), FITTING, CENTRE)
    assert len(set(found.image.tolist())) == len(found) == len(set(found.reference.tolist()))
    assert (found.reference < 200).all()


def test_pairs_are_the_nearest_ones_within_the_tolerance() -> None:
    xy = np.array([[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]])
    expected = np.array([[0.9, 0.0], [0.3, 0.0], [11.0, 0.0], [21.5, 0.0]])
    pairs = nearest(cKDTree(xy), xy, expected, 1.0)
    assert pairs.tolist() == [[1, 0], [2, 1]]


def test_of_sources_too_close_the_later_by_y_goes() -> None:
    positions = np.array([[5.0, 1.3], [5.0, 1.0], [5.0, 1.45], [9.0, 9.0]])
    assert apart(positions, 0.5).tolist() == [False, True, False, True]
    assert apart(positions, 0.35).tolist() == [False, True, True, True]
    assert apart(positions, 0.0).all()


def test_empty_lists_match_nothing() -> None:
    none, some = sources(np.empty((0, 2))), sources(stars(5))
    for image, reference in ((none, some), (some, none), (none, none)):
        assert len(match(image, reference, at(0, 0), MatchParams(), FITTING, CENTRE)) == 0


def test_what_chance_gives_is_known() -> None:
    image, reference = sources(stars(3000, 1)), sources(stars(3000, 2))
    found = match(image, reference, at(0.0, 0.0), MatchParams(tolerance=5.0), FITTING, CENTRE)
    expected = chance_matches(image, reference, found, 5.0)
    assert expected == pytest.approx(3000**2 * np.pi * 25 / 4000**2, rel=0.25)
    assert len(found) > 15
    assert not beats_chance(len(found), expected)
    assert beats_chance(15, 1.0)


def table(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text().splitlines() if not line.startswith("#")]


def published(home: Path, root: str, reference: str) -> tuple[Sources, Sources, np.ndarray, np.ndarray]:
    """Published catalogs of an image and its reference, published matches between them, CRPIX of their frame."""
    image = np.array([row[:2] for row in table(home / f"{root}_refxy_catalog.coo")], float)
    other = np.array([row[:2] for row in table(home / reference)], float)
    rows = table(home / f"{root}_xy_catalog.match")
    pairs = np.array([row[:4] for row in rows if row[-1].startswith(reference[:9])], float)
    fits = np.array([row[:6] for row in table(home / f"{root}_catalog_fit.match")], float)
    return sources(image), sources(other), pairs, np.median(fits[:, 4:6] - fits[:, :2], axis=0)


SEARCH = MatchParams(searchrad=35.0, searchunits="pixels", minobj=5)


@pytest.mark.parametrize(
    "root", ["ick901hzq", "ick901i7q", "ick902n9q", "ick903n4q", "ick904obq", "ick904ogq"]
)
def test_published_catalogs_give_the_published_matches(shared_data: Path, root: str) -> None:
    """WFC3/IR of the STScI notebook `align_mosaics`, from offset to pairs; n4q has but 6 stars in common."""
    home = shared_data / "published_tweakreg" / "align_mosaics"
    image, reference, pairs, crpix = published(home, f"{root}_flt", "ick902neq_flt_refxy_catalog.coo")
    found = offset(image, reference, SEARCH, 0.128)
    assert found.status is PeakStatus.GOOD
    made = match(image, reference, found, SEARCH, FITTING, crpix)
    uv, xy = np.column_stack([reference.u, reference.v]), np.column_stack([image.u, image.v])
    r, i = cKDTree(uv).query(pairs[:, :2])[1], cKDTree(xy).query(pairs[:, 2:])[1]
    ours = set(zip(made.reference.tolist(), made.image.tolist(), strict=True))
    common = ours & set(zip(r.tolist(), i.tolist(), strict=True))
    assert len(common) >= 0.97 * len(pairs)
    assert len(made) <= 1.03 * len(pairs)


@pytest.mark.parametrize(
    "root", ["ick905k5q", "ick905knq", "ick906leq", "ick907ouq", "ick908pbq", "ick908ptq"]
)
def test_published_catalogs_give_the_published_rotation(shared_data: Path, root: str) -> None:
    """WFC3/UVIS against a drizzled IR image, offsets up to 30 pixels, 20 to 74 stars in common."""
    home = shared_data / "published_tweakreg" / "align_mosaics"
    image, reference, pairs, crpix = published(home, f"{root}_flc", "f160w_drz_sci_sci1_xy_catalog.coo")
    found = offset(image, reference, SEARCH, 0.128)
    assert found.status is PeakStatus.GOOD
    made = match(image, reference, found, SEARCH, FITTING, crpix)
    assert 0.95 * len(pairs) <= len(made) <= 1.05 * len(pairs)
    xy, uv = np.column_stack([image.u, image.v]), np.column_stack([reference.u, reference.v])
    fitted = fit(xy[made.image], uv[made.reference], FitParams(minobj=10))
    told = next(row for row in table(home / "shift657_flc.txt") if row[0] == f"{root}_flc.fits")
    error = np.degrees(np.sqrt(fitted.covariance[3, 3]))
    assert abs(fitted.rot - float(told[3])) < max(0.5 * error, 3e-4)
    assert fitted.scale == pytest.approx(float(told[4]), abs=1e-5)
