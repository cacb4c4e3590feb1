"""Proper motions: from the epoch of a catalog to that of an exposure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.data.tables import TableFile, factor_to

Floats = NDArray[np.float64]

_PM_RA = ("pmra", "pm_ra", "pmra_cosdec", "pm_ra_cosdec", "pm_ra_star")
_PM_DEC = ("pmdec", "pm_dec", "pmde", "pm_de")
_EPOCH = ("ref_epoch", "refepoch", "epoch", "ref_ep")
_MAS = np.radians(1.0 / 3.6e6)
_J2000 = 51544.5  # MJD


@dataclass(frozen=True, eq=False)
class Motions:
    """Per source: `ra`, `dec` in mas/yr along the sky (RA times cos Dec, as Gaia has it), 0 where not known;
    `epoch` of the positions in Julian years."""

    ra: Floats
    dec: Floats
    epoch: Floats

    def __getitem__(self, which: NDArray[np.generic]) -> Motions:
        return Motions(self.ra[which], self.dec[which], self.epoch[which])


def julian_year(mjd: float) -> float:
    """The Julian year of a modified Julian date."""
    return 2000.0 + (mjd - _J2000) / 365.25


def read_motions(table: TableFile) -> tuple[Motions | None, str]:
    """The proper motions of a catalog, and a note when there are some that cannot be used.

    Columns are known by Gaia's and VizieR's names (pmra, pmdec, pmRA, pmDE, ref_epoch, epoch ...); the epoch may
    also stand in the table's metadata. Without units they are in mas/yr. Sources without a motion stay in place.
    """
    pm_ra, pm_dec = table.find(_PM_RA), table.find(_PM_DEC)
    if pm_ra is None or pm_dec is None:
        return None, ""
    name = table.find(_EPOCH)
    if name is not None:
        epoch = table.numbers(name, name)
    else:
        told = {str(key).lower(): value for key, value in table.table.meta.items()}
        values = [told[key] for key in _EPOCH if isinstance(told.get(key), int | float)]
        if not values:
            return None, (
                f"{table.path.name} has proper motions ({pm_ra}, {pm_dec}) but no epoch (ref_epoch): "
                "the positions are taken as they are."
            )
        epoch = np.full(len(table), float(values[0]))
    ra, dec = (table.numbers(one, one) * factor_to("mas / yr", table.unit(one)) for one in (pm_ra, pm_dec))
    known = np.isfinite(ra) & np.isfinite(dec) & np.isfinite(epoch)
    if not known.any():
        return None, ""
    return Motions(*(np.where(known, values, 0.0) for values in (ra, dec, epoch))), ""


def moved(ra: ArrayLike, dec: ArrayLike, motions: Motions, year: float) -> tuple[Floats, Floats]:
    """RA, Dec (degrees) at Julian `year`: uniform motion along the tangent in space (ESA 1997, Hipparcos
    Catalogue, vol. 1, 1.5.5, without parallax and radial velocity)."""
    a, d = np.radians(np.asarray(ra, float)), np.radians(np.asarray(dec, float))
    years = year - motions.epoch
    east, north = motions.ra * _MAS * years, motions.dec * _MAS * years
    x = np.cos(d) * np.cos(a) - east * np.sin(a) - north * np.sin(d) * np.cos(a)
    y = np.cos(d) * np.sin(a) + east * np.cos(a) - north * np.sin(d) * np.sin(a)
    z = np.sin(d) + north * np.cos(d)
    still = (motions.ra == 0.0) & (motions.dec == 0.0)
    new_ra = np.degrees(np.arctan2(y, x)) % 360.0
    new_dec = np.degrees(np.arctan2(z, np.hypot(x, y)))
    return np.where(still, ra, new_ra), np.where(still, dec, new_dec)
