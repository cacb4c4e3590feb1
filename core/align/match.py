"""Pairs of image and reference sources, one to one, nearest within the tolerance.

drizzlepac matches once, with the initial offset as it comes: half a pixel of bin rounding and a roll of 0.01
degrees (0.35 pixel at 2000 pixels) lose matches at a tolerance of 1 pixel, and one source may serve several.
Here the fitted transformation takes the place of the offset and the match is repeated until it stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.align.chance import more_than
from core.align.fit import LEAST, fit
from core.align.near import Near
from core.align.offset import SAME_PLACE
from core.align.results import Matches, Offset, Sources
from core.align.settings import FitParams, MatchParams
from core.align.sources import lone
from core.errors import Refusal

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

ROUNDS = 8
CHANCE = 1e-4


@dataclass(frozen=True, eq=False)
class Placing:
    """xy = uv M + t about `centre` (0-based frame pixels): where reference sources lie in the image's positions."""

    matrix: Floats
    shift: Floats
    centre: Floats

    @classmethod
    def at(cls, x: float, y: float, centre: Floats) -> Placing:
        return cls(np.eye(2), np.array([x, y]), centre)

    def __call__(self, uv: Floats) -> Floats:
        return np.asarray((uv - self.centre) @ self.matrix + self.shift + self.centre)


def match(
    image: Sources,
    reference: Sources,
    offset: Offset,
    params: MatchParams,
    fitting: FitParams,
    centre: Floats,
    start: Placing | None = None,
) -> Matches:
    """Match an image to the reference, beginning at `start` or `offset`; `centre` is the frame's CRPIX, 0-based.

    First the offset is refined on the pairs themselves, then matching and fitting take turns until the pairs
    stay the same. The pairs may be fewer than `minobj`: the caller judges.
    """
    xy = np.column_stack([image.u, image.v])
    uv = np.column_stack([reference.u, reference.v])
    mine, theirs = apart(xy, params.separation), apart(uv, params.separation)
    xy_kept, uv_kept = np.nonzero(mine)[0], np.nonzero(theirs)[0]
    if not len(xy_kept) or not len(uv_kept):
        return Matches(np.empty(0, np.int64), np.empty(0, np.int64))
    xy, uv = xy[xy_kept], uv[uv_kept]
    near = Near.of(xy)
    placing = start or Placing.at(*_refined(near, xy, uv, offset, params.tolerance), centre)
    pairs = nearest(near, xy, placing(uv), params.tolerance)
    for _ in range(ROUNDS):
        placed = _placed(xy, uv, pairs, fitting, centre)
        if placed is None:
            break
        placing = placed
        again = nearest(near, xy, placing(uv), params.tolerance)
        if np.array_equal(again, pairs):
            break
        pairs = again
    return _of_the_sky(Matches(uv_kept[pairs[:, 0]], xy_kept[pairs[:, 1]]), image, reference)


def _of_the_sky(matches: Matches, image: Sources, reference: Sources) -> Matches:
    """Without the pairs of single bright pixels at the same place of the detector."""
    i, r = matches.image, matches.reference
    stuck = (image.extver[i] == reference.extver[r]) & lone(image)[i] & lone(reference)[r]
    stuck &= np.hypot(image.x[i] - reference.x[r], image.y[i] - reference.y[r]) <= SAME_PLACE
    return Matches(r[~stuck], i[~stuck])


def nearest(near: Near, xy: Floats, expected: Floats, tolerance: float) -> Ints:
    """Pairs (reference, image) that are each other's nearest and at most `tolerance` apart, in reference order.

    `near` are the image's positions `xy` (n, 2), `expected` (m, 2) where the reference's should be among them.
    """
    reach = tolerance * (1.0 + 1e-12)
    here = near.nearest(expected, reach)
    found = np.nonzero(here >= 0)[0]
    there = Near.of(expected[found]).nearest(xy[here[found]], reach)
    mutual = there == np.arange(len(found))
    return np.column_stack([found[mutual], here[found][mutual]])


def apart(positions: Floats, separation: float) -> Bools:
    """Which positions stay when, of two closer than `separation`, the later by y, then x, is dropped."""
    keep = np.ones(len(positions), bool)
    if separation <= 0 or len(positions) < 2:
        return keep
    pairs = Near.of(positions).pairs(separation * (1.0 - 1e-12))
    rank = np.empty(len(positions), np.int64)
    rank[np.lexsort((positions[:, 0], positions[:, 1]))] = np.arange(len(positions))
    ordered = np.sort(rank[pairs], axis=1)
    back = np.argsort(rank)
    for first, later in ordered[np.lexsort((ordered[:, 1], ordered[:, 0]))]:
        if keep[back[first]]:
            keep[back[later]] = False
    return keep


def chance_matches(image: Sources, reference: Sources, matches: Matches, tolerance: float) -> float:
    """How many matches would come by chance: the mean number at eight places around, some tolerances away."""
    if not len(image) or not len(reference):
        return 0.0
    xy = np.column_stack([image.u, image.v])
    uv = np.column_stack([reference.u, reference.v])
    if len(matches):
        uv = uv + np.median(xy[matches.image] - uv[matches.reference], axis=0)
    near = Near.of(xy)
    far = 6.0 * tolerance + 3.0
    turns = np.pi / 4.0 * np.arange(8) + 0.2
    counts = [len(nearest(near, xy, uv + far * np.array([np.cos(a), np.sin(a)]), tolerance)) for a in turns]
    return float(np.mean(counts))


def listed_twice(
    image: Sources, reference: Sources, matches: Matches, placing: Placing, params: MatchParams
) -> float:
    """The part of the matched image sources with no other near at which two reference sources or more are expected,
    within `twin_reach`; 0 where a crowded reference explains it. What `separation` drops does not count."""
    if not len(matches):
        return 0.0
    xy = np.column_stack([image.u, image.v])
    uv = np.column_stack([reference.u, reference.v])
    listed = Near.of(placing(uv[apart(uv, params.separation)]))
    mine = xy[matches.image]
    reach = twin_reach(params.tolerance)
    alone = Near.of(xy).count(mine, reach) == 1
    twice = alone & (listed.count(mine, reach) >= 2)
    away = mine + (4.0 * reach + 3.0) * np.array([0.6, 0.8])
    crowded = float(np.mean(listed.count(away, reach) >= 1))
    part = float(twice.mean())
    return part if part > 3.0 * crowded else 0.0


def twin_reach(tolerance: float) -> float:
    """How far from a source the two entries of one reference star may lie to confuse its match, in pixels."""
    return 2.0 * tolerance + 0.5


def beats_chance(count: int, expected: float) -> bool:
    """Whether `count` matches are more than chance gives, for which `expected` is the mean."""
    return more_than(max(count - 1, 0), max(expected, 0.05) * 1.5) < CHANCE


def _refined(near: Near, xy: Floats, uv: Floats, offset: Offset, tolerance: float) -> tuple[float, float]:
    """The offset moved to the median of the pairs near it: the histogram knows it to half a bin only."""
    place = np.array([offset.x, offset.y])
    for reach in (tolerance + 1.0, tolerance + 0.5):
        pairs = nearest(near, xy, uv + place, reach)
        if len(pairs) < 3:
            break
        differences = xy[pairs[:, 1]] - uv[pairs[:, 0]]
        place = np.median(differences, axis=0)
    return float(place[0]), float(place[1])


def _placed(xy: Floats, uv: Floats, pairs: Ints, fitting: FitParams, centre: Floats) -> Placing | None:
    """The fit to the present pairs; None when they do not carry one."""
    if len(pairs) < max(LEAST[fitting.fitgeometry] + 1, 4):
        return None
    try:
        made = fit(xy[pairs[:, 1]] - centre, uv[pairs[:, 0]] - centre, fitting)
    except Refusal:
        return None
    return Placing(made.matrix, made.shift, centre)
