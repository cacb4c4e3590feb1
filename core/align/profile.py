"""One source looked at closely: its pixels, its radial profile, its width."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from core.align.candidates import Prepared
from core.align.daokernel import FWHM_PER_SIGMA

Floats = NDArray[np.float64]

HALF = 12  # pixels around the source in the cut-out
FIT_RADIUS = 2.5  # of the profile's fit, in units of conv_width


@dataclass(frozen=True, eq=False)
class Profile:
    """A source of a chip. Positions 0-based chip pixels, values in image units.

    `cutout` float32 pixels from column `x0`, row `y0`; `x`, `y` the centre of the fitted round Gaussian, of FWHM `fwhm`
    pixels, `amplitude` and `background` (NaN where it does not fit); `radius`, `value` the profile, nearest
    pixels first, `model_radius`, `model` the Gaussian to draw over it; `peak` the highest pixel of the kernel's box,
    `flux` the sum of the Gaussian; `sharp`, `round1` daofind's at the pixel nearest to the centre; `height` of the
    convolved image there.
    """

    extver: int
    cutout: NDArray[np.float32]
    x0: int
    y0: int
    x: float
    y: float
    fwhm: float
    amplitude: float
    background: float
    flux: float
    peak: float
    sharp: float
    round1: float
    height: float
    radius: Floats
    value: Floats
    model_radius: Floats
    model: Floats


def profile(prepared: Prepared, x: float, y: float, half: int = HALF) -> Profile:
    """The source at or near `x`, `y` (0-based chip pixels): a round Gaussian is fitted, begun at the brightest pixel
    within two. Raises ValueError when the place is not on the chip."""
    data = prepared.data
    ny, nx = data.shape
    if not (-0.5 <= x < nx - 0.5 and -0.5 <= y < ny - 0.5):
        raise ValueError("the place is not on the chip")
    cx, cy = _brightest(data, round(x), round(y))
    x0, y0 = max(cx - half, 0), max(cy - half, 0)
    cutout = data[y0 : cy + half + 1, x0 : cx + half + 1].copy()
    reach = max(4.0, FIT_RADIUS * prepared.kernel_key[0])
    fitted = _gaussian(cutout.astype(float), cx - x0, cy - y0, reach)
    px, py = (x0 + fitted[0], y0 + fitted[1]) if np.isfinite(fitted).all() else (float(cx), float(cy))
    rows, columns = np.mgrid[y0 : y0 + cutout.shape[0], x0 : x0 + cutout.shape[1]]
    distance = np.hypot(rows - py, columns - px).ravel()
    order = np.argsort(distance, kind="stable")
    model_radius = np.linspace(0.0, float(half), 10 * half + 1)
    amplitude, sigma, background = fitted[2:]
    peak, sharp, round1, height = _daofind(prepared, round(px), round(py))
    return Profile(
        extver=prepared.extver,
        cutout=cutout,
        x0=x0,
        y0=y0,
        x=float(px),
        y=float(py),
        fwhm=float(sigma * FWHM_PER_SIGMA),
        amplitude=float(amplitude),
        background=float(background),
        flux=float(2.0 * np.pi * sigma**2 * amplitude),
        peak=peak,
        sharp=sharp,
        round1=round1,
        height=height,
        radius=distance[order],
        value=cutout.astype(float).ravel()[order],
        model_radius=model_radius,
        model=background + amplitude * np.exp(-0.5 * (model_radius / sigma) ** 2),
    )


def _brightest(data: NDArray[np.float32], x: int, y: int, reach: int = 2) -> tuple[int, int]:
    """Column and row of the brightest pixel around a place."""
    y0, x0 = max(y - reach, 0), max(x - reach, 0)
    box = data[y0 : y + reach + 1, x0 : x + reach + 1]
    dy, dx = np.unravel_index(int(np.argmax(box)), box.shape)
    return x0 + int(dx), y0 + int(dy)


def _gaussian(cutout: Floats, cx: int, cy: int, reach: float) -> Floats:
    """x, y, amplitude, sigma, background of a round Gaussian sampled at the pixels; NaN where none fits."""
    rows, columns = np.mgrid[: cutout.shape[0], : cutout.shape[1]]
    near = np.hypot(rows - cy, columns - cx) <= reach
    v, u, z = rows[near].astype(float), columns[near].astype(float), cutout[near]
    background = float(np.median(z))
    top = float(cutout[cy, cx]) - background
    if z.size < 8 or not top > 0:
        return np.full(5, np.nan)

    def left(p: Floats) -> Floats:
        model = p[2] * np.exp(-0.5 * ((u - p[0]) ** 2 + (v - p[1]) ** 2) / p[3] ** 2) + p[4]
        return np.asarray((model - z) / top)

    start = np.array([cx, cy, top, 1.0, background])
    low = [cx - 2.5, cy - 2.5, 0.0, 0.2, -np.inf]
    high = [cx + 2.5, cy + 2.5, np.inf, reach, np.inf]
    done = least_squares(left, start, bounds=(low, high), x_scale=[1.0, 1.0, top, 1.0, top], max_nfev=200)
    return np.asarray(done.x) if done.success else np.full(5, np.nan)


def _daofind(prepared: Prepared, x: int, y: int) -> tuple[float, float, float, float]:
    """Peak, sharpness, roundness of symmetry and height at a pixel, as the finder has them (see its kernels)."""
    data, conv, inside = prepared.data, prepared.conv, prepared.kernel.inside
    hy, hx = inside.shape[0] // 2, inside.shape[1] // 2
    nan = float("nan")
    if not conv.size or y < hy or x < hx or y + hy >= data.shape[0] or x + hx >= data.shape[1]:
        return nan, nan, nan, nan
    here = slice(y - hy, y + hy + 1), slice(x - hx, x + hx + 1)
    box, dense = data[here].astype(float), conv[here].astype(float)
    around = inside.copy()
    around[hy, hx] = False
    height = float(dense[hy, hx])
    sharp = (box[hy, hx] - box[around].mean()) / height if height > 0 else nan
    j, i = np.mgrid[-hy : hy + 1, -hx : hx + 1]
    sign = np.where(((j >= 0) & (i < 0)) | ((j <= 0) & (i > 0)), -1.0, 1.0)
    sign[hy, hx] = 0.0
    two, four = float((sign * dense).sum()), float(np.abs(np.where(sign, dense, 0.0)).sum())
    round1 = 0.0 if two == 0.0 else (2.0 * two / four if four > 0 else nan)
    return float(box.max()), float(sharp), round1, height
