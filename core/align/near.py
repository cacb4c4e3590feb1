"""Neighbours among positions, within distances of some pixels.

A k-d tree answers the same for any distance; that of scipy would let every alignment wait a quarter of a second for its
import, as long as all matching takes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.kernels import match as kernels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Near:
    """Positions (n, 2), finite, in the order that the search wants: `rows` are their numbers as they were given."""

    points: Floats
    rows: Ints

    @classmethod
    def of(cls, positions: Floats) -> Near:
        """Raises ValueError for positions that are not finite."""
        if not np.isfinite(positions).all():
            raise ValueError("positions must be finite")
        rows = np.argsort(positions[:, 1], kind="stable").astype(np.int64)
        return cls(np.ascontiguousarray(positions[rows], np.float64), rows)

    def nearest(self, places: Floats, reach: float) -> Ints:
        """(m,) for each of `places` (m, 2) the number of the nearest position closer than `reach`, -1 without one."""
        return self._neighbours(places, reach)[0]

    def count(self, places: Floats, reach: float) -> Ints:
        """(m,) how many positions are at most `reach` away from each of `places` (m, 2)."""
        return self._neighbours(places, reach)[1]

    def pairs(self, reach: float) -> Ints:
        """(k, 2) numbers of any two positions at most `reach` apart, the lower first."""
        return np.asarray(kernels.close_pairs(self.points, self.rows, float(reach)))

    def _neighbours(self, places: Floats, reach: float) -> tuple[Ints, Ints]:
        places = np.ascontiguousarray(places, np.float64)
        nearest, count = np.empty(len(places), np.int64), np.empty(len(places), np.int64)
        kernels.neighbours(self.points, self.rows, places, float(reach), nearest, count)
        return nearest, count
