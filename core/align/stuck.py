"""Pairs that the detector explains as well as the sky: the same pixels in both exposures.

Hot pixels with a trail, clusters of them and persistence stay at their place of the detector while the stars move over
it. A fit to such pairs takes back what the telescope moved. (Single bright pixels are never paired so, see
`core.align.match`.)
"""

from __future__ import annotations

import numpy as np

from core.align.offset import SAME_PLACE
from core.align.results import Fit, Matches, Sources

LEAST_MOVE = 0.3  # frame pixels that the headers must say: less is no move
NEAR = 0.5  # part of that move by which a defect's two positions may differ


def stuck(image: Sources, reference: Sources, matches: Matches, fit: Fit) -> tuple[float, float]:
    """The part of the used matches that lie on the same pixels though by the headers they should have moved, and the
    median of these moves in frame pixels (0, 0 when there are none)."""
    i, r = matches.image[fit.used], matches.reference[fit.used]
    if not len(i):
        return 0.0, 0.0
    move = np.hypot(image.u[i] - reference.u[r], image.v[i] - reference.v[r])
    with np.errstate(invalid="ignore"):  # sources of catalogs have no place on a detector
        apart = np.hypot(image.x[i] - reference.x[r], image.y[i] - reference.y[r])
        here = (image.extver[i] == reference.extver[r]) & (apart <= np.minimum(SAME_PLACE, NEAR * move))
    here &= move > LEAST_MOVE
    if reference.origin is not None:
        # what a grown reference took in lies where a fit put it: of an exposure of the same visit, whose header is off
        # by as much, all stars would be told to have moved
        here &= reference.origin[r] == 0
    return float(here.mean()), float(np.median(move[here])) if here.any() else 0.0
