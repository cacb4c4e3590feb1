"""The width of star images in the exposures and in the product, from the same stars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS
from core.data.exposure import Chip
from core.data.planes import plane
from core.data.units import to_electrons
from core.kernels.starcores import star_cores

Floats = NDArray[np.float64]
_FOUND = 20_000
_STARS = 100  # of a chip, the brightest that qualify
_APART = 8.0  # pixels to the next star
_BAD = 4 | 256 | 2048 | 4096 | 8192  # DQ on all HST cameras: bad pixel, saturated (2), cosmic rays (2)
_FEWEST = 5


@dataclass(frozen=True)
class Width:
    """FWHM in arcseconds of the mean star image, pixels included, from so many stars."""

    fwhm: float
    stars: int


@dataclass(frozen=True, eq=False)
class Profile:
    """Pixels around stars: distance from the centre in arcseconds, value over the star's flux; both (n,)."""

    r: Floats
    value: Floats
    stars: int


def chip_stars(chip: Chip) -> tuple[Profile, Floats, Floats]:
    """The stars of a chip with their profile, and their right ascension and declination in degrees.

    Taken are the brightest whose pixels are good and not saturated, and that have no neighbour within 8 pixels.
    """
    data = plane(chip).whole()
    good = ((plane(chip, "DQ").whole() & _BAD) == 0).view(np.uint8)
    x, y, height = _find(chip, data, good)
    keep = _apart(x, y, data.shape)
    keep &= np.array(
        [bool(good[j - 2 : j + 3, i - 2 : i + 3].all()) for j, i in zip(y, x, strict=True)], bool
    )
    order = np.flatnonzero(keep)[np.argsort(-height[keep], kind="stable")][:_STARS]
    made = _profile(data, x[order], y[order], chip.wcs.cd)
    ra, dec = chip.wcs.pix_to_sky(x[order].astype(np.float64), y[order].astype(np.float64))
    return made, ra, dec


def product_stars(image: NDArray[np.float32], wcs: ChipWCS, ra: Floats, dec: Floats) -> Profile:
    """The profile of the same stars in the product."""
    found_x, found_y = wcs.sky_to_pix(ra, dec)
    x, y = (np.rint(each).astype(np.int64) for each in (found_x, found_y))
    inside = (x > 3) & (y > 3) & (x < image.shape[1] - 4) & (y < image.shape[0] - 4)
    places = [_highest(image, i, j) for i, j in zip(x[inside], y[inside], strict=True)]
    each = np.array(places, np.int64).reshape(-1, 2)
    return _profile(image, each[:, 0], each[:, 1], wcs.cd)


def width_of(profiles: Sequence[Profile], start: float) -> Width | None:
    """FWHM of a Gaussian through the core of the mean profile, the part above an eighth of its height or so.

    `start` arcseconds is a first guess. None with fewer than 5 stars, or when no Gaussian fits.
    """
    stars = sum(one.stars for one in profiles)
    if stars < _FEWEST:
        return None
    r = np.concatenate([one.r for one in profiles])
    value = np.concatenate([one.value for one in profiles])
    fwhm = start
    for _ in range(6):
        found = _gaussian(r, value, 0.9 * fwhm)
        if found is None:
            return None
        if abs(found - fwhm) < 1e-4 * fwhm:
            break
        fwhm = min(max(found, 0.5 * fwhm), 2.0 * fwhm)
    return Width(fwhm, stars)


def _gaussian(r: Floats, value: Floats, reach: float) -> float | None:
    """FWHM by a straight line through the logarithm of medians in rings, against the square of the radius."""
    edges = reach * np.sqrt(np.linspace(0.0, 1.0, 13))
    ring = np.digitize(r, edges) - 1
    rows = []
    for number in range(12):
        own = ring == number
        if own.sum() >= 3 and (middle := float(np.median(value[own]))) > 0:
            rows.append((float(np.mean(r[own] ** 2)), math.log(middle), math.sqrt(float(own.sum()))))
    if len(rows) < 4:
        return None
    square, height, weight = np.array(rows).T
    slope = float(np.polyfit(square, height, 1, w=weight)[0])
    return math.sqrt(-4.0 * math.log(2.0) / slope) if slope < 0 else None


def _find(
    chip: Chip, data: NDArray[np.float32], good: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Star centres, 0-based, and their heights in electrons."""
    factor = to_electrons(chip)
    sky = max(float(np.median(data[::7, ::7])) * factor, 0.0)
    x, y = (np.empty(_FOUND, np.int32) for _ in range(2))
    height, flagged = np.empty(_FOUND, np.float32), np.empty(_FOUND, np.uint8)
    count = star_cores(
        data, good, good, factor, sky, chip.read_noise**2, 0, data.shape[0], x, y, height, flagged
    )
    taken = slice(min(count, _FOUND))
    return x[taken].astype(np.int64), y[taken].astype(np.int64), height[taken].astype(np.float64)


def _apart(x: NDArray[np.int64], y: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Which stars have no neighbour and are not at the edge."""
    from scipy.spatial import cKDTree

    keep = (x > 5) & (y > 5) & (x < shape[1] - 6) & (y < shape[0] - 6)
    if len(x) > 1:
        places = np.column_stack([x, y]).astype(np.float64)
        distance, _ = cKDTree(places).query(places, k=2)
        keep &= distance[:, 1] > _APART
    return keep


def _highest(image: NDArray[np.float32], x: int, y: int) -> tuple[int, int]:
    """The highest of the 3 x 3 pixels around a place."""
    box = np.nan_to_num(image[y - 1 : y + 2, x - 1 : x + 2], nan=-np.inf)
    j, i = divmod(int(np.argmax(box)), 3)
    return x - 1 + i, y - 1 + j


def _profile(image: NDArray[np.float32], x: NDArray[np.int64], y: NDArray[np.int64], cd: Floats) -> Profile:
    """The 7 x 7 pixels around each star; those with NaN, or without a peak in the middle, are left out.

    `cd` degrees a pixel turns steps into arcseconds.
    """
    sample = image[::7, ::7]
    sky = float(np.nanmedian(sample)) if np.isfinite(sample).any() else 0.0
    jacobian = np.asarray(cd) * 3600.0
    steps = np.arange(-3, 4)
    radii, values, stars = [], [], 0
    for i, j in zip(x.tolist(), y.tolist(), strict=True):
        box = image[j - 3 : j + 4, i - 3 : i + 4].astype(np.float64) - sky
        if box.shape != (7, 7) or not np.isfinite(box).all():
            continue
        dx, dy = _vertex(box[3, 2:5]), _vertex(box[2:5, 3])
        flux = float(box[1:6, 1:6].sum())
        if dx is None or dy is None or flux <= 0:
            continue
        px, py = np.meshgrid(steps - dx, steps - dy)
        east, north = (row[0] * px + row[1] * py for row in jacobian)
        radii.append(np.hypot(east, north).ravel())
        values.append(box.ravel() / flux)
        stars += 1
    empty = np.empty(0)
    return Profile(np.concatenate([empty, *radii]), np.concatenate([empty, *values]), stars)


def _vertex(three: Floats) -> float | None:
    """Where a Gaussian through three values in a row has its peak, from the middle one; None without one there."""
    if three.min() <= 0 or three[1] < max(three[0], three[2]):
        return None
    low, middle, high = np.log(three)
    bend = 2.0 * middle - low - high
    return float(0.5 * (high - low) / bend) if bend > 0 else None
