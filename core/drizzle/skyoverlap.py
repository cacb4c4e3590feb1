"""The part of the sky that two chips share, as pixels of either.

Outlines are the outer corners of a chip joined by great circles, as drizzlepac draws them; in a gnomonic projection
these are straight, so that two outlines are clipped as plane quadrangles (Sutherland & Hodgman 1974).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS

Floats = NDArray[np.float64]
_NEAR = 0.5  # cosine: chips farther apart than 60 degrees share nothing


def shared_sky(a: ChipWCS, b: ChipWCS) -> Floats | None:
    """RA and Dec in degrees, (n, 2), of the corners of what the outlines of two chips share; None: nothing."""
    one, two = _outline(a), _outline(b)
    centre = np.sum(one, axis=0) + np.sum(two, axis=0)
    centre /= np.linalg.norm(centre)
    if not min((one @ centre).min(), (two @ centre).min()) > _NEAR:  # NaN too
        return None
    east = np.cross([0.0, 0.0, 1.0] if abs(centre[2]) < 0.9 else [1.0, 0.0, 0.0], centre)
    east /= np.linalg.norm(east)
    north = np.cross(centre, east)
    axes = np.stack([east, north], axis=1)
    plane = [(points @ axes) / (points @ centre)[:, None] for points in (one, two)]
    shared = clipped(*(_turned_left(corners) for corners in plane))
    if len(shared) < 3 or not area(shared) > 0:
        return None
    points = centre + shared @ axes.T
    lon = np.degrees(np.arctan2(points[:, 1], points[:, 0])) % 360.0
    lat = np.degrees(np.arctan2(points[:, 2], np.hypot(points[:, 0], points[:, 1])))
    return np.column_stack([lon, lat])


def shared_pixels(wcs: ChipWCS, sky: Floats) -> NDArray[np.bool_]:
    """Pixels (rows, columns) of a chip whose centres lie inside the convex outline `sky`, as `shared_sky` gives it."""
    x, y = wcs.sky_to_pix(sky[:, 0], sky[:, 1])
    corners = np.column_stack([x, y])
    if not np.isfinite(corners).all():
        return np.zeros(wcs.shape, np.bool_)
    return filled(corners, wcs.shape)


def filled(corners: Floats, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels (rows, columns) inside a convex polygon of 0-based corners (n, 2) in x and y, its edge included."""
    left, right = np.full(shape[0], np.inf), np.full(shape[0], -np.inf)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        first, last = max(0, int(np.ceil(min(y0, y1)))), min(shape[0] - 1, int(np.floor(max(y0, y1))))
        if y0 == y1 or last < first:
            continue
        rows = np.arange(first, last + 1)
        x = x0 + (rows - y0) * ((x1 - x0) / (y1 - y0))
        left[rows], right[rows] = np.minimum(left[rows], x), np.maximum(right[rows], x)
    columns = np.arange(shape[1])
    inside: NDArray[np.bool_] = (columns >= left[:, None]) & (columns <= right[:, None])
    return inside


def clipped(subject: Floats, window: Floats) -> Floats:
    """What two convex polygons (n, 2), both turning left, share; fewer than three corners: nothing."""
    for start, end in zip(window, np.roll(window, -1, axis=0), strict=True):
        if not len(subject):
            break
        (dx, dy), (x, y) = end - start, (subject - start).T
        side = dx * y - dy * x
        kept = []
        for k, point in enumerate(subject):
            before, here = side[k - 1], side[k]
            if (before < 0) != (here < 0):
                kept.append(subject[k - 1] + (point - subject[k - 1]) * (before / (before - here)))
            if here >= 0:
                kept.append(point)
        subject = np.array(kept).reshape(-1, 2)
    return subject


def area(corners: Floats) -> float:
    """Area of a polygon (n, 2), positive when it turns left."""
    x, y = corners.T
    return 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def _turned_left(corners: Floats) -> Floats:
    return corners if area(corners) > 0 else corners[::-1]


def _outline(wcs: ChipWCS) -> Floats:
    """Unit vectors (4, 3) of the outer corners of the corner pixels, in order around the chip."""
    nx, ny = wcs.naxis
    ra, dec = wcs.pix_to_sky([-0.5, nx - 0.5, nx - 0.5, -0.5], [-0.5, -0.5, ny - 0.5, ny - 0.5])
    lon, lat = np.radians(ra), np.radians(dec)
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
