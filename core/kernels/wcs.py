"""Pixel to sky and back for one chip: lookup tables, SIP, CD and the gnomonic projection, over plain arrays.

Order of the distortions, as `astropy.wcs` applies them: the detector-to-image tables (D2IM) at the pixel;
then, both at the pixel so corrected, the SIP polynomials (Shupe et al. 2005, eqs. 2-3) and the NPOL tables.
The sum goes through CD and the TAN projection (Calabretta & Greisen 2002, eqs. 12-18, 54-55).

Every kernel takes 1-D float64 arrays and one description of the chip:

lin : (8,) CRPIX1, CRPIX2 (1-based), CRVAL1, CRVAL2 (degrees), CD1_1, CD1_2, CD2_1, CD2_2 (degrees per pixel)
sip_a, sip_b : (n, n), [i, j] the factor of u^i v^j with i + j < n; n = 0 when there is none
d2im_x, d2im_y, npol_x, npol_y : (ny, nx) tables in pixels; size 0 when there is none
tab : (4, 6) for those four tables CRPIX1, CRPIX2, CRVAL1, CRVAL2, CDELT1, CDELT2
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_DEG = math.pi / 180.0
_STEPS = 40  # iterations of the inverse; within and around a chip 3 to 5 are needed
_CLOSE = 1e-7  # pixels; the error left after a step this small is its square, or 1e-3 of it across a table
_FAR = 1e7  # pixels: an iteration that goes further has lost its way


@njit(nogil=True, cache=True)
def _table(values: Floats, tab: Floats, k: int, px: float, py: float) -> float:
    """Bilinear value of a table at the 1-based pixel (px, py), constant beyond the outermost nodes."""
    ny, nx = values.shape
    if nx == 0 or ny == 0:
        return 0.0
    x = (px - tab[k, 2]) / tab[k, 4] + tab[k, 0] - 1.0
    y = (py - tab[k, 3]) / tab[k, 5] + tab[k, 1] - 1.0
    x = min(max(x, 0.0), nx - 1.0)
    y = min(max(y, 0.0), ny - 1.0)
    i = int(x)
    j = int(y)
    fx = x - i
    fy = y - j
    i1 = min(i + 1, nx - 1)
    j1 = min(j + 1, ny - 1)
    low = values[j, i] * (1.0 - fx) + values[j, i1] * fx
    high = values[j1, i] * (1.0 - fx) + values[j1, i1] * fx
    return low * (1.0 - fy) + high * fy


@njit(nogil=True, cache=True)
def _poly(c: Floats, u: float, v: float) -> float:
    """Sum of c[i, j] u^i v^j over i + j < n."""
    n = c.shape[0]
    total = 0.0
    for i in range(n - 1, -1, -1):
        row = 0.0
        for j in range(n - 1 - i, -1, -1):
            row = row * v + c[i, j]
        total = total * u + row
    return total


@njit(nogil=True, cache=True)
def _poly_slopes(c: Floats, u: float, v: float) -> tuple[float, float, float]:
    """The polynomial and its derivatives with respect to u and v."""
    n = c.shape[0]
    total = 0.0
    by_u = 0.0
    by_v = 0.0
    for i in range(n - 1, -1, -1):
        row = 0.0
        slope = 0.0
        for j in range(n - 1 - i, -1, -1):
            slope = slope * v + row
            row = row * v + c[i, j]
        by_u = by_u * u + total
        total = total * u + row
        by_v = by_v * u + slope
    return total, by_u, by_v


@njit(nogil=True, cache=True)
def _to_sky(fx: float, fy: float, lin: Floats, sin0: float, cos0: float) -> tuple[float, float]:
    """RA, Dec in degrees of the undistorted 1-based position (fx, fy)."""
    dx = fx - lin[0]
    dy = fy - lin[1]
    xi = (lin[4] * dx + lin[5] * dy) * _DEG
    eta = (lin[6] * dx + lin[7] * dy) * _DEG
    den = cos0 - eta * sin0
    ra = lin[2] + math.atan2(xi, den) / _DEG
    dec = math.atan2(sin0 + eta * cos0, math.sqrt(xi * xi + den * den)) / _DEG
    ra = ra % 360.0
    if ra >= 360.0:
        ra = 0.0
    return ra, dec


@njit(nogil=True, cache=True)
def pix_to_sky(
    x: Floats,
    y: Floats,
    lin: Floats,
    sip_a: Floats,
    sip_b: Floats,
    d2im_x: Floats,
    d2im_y: Floats,
    npol_x: Floats,
    npol_y: Floats,
    tab: Floats,
    ra: Floats,
    dec: Floats,
) -> None:
    """RA, Dec (degrees, written to `ra`, `dec`) of the 0-based pixel positions `x`, `y`."""
    sin0 = math.sin(lin[3] * _DEG)
    cos0 = math.cos(lin[3] * _DEG)
    has_d2im = d2im_x.size > 0 or d2im_y.size > 0
    has_npol = npol_x.size > 0 or npol_y.size > 0
    for k in range(x.size):
        px = x[k] + 1.0
        py = y[k] + 1.0
        if not (math.isfinite(px) and math.isfinite(py)):
            ra[k] = np.nan
            dec[k] = np.nan
            continue
        if has_d2im:
            sx = _table(d2im_x, tab, 0, px, py)
            py += _table(d2im_y, tab, 1, px, py)
            px += sx
        fx = px + _poly(sip_a, px - lin[0], py - lin[1])
        fy = py + _poly(sip_b, px - lin[0], py - lin[1])
        if has_npol:
            fx += _table(npol_x, tab, 2, px, py)
            fy += _table(npol_y, tab, 3, px, py)
        ra[k], dec[k] = _to_sky(fx, fy, lin, sin0, cos0)


@njit(nogil=True, cache=True)
def _undistort(
    fx: float,
    fy: float,
    lin: Floats,
    sip_a: Floats,
    sip_b: Floats,
    d2im_x: Floats,
    d2im_y: Floats,
    npol_x: Floats,
    npol_y: Floats,
    tab: Floats,
) -> tuple[float, float]:
    """The 1-based pixel that the distortions carry to (fx, fy), NaN when the search does not settle.

    Newton's method; the tables count in the residual but not in the slopes (they change by 1e-3 a pixel).
    """
    px = fx
    py = fy
    for _ in range(_STEPS):
        qx = px + _table(d2im_x, tab, 0, px, py)
        qy = py + _table(d2im_y, tab, 1, px, py)
        a, a_u, a_v = _poly_slopes(sip_a, qx - lin[0], qy - lin[1])
        b, b_u, b_v = _poly_slopes(sip_b, qx - lin[0], qy - lin[1])
        rx = fx - qx - a - _table(npol_x, tab, 2, qx, qy)
        ry = fy - qy - b - _table(npol_y, tab, 3, qx, qy)
        det = (1.0 + a_u) * (1.0 + b_v) - a_v * b_u
        # beyond a fold of the polynomial the map is mirrored: no pixel of the chip is there
        if not det > 1e-6:
            break
        dx = ((1.0 + b_v) * rx - a_v * ry) / det
        dy = ((1.0 + a_u) * ry - b_u * rx) / det
        px += dx
        py += dy
        if not (abs(px) < _FAR and abs(py) < _FAR):
            break
        if abs(dx) < _CLOSE and abs(dy) < _CLOSE:
            return px, py
    return np.nan, np.nan


@njit(nogil=True, cache=True)
def sky_to_pix(
    ra: Floats,
    dec: Floats,
    lin: Floats,
    sip_a: Floats,
    sip_b: Floats,
    d2im_x: Floats,
    d2im_y: Floats,
    npol_x: Floats,
    npol_y: Floats,
    tab: Floats,
    x: Floats,
    y: Floats,
) -> None:
    """0-based pixel positions (written to `x`, `y`) of RA, Dec in degrees.

    NaN where the point is 90 degrees or more from CRVAL, or where the inverse of the distortions is not found.
    """
    sin0 = math.sin(lin[3] * _DEG)
    cos0 = math.cos(lin[3] * _DEG)
    det = lin[4] * lin[7] - lin[5] * lin[6]
    linear = sip_a.size + d2im_x.size + d2im_y.size + npol_x.size + npol_y.size == 0
    for k in range(ra.size):
        x[k] = np.nan
        y[k] = np.nan
        sind = math.sin(dec[k] * _DEG)
        cosd = math.cos(dec[k] * _DEG)
        turn = (ra[k] - lin[2]) * _DEG
        half = math.sin(0.5 * turn)
        cosine = sind * sin0 + cosd * cos0 * (1.0 - 2.0 * half * half)
        if not cosine > 1e-9:
            continue
        xi = cosd * math.sin(turn) / cosine / _DEG
        # sin(dec - dec0) + ...: no difference of two nearly equal products near the reference point
        eta = (math.sin((dec[k] - lin[3]) * _DEG) + 2.0 * cosd * sin0 * half * half) / cosine / _DEG
        fx = lin[0] + (lin[7] * xi - lin[5] * eta) / det
        fy = lin[1] + (lin[4] * eta - lin[6] * xi) / det
        if not linear:
            fx, fy = _undistort(fx, fy, lin, sip_a, sip_b, d2im_x, d2im_y, npol_x, npol_y, tab)
        x[k] = fx - 1.0
        y[k] = fy - 1.0
