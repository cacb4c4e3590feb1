"""A chip that is off by itself: its stars match, but elsewhere than those of the other chips.

All chips of an exposure get one correction. Where a header update broke off between them, or one has another distortion
solution, the fit follows the chip with more stars, and the other one simply has no matches.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, hypot

import numpy as np

from core.align.match import Placing
from core.align.offset import LARGEST_RADIUS, histogram_planes, peak
from core.align.results import Matches, PeakStatus, Sources
from core.align.sources import chosen

FEWER = 0.5  # of the part that matches in the best chip: less is looked into
LEAST = 8  # sources and pairs of a chip that say something
FARTHER = 2.0  # times the search radius


@dataclass(frozen=True)
class ChipOff:
    """SCI,`extver` lies `distance` frame pixels from where the others put it, by `pairs` of its stars."""

    extver: int
    distance: float
    pairs: int


def chip_off(
    image: Sources, reference: Sources, matches: Matches, placing: Placing, radius: float, tolerance: float
) -> ChipOff | None:
    """The first chip with few matches whose other sources have a peak of their own, more than `tolerance` from the
    fit `placing` and within twice `radius` (frame pixels); None if there is none."""
    chips = np.unique(image.extver)
    counts = {extver: int((image.extver == extver).sum()) for extver in chips.tolist()}
    matched = image.extver[matches.image]
    part = {extver: float((matched == extver).sum()) / n for extver, n in counts.items()}
    for extver, n in counts.items():
        if n < LEAST or part[extver] >= FEWER * max(part.values()):
            continue
        found = _elsewhere(image, reference, matches, placing, extver, radius)
        if found is not None and found.distance > tolerance:
            return found
    return None


def _elsewhere(
    image: Sources, reference: Sources, matches: Matches, placing: Placing, extver: int, radius: float
) -> ChipOff | None:
    """Where the sources of a chip that have no match lie from the reference's that have none."""
    mine, theirs = image.extver == extver, np.ones(len(reference), bool)
    mine[matches.image] = False
    theirs[matches.reference] = False
    placed = placing(np.column_stack([reference.u, reference.v]))
    there = replace(reference, u=placed[:, 0], v=placed[:, 1])
    bins = min(max(1, ceil(FARTHER * radius)), LARGEST_RADIUS)
    # only pairs apart on the detector: its defects are no stars
    sky, _ = histogram_planes(chosen(image, mine), chosen(there, theirs), bins)
    found = peak(sky, bins)
    if found.status is not PeakStatus.GOOD or found.height < LEAST / 2:
        return None
    return ChipOff(extver, hypot(found.x, found.y), found.height)
