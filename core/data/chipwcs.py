"""The WCS of a chip as plain numbers, evaluated in a kernel.

`astropy.wcs` reads headers but is neither quick (0.6 us a pixel) nor safe with SIP in two threads; after
reading, the engine uses this value. Positions are 0-based array positions (x = column, y = row); CRPIX keeps
the FITS 1-based convention. Order of the distortions: detector-to-image tables (D2IM), then SIP and the
NPOL tables, both evaluated at the D2IM-corrected position, then CD and the gnomonic projection (Calabretta
& Greisen 2002; Shupe et al. 2005; `astropy.wcs` "pipeline").
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LookupTable:
    """One distortion table (NPOL or D2IM), in pixels, bilinear between its nodes, constant beyond them.

    `values` is float64 (ny, nx); `crpix`, `crval`, `cdelt` (x, y) place node (crpix, 1-based) at pixel crval (1-based).
    """

    values: Floats
    crpix: tuple[float, float]
    crval: tuple[float, float]
    cdelt: tuple[float, float]


@dataclass(frozen=True, eq=False)
class ChipWCS:
    """World coordinates of one chip, or of an output frame (no distortion).

    Attributes
    ----------
    crpix : (2,) 1-based; crval : (2,) degrees; cd : (2, 2) degrees per pixel
    sip_a, sip_b : (n+1, n+1) with [i, j] the factor of u^i v^j, or None
    npol, d2im : pair of tables for x and y, each may be None
    naxis : (nx, ny)
    idcscale : arcsec per pixel of the distortion model's frame (IDCSCALE), or None
    keys : other header values needed to build an output frame (PA_V3, VAFACTOR, OCX10 ...)
    """

    crpix: Floats
    crval: Floats
    cd: Floats
    naxis: tuple[int, int]
    sip_a: Floats | None = None
    sip_b: Floats | None = None
    npol: tuple[LookupTable | None, LookupTable | None] = (None, None)
    d2im: tuple[LookupTable | None, LookupTable | None] = (None, None)
    idcscale: float | None = None
    orientat: float | None = None
    keys: dict[str, Any] = field(default_factory=dict)

    @property
    def is_linear(self) -> bool:
        return self.sip_a is None and self.npol == (None, None) and self.d2im == (None, None)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, as numpy has them."""
        return self.naxis[1], self.naxis[0]

    @property
    def scale(self) -> float:
        """Linear pixel scale in arcsec: sqrt |det CD|."""
        return float(np.sqrt(abs(np.linalg.det(self.cd)))) * 3600.0

    def linear(self) -> ChipWCS:
        """The same without distortions."""
        return replace(self, sip_a=None, sip_b=None, npol=(None, None), d2im=(None, None))

    def moved(self, crval: ArrayLike, cd: ArrayLike) -> ChipWCS:
        """The same chip with a new CRVAL (degrees) and CD (degrees per pixel)."""
        return replace(self, crval=np.array(crval, float), cd=np.array(cd, float))

    @cached_property
    def packed(self) -> tuple[Floats, ...]:
        """What the kernels of `core.kernels.wcs` take, in their order: lin, sip_a, ... tab."""
        lin = np.zeros(8)
        lin[:] = [*self.crpix, *self.crval, *np.ravel(self.cd)]
        tables = (*self.d2im, *self.npol)
        tab = np.ones((4, 6))
        for row, table in zip(tab, tables, strict=True):
            if table is not None:
                row[:] = [*table.crpix, *table.crval, *table.cdelt]
        values = (_plain(table.values if table is not None else None) for table in tables)
        return lin, _plain(self.sip_a), _plain(self.sip_b), *values, tab

    def pix_to_sky(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """RA and Dec in degrees (0 <= RA < 360) of 0-based pixel positions; any matching shapes."""
        return self._each(_kernels().pix_to_sky, x, y)

    def sky_to_pix(self, ra: ArrayLike, dec: ArrayLike) -> tuple[Floats, Floats]:
        """0-based pixel positions of RA, Dec in degrees, NaN where the inverse does not converge or the
        point lies more than 90 degrees from CRVAL."""
        return self._each(_kernels().sky_to_pix, ra, dec)

    def footprint(self) -> tuple[Floats, Floats]:
        """RA, Dec in degrees of the four corner pixel centres (as `astropy.wcs.WCS.calc_footprint`, center=True)."""
        nx, ny = self.naxis
        return self.pix_to_sky([0.0, 0.0, nx - 1.0, nx - 1.0], [0.0, ny - 1.0, ny - 1.0, 0.0])

    def _each(self, work: Any, first: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
        one, two = np.broadcast_arrays(np.asarray(first, float), np.asarray(second, float))
        shape = one.shape
        found = np.empty(one.size), np.empty(one.size)
        work(_flat(one), _flat(two), *self.packed, *found)
        return found[0].reshape(shape), found[1].reshape(shape)


def _kernels() -> Any:
    """Imported when a position is first asked for: headers are read and written before, and numba takes long."""
    from core.kernels import wcs

    return wcs


def _plain(values: Floats | None) -> Floats:
    return np.zeros((0, 0)) if values is None else np.ascontiguousarray(values, dtype=np.float64)


def _flat(values: Floats) -> Floats:
    return np.ascontiguousarray(values).reshape(-1)
