"""Rotations of the sky as 3 x 3 matrices, and a chip's linear WCS as one of them.

A gnomonic WCS sends the intermediate pixel (u, v) to the direction of T (u, v, 1), where the columns of T are
the two tangent vectors of a pixel step at CRVAL and CRVAL itself. A pointing error E (a rotation, and a scale
about a point) turns T into E T, so errors can be put in, and taken out, exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

MAS_PER_RADIAN = 180.0 / np.pi * 3.6e6


def directions(ra: ArrayLike, dec: ArrayLike) -> Floats:
    """Unit vectors (..., 3) of RA, Dec in degrees."""
    ra, dec = np.radians(np.asarray(ra, float)), np.radians(np.asarray(dec, float))
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def angles(vectors: ArrayLike) -> tuple[Floats, Floats]:
    """RA (0 to 360) and Dec in degrees of vectors (..., 3) of any length."""
    x, y, z = np.moveaxis(np.asarray(vectors, float), -1, 0)
    return np.degrees(np.arctan2(y, x)) % 360.0, np.degrees(np.arctan2(z, np.hypot(x, y)))


def local_frame(ra: float, dec: float) -> Floats:
    """(3, 3) with columns east, north and outward at RA, Dec in degrees."""
    a, d = np.radians(ra), np.radians(dec)
    east = [-np.sin(a), np.cos(a), 0.0]
    north = [-np.sin(d) * np.cos(a), -np.sin(d) * np.sin(a), np.cos(d)]
    return np.column_stack([east, north, directions(ra, dec)])


def turn(start: tuple[float, float], end: tuple[float, float], roll: float) -> Floats:
    """The rotation that takes `start` to `end` (RA, Dec in degrees) and adds `roll` degrees to position angles.

    Position angles are counted from the local north of each point through east.
    """
    c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    about = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    return local_frame(*end) @ about @ local_frame(*start).T


def pointing_error(
    anchor: tuple[float, float], anchor_true: tuple[float, float], roll: float, scale: float
) -> Floats:
    """E with true = E(header): `turn` from `anchor` to `anchor_true`, then 1 + `scale` about `anchor_true`."""
    out = directions(*anchor_true)
    stretch = np.eye(3) + scale * (np.eye(3) - np.outer(out, out))
    return stretch @ turn(anchor, anchor_true, roll)


def tangent_matrix(crval: ArrayLike, cd: ArrayLike) -> Floats:
    """T (3, 3) of a linear gnomonic WCS; CRVAL in degrees, CD in degrees per pixel."""
    ra, dec = np.asarray(crval, float)
    frame = local_frame(ra, dec)
    return np.column_stack([frame[:, :2] @ np.radians(np.asarray(cd, float)), frame[:, 2]])


def linear_terms(matrix: Floats) -> tuple[Floats, Floats]:
    """CRVAL (2,) and CD (2, 2) in degrees whose `tangent_matrix` points as `matrix` does near its centre."""
    length = np.linalg.norm(matrix[:, 2])
    ra, dec = angles(matrix[:, 2])
    frame = local_frame(float(ra), float(dec))
    return np.array([ra, dec], float), np.degrees(frame[:, :2].T @ matrix[:, :2] / length)


def separation_mas(a: Floats, b: Floats) -> Floats:
    """Angle in mas between vectors (..., 3) of unit length, exact for tiny angles."""
    return 2.0 * np.arcsin(np.clip(np.linalg.norm(a - b, axis=-1) / 2.0, 0.0, 1.0)) * MAS_PER_RADIAN


def offset_by(ra: float, dec: float, east: float, north: float) -> tuple[float, float]:
    """The point `east` and `north` arcsec from RA, Dec (degrees), in the tangent plane."""
    local = np.radians(np.array([east, north]) / 3600.0)
    new_ra, new_dec = angles(local_frame(ra, dec) @ np.array([local[0], local[1], 1.0]))
    return float(new_ra), float(new_dec)
