"""Headers and fields that mislead: each ends ALIGNED and right, or FAILED with the true reason and what may help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from align_shots import Shot, Sky, tan_wcs, tuned
from astropy.io import fits

from core.align.choices import Choices
from core.align.results import Alignment, ImageResult, PeakStatus, Status
from core.align.session import AlignSettings, align

Shoot = Callable[..., list[Path]]
B = "b_flt.fits"
MAS = 2.0  # what counts as right here: 0.05 px, far more than these shots' errors


def off(image: ImageResult) -> float:
    """How far the new WCS is from the truth (a shot at CENTRE) at the corners, in mas."""
    true = tan_wcs(0.0, 0.0, 0.0, 400)
    true.wcs.crpix = image.new_wcs[1].crpix
    x, y = np.array([0.0, 399.0, 0.0, 399.0]), np.array([0.0, 0.0, 399.0, 399.0])
    ra, dec = image.new_wcs[1].pix_to_sky(x, y)
    true_ra, true_dec = true.all_pix2world(x, y, 0)
    east = (ra - true_ra) * np.cos(np.radians(true_dec))
    return float(np.hypot(east, dec - true_dec).max() * 3.6e6)


def changed(settings: AlignSettings, image: ImageResult, number: int = 0) -> AlignSettings:
    """The settings with what a suggestion says."""
    one = image.suggestions[number]
    if one.task == "tweakreg":
        return replace(settings, tweakreg=settings.tweakreg.replaced(**one.changes))
    return replace(settings, imagefind=settings.imagefind.replaced(**one.changes))


def second(alignment: Alignment) -> ImageResult:
    assert alignment.images[0].status is Status.REFERENCE
    return alignment.image(B)


@pytest.mark.parametrize("roll", [0.05, -0.2, 0.5, 1.5])
@pytest.mark.parametrize("stars", [60, 400])
def test_a_turned_header_is_found_by_the_pattern(
    shoot: Shoot, settings: AlignSettings, roll: float, stars: int
) -> None:
    files = shoot(
        Shot("a"), Shot("b", error=(0.2, -0.3), roll_error=roll, seed=1), sky=Sky.random(stars, half=9.0)
    )
    image = second(align(files, settings))
    assert image.status is Status.ALIGNED
    assert off(image) < MAS
    assert image.is_good
    assert (image.method == "pattern") == (image.offset.status is PeakStatus.PATTERN)
    assert abs(roll) < 1.0 or image.method == "pattern"
    assert abs(image.fit.turn) == pytest.approx(abs(roll), abs=0.01)


def test_a_header_turned_by_half_a_turn_says_so(shoot: Shoot, settings: AlignSettings) -> None:
    files = shoot(Shot("a"), Shot("b", roll_error=180.0, seed=1), sky=Sky.random(200, half=9.0))
    image = second(align(files, settings))
    assert image.status is Status.FAILED
    assert "turned by" in image.reason
    assert "180.0" in image.reason
    assert "orientation" in image.advice


def test_a_mirrored_header_says_so(shoot: Shoot, settings: AlignSettings) -> None:
    files = shoot(Shot("a"), Shot("b", error=(0.2, 0.1), seed=1), sky=Sky.random(200, half=9.0))
    with fits.open(files[1], mode="update") as hdus:
        hdus["SCI"].header["CD1_1"] *= -1.0
    image = second(align(files, settings))
    assert image.status is Status.FAILED
    assert "only mirrored" in image.reason


def test_a_shift_beyond_searchrad_is_named_and_a_button_mends_it(
    shoot: Shoot, settings: AlignSettings
) -> None:
    files = shoot(Shot("a"), Shot("b", error=(2.9, -0.7), seed=1), sky=Sky.random(300, half=10.0))
    image = second(align(files, settings))
    assert image.status is Status.FAILED
    assert "beyond searchrad" in image.reason
    assert "2.9" in image.reason
    assert image.suggestions[0].changes["searchrad"] == pytest.approx(3.6, abs=0.2)
    again = second(align(files, changed(settings, image)))
    assert again.status is Status.ALIGNED
    assert again.is_good
    assert off(again) < MAS


@pytest.mark.parametrize("error", [(0.0, 0.0), (0.3, 0.1), (0.45, -0.4)])
@pytest.mark.parametrize("edge", [5.0, 7.0, 12.0])
def test_a_grid_of_equal_stars_is_never_a_false_success(
    shoot: Shoot, settings: AlignSettings, error: tuple[float, float], edge: float
) -> None:
    """A grid 0.8 arcsec wide and a search radius of 1: several places match about as many stars."""
    line = np.arange(-edge, edge + 0.01, 0.8)
    east, north = (w.ravel() for w in np.meshgrid(line, line))
    sky = Sky(east, north, np.full(len(east), 3e4))
    files = shoot(Shot("a"), Shot("b", error=error, seed=1), sky=sky)
    image = second(align(files, settings))
    if image.status is Status.ALIGNED:
        assert off(image) < MAS
    else:
        assert image.offset.status is PeakStatus.AMBIGUOUS
        assert "two peaks alike" in image.reason
        peak = (-error[0] / 0.04, error[1] / 0.04)
        chosen = second(align(files, settings, choices=Choices().replaced(B, offset=peak)))
        assert chosen.status is Status.ALIGNED
        assert chosen.method == "by hand"
        assert off(chosen) < MAS


def test_no_overlap_fails_with_that_reason(shoot: Shoot, settings: AlignSettings) -> None:
    files = shoot(Shot("a"), Shot("b", east=25.0, seed=1), sky=Sky.random(900, half=50.0))
    image = second(align(files, settings))
    assert image.status is Status.FAILED
    assert "No source lies within searchrad" in image.reason
    assert "overlap" in image.advice


@pytest.mark.parametrize("stars", [20, 60, 300, 1500])
@pytest.mark.parametrize("seed", [5, 15, 25])
def test_another_field_is_never_aligned(shoot: Shoot, settings: AlignSettings, stars: int, seed: int) -> None:
    a = shoot(Shot("a"), sky=Sky.random(stars, seed=seed, half=9.0))
    b = shoot(Shot("b", seed=1), sky=Sky.random(stars, seed=seed + 1, half=9.0))
    image = second(align([*a, *b], tuned(settings, minobj=6)))
    assert image.status is Status.FAILED
    assert image.reason
    assert image.suggestions


def test_three_stars_fail_for_their_number_and_never_pass_for_good(
    shoot: Shoot, settings: AlignSettings
) -> None:
    files = shoot(Shot("a"), Shot("b", error=(0.2, 0.0), seed=1), sky=Sky.random(3, half=6.0))
    image = align(files, settings).image(B)
    assert image.status is Status.FAILED
    assert "Only 3 sources" in image.reason
    image = second(align(files, tuned(settings, minobj=3)))
    assert image.status is Status.ALIGNED
    assert off(image) < 5 * MAS
    assert image.quality == "doubtful"
    assert "Only 3 stars" in image.doubts[0]
    assert not image.is_good
    assert "threshold" in image.suggestions[0].changes


def test_a_good_alignment_is_good(shoot: Shoot, settings: AlignSettings) -> None:
    files = shoot(Shot("a"), Shot("b", error=(0.31, -0.22), roll_error=0.01, seed=1))
    image = second(align(files, settings))
    assert (image.quality, image.doubts, image.suggestions) == ("good", (), ())
    assert image.method == "histogram"
    assert image.is_good


def test_many_false_sources_do_not_hide_few_stars(shoot: Shoot, settings: AlignSettings) -> None:
    """Thirty stars among four hundred false sources that differ from exposure to exposure."""
    sky = Sky.random(30, seed=3, half=7.5)
    shots = (
        Shot("a", hot=400, hot_seed=1),
        Shot("b", error=(0.24, 0.16), hot=400, hot_seed=2, seed=1),
    )
    image = second(align(shoot(*shots, sky=sky), settings))
    assert image.status is Status.ALIGNED
    assert off(image) < 5.0


def test_a_doubtful_image_does_not_join_the_reference(
    shoot: Shoot, settings: AlignSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One wrong image in the reference makes those after it follow."""
    files = shoot(
        Shot("a"),
        Shot("b", east=9.5, error=(0.2, 0.3), seed=1),
        sky=Sky.random(2000, half=40.0),
    )
    growing = tuned(settings, expand_refcat=True)
    good = align(files, growing)
    assert good.image(B).is_good
    assert good.reference.origins == ("a_flt.fits", B)
    from core.align import quality

    monkeypatch.setattr(quality, "FEW", 10**6)
    doubtful = align(files, growing)
    assert doubtful.image(B).status is Status.ALIGNED
    assert doubtful.image(B).quality == "doubtful"
    assert doubtful.reference.origins == ("a_flt.fits",)


@pytest.mark.parametrize(("stars", "told"), [(0, (0.0, 0.0)), (8, (0.1, 0.0)), (0, (0.1, 0.2))])
def test_clusters_of_hot_pixels_never_pass_for_good(
    shoot: Shoot, settings: AlignSettings, stars: int, told: tuple[float, float]
) -> None:
    """They are as wide as stars and stay where they are on the detector while the telescope moves."""
    moved = Shot("b", east=told[0] + 0.4, north=told[1], error=told, seed=1)
    files = shoot(Shot("a"), moved, sky=Sky.random(stars, half=7.0))
    rng = np.random.default_rng(8)
    x, y = rng.integers(20, 380, (2, 120))
    for path in files:
        with fits.open(path, mode="update") as hdus:
            for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
                hdus["SCI"].data[y + dy, x + dx] += 2000.0
    image = second(align(files, settings))
    assert image.status is Status.ALIGNED
    assert not image.is_good
    assert "same pixels of the detector" in image.doubts[0]
    assert image.suggestions[0].changes == {"dqbits": "0"}
