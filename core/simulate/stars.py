"""A globular cluster: where its stars are and how bright, like the middle of Omega Centauri in F606W.

Places follow a King (1962, AJ 67, 471) profile about the target; magnitudes follow cumulative counts with a
giant branch, a turn-off near 18 mag and a main sequence, plus a horizontal branch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.simulate.scene import Scene
from core.simulate.sphere import angles, local_frame

Floats = NDArray[np.float64]

# Electrons per second of a star of magnitude 0 in F606W (Vega), WFC3/UVIS
ZERO_POINT = 26.08

# Stars brighter than a magnitude in the area of one full field (162" x 162") at the centre of the cluster
BRIGHTER_THAN = np.array([12.0, 14.0, 16.0, 17.5, 19.0, 20.5, 22.0, 24.0])
COUNTS = np.array([2.0, 40.0, 260.0, 1000.0, 3100.0, 6200.0, 11500.0, 27000.0])
FIELD_AREA = 162.0**2
HORIZONTAL_BRANCH = (14.9, 0.35, 110.0)  # magnitude, its scatter, stars in FIELD_AREA
CORE_RADIUS = 155.0  # arcsec
TIDAL_RADIUS = 2700.0  # arcsec
EDGE = 12.0  # arcsec of stars beyond the farthest corner


@dataclass(frozen=True, eq=False)
class Stars:
    """The stars of a scene: RA, Dec in degrees, magnitude, and e-/s at infinite aperture in a pixel whose
    area is IDCSCALE squared. A star's number is its index."""

    ra: Floats
    dec: Floats
    mag: Floats
    rate: Floats

    def __len__(self) -> int:
        return len(self.ra)


def draw_stars(scene: Scene) -> Stars:
    """The stars that may fall on any exposure of `scene`, brightest first."""
    random = scene.stream(1)
    radius = field_radius(scene)
    per_area = scene.density / FIELD_AREA
    light = _mean_density(radius) * np.pi * radius**2 * per_area
    mag = np.concatenate(
        [
            _magnitudes(random, random.poisson(light * COUNTS[-1])),
            random.normal(*HORIZONTAL_BRANCH[:2], random.poisson(light * HORIZONTAL_BRANCH[2])),
        ]
    )
    mag.sort()
    distance = _distances(random, len(mag), radius)
    angle = random.uniform(0.0, 2.0 * np.pi, len(mag))
    plane = np.radians(distance / 3600.0) * np.stack([np.cos(angle), np.sin(angle)])
    ra, dec = angles(np.column_stack([*plane, np.ones(len(mag))]) @ local_frame(*scene.target).T)
    return Stars(ra, dec, mag, 10.0 ** (-0.4 * (mag - ZERO_POINT)))


def field_radius(scene: Scene) -> float:
    """Arcsec from the target within which stars can touch an exposure."""
    columns, rows = scene.naxis
    # the rows of both chips and the gap of 31 rows, and the skew of the detector on the sky
    half_diagonal = 0.0405 * np.hypot(columns, 2 * rows + 31) / 2.0
    return float(half_diagonal + EDGE + 3.0 * scene.dither + scene.max_shift)


def _king(distance: Floats) -> Floats:
    """King's surface density, 1 at the centre."""
    floor = 1.0 / np.sqrt(1.0 + (TIDAL_RADIUS / CORE_RADIUS) ** 2)
    return ((1.0 / np.sqrt(1.0 + (distance / CORE_RADIUS) ** 2) - floor) / (1.0 - floor)) ** 2


def _cumulative(radius: float) -> tuple[Floats, Floats]:
    grid = np.linspace(0.0, radius, 1001)
    ring = _king(grid) * grid
    total = np.concatenate([[0.0], np.cumsum((ring[1:] + ring[:-1]) / 2.0 * np.diff(grid))])
    return grid, total


def _mean_density(radius: float) -> float:
    return float(2.0 * _cumulative(radius)[1][-1] / radius**2)


def _distances(random: np.random.Generator, count: int, radius: float) -> Floats:
    grid, total = _cumulative(radius)
    return np.interp(random.uniform(0.0, total[-1], count), total, grid)


def _magnitudes(random: np.random.Generator, count: int) -> Floats:
    """Magnitudes from `COUNTS`, whose logarithm is taken as straight between the entries."""
    log = np.log(COUNTS)
    rank = np.log(random.uniform(COUNTS[0], COUNTS[-1], count))
    return np.interp(rank, log, BRIGHTER_THAN)
