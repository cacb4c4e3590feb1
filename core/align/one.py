"""One image against the reference: offset, match, fit, and the verdict on each; every step remembered."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np

from core.align.choices import Choice
from core.align.fit import fit
from core.align.match import match
from core.align.offset import offset
from core.align.peaks import chosen_peak
from core.align.refer import Reference
from core.align.results import Bools, Fit, ImageResult, Matches, Offset, Sources, Status
from core.align.settings import FitParams, MatchParams
from core.align.sources import fit_positions, pair_variances
from core.align.update import corrected
from core.align.verdict import Verdict, judge
from core.data.chipwcs import ChipWCS
from core.errors import Refusal
from core.runs.memory import Memory


@dataclass(frozen=True, eq=False)
class One:
    """An image that is to be aligned; `key` names its sources in the memory, `chips` are its present WCSs."""

    sources: Sources
    key: Hashable
    reference: Reference
    chips: dict[int, ChipWCS]
    choice: Choice

    @property
    def pair(self) -> Hashable:
        return self.key, self.reference.key

    def excluded(self, matches: Matches) -> Bools:
        """Which matches the person took out."""
        numbers = self.sources.number[matches.image]
        return np.isin(numbers, np.fromiter(self.choice.excluded, np.int64))


class Aligner:
    """Aligns images in one frame with the same parameters."""

    def __init__(self, matching: MatchParams, fitting: FitParams, frame: ChipWCS, memory: Memory) -> None:
        self.matching = matching
        self.fitting = fitting
        self.frame = frame
        self.memory = memory

    def aligned(self, made: ImageResult, one: One) -> ImageResult:
        """`made` with offset, matches, fit and new WCSs, as far as one gets, and the verdict."""
        matching = self._matching(one.choice)
        found = self._offset(one, matching)
        made = replace(made, offset=found)
        verdict = judge(matching, offset=found)
        if verdict is not None:
            return failed(made, verdict)
        matches = self._match(one, found, matching)
        made = replace(made, matches=matches)
        left = _left(matches, one.excluded(matches))
        verdict = judge(matching, matches=left, image=one.sources, reference=one.reference.sources)
        if verdict is not None:
            return failed(made, verdict)
        try:
            fitted = self._fit(one, matches, matching)
        except Refusal as refusal:
            return replace(made, status=Status.FAILED, reason=refusal.what, advice=refusal.advice)
        made = replace(made, fit=fitted)
        verdict = judge(matching, fit=fitted)
        if verdict is not None:
            return failed(made, verdict)
        new = {extver: corrected(wcs, self.frame, fitted) for extver, wcs in one.chips.items()}
        return replace(made, status=Status.ALIGNED, new_wcs=new)

    def _matching(self, choice: Choice) -> MatchParams:
        if choice.wider is None:
            return self.matching
        return replace(self.matching, searchrad=self.matching.searchrad * choice.wider)

    def _offset(self, one: One, m: MatchParams) -> Offset:
        reads = (m.use2dhist, m.searchrad, m.searchunits) if m.use2dhist else (False, m.xoffset, m.yoffset)
        found = self.memory.recall(
            "offset",
            (one.pair, reads),
            lambda: offset(one.sources, one.reference.sources, m, self.frame.scale),
        )
        return found if one.choice.offset is None else chosen_peak(found, *one.choice.offset)

    def _match(self, one: One, found: Offset, matching: MatchParams) -> Matches:
        # the rounds of matching use a fit of their own: nclip and sigma must not change the pairs
        inner = FitParams(self.fitting.fitgeometry, minobj=4)
        key = (one.pair, matching, self.fitting.fitgeometry, one.choice.offset)
        centre = self.frame.crpix - 1.0
        return self.memory.recall(
            "match", key, lambda: match(one.sources, one.reference.sources, found, matching, inner, centre)
        )

    def _fit(self, one: One, matches: Matches, matching: MatchParams) -> Fit:
        image, reference = one.sources, one.reference.sources
        centre = self.frame.crpix - 1.0
        xy = fit_positions(image)[matches.image] - centre
        uv = fit_positions(reference)[matches.reference] - centre
        out = one.excluded(matches)
        key = (one.pair, matching, self.fitting, one.choice.offset, out.tobytes())
        return self.memory.recall(
            "fit",
            key,
            lambda: fit(xy, uv, self.fitting, pair_variances(image, reference, matches), out),
        )


def failed(made: ImageResult, verdict: Verdict) -> ImageResult:
    """The image's result so far as a failure with its reason."""
    return replace(made, status=Status.FAILED, reason=verdict.reason, advice=verdict.advice)


def _left(matches: Matches, out: Bools) -> Matches:
    return matches if not out.any() else Matches(matches.reference[~out], matches.image[~out])
