"""Alignment by the pattern of the stars, for headers that are turned or scaled more than a histogram bears.

Triangles of neighbouring bright stars are compared by their three sides in pixels (a KD-tree; the scale is known to
a few parts in a thousand, so lengths say more than the ratios of Groth 1986, AJ 91, 1244, or Valdes et al. 1995,
PASP 107, 1119); every pair of like triangles votes for a rotation and a shift; the places with most votes are
tried on all sources, and the one that matches most wins, if chance cannot explain it and no other place comes near.
Nothing is drawn at random: the same sources give the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import atan2, degrees
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.align.chance import more_than
from core.align.fit import fit
from core.align.match import Placing, apart, nearest
from core.align.near import Near
from core.align.offset import AS_HIGH
from core.align.results import Sources
from core.align.settings import FitParams
from core.align.sources import lone
from core.errors import Refusal

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BRIGHTEST = 120  # sources of each list that make triangles
NEIGHBOURS = 9  # of a source, with which it makes them
LIKE = 1.6  # pixels by which the sides of like triangles may differ, in the space of the three
NOT_EQUAL = 3.0  # pixels by which the sides of a triangle must differ for its corners to have names
VOTE = 8.0  # pixels: votes that move the image's sources by less than this from each other are for the same place
MOST_VOTES = 15_000
TRIED = 12  # places that are tried on all sources
SCALES = 0.01  # largest change of scale
TRIALS = 1e5  # places that chance has
CHANCE = 1e-4


@dataclass(frozen=True, eq=False)
class Pattern:
    """Where the reference lies in the image by the pattern of the stars; `count` matches, of which chance explains
    `expected`; `rot` degrees (-180..180), `scale`; `offset` image - reference in frame pixels at the image's middle."""

    placing: Placing
    count: int
    expected: float
    rot: float
    scale: float
    offset: tuple[float, float]


def pattern(
    image: Sources, reference: Sources, tolerance: float, least: int, centre: Floats
) -> Pattern | None:
    """The placing that the patterns of two lists give, None if none is beyond doubt; `least` matches are needed."""
    xy, uv = _positions(image), _positions(reference)
    if min(len(xy), len(uv)) < max(least, 4):
        return None
    mine = _bright(image, xy, uv)
    theirs = _bright(reference, uv, xy)
    votes = _votes(_Triangles.of(mine), _Triangles.of(theirs))
    if not len(votes):
        return None
    middle = mine.mean(axis=0)
    reach = max(float(np.sqrt(((mine - middle) ** 2).sum(axis=1).mean())), 1.0)
    tried: list[tuple[int, Placing]] = []
    for start in _places(votes, middle, reach, centre):
        placing, count = _settled(xy, uv, start, tolerance, centre)
        if count >= max(least, 4):
            tried.append((count, placing))
    if not tried:
        return None
    tried.sort(key=lambda one: -one[0])
    count, best = tried[0]
    expected = _by_chance(xy, uv, best, tolerance)
    rivals = [n for n, other in tried[1:] if _apart_by(best, other, xy) > 3.0 * tolerance + 3.0]
    if rivals and rivals[0] - expected > AS_HIGH * (count - expected):
        return None
    # any two pairs have a transformation that brings them together
    if more_than(max(count - 3, 0), max(expected, 0.05) * 1.5) * TRIALS > CHANCE:
        return None
    return _described(best, count, expected, xy, centre)


def _described(best: Placing, count: int, expected: float, xy: Floats, centre: Floats) -> Pattern:
    middle = xy.mean(axis=0)
    back = (middle - centre - best.shift) @ np.linalg.inv(best.matrix) + centre
    m = best.matrix
    return Pattern(
        placing=best,
        count=count,
        expected=expected,
        rot=degrees(atan2(m[1, 0] - m[0, 1], m[0, 0] + m[1, 1])),
        scale=float(np.sqrt(abs(np.linalg.det(m)))),
        offset=(float(middle[0] - back[0]), float(middle[1] - back[1])),
    )


def _positions(sources: Sources) -> Floats:
    """The positions that may match: no single bright pixels, one of each close pair."""
    xy = np.column_stack([sources.u, sources.v])[~lone(sources)]
    return xy[apart(xy, 0.5)]


def _bright(sources: Sources, xy: Floats, other: Floats) -> Floats:
    """The brightest sources where both lists may have some: within the circle around the other list, and around
    this one's if that leaves too few. Magnitudes (no count is ever below 50 in all sources) are bright when small."""
    all_xy = np.column_stack([sources.u, sources.v])
    keep = ~lone(sources)
    middle = other.mean(axis=0)
    radius = float(np.hypot(*(other - middle).T).max())
    near = np.hypot(*(all_xy - middle).T) <= 1.05 * radius
    if (keep & near).sum() >= 10:
        keep &= near
    rows = np.nonzero(keep)[0]
    flux = sources.flux[rows]
    if np.isfinite(flux).all() and len(flux):
        sign = 1.0 if flux.min() < 50.0 and flux.max() < 50.0 else -1.0
        rows = rows[np.argsort(sign * flux, kind="stable")]
    chosen = all_xy[np.sort(rows[:BRIGHTEST])]
    return chosen[apart(chosen, 2.0)]


@dataclass(frozen=True, eq=False)
class _Triangles:
    """Triangles with corners in the order of the sides that face them, longest first: `sides` (n, 3), `corners`
    (n, 3, 2), `turn` the sign of their area."""

    sides: Floats
    corners: Floats
    turn: Floats

    @classmethod
    def of(cls, points: Floats) -> _Triangles:
        """Every point with pairs of its neighbours, each triangle once; those with two nearly equal sides left out."""
        k = min(NEIGHBOURS + 1, len(points))
        _, near = _tree(points).query(points, k=k)
        pairs = np.array(list(combinations(range(1, k), 2)), np.int64).reshape(-1, 2)
        first = np.repeat(np.arange(len(points)), len(pairs))
        others = near[:, pairs].reshape(-1, 2)
        which = np.unique(np.sort(np.column_stack([first, others]), axis=1), axis=0)
        p = points[which]
        sides = np.stack([np.hypot(*(p[:, (i + 1) % 3] - p[:, (i + 2) % 3]).T) for i in range(3)], axis=1)
        order = np.argsort(-sides, axis=1, kind="stable")
        sides = np.take_along_axis(sides, order, axis=1)
        p = np.take_along_axis(p, order[:, :, None], axis=1)
        good = (sides[:, 0] - sides[:, 1] > NOT_EQUAL) & (sides[:, 1] - sides[:, 2] > NOT_EQUAL)
        sides, p = sides[good], p[good]
        one, two = p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]
        area = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
        return cls(sides, p, np.sign(area))


def _tree(points: Floats) -> cKDTree:
    from scipy.spatial import cKDTree  # few images need a pattern, and it takes long to be imported

    return cKDTree(points)


def _votes(mine: _Triangles, theirs: _Triangles) -> Floats:
    """(n, 4) a, b, tx, ty of xy = uv [[a, -b], [b, a]] + t from every pair of like triangles."""
    if not len(mine.sides) or not len(theirs.sides):
        return np.empty((0, 4))
    lists = _tree(theirs.sides).query_ball_point(mine.sides, LIKE + SCALES * 0.1 * mine.sides[:, 0])
    counts = np.array([len(found) for found in lists])
    if not counts.any():
        return np.empty((0, 4))
    i = np.repeat(np.arange(len(lists)), counts)
    j = np.concatenate([np.sort(found) for found in lists]).astype(np.int64)
    every = -(-len(i) // MOST_VOTES)  # in a regular pattern each triangle is like hundreds of others
    i, j = i[::every], j[::every]
    same = mine.turn[i] == theirs.turn[j]
    x, u = mine.corners[i[same]], theirs.corners[j[same]]
    xc, uc = x.mean(axis=1), u.mean(axis=1)
    dx, du = x - xc[:, None], u - uc[:, None]
    norm = (du**2).sum(axis=(1, 2))
    a = (dx * du).sum(axis=(1, 2)) / norm
    b = (dx[:, :, 0] * du[:, :, 1] - dx[:, :, 1] * du[:, :, 0]).sum(axis=1) / norm
    t = xc - np.column_stack([a * uc[:, 0] + b * uc[:, 1], -b * uc[:, 0] + a * uc[:, 1]])
    votes = np.column_stack([a, b, t])
    return np.asarray(votes[np.abs(np.hypot(a, b) - 1.0) < 3.0 * SCALES])


def _places(votes: Floats, middle: Floats, reach: float, centre: Floats) -> list[Placing]:
    """The transformations with most votes around them, most first."""
    turn = np.arctan2(votes[:, 1], votes[:, 0])
    # where the sources near the middle of the image come from, and how far a turn moves those at its rim
    back = _back(votes, middle)
    space = np.column_stack([reach * np.cos(turn), reach * np.sin(turn), back])
    tree = _tree(space)
    counts = np.array(tree.query_ball_point(space, VOTE, return_length=True))
    places: list[Placing] = []
    free = np.ones(len(votes), bool)
    while len(places) < TRIED and free.any():
        top = int(np.argmax(np.where(free, counts, -1)))
        if counts[top] < 2 and places:
            break
        near = np.array(tree.query_ball_point(space[top], VOTE), np.int64)
        a, b = np.median(votes[near, :2], axis=0) / np.hypot(*np.median(votes[near, :2], axis=0))
        matrix = np.array([[a, -b], [b, a]])
        source = np.median(back[near], axis=0)
        shift = middle - centre - (source - centre) @ matrix
        places.append(Placing(matrix, shift, centre))
        free[np.array(tree.query_ball_point(space[top], 2.0 * VOTE), np.int64)] = False
    return places


def _back(votes: Floats, middle: Floats) -> Floats:
    """(n, 2) reference positions that each vote puts at `middle`."""
    a, b = votes[:, 0], votes[:, 1]
    norm = a**2 + b**2
    d = middle - votes[:, 2:]
    return np.column_stack([(a * d[:, 0] - b * d[:, 1]) / norm, (b * d[:, 0] + a * d[:, 1]) / norm])


def _settled(xy: Floats, uv: Floats, start: Placing, tolerance: float, centre: Floats) -> tuple[Placing, int]:
    """The placing fitted to all the sources that it brings together, and how many lie within the tolerance."""
    near = Near.of(xy)
    placing = start
    for reach in (6.0, 4.0, 2.0, 1.0, 1.0):
        pairs = nearest(near, xy, placing(uv), max(reach, 1.0) * tolerance)
        if len(pairs) < 4:
            return placing, 0
        try:
            made = fit(
                xy[pairs[:, 1]] - centre, uv[pairs[:, 0]] - centre, FitParams("rscale", 5, 2.5, minobj=4)
            )
        except Refusal:
            return placing, 0
        placing = Placing(made.matrix, made.shift, centre)
    if abs(np.sqrt(abs(np.linalg.det(placing.matrix))) - 1.0) > SCALES:
        return placing, 0
    return placing, len(nearest(near, xy, placing(uv), tolerance))


def _by_chance(xy: Floats, uv: Floats, placing: Placing, tolerance: float) -> float:
    """The mean number of matches at eight places around, some tolerances away."""
    near, placed = Near.of(xy), placing(uv)
    far = 6.0 * tolerance + 3.0
    turns = np.pi / 4.0 * np.arange(8) + 0.2
    moves = far * np.column_stack([np.cos(turns), np.sin(turns)])
    return float(np.mean([len(nearest(near, xy, placed + move, tolerance)) for move in moves]))


def _apart_by(one: Placing, other: Placing, xy: Floats) -> float:
    """How far two placings put the same positions from each other on the whole, in pixels."""
    corners = np.array(
        [[x, y] for x in (xy[:, 0].min(), xy[:, 0].max()) for y in (xy[:, 1].min(), xy[:, 1].max())]
    )
    return float(np.sqrt(((one(corners) - other(corners)) ** 2).sum(axis=1).mean()))
