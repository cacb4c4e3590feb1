"""The matches of an image as the plots and the table show them, and how they are grouped by look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from core.align.results import Alignment, ImageResult, Why
from ui.views.colors import gradient, plot_colours

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

STEPS = 6
MAD = 1.4826


class State(IntEnum):
    """What became of a match: kept by the fit, dropped by its clipping, left out by the person."""

    USED = 0
    CLIPPED = 1
    EXCLUDED = 2

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, eq=False)
class Residuals:
    """What the residual and vector plots show: positions relative to the frame's CRPIX and residuals, frame
    pixels, for all matches; `used` those kept by the fit; `extver` the chip; `magnitude` instrumental, of the
    image's star (NaN for fluxes that have none); `excluded` those left out by the person (None: none)."""

    x: Floats
    y: Floats
    dx: Floats
    dy: Floats
    used: Bools
    extver: Ints
    magnitude: Floats | None = None
    excluded: Bools | None = None

    @classmethod
    def of(cls, image: ImageResult, alignment: Alignment) -> Residuals | None:
        """The residuals of an image, or None when it has no fit."""
        if image.fit is None or image.matches is None or image.sources is None:
            return None
        reference = alignment.reference if image.reference is None else image.reference
        at = image.matches.reference
        crpix = alignment.frame.crpix
        return cls(
            x=reference.u[at] + 1.0 - crpix[0],
            y=reference.v[at] + 1.0 - crpix[1],
            dx=image.fit.rx,
            dy=image.fit.ry,
            used=image.fit.used,
            extver=image.sources.extver[image.matches.image],
            magnitude=magnitudes(image.sources.flux[image.matches.image]),
            excluded=excluded_of(image),
        )

    @property
    def state(self) -> NDArray[np.int8]:
        """The `State` of every match."""
        state = np.where(self.used, State.USED, State.CLIPPED).astype(np.int8)
        if self.excluded is not None:
            state[self.excluded] = State.EXCLUDED
        return state

    def __len__(self) -> int:
        return len(self.x)


def state_of(image: ImageResult) -> NDArray[np.int8]:
    """The `State` of every match of an image with a fit."""
    assert image.fit is not None
    state = np.where(image.fit.used, State.USED, State.CLIPPED).astype(np.int8)
    excluded = excluded_of(image)
    if excluded is not None:
        state[excluded] = State.EXCLUDED
    return state


def excluded_of(image: ImageResult) -> Bools | None:
    """Which matches the person left out, as the engine tells; None when there are none."""
    why = image.fit.why if image.fit is not None else None
    return None if why is None else np.asarray(why == Why.EXCLUDED)


def magnitudes(flux: Floats) -> Floats:
    """-2.5 log10 of the fluxes; NaN where there is no logarithm."""
    good = flux > 0
    return np.where(good, -2.5 * np.log10(np.where(good, flux, 1.0)), np.nan)


def robust_rms(values: Floats) -> float:
    """1.4826 times the median absolute deviation from the median; NaN for no values."""
    return float(MAD * np.median(np.abs(values - np.median(values)))) if len(values) else float("nan")


@dataclass(frozen=True, eq=False)
class Group:
    """Matches that look alike: of one chip, or of one step of magnitude, and of one state."""

    matches: Ints
    state: State
    chip: int = 0
    step: int = 0

    @property
    def colour(self) -> QColor:
        """In the theme that is worn now."""
        return plot_colours().chip(self.chip) if self.chip else step_colour(self.step)


def groups_of(residuals: Residuals, by_magnitude: bool = False) -> list[Group]:
    """All matches, in the order in which they are drawn: those that the fit used last, on top."""
    state, groups = residuals.state, []
    steps = magnitude_steps(residuals) if by_magnitude else None
    keys = np.unique(residuals.extver) if steps is None else np.arange(STEPS)
    for which in (State.EXCLUDED, State.CLIPPED, State.USED):
        for key in keys.tolist():
            same = residuals.extver == key if steps is None else steps == key
            matches = np.flatnonzero(same & (state == which))
            if len(matches):
                groups.append(Group(matches, which, *((key, 0) if steps is None else (0, key))))
    return groups


def magnitude_steps(residuals: Residuals) -> Ints:
    """0 for the brightest sixth of the matches to 5 for the faintest; those without a magnitude are faintest."""
    magnitude = residuals.magnitude
    if magnitude is None or not len(residuals):
        return np.zeros(len(residuals), dtype=np.int64)
    order = np.argsort(magnitude, kind="stable")  # NaN last
    steps = np.empty(len(order), dtype=np.int64)
    steps[order] = np.arange(len(order)) * STEPS // max(len(order), 1)
    return steps


def step_colour(step: int) -> QColor:
    """The colour of a step of magnitude; the end of the map that the ground would swallow is left out."""
    colours = gradient("Viridis")
    low, high = (70, 254) if plot_colours().dark else (0, 205)
    # bright stars stand out: bright colours on dark ground, dark ones on bright ground
    share = step / (STEPS - 1)
    share = 1.0 - share if plot_colours().dark else share
    red, green, blue = (int(value) for value in colours[round(low + share * (high - low))])
    return QColor(red, green, blue)


@dataclass(frozen=True)
class ChipMean:
    """The mean residual of a chip's used matches, its error and place, frame pixels."""

    extver: int
    count: int
    x: float
    y: float
    dx: float
    dy: float
    error: float

    @property
    def is_off(self) -> bool:
        """Whether the chip lies off by itself: by more than chance (4 sigma) and by what matters (0.01 px)."""
        return bool(np.hypot(self.dx, self.dy) > max(4.0 * self.error, 0.01))


def chip_means(residuals: Residuals) -> list[ChipMean]:
    """One for each chip with at least three used matches."""
    means = []
    for extver in np.unique(residuals.extver).tolist():
        mine = residuals.used & (residuals.extver == extver)
        count = int(mine.sum())
        if count < 3:
            continue
        dx, dy = residuals.dx[mine], residuals.dy[mine]
        error = float(np.hypot(dx.std(), dy.std()) / np.sqrt(2.0 * count))
        place = (float(residuals.x[mine].mean()), float(residuals.y[mine].mean()))
        means.append(ChipMean(extver, count, *place, float(dx.mean()), float(dy.mean()), error))
    return means
