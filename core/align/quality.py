"""What speaks against an alignment that came through: each doubt in words, from what a person would look at."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray

from core.align.chipoff import ChipOff
from core.align.match import twin_reach
from core.align.residuals import trends
from core.align.results import Fit, ImageResult, PeakStatus, Why
from core.align.settings import MatchParams

Floats = NDArray[np.float64]

FEW = 8  # stars that carry a fit without doubt
RIVAL = 0.45  # of the peak: what another place may stand out
SCATTER = 0.3  # of the tolerance: rms per axis; matches by chance have 0.5
CLIPPED = 0.5  # part of the matches that clipping may take
TWICE = 0.3  # part of the matched stars at which two reference sources lie
STUCK = 0.5  # part of the used matches that may lie on the same pixels of the detector
TREND = 0.1  # pixels
TREND_BY_CHANCE = 1e-6
UNCERTAIN = 0.12  # pixels at the corner of the image where the fit is worst known
TURN, GROWTH = 0.1, 1.5e-3  # degrees and relative scale that no guide star explains


@dataclass(frozen=True)
class Doubt:
    """A doubt in words; `kind` is what `core.align.suggest` goes by."""

    kind: str
    text: str


def doubts(
    image: ImageResult,
    matching: MatchParams,
    centre: Floats,
    *,
    confirmed: bool = False,
    twice: float = 0.0,
    fixed: tuple[float, float] = (0.0, 0.0),
    off: ChipOff | None = None,
) -> tuple[Doubt, ...]:
    """All doubts about an aligned image, gravest first; `centre` is the frame's CRPIX, 0-based; `confirmed` when the
    pattern of the stars says the same; `twice` the part of the matches whose star the reference lists twice; `fixed`
    what `core.align.stuck` says, `off` a chip that is off by itself."""
    fit, matches, offset = image.fit, image.matches, image.offset
    if fit is None or matches is None or image.sources is None:
        return ()
    found: list[Doubt] = []
    if fixed[0] > STUCK:
        found.append(
            Doubt(
                "stuck",
                f"{fixed[0]:.0%} of the matches lie on the same pixels of the detector, though by the headers the "
                f"stars moved by {fixed[1]:.1f} pixels: hot pixels and persistence do so.",
            )
        )
    if off is not None:
        found.append(
            Doubt(
                "chip",
                f"Stars of SCI,{off.extver} match {off.distance:.1f} pixels from where the other chips put them: "
                "their WCSs do not belong together.",
            )
        )
    by_hand = offset is None or offset.status is not PeakStatus.GOOD
    if offset is not None and not by_hand and not confirmed and offset.rival > RIVAL:
        found.append(
            Doubt(
                "peak",
                f"Another place of the 2D histogram stands out {offset.rival:.0%} as much as the peak.",
            )
        )
    if fit.n_used < FEW:
        found.append(Doubt("few", f"Only {fit.n_used} stars carry the fit."))
    if twice > TWICE:
        found.append(
            Doubt(
                "twice",
                f"The reference lists stars twice: {twice:.0%} of the matched ones have two entries "
                f"within {twin_reach(matching.tolerance):g} pixels.",
            )
        )
    rms = hypot(fit.rms_x, fit.rms_y) / sqrt(2.0)
    if rms > SCATTER * matching.tolerance:
        found.append(
            Doubt(
                "scatter",
                f"The residuals scatter by {rms:.2f} pixels, nearly as far as the tolerance allows.",
            )
        )
    left = len(matches) if fit.why is None else int((fit.why != Why.EXCLUDED).sum())
    if fit.n_used < CLIPPED * left:
        found.append(Doubt("clipped", f"Clipping left only {fit.n_used} of {left} matches."))
    found += _of_the_fit(fit, _worst_error(fit, image, centre), confirmed)
    found += [
        Doubt("trend", f"The {t.of} residuals change along {t.along} by {t.amplitude:.2f} pixels.")
        for t in trends(image)
        if t.amplitude > TREND and t.chance < TREND_BY_CHANCE
    ]
    return tuple(found)


def _of_the_fit(fit: Fit, worst: float, confirmed: bool) -> list[Doubt]:
    found = []
    if worst > UNCERTAIN:
        found.append(
            Doubt("uncertain", f"At the rim of the image the fit is uncertain by {worst:.2f} pixels.")
        )
    if not confirmed and (abs(fit.turn) > TURN or abs(fit.scale - 1.0) > GROWTH):
        found.append(
            Doubt(
                "unusual",
                f"The header would be off by a turn of {fit.turn:.3f} degrees and a scale of {fit.scale:.5f}: "
                f"more than the pointing of a telescope explains.",
            )
        )
    return found


def _worst_error(fit: Fit, image: ImageResult, centre: Floats) -> float:
    """The largest standard error of the fit at the corners of the image's sources, frame pixels; 0 if unknown."""
    sources = image.sources
    if sources is None or fit.covariance is None or not np.isfinite(fit.covariance).all():
        return 0.0
    u, v = ((float(w.min()), float(w.max())) for w in (sources.u, sources.v))
    return max(hypot(*fit.position_error(np.array([x, y]) - centre)) for x in u for y in v)
