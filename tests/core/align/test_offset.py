"""The 2D histogram: right where there is an offset, silent where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from core.align.offset import offset, peak, sums_of
from core.align.results import PeakStatus, Sources
from core.align.settings import MatchParams
from core.errors import Refusal

PIXELS = MatchParams(searchrad=25.0, searchunits="pixels")


def sources(u: np.ndarray, v: np.ndarray, seed: int = 0) -> Sources:
    """Sources at frame pixels, at places of the detector that never coincide."""
    n = len(u)
    x = np.random.default_rng(seed).uniform(0, 1e9, n)
    return Sources(u, v, u, v, np.ones(n), np.arange(1, n + 1), np.ones(n, np.int64), x, x)


def field(n: int, seed: int, size: float = 1000.0) -> tuple[np.ndarray, np.ndarray]:
    u, v = np.random.default_rng(seed).uniform(0, size, (2, n))
    return u, v


def shifted(n: int, dx: float, dy: float, lost: float = 0.4, noise: float = 0.05) -> tuple[Sources, Sources]:
    """Two lists with an offset; a share of each has no counterpart."""
    rng = np.random.default_rng(n)
    u, v = field(n, 1)
    mine = np.arange(n) > lost * n
    theirs = np.arange(n) < (1 - lost) * n
    image = sources(
        u[mine] + dx + rng.normal(0, noise, mine.sum()), v[mine] + dy + rng.normal(0, noise, mine.sum()), 1
    )
    return image, sources(u[theirs], v[theirs], 2)


@pytest.mark.parametrize("radius", [12.0, 12.24, 12.5, 12.99, 25.24])
@pytest.mark.parametrize(("dx", "dy"), [(0.0, 0.0), (3.0, -7.0), (-11.0, 11.4), (5.5, -2.5)])
def test_the_offset_does_not_depend_on_the_radius(dx: float, dy: float, radius: float) -> None:
    """Fault 1: with 12.24 pixels drizzlepac's offset is 0.76 pixels too large in both axes."""
    image, reference = shifted(300, dx, dy)
    found = offset(image, reference, MatchParams(searchrad=radius, searchunits="pixels"), 0.04)
    assert found.status in (PeakStatus.GOOD, PeakStatus.EDGE)
    assert (found.x, found.y) == pytest.approx((dx, dy), abs=0.5)  # half a bin; the match refines it
    assert found.radius == int(np.ceil(radius))
    assert found.histogram.shape == (2 * found.radius + 1,) * 2


def test_arcseconds_are_converted_with_the_scale_of_the_frame() -> None:
    image, reference = shifted(300, 3.0, -7.0)
    assert offset(image, reference, MatchParams(searchrad=1.0), 0.04).radius == 25
    assert offset(image, reference, MatchParams(searchrad=1.0), 0.03962).radius == 26


def test_peak_second_and_distance_to_the_edge_are_told() -> None:
    image, reference = shifted(300, 3.0, -7.0)
    found = offset(image, reference, PIXELS, 0.04)
    assert found.height == found.histogram[25 - 7, 25 + 3]
    away = found.histogram.copy()
    away[15:22, 25:32] = 0
    assert found.second == away.max()
    assert found.edge_distance == 18
    assert found.significance > 20


def test_the_peak_stays_in_its_box() -> None:
    """Fault 2: drizzlepac's parabola over the bins that are not zero may put the peak 10 pixels away."""
    rng = np.random.default_rng(3)
    for _ in range(200):
        histogram = rng.poisson(0.4, (51, 51))
        row, column = rng.integers(3, 48, 2)
        histogram[row, column] += 25
        histogram[row, column + 1] += 12
        found = peak(histogram, 25)
        assert abs(found.x - (column - 25)) < 1.0
        assert abs(found.y - (row - 25)) < 1.0


@pytest.mark.parametrize("n", [20, 100, 500, 3000])
def test_fields_that_have_nothing_in_common_give_no_peak(n: int) -> None:
    for seed in range(40 if n < 3000 else 8):
        image, reference = sources(*field(n, 2 * seed), 1), sources(*field(n, 2 * seed + 1), 2)
        assert offset(image, reference, PIXELS, 0.04).status in (PeakStatus.BAD_FIT, PeakStatus.NO_DATA)


def test_clusters_of_stars_are_no_peak() -> None:
    """Clumped and concentrated fields have lumps in their histogram that Poisson statistics do not expect."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        both = []
        for k in (1, 2):
            centres = rng.uniform(0, 1000, (60, 2))
            clumps = (centres[:, None] + rng.normal(0, 4.0, (60, 8, 2))).reshape(-1, 2)
            core = rng.normal(500, 60, (300, 2))
            both.append(sources(*np.concatenate([clumps, core]).T, k))
        assert offset(*both, PIXELS, 0.04).status is PeakStatus.BAD_FIT


def test_of_two_peaks_alike_none_is_taken_and_of_two_unlike_the_higher() -> None:
    """Stars split in two make two peaks: which is right cannot be known when all are split."""
    u, v = field(200, 4)
    for split, status in ((200, PeakStatus.AMBIGUOUS), (60, PeakStatus.GOOD)):
        reference = sources(np.concatenate([u, u[:split] + 4.0]), np.concatenate([v, v[:split]]), 1)
        found = offset(sources(u + 2.0, v, 2), reference, PIXELS, 0.04)
        assert found.status is status
        assert found.second >= split
    assert (found.x, found.y) == pytest.approx((2.0, 0.0), abs=0.1)


def test_a_peak_at_the_border_is_told() -> None:
    image, reference = shifted(300, 25.3, 0.0)
    assert offset(image, reference, PIXELS, 0.04).status is PeakStatus.EDGE


def test_few_but_certain_pairs_are_enough() -> None:
    image, reference = shifted(20, 4.0, 4.0)
    found = offset(image, reference, PIXELS, 0.04)
    assert found.status is PeakStatus.GOOD
    assert (found.x, found.y) == pytest.approx((4.0, 4.0), abs=0.3)


def test_without_the_histogram_the_given_offset_is_passed_on() -> None:
    image, reference = shifted(30, 4.0, 4.0)
    found = offset(image, reference, MatchParams(use2dhist=False, xoffset=1.5, yoffset=-2.0), 0.04)
    assert (found.x, found.y, found.status) == (1.5, -2.0, PeakStatus.NOT_USED)


def test_nothing_and_too_much_to_search() -> None:
    none = sources(np.empty(0), np.empty(0))
    some = sources(*field(10, 1))
    assert offset(none, some, PIXELS, 0.04).status is PeakStatus.NO_DATA
    with pytest.raises(Refusal) as caught:
        offset(some, some, MatchParams(searchrad=1e5), 0.04)
    assert caught.value.subject == "searchrad"


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (23, 17)])
def test_sums_of_bins_are_those_of_scipys_boxes(shape: tuple[int, int], size: int) -> None:
    histogram = np.random.default_rng(size).poisson(3.0, shape)
    boxes = ndimage.uniform_filter(histogram.astype(float), size, mode="constant") * size**2
    np.testing.assert_array_equal(sums_of(histogram, size), np.rint(boxes))
