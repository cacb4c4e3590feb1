"""Which exposures overlap on the sky, and which lie on an output frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS
from core.data.exposure import Chip, Exposure

Corners = NDArray[np.float64]
_ALONG_A_SIDE = 9  # for the sides of a chip are bent by its distortion
_REACH = 3.0  # pixels of the chip: no kernel reaches further


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


def reaches(chip: Chip, frame: ChipWCS) -> bool:
    """Whether pixels of a chip may fall on an output frame; near its corners none may although this says so."""
    last_x, last_y = (n - 1.0 for n in chip.wcs.naxis)
    steps = np.linspace(0.0, 1.0, _ALONG_A_SIDE)[:-1]
    first, last, back = np.zeros_like(steps), np.ones_like(steps), 1.0 - steps
    x = np.concatenate([steps, last, back, first]) * last_x
    y = np.concatenate([first, steps, last, back]) * last_y
    outline = np.column_stack(frame.sky_to_pix(*chip.wcs.pix_to_sky(x, y)))
    seen = np.isfinite(outline).all(axis=1)
    if not seen.all():  # on the other side of the sky, or so far away that parts of it are
        return bool(seen.any())
    pad = 0.5 + _REACH * max(1.0, chip.wcs.scale / frame.scale)
    columns, rows = frame.naxis
    low, right, top = -pad, columns - 1 + pad, rows - 1 + pad
    return _touch(outline, np.array([[low, low], [right, low], [right, top], [low, top]]))


def _outline(chip: Chip, frame: ChipWCS) -> Corners:
    x, y = frame.sky_to_pix(*chip.wcs.footprint())
    return np.column_stack([x, y])


def _touch(a: Corners, b: Corners) -> bool:
    """Whether the hulls of two rings of points overlap: no edge of either parts them (separating axes)."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    for corners in (a, b):
        edges = np.roll(corners, -1, axis=0) - corners
        for normal in np.column_stack([-edges[:, 1], edges[:, 0]]):
            one, two = a @ normal, b @ normal
            if one.max() <= two.min() or two.max() <= one.min():
                return False
    return True
