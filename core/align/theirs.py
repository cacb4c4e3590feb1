"""Pairs as drizzlepac makes them, for who must repeat an alignment that was made with it.

One pass of xyxymatch (stsci.stimage, algorithm "tolerance") from one start: each reference source takes the nearest
image source, and one image source may serve several. What such pairs may hide is asked for beside them: the ordinary
matching, and how many pairs chance would give in the same way.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.align.match import apart
from core.align.near import Near
from core.align.results import Fit, ImageResult, Matches, Sources, Status, Suggestion
from core.align.settings import ONE_TO_ONE, PER_AXIS, FitParams, MatchParams
from core.align.starts import Start

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ELSEWHERE = 0.25  # pixels at a corner of the image by which the ordinary solution may differ without a doubt


def one_pass(image: Sources, reference: Sources, begin: Start, separation: float) -> Matches:
    """The pairs from `begin`, in the order of the reference sources by y, then x.

    A difference of just the tolerance is a pair; of sources just `separation` apart, or at the same place, one is
    left; of image sources equally near the one that is later by y, then x, is taken. Unlike there more pairs than
    image sources are no error.
    """
    xy, uv = (np.column_stack([one.u, one.v]) + 1.0 for one in (image, reference))
    mine, theirs = (_kept(one, separation) for one in (xy, uv))
    if not len(mine) or not len(theirs):
        return Matches(np.empty(0, np.int64), np.empty(0, np.int64))
    back = mine[::-1]  # of equally near ones the search takes the first
    near = Near.of(xy[back] - np.array([begin.x, begin.y]))
    here = near.nearest(uv[theirs], begin.tolerance * (1.0 + 1e-12))
    return Matches(theirs[here >= 0], back[here[here >= 0]])


def _kept(positions: Floats, separation: float) -> Ints:
    """The sources that stay, by y, then x."""
    rows = np.lexsort((positions[:, 0], positions[:, 1]))
    return np.asarray(rows[apart(positions, max(separation * (1.0 + 2e-12), 1e-100))[rows]])


def by_chance(image: Sources, reference: Sources, matches: Matches, begin: Start) -> float:
    """How many pairs come by chance in this way: the mean number at eight places around, some tolerances away."""
    if not len(image) or not len(reference):
        return 0.0
    xy, uv = (np.column_stack([one.u, one.v]) for one in (image, reference))
    if len(matches):
        uv = uv + np.median(xy[matches.image] - uv[matches.reference], axis=0)
    near, far = Near.of(xy), 6.0 * begin.tolerance + 3.0
    turns = np.pi / 4.0 * np.arange(8) + 0.2
    places = (uv + far * np.array([np.cos(a), np.sin(a)]) for a in turns)
    return float(np.mean([np.count_nonzero(near.nearest(place, begin.tolerance) >= 0) for place in places]))


def manner(matching: MatchParams, fitting: FitParams, matches: Matches) -> str:
    """What a person should know of how pairs and fit were made; "" for the ordinary way."""
    told = []
    if not matching.is_one_to_one:
        _, place, served = np.unique(matches.image, return_inverse=True, return_counts=True)
        shared = int(np.count_nonzero(served[place] > 1)) if len(matches) else 0
        told.append(
            f"Pairs as {matching.matching} makes them, not one to one: {shared} of {len(matches)} share their star "
            f"with another."
        )
    if fitting.clipping == PER_AXIS:
        told.append("Clipped on each axis alone as by drizzlepac, all pairs with the same weight.")
    return " ".join(told)


def beside(result: ImageResult, usual: ImageResult, centre: Floats) -> str:
    """The doubt that the ordinary alignment `usual` casts on one with drizzlepac's pairs; "" for none."""
    if result.fit is None or result.sources is None:
        return ""
    if usual.status is not Status.ALIGNED or usual.fit is None:
        return f"Matched one to one it is not aligned: {usual.reason}"
    away = _apart(result.fit, usual.fit, result.sources, centre)
    if away <= ELSEWHERE:
        return ""
    x, y = usual.fit.shift
    return (
        f"Matched one to one it lies up to {away:.2f} pixels elsewhere: shift ({x:.3f}, {y:.3f}) by "
        f"{usual.fit.n_used} stars."
    )


def advised(result: ImageResult, fixed: bool, one_to_one: bool) -> ImageResult:
    """The result with what may help here: no other tolerance where it is `fixed`, and first to match `one_to_one`."""
    left = tuple(one for one in result.suggestions if not (fixed and "tolerance" in one.changes))
    usual = Suggestion(f"Match one to one: matching = {ONE_TO_ONE}", "tweakreg", {"matching": ONE_TO_ONE})
    return replace(result, suggestions=(usual, *left) if one_to_one else left)


def _apart(one: Fit, other: Fit, sources: Sources, centre: Floats) -> float:
    """The largest distance between two solutions at the corners of an image's sources, frame pixels."""
    u, v = ((float(w.min()), float(w.max())) for w in (sources.u, sources.v))
    corners = np.array([[x, y] for x in u for y in v]) - centre
    gap = corners @ (one.matrix - other.matrix) + one.shift - other.shift
    return float(np.hypot(*gap.T).max())
