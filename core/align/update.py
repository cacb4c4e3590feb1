"""From a fit to new chip WCSs: every chip gets the same correction of the sky, relative geometry is kept.

A fit in the frame's tangent plane is a linear map there; seen from a chip's own tangent plane it is a
homography, whose derivative at the chip's reference point is the exact factor of its CD matrix. (drizzlepac takes
that derivative numerically over up to 20 pixels.)
"""

from __future__ import annotations

from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from core.align.results import Fit
from core.data.chipwcs import ChipWCS

Floats = NDArray[np.float64]


def corrected(chip: ChipWCS, frame: ChipWCS, fit: Fit) -> ChipWCS:
    """The chip's WCS after `fit` in `frame`: new CRVAL and CD; CRPIX, SIP and tables as they are."""
    return moved_on_sky(chip, sky_correction(frame, fit))


def moved_on_sky(chip: ChipWCS, move: Floats) -> ChipWCS:
    """The chip's WCS when the sky moves by the (3, 3) matrix `move`, exact to first order at its reference point."""
    here = tangent_basis(*chip.crval)
    direction = move @ here[:, 2]
    ra = np.degrees(np.arctan2(direction[1], direction[0])) % 360.0
    dec = np.degrees(np.arctan2(direction[2], np.hypot(direction[0], direction[1])))
    there = tangent_basis(ra, dec)
    homography = there.T @ move @ here
    jacobian = homography[:2, :2] / homography[2, 2]
    return chip.moved(np.array([ra, dec]), jacobian @ chip.cd)


def sky_correction(frame: ChipWCS, fit: Fit) -> Floats:
    """The (3, 3) matrix that takes directions as the image's header has them to where the reference has them.

    In the frame: uv = (xy - t) M^-1, relative to CRPIX; with the plane's coordinates as columns, CD in front.
    """
    back = np.linalg.inv(fit.matrix).T
    plane = np.eye(3)
    plane[:2, :2] = frame.cd @ back @ np.linalg.inv(frame.cd)
    plane[:2, 2] = -np.radians(frame.cd @ back @ fit.shift)
    basis = tangent_basis(*frame.crval)
    return np.asarray(basis @ plane @ basis.T)


def drizzled_correction(old: ChipWCS, new: ChipWCS) -> Floats:
    """The (3, 3) matrix that takes directions as WCS `old` of a drizzled image has them to where `new` has them.

    Both are linear TAN WCSs of the same pixels: planes x' = A x + b, with x = CD_old (p - CRPIX_old).
    """
    plane = np.eye(3)
    plane[:2, :2] = new.cd @ np.linalg.inv(old.cd)
    plane[:2, 2] = np.radians(new.cd @ (old.crpix - new.crpix))
    return np.asarray(tangent_basis(*new.crval) @ plane @ tangent_basis(*old.crval).T)


def tangent_basis(ra: float, dec: float) -> Floats:
    """Columns: unit vectors to the east, to the north and outwards at RA, Dec in degrees."""
    a, d = radians(ra), radians(dec)
    return np.array(
        [
            [-sin(a), -sin(d) * cos(a), cos(d) * cos(a)],
            [cos(a), -sin(d) * sin(a), cos(d) * sin(a)],
            [0.0, cos(d), sin(d)],
        ]
    )


def sky_rms(fit: Fit, frame: ChipWCS) -> tuple[float, float]:
    """Scatter of the used residuals along RA (times cos Dec) and Dec, in degrees.

    The rms along the frame's axes is turned onto the sky; drizzlepac pushes it through the WCS as if it were a
    point, which mixes the axes and divides RA by cos Dec.
    """
    sky = np.column_stack([fit.rx[fit.used], fit.ry[fit.used]]) @ frame.cd.T
    if not len(sky):
        return 0.0, 0.0
    east, north = sky.std(axis=0)
    return float(east), float(north)
