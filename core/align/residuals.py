"""What the residuals of a fit tell beyond their rms: means per chip, and trends along the axes of the frame."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from core.align.chance import beyond
from core.align.results import ImageResult

Floats = NDArray[np.float64]

LEAST = 24  # used matches from which on a trend is looked for
GROUPS = 8  # at most; of equally many matches each
POINTS = 33  # of the line that is drawn


@dataclass(frozen=True)
class ChipMean:
    """Mean residual of a chip's used matches, frame pixels, with its standard error (NaN for a single match)."""

    extver: int
    n: int
    dx: float
    dy: float
    error_x: float
    error_y: float


@dataclass(frozen=True, eq=False)
class Trend:
    """Residual `of` ("x" or "y") along the reference position `along` ("x" or "y").

    `at`, `line` (POINTS,) the smoothed residual to draw, 0-based frame pixels and pixels; `centres`, `means`, `errors`
    of groups of equally many matches in order of position; `amplitude` the rms of the means beyond their errors;
    `chance` how often noise alone makes such means.
    """

    of: str
    along: str
    at: Floats
    line: Floats
    centres: Floats
    means: Floats
    errors: Floats
    amplitude: float
    chance: float


def chip_means(image: ImageResult) -> tuple[ChipMean, ...]:
    """Mean residuals by chip, in the order of EXTVER; empty without a fit."""
    fit, matches, sources = image.fit, image.matches, image.sources
    if fit is None or matches is None or sources is None:
        return ()
    extver = sources.extver[matches.image]
    found = []
    for chip in np.unique(extver):
        here = fit.used & (extver == chip)
        n = int(here.sum())
        if n:
            x, y = fit.rx[here], fit.ry[here]
            errors = [float(r.std(ddof=1)) / sqrt(n) if n > 1 else float("nan") for r in (x, y)]
            found.append(ChipMean(int(chip), n, float(x.mean()), float(y.mean()), *errors))
    return tuple(found)


def trends(image: ImageResult) -> tuple[Trend, ...]:
    """The four trends (x, y residual along x, y); empty with fewer than `LEAST` used matches."""
    fit, matches, sources = image.fit, image.matches, image.sources
    if fit is None or matches is None or sources is None or fit.n_used < LEAST:
        return ()
    rows = matches.image[fit.used]
    places = {"x": sources.u[rows], "y": sources.v[rows]}
    residuals = {"x": fit.rx[fit.used], "y": fit.ry[fit.used]}
    return tuple(_trend(of, along, places[along], residuals[of]) for of in residuals for along in places)


def _trend(of: str, along: str, place: Floats, residual: Floats) -> Trend:
    order = np.argsort(place, kind="stable")
    place, residual = place[order], residual[order]
    count = min(GROUPS, len(place) // 8)
    groups = np.array_split(np.arange(len(place)), count)
    centres = np.array([place[g].mean() for g in groups])
    means = np.array([residual[g].mean() for g in groups])
    scatter = float(np.sqrt(np.mean([residual[g].var(ddof=1) for g in groups])))
    errors = np.array([max(scatter, 1e-9) / sqrt(len(g)) for g in groups])
    chi2 = float((((means - np.average(means, weights=errors**-2)) / errors) ** 2).sum())
    at = np.linspace(place[0], place[-1], POINTS)
    return Trend(
        of=of,
        along=along,
        at=at,
        line=_smoothed(place, residual, at),
        centres=centres,
        means=means,
        errors=errors,
        amplitude=sqrt(max(float(np.mean((means - means.mean()) ** 2) - np.mean(errors**2)), 0.0)),
        chance=beyond(max(count - 1, 1), chi2),
    )


def _smoothed(place: Floats, residual: Floats, at: Floats) -> Floats:
    """Mean of the residuals around each point, weighted by a Gaussian an eighth of the range wide."""
    width = max(float(at[-1] - at[0]) / 8.0, 1e-9)
    weights = np.exp(-0.5 * ((at[:, None] - place[None, :]) / width) ** 2)
    return np.asarray((weights @ residual) / weights.sum(axis=1))
