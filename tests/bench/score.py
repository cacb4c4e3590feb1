"""Cosmic ray flags (DQ 4096) of simulated exposures against their truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.ndimage import binary_dilation

from core.data.exposure import Chip, open_exposure
from core.simulate import Truth

FLAG = 4096
UNUSABLE = 4 + 16 + 256  # bad columns, hot and saturated pixels
STEP = 8  # pixels between the places where overlap is looked up
EDGE = 3  # outermost rows and columns: those where drizzlepac has no derivative, and their neighbours

REGIONS = ("whole chip", "away from edges", "edges alone")
MEASURES = ("found 5", "all 5", "found 20", "all 20", "flagged", "right", "right 1 sigma", "right 3 sigma")
# numerator and denominator among MEASURES
SHARES = {
    "recall 5": (0, 1),
    "recall 20": (2, 3),
    "purity": (5, 4),
    "purity 1 sigma": (6, 4),
    "purity 3 sigma": (7, 4),
}


def cosmic_ray_score(truth: Truth, files: Sequence[Path]) -> dict[str, float]:
    """Recall of pixels with more than 5 and 20 sigma of charge, and how pure the flags are; see `cosmic_ray_counts`."""
    sums = cosmic_ray_counts(truth, files)[:, 0].sum(axis=0)
    return {name: float(sums[up] / sums[down]) for name, (up, down) in SHARES.items()}


def cosmic_ray_counts(
    truth: Truth, files: Sequence[Path], flags: Mapping[str, np.ndarray] | None = None
) -> np.ndarray:
    """Pixels counted, float64 (chips, REGIONS, MEASURES).

    Counted are usable pixels that another exposure sees too. A flag is right when a cosmic ray left at least
    1 electron (or 1, 3 sigma of noise); `flagged` are only flags away from defects by more than a pixel, since the
    neighbours of bad pixels are rightly flagged. `flags` bool by f"{file name}_{EXTVER}" are counted in place of
    those in the files.
    """
    exposures = [open_exposure(file) for file in files]
    counts = []
    for exposure in exposures:
        others = [chip for other in exposures if other is not exposure for chip in other.chips]
        for chip in exposure.chips:
            arrays = truth.exposure(exposure.path).chip(chip.ccdchip).arrays
            given = None if flags is None else flags[f"{exposure.path.name}_{chip.extver}"]
            counts.append(_counts(chip, arrays, _seen(chip, others), given))
    return np.array(counts)


def _counts(
    chip: Chip, arrays: dict[str, np.ndarray], seen: np.ndarray, given: np.ndarray | None
) -> np.ndarray:
    dq = chip.read_dq()
    charge = np.zeros(dq.size)
    charge[arrays["cr_index"]] = arrays["cr_charge"]
    charge = charge.reshape(dq.shape)
    sigma = np.sqrt(np.maximum(chip.read("ERR").astype(float) ** 2 - charge, chip.read_noise**2))
    flags = (dq & FLAG) > 0 if given is None else given
    usable = seen & ((dq & UNUSABLE) == 0)
    defect = (dq & np.uint16(0xFFFF ^ FLAG)) > 0
    for name in ("unflagged_hot", "over_subtracted"):
        if name in arrays:
            defect.ravel()[arrays[name]] = True
    away = flags & usable & ~binary_dilation(defect, np.ones((3, 3)))
    marks = []
    for limit in (5.0, 20.0):
        true = usable & (charge > limit * sigma)
        marks += [true & flags, true]
    marks += [away, away & (charge >= 1.0), away & (charge >= sigma), away & (charge >= 3.0 * sigma)]
    inside = np.zeros(dq.shape, bool)
    inside[EDGE:-EDGE, EDGE:-EDGE] = True
    regions = (np.ones(dq.shape, bool), inside, ~inside)
    return np.array([[np.count_nonzero(mark & region) for mark in marks] for region in regions], float)


def _seen(chip: Chip, others: Sequence[Chip]) -> np.ndarray:
    """Which pixels fall on one of the other chips, to `STEP` pixels; a border of 10 pixels does not count."""
    rows, columns = chip.shape
    y, x = np.mgrid[0:rows:STEP, 0:columns:STEP]
    ra, dec = chip.wcs.pix_to_sky(x.ravel().astype(float), y.ravel().astype(float))
    seen = np.zeros(x.size, bool)
    for other in others:
        u, v = other.wcs.sky_to_pix(ra, dec)
        seen |= (u > 10) & (u < other.shape[1] - 11) & (v > 10) & (v < other.shape[0] - 11)
    grid = seen.reshape(x.shape)
    return np.repeat(np.repeat(grid, STEP, axis=0), STEP, axis=1)[:rows, :columns]
