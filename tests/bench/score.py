"""Cosmic ray flags (DQ 4096) of simulated exposures against their truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.ndimage import binary_dilation

from core.data.exposure import Chip, open_exposure
from core.simulate import Truth

FLAG = 4096
UNUSABLE = 4 + 16 + 256  # bad columns, hot and saturated pixels
STEP = 8  # pixels between the places where overlap is looked up


def cosmic_ray_score(truth: Truth, files: Sequence[Path]) -> dict[str, float]:
    """Recall of pixels with more than 5 and 20 sigma of charge, and how pure the flags are.

    Counted are usable pixels that another exposure sees too. A flag is right when a cosmic ray left at least
    1 electron; `purity` looks only at flags away from defects by more than a pixel, since the neighbours of
    bad pixels are rightly flagged.
    """
    exposures = [open_exposure(file) for file in files]
    sums = np.zeros(6)
    for exposure in exposures:
        others = [chip for other in exposures if other is not exposure for chip in other.chips]
        for chip in exposure.chips:
            arrays = truth.exposure(exposure.path).chip(chip.ccdchip).arrays
            sums += _counts(chip, arrays, _seen(chip, others))
    found5, all5, found20, all20, right, flagged = sums
    return {"recall 5": found5 / all5, "recall 20": found20 / all20, "purity": right / flagged}


def _counts(chip: Chip, arrays: dict[str, np.ndarray], seen: np.ndarray) -> np.ndarray:
    dq = chip.read_dq()
    charge = np.zeros(dq.size)
    charge[arrays["cr_index"]] = arrays["cr_charge"]
    charge = charge.reshape(dq.shape)
    sigma = np.sqrt(np.maximum(chip.read("ERR").astype(float) ** 2 - charge, chip.read_noise**2))
    flags = (dq & FLAG) > 0
    usable = seen & ((dq & UNUSABLE) == 0)
    defect = (dq & np.uint16(0xFFFF ^ FLAG)) > 0
    for name in ("unflagged_hot", "over_subtracted"):
        if name in arrays:
            defect.ravel()[arrays[name]] = True
    away = flags & usable & ~binary_dilation(defect, np.ones((3, 3)))
    counts = []
    for limit in (5.0, 20.0):
        true = usable & (charge > limit * sigma)
        counts += [(true & flags).sum(), true.sum()]
    return np.array([*counts, (away & (charge >= 1.0)).sum(), away.sum()], float)


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
