"""Which exposures overlap on the sky."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS
from core.data.exposure import Chip, Exposure

Corners = NDArray[np.float64]


def lonely(exposures: Sequence[Exposure], frame: ChipWCS) -> tuple[Exposure, ...]:
    """The exposures whose chips touch no chip of any other exposure."""
    outlines = [[_outline(chip, frame) for chip in exposure.chips] for exposure in exposures]
    return tuple(
        exposure
        for k, exposure in enumerate(exposures)
        if not any(
            _touch(a, b)
            for other, chips in enumerate(outlines)
            if other != k
            for a in outlines[k]
            for b in chips
        )
    )


def _outline(chip: Chip, frame: ChipWCS) -> Corners:
    x, y = frame.sky_to_pix(*chip.wcs.footprint())
    return np.column_stack([x, y])


def _touch(a: Corners, b: Corners) -> bool:
    """Whether two convex quadrangles overlap: no edge of either parts them (separating axes)."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    for corners in (a, b):
        edges = np.roll(corners, -1, axis=0) - corners
        for normal in np.column_stack([-edges[:, 1], edges[:, 0]]):
            one, two = a @ normal, b @ normal
            if one.max() <= two.min() or two.max() <= one.min():
                return False
    return True
