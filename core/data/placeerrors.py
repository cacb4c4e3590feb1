"""How well a catalog knows its places: the standard errors that Gaia and VizieR give beside positions and motions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.data.tables import TableFile, factor_to

Floats = NDArray[np.float64]

_RA = ("ra_error", "e_ra_icrs", "e_raicrs", "e_raj2000", "e_radeg")
_DEC = ("dec_error", "e_de_icrs", "e_deicrs", "e_dej2000", "e_dedeg")
_PM_RA = ("pmra_error", "e_pmra")
_PM_DEC = ("pmdec_error", "e_pmde", "e_pmdec")


@dataclass(frozen=True, eq=False)
class PlaceErrors:
    """Standard errors of each source's place per axis on the sky, the root mean square of both axes.

    `place` in mas at the catalog's epoch, `motion` in mas/yr, 0 where the catalog does not tell.
    """

    place: Floats
    motion: Floats

    def __getitem__(self, which: NDArray[np.generic]) -> PlaceErrors:
        return PlaceErrors(self.place[which], self.motion[which])

    def after(self, years: Floats | float) -> Floats:
        """The errors in mas `years` after (or, negative, before) the epoch: what is not known of a motion adds up."""
        return np.asarray(np.hypot(self.place, self.motion * years))


def read_errors(table: TableFile) -> PlaceErrors | None:
    """The errors of a catalog's places, None where it has no columns of them, by Gaia's and VizieR's names.

    Without units they are in mas and mas/yr. A source without an error gets the catalog's median: it is no better
    known than the others.
    """
    place = _both(table, _RA, _DEC, "mas")
    if place is None:
        return None
    known = np.isfinite(place) & (place > 0.0)
    if not known.any():
        return None
    motion = _both(table, _PM_RA, _PM_DEC, "mas / yr")
    still = np.zeros(len(table))
    return PlaceErrors(
        np.where(known, place, np.median(place[known])),
        still if motion is None else np.where(np.isfinite(motion), motion, 0.0),
    )


def _both(table: TableFile, ra: tuple[str, ...], dec: tuple[str, ...], unit: str) -> Floats | None:
    """Root mean square of two columns in `unit`; None without both."""
    names = table.find(ra), table.find(dec)
    if names[0] is None or names[1] is None:
        return None
    first, second = (table.numbers(name, name) * factor_to(unit, table.unit(name)) for name in names if name)
    return np.asarray(np.sqrt((first**2 + second**2) / 2.0))
