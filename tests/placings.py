"""Where test data lie: a turn and a scale as the fit writes them, a pixel map as the `drizzle` package takes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.drizzle.mapping import PixelMap

Floats = NDArray[np.float64]


def similarity(rot: float, scale: float) -> Floats:
    """M of a rotation by `rot` degrees and a scale, xy = uv M."""
    c, s = scale * np.cos(np.radians(rot)), scale * np.sin(np.radians(rot))
    return np.array([[c, -s], [s, c]])


def map_of_centers(positions: Floats) -> PixelMap:
    """A map given by the frame positions of all pixel centres, (rows, columns, 2) with x before y, 0-based; beyond the
    outer centres it goes on linearly."""
    ny, nx = positions.shape[:2]
    grid = np.pad(positions, ((1, 1), (1, 1), (0, 0)), mode="reflect", reflect_type="odd")
    return PixelMap(np.ascontiguousarray(grid[..., 0]), np.ascontiguousarray(grid[..., 1]), 1, (ny, nx))
