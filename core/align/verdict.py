"""Whether an image is aligned: every condition, with the reason and what to try, in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.align.match import beats_chance
from core.align.pattern import Pattern
from core.align.results import Fit, Matches, Offset, PeakStatus, Sources
from core.align.settings import MatchParams

LARGEST_SCALE_CHANGE = 0.02
LARGEST_TURN = 2.0  # degrees; a header that is off by more is not a pointing error


@dataclass(frozen=True)
class Verdict:
    """Why an image is not aligned, and what to change; `kind` is what `core.align.suggest` goes by."""

    reason: str
    advice: str
    kind: str = ""


def too_few_sources(sources: Sources, minobj: int) -> Verdict | None:
    """An image needs `minobj` sources, at least one."""
    if len(sources) >= max(1, minobj):
        return None
    count = len(sources)
    many = "No source is" if not count else "Only 1 source is" if count == 1 else f"Only {count} sources are"
    return Verdict(
        f"{many} found, {max(1, minobj)} are needed (minobj).",
        "a lower threshold or a smaller minobj.",
        "sources",
    )


def judge(
    params: MatchParams,
    *,
    offset: Offset | None = None,
    matches: Matches | None = None,
    expected: Callable[[], float] = lambda: 0.0,
    fit: Fit | None = None,
) -> Verdict | None:
    """The objection to the step whose result is given, or None; `expected` tells how many matches chance gives."""
    if offset is not None:
        return _judge_offset(params, offset)
    if matches is not None:
        return _judge_matches(params, matches, expected)
    return _judge_fit(fit) if fit is not None else None


def _judge_offset(params: MatchParams, offset: Offset) -> Verdict | None:
    units = "arcsec" if params.searchunits == "arcseconds" else "pixels"
    radius = f"searchrad ({params.searchrad:g} {units})"
    if offset.status is PeakStatus.NO_DATA:
        return Verdict(
            f"No source lies within {radius} of a reference source.",
            "a larger searchrad; check that the images overlap.",
            "no pairs",
        )
    if offset.status is PeakStatus.BAD_FIT:
        return Verdict(
            f"The 2D histogram has no significant peak within {radius}: {offset.height} pairs in "
            f"the bin of the best place, {offset.second} in another.",
            "a larger searchrad, a threshold that gives more stars in common, or dqbits to leave out bad pixels.",
            "no peak",
        )
    if offset.status is PeakStatus.EDGE:
        return Verdict(
            f"The peak of the 2D histogram lies at its edge ({offset.x:+.1f}, {offset.y:+.1f} pixels).",
            "a larger searchrad.",
            "edge",
        )
    if offset.status is PeakStatus.AMBIGUOUS:
        return Verdict(
            f"The 2D histogram has two peaks alike: at ({offset.x:+.1f}, {offset.y:+.1f}) and at "
            f"({offset.rival_x:+.1f}, {offset.rival_y:+.1f}) pixels, which stands out {offset.rival:.0%} as much.",
            "choosing the right peak by hand, or a searchrad that holds only one.",
            "ambiguous",
        )
    return None


def judge_pattern(params: MatchParams, found: Pattern, scale: float) -> Verdict | None:
    """The objection to what the pattern of the stars says, in a frame of `scale` arcsec; None if it may be used."""
    x, y = found.offset
    if abs(found.rot) > LARGEST_TURN:
        return Verdict(
            f"{found.count} stars match only{_turned(found.rot)}: the header's orientation is wrong.",
            "the orientation in the header (CD matrix, ORIENTAT), or fetch the exposure again.",
            "turned",
        )
    if np.hypot(x, y) > params.radius(scale):
        return Verdict(
            f"{found.count} stars match {np.hypot(x, y) * scale:.2f} arcsec away ({x:+.1f}, {y:+.1f} pixels"
            f"{_turned(found.rot)}), beyond searchrad.",
            "a larger searchrad.",
            "beyond",
        )
    return None


def mirrored(found: Pattern) -> Verdict:
    """The objection when the stars match only the mirror image of the reference's."""
    return Verdict(
        f"{found.count} stars match only mirrored: the parity of the header or of the catalog is wrong.",
        "the signs of the CD matrix, and the columns of the catalog (RA grows to the east).",
        "mirrored",
    )


def _turned(rot: float) -> str:
    return f" turned by {rot:.2f} degrees" if abs(rot) > 0.05 else ""


def _judge_matches(params: MatchParams, matches: Matches, expected: Callable[[], float]) -> Verdict | None:
    if len(matches) < max(1, params.minobj):
        return Verdict(
            f"Only {_counted(matches)}, {max(1, params.minobj)} are needed (minobj).",
            "a lower threshold, a larger tolerance or a smaller minobj.",
            "matches",
        )
    by_chance = expected()
    if not beats_chance(len(matches), by_chance):
        return Verdict(
            f"{_counted(matches)}: no more than chance gives (about {by_chance:.0f}).",
            "a smaller tolerance, a higher threshold, or use2dhist = yes with a larger searchrad.",
            "chance",
        )
    return None


def _counted(matches: Matches) -> str:
    return "1 match" if len(matches) == 1 else f"{len(matches)} matches"


def _judge_fit(fit: Fit) -> Verdict | None:
    if not np.isfinite(fit.matrix).all() or not np.isfinite(fit.shift).all():
        return Verdict("The fit has no finite result.", "fitgeometry = shift.", "implausible")
    if np.linalg.det(fit.matrix) < 0 or abs(fit.scale - 1.0) > LARGEST_SCALE_CHANGE:
        return Verdict(
            f"The fit is not plausible: scale {fit.scale:.4f}.",
            "fitgeometry = shift, or a smaller tolerance and searchrad.",
            "implausible",
        )
    return None
