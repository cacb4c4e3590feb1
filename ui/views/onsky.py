"""One exposure on the pixels of another, by their WCSs, so that both can be blinked. Runs in the worker."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS
from core.data.exposure import Chip

STEP = 32  # pixels between the places where the WCSs are evaluated; between them linear, to better than 0.01 pixels


def on_pixels_of(base: ChipWCS, shape: tuple[int, int], chips: Sequence[Chip]) -> NDArray[np.float32]:
    """What `chips` show of the sky under each pixel of a frame of `shape` (ny, nx) with the WCS `base`.

    The nearest pixel is taken, so that values stay those of the exposure; NaN where no chip has any. Only for the
    eye: fluxes are not conserved. Raises `Refusal` when a chip cannot be read.
    """
    out = np.full(shape, np.nan, dtype=np.float32)
    rows, columns = _nodes(shape[0]), _nodes(shape[1])
    x, y = np.meshgrid(columns.astype(np.float64), rows.astype(np.float64))
    ra, dec = base.pix_to_sky(x.ravel(), y.ravel())
    across = np.arange(shape[1], dtype=np.float64)
    for chip in chips:
        there = chip.wcs.sky_to_pix(ra, dec)
        at_x, at_y = (
            np.stack([np.interp(across, columns, line) for line in axis.reshape(x.shape)]) for axis in there
        )
        data = chip.read("SCI")
        for place in range(len(rows) - 1):
            band = slice(int(rows[place]), int(rows[place + 1]) + 1)
            share = np.linspace(0.0, 1.0, band.stop - band.start)[:, None]
            found_x = (1.0 - share) * at_x[place] + share * at_x[place + 1]
            found_y = (1.0 - share) * at_y[place] + share * at_y[place + 1]
            _take(out[band], data, found_x, found_y)
    return out


def _nodes(size: int) -> NDArray[np.int64]:
    """Every STEPth pixel, and the last."""
    return np.unique(np.append(np.arange(0, size, STEP), max(size - 1, 1)))


def _take(
    out: NDArray[np.float32], data: NDArray[np.generic], x: NDArray[np.float64], y: NDArray[np.float64]
) -> None:
    ny, nx = data.shape
    inside = (x > -0.5) & (x < nx - 0.5) & (y > -0.5) & (y < ny - 0.5)
    out[inside] = data[np.rint(y[inside]).astype(np.intp), np.rint(x[inside]).astype(np.intp)]
