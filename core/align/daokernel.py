"""The convolution kernel of DAOFIND."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin, sqrt

import numpy as np
from numpy.typing import NDArray

from core.align.settings import FindParams

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FWHM_PER_SIGMA = 2.0 * sqrt(2.0 * np.log(2.0))


@dataclass(frozen=True, eq=False)
class Kernel:
    """The convolution kernel: `weights` (ny, nx) estimate a Gaussian's height; `gauss` is the unit Gaussian,
    `inside` the truncation mask; variances in pixels squared."""

    weights: Floats
    gauss: Floats
    inside: Bools
    variance_x: float
    variance_y: float


def make_kernel(params: FindParams) -> Kernel:
    """The lowered truncated elliptical Gaussian of DAOFIND (Stetson 1987, section III.A)."""
    sx = params.conv_width / FWHM_PER_SIGMA
    sy = params.ratio * sx
    ct, st = cos(radians(params.theta)), sin(radians(params.theta))
    a = ct**2 / sx**2 + st**2 / sy**2
    b = 2.0 * ct * st * (1.0 / sx**2 - 1.0 / sy**2)
    c = st**2 / sx**2 + ct**2 / sy**2
    d = 4.0 * a * c - b * b
    hx = int(2.0 * max(1.0, params.nsigma * sqrt(c / d)))
    hy = int(2.0 * max(1.0, params.nsigma * sqrt(a / d)))
    dy, dx = np.mgrid[-hy : hy + 1, -hx : hx + 1].astype(float)
    form = a * dx**2 + b * dx * dy + c * dy**2
    inside = (form <= params.nsigma**2) | (np.hypot(dx, dy) <= 2.001)
    gauss = np.exp(-0.5 * form)
    cut = gauss * inside
    n = inside.sum()
    weights = inside * (cut - cut.sum() / n) / ((cut**2).sum() - cut.sum() ** 2 / n)
    return Kernel(weights, gauss, inside, sx**2, sy**2)
