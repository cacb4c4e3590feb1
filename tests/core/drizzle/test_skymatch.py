"""The sky from what exposures share: geometry, least squares, and skies that are put in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from core.data.exposure import Exposure, open_exposure
from core.drizzle.sky import SkyValues, find_sky, sky_units
from core.drizzle.skymatch import Pair, groups, sky_differences, solved
from core.drizzle.skyoverlap import area, clipped, filled, shared_pixels, shared_sky
from core.drizzle.skypixels import sky_pixels
from core.drizzle.static import StaticMasks
from core.params import TASKS
from core.runs.progress import Progress

Copies = Callable[..., list[Path]]
DEFAULTS = TASKS["astrodrizzle"].defaults()
OFFSETS = (7.0, 0.0, 3.0)
BASE = 20.0


def paint(
    files: list[Path], offsets: tuple[float, ...] = OFFSETS, nebula_slope: float = 1.0
) -> list[Exposure]:
    """A nebula that rises across the sky (electrons an arcsec), the same for all, and a level of its own in each."""
    rng = np.random.default_rng(3)
    centre = open_exposure(files[0]).chips[0].wcs.crval
    for path, offset in zip(files, offsets, strict=True):
        exposure = open_exposure(path)
        with fits.open(path, mode="update", memmap=False) as hdus:
            for chip in exposure.chips:
                y, x = np.mgrid[: chip.shape[0], : chip.shape[1]].astype(float)
                _, dec = chip.wcs.pix_to_sky(x, y)
                nebula = (dec - centre[1]) * 3600.0 * nebula_slope
                data = BASE + nebula + offset + rng.normal(0, 1, chip.shape)
                hdus["SCI", chip.extver].data = data.astype(np.float32)
                hdus["DQ", chip.extver].data = np.zeros(chip.shape, np.int16)
    return [open_exposure(path) for path in files]


def sky(exposures: list[Exposure], **values: Any) -> SkyValues:
    return find_sky(exposures, DEFAULTS.replaced(**values), static=StaticMasks())


def first(found: SkyValues, exposures: list[Exposure]) -> list[float]:
    return [found.of(exposure.chips[0]).noise for exposure in exposures]


def test_match_finds_the_levels_under_a_gradient(copies: Copies) -> None:
    exposures = paint(copies())
    found = sky(exposures, skymethod="match")
    assert first(found, exposures) == pytest.approx(OFFSETS, abs=0.03)
    assert all(found.of(chip).subtract is not None for e in exposures for chip in e.chips)
    # what the default makes of it is not the levels: the nebula stands differently in each exposure
    plain = np.array(first(sky(exposures), exposures))
    assert np.abs(plain - plain.min() - OFFSETS).max() > 0.2


def test_globalmin_and_match_is_the_sum(copies: Copies) -> None:
    exposures = paint(copies())
    matched = np.array(first(sky(exposures, skymethod="match"), exposures))
    both = np.array(first(sky(exposures, skymethod="globalmin+match"), exposures))
    common = both - matched
    assert np.ptp(common) < 1e-9
    pixels = sky_pixels(DEFAULTS, StaticMasks())
    left = [
        pixels.measure(chip.read("SCI"))[0] - level
        for exposure, level in zip(exposures, matched, strict=True)
        for chip in exposure.chips
    ]
    assert common[0] == pytest.approx(min(left), abs=1e-6)


def test_rates_are_matched_as_brightness(copies: Copies) -> None:
    files = copies()
    paint(files)
    with fits.open(files[0], mode="update", memmap=False) as hdus:
        for extver in (1, 2):
            hdus["SCI", extver].data /= np.float32(hdus[0].header["EXPTIME"])
            hdus["SCI", extver].header["BUNIT"] = "ELECTRONS/S"
    exposures = [open_exposure(path) for path in files]
    found = first(sky(exposures, skymethod="match"), exposures)
    time = exposures[0].exptime
    assert found == pytest.approx([OFFSETS[0] / time, *OFFSETS[1:]], abs=0.03)


def test_progress_is_as_announced(copies: Copies) -> None:
    exposures = paint(copies())
    for method in ("localmin", "match", "globalmin+match"):
        params = DEFAULTS.replaced(skymethod=method)
        progress = Counting()
        find_sky(exposures, params, static=StaticMasks(), progress=progress)
        assert progress.count == sky_units(exposures, params)


class Counting(Progress):
    count = 0

    def advance(self, count: int = 1) -> None:
        self.count += count


def test_exposures_without_overlap_fall_back(copies: Copies) -> None:
    exposures = [moved(e, k) for k, e in enumerate(paint(copies()))]
    for method, instead in (("match", "localmin"), ("globalmin+match", "globalmin")):
        found = sky(exposures, skymethod=method)
        assert first(found, exposures) == first(sky(exposures, skymethod=instead), exposures)
        assert instead in found.warnings[0]
        assert "no two exposures share" in found.warnings[0]


def moved(exposure: Exposure, k: int) -> Exposure:
    chips = [
        replace(c, wcs=c.wcs.moved(c.wcs.crval + np.array([0.0, 0.1 * k]), c.wcs.cd)) for c in exposure.chips
    ]
    return replace(exposure, chips=tuple(chips))


def test_one_apart_is_told_and_left_alone(copies: Copies) -> None:
    exposures = paint(copies(), nebula_slope=0.0)
    exposures[1] = moved(exposures[1], 1)
    found = sky(exposures, skymethod="match")
    assert first(found, exposures) == pytest.approx([4.0, 0.0, 0.0], abs=0.03)
    assert [text for text in found.warnings if exposures[1].name in text and "could not be compared" in text]


def test_bad_pixels_take_no_part(copies: Copies) -> None:
    files = copies()
    paint(files, nebula_slope=0.0)
    with fits.open(files[0], mode="update", memmap=False) as hdus:
        hdus["SCI", 1].data[:300] = 500.0
        hdus["DQ", 1].data[:300] = 16
    exposures = [open_exposure(path) for path in files]
    assert first(sky(exposures, skymethod="match"), exposures) == pytest.approx(OFFSETS, abs=0.03)
    spoilt = first(sky(exposures, skymethod="match", sky_bits="16", skystat="mean", skyclip=0), exposures)
    assert abs(spoilt[0] - OFFSETS[0]) > 1.0


def test_groups_that_nothing_joins_are_told(copies: Copies) -> None:
    names = [*copies("a"), copies("b")[0]]
    exposures = paint(names, (7.0, 0.0, 3.0, 1.0))
    apart = [exposures[0], exposures[1], moved(exposures[2], 1), moved(exposures[3], 1)]
    found = sky_differences(apart, sky_pixels(DEFAULTS, StaticMasks()))
    assert "Nothing joins" in found.warnings[0]
    scale = apart[0].chips[0].wcs.idcscale
    levels = np.array(found.values) * scale**2 * apart[0].exptime
    assert (levels[0] - levels[1], levels[2] - levels[3]) == pytest.approx((7.0, 2.0), abs=0.05)


def test_least_squares() -> None:
    pairs = [
        Pair(0, 1, (5.0, 3.0), (10, 30)),
        Pair(1, 2, (4.0, 1.0), (20, 20)),
        Pair(0, 2, (6.0, 0.0), (1, 1)),
    ]
    # by hand: differences 2, 3 with weights 20, 20 and 6 with weight 1; the residual of 1 is spread inversely to
    # the squared weights, 400 : 1
    short = 1.0 / (1 / 400 + 1 / 400 + 1)
    found = solved(pairs, 4)
    assert found[3] is None
    assert found[2] == 0.0
    assert found[0] == pytest.approx(6.0 - short, rel=1e-9)
    assert found[1] == pytest.approx(3.0 + short / 400, rel=1e-9)
    assert solved([], 2) == (None, None)
    assert groups(pairs, 4) == [[0, 1, 2]]
    assert groups([Pair(0, 3, (0, 0), (1, 1)), Pair(1, 2, (0, 0), (1, 1))], 5) == [[0, 3], [1, 2]]


corner = st.tuples(st.floats(-8, 28), st.floats(-8, 28))


@given(corner, corner, corner)
def test_filled_holds_the_pixels_inside(a: Any, b: Any, c: Any) -> None:
    corners = np.array([a, b, c])
    if area(corners) < 0:
        corners = corners[::-1]
    y, x = np.mgrid[:20, :17].astype(float)
    side = [
        (q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0])
        for p, q in zip(corners, np.roll(corners, -1, axis=0), strict=True)
    ]
    least = np.min(side, axis=0)
    found = filled(corners, (20, 17))
    assert found[least > 1e-6].all()
    assert not found[least < -1e-6].any()


def test_clipping_of_squares() -> None:
    square = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]])
    assert area(clipped(square, square + np.array([1.0, 2.0]))) == pytest.approx(6.0)
    assert area(clipped(square, square)) == pytest.approx(16.0)
    assert area(clipped(square, 1.0 + square / 4)) == pytest.approx(1.0)
    assert len(clipped(square, square + 9.0)) < 3
    diamond = np.array([[2.0, -1.0], [5.0, 2.0], [2.0, 5.0], [-1.0, 2.0]])
    assert area(clipped(square, diamond)) == pytest.approx(14.0)


def test_shared_sky_is_where_both_look(aligned: Any) -> None:
    one, two = (open_exposure(path).chips[0] for path in aligned.files[:2])
    outline = shared_sky(one.wcs, two.wcs)
    assert outline is not None
    inside = shared_pixels(one.wcs, outline)
    y, x = np.mgrid[: one.shape[0], : one.shape[1]].astype(float)
    u, v = two.wcs.sky_to_pix(*one.wcs.pix_to_sky(x, y))
    seen = (u > -0.5) & (u < two.shape[1] - 0.5) & (v > -0.5) & (v < two.shape[0] - 0.5)
    assert 0.05 < seen.mean() < 0.9
    # outlines are straight, the chips' edges bent by a few pixels
    assert (inside != seen).mean() < 0.01
    assert shared_sky(one.wcs, one.wcs.moved(one.wcs.crval + np.array([0.0, 1.0]), one.wcs.cd)) is None
    assert shared_sky(one.wcs, one.wcs.moved(-one.wcs.crval, one.wcs.cd)) is None
