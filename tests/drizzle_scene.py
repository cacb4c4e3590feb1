"""Chips and frames for the tests of the drizzle steps: distorted like WFC3/UVIS, small."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.data.chipwcs import ChipWCS
from core.drizzle.chip import ChipInput

SCALE = 0.0396 / 3600


def chip_wcs(shape=(120, 150), crval=(150.0, 2.0), angle=0.4, skew=0.06) -> ChipWCS:
    c, s = np.cos(angle), np.sin(angle)
    cd = SCALE * np.array([[-c, s], [s, c]]) @ np.array([[1.0, skew], [0.0, 0.98]])
    a, b = np.zeros((3, 3)), np.zeros((3, 3))
    a[2, 0], a[1, 1], b[0, 2], b[1, 1] = 2e-5, -4e-6, -3e-5, 1e-5
    crpix = np.array([shape[1] / 2, shape[0] / 2])
    return ChipWCS(crpix, np.array(crval), cd, shape[::-1], a, b, idcscale=0.0396)


def frame_wcs(shape=(200, 220), crval=(150.0, 2.0), angle=0.4, scale=SCALE) -> ChipWCS:
    c, s = np.cos(angle), np.sin(angle)
    cd = scale * np.array([[-c, s], [s, c]])
    return ChipWCS(np.array([shape[1] / 2, shape[0] / 2]), np.array(crval), cd, shape[::-1])


def shifted(wcs: ChipWCS, dx: float, dy: float) -> ChipWCS:
    """The chip pointed `dx`, `dy` pixels elsewhere."""
    ra, dec = wcs.pix_to_sky(wcs.crpix[0] - 1 + dx, wcs.crpix[1] - 1 + dy)
    return replace(wcs, crval=np.array([float(ra), float(dec)]))


def chip_input(wcs: ChipWCS, data, exptime=40.0, is_rate=False, weight=None) -> ChipInput:
    data = np.asarray(data, np.float32)
    weight = np.full(data.shape, exptime, np.float32) if weight is None else weight
    return ChipInput(wcs, data, weight, exptime, is_rate, "test_flt.fits[SCI,1]")
