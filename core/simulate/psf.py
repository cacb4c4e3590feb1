"""The star image of WFC3/UVIS: a narrow core and wide wings, both Moffat functions, integrated over pixels.

Near the centre the integral over the pixel is tabulated sixteen times a pixel and interpolated with cubics;
beyond `INNER` pixels the profile is so smooth that its value and Laplacian at the pixel centre give the
integral (Taylor: f + (f_xx + f_yy) / 24).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

INNER = 8
OVERSAMPLE = 16
MARGIN = 2  # nodes beyond INNER that a cubic needs

# Rendering stops where a star adds fewer electrons than this to a pixel
FAINTEST = 0.02


@dataclass(frozen=True)
class Psf:
    """f(r) = sum of share (beta - 1) / (pi a^2) (1 + r^2 / a^2)^-beta over core and wings; lengths in pixels.

    The core holds 87 % of the light with a FWHM of 1.55 pixels times `focus`, like F606W images.
    """

    focus: float = 1.0
    core_share: float = 0.87
    core_fwhm: float = 1.55
    core_beta: float = 3.0
    wing_width: float = 5.0
    wing_beta: float = 2.0

    def terms(self) -> Floats:
        """(2, 3): factor, a^2 and beta of core and wings."""
        core = (self.focus * self.core_fwhm / 2.0) ** 2 / (2.0 ** (1.0 / self.core_beta) - 1.0)
        wing = self.wing_width**2
        return np.array(
            [
                [self.core_share * (self.core_beta - 1) / (np.pi * core), core, self.core_beta],
                [(1 - self.core_share) * (self.wing_beta - 1) / (np.pi * wing), wing, self.wing_beta],
            ]
        )

    def profile(self, x: Floats, y: Floats) -> Floats:
        """Light per square pixel at offsets x, y in pixels from the centre, for a star of 1."""
        r2 = x * x + y * y
        value = np.zeros(r2.shape)
        for factor, a2, beta in self.terms():
            value += factor * (1.0 + r2 / a2) ** -beta
        return value

    def table(self) -> Floats:
        """(n, n): light in a pixel whose centre lies (i - n // 2) / OVERSAMPLE from the star, for a star of 1."""
        half = INNER * OVERSAMPLE + MARGIN
        nodes, weights = np.polynomial.legendre.leggauss(12)
        offsets = (np.arange(half + 1)[:, None] / OVERSAMPLE + nodes / 2.0).ravel()
        fine = self.profile(offsets[None, :], offsets[:, None]).reshape(half + 1, 12, half + 1, 12)
        quadrant = np.einsum("iajb,a,b->ij", fine, weights / 2.0, weights / 2.0)
        right = np.concatenate([quadrant[:, :0:-1], quadrant], axis=1)
        return np.ascontiguousarray(np.concatenate([right[:0:-1], right], axis=0))

    def reach(self, counts: Floats) -> Floats:
        """Radius in pixels at which stars of `counts` electrons fall below `FAINTEST` per pixel, at least 10."""
        factor, a2, beta = self.terms()[1]
        ratio = np.maximum(counts * factor / FAINTEST, 1.0) ** (1.0 / beta)
        return np.maximum(10.0, np.sqrt(a2 * ratio))
