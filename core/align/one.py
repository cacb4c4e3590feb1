"""One image against the reference: offset, match, fit, and the verdict on each; every step remembered."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.align.chipoff import ChipOff, chip_off
from core.align.choices import Choice
from core.align.fit import fit
from core.align.match import Placing, chance_matches, listed_twice, match
from core.align.offset import offset
from core.align.pattern import Pattern, pattern
from core.align.peaks import chosen_peak
from core.align.quality import doubts
from core.align.refer import Reference
from core.align.results import Bools, Fit, ImageResult, Matches, Offset, PeakStatus, Sources, Status
from core.align.settings import ONE_TO_ONE, PER_AXIS, FindParams, FitParams, MatchParams
from core.align.sources import fit_positions, pair_variances
from core.align.stuck import stuck
from core.align.suggest import Advisor
from core.align.update import corrected
from core.align.verdict import Verdict, judge, judge_pattern, mirrored
from core.data.chipwcs import ChipWCS
from core.errors import Refusal
from core.runs.memory import Memory

if TYPE_CHECKING:
    from core.align.starts import Start


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

    def __init__(
        self, matching: MatchParams, fitting: FitParams, find: FindParams, frame: ChipWCS, memory: Memory
    ):
        self.matching = matching
        self.fitting = fitting
        self.find = find
        self.frame = frame
        self.memory = memory
        self.centre = frame.crpix - 1.0

    def aligned(self, made: ImageResult, one: One) -> ImageResult:
        """`made` with offset, matches, fit, new WCSs and quality, as far as one gets, and the verdict.

        Where the histogram fails or leaves doubts the pattern of the stars is asked. It takes the histogram's place if
        it matches more stars; if it lies beyond what the parameters allow, the image fails and the reason says so.
        """
        matching = self._matching(one.choice)
        if not matching.is_one_to_one:
            return self._as_drizzlepac(made, one, matching)
        found = self._offset(one, matching)
        made = replace(made, offset=found)
        verdict = judge(matching, offset=found)
        plain = self._finished(made, one, matching, None) if verdict is None else None
        if plain is None:
            assert verdict is not None
            plain = self.refused(made, verdict, matching)
        if not self._in_doubt(plain, one, matching):
            return plain
        other = self._pattern(one, matching)
        if other is None:
            return self._or_mirrored(plain, one, matching)
        objection = judge_pattern(matching, other, self.frame.scale)
        if objection is not None:
            return self._beyond(plain, other, objection, matching)
        offset_now = replace(chosen_peak(found, *other.offset), status=PeakStatus.PATTERN)
        turned = self._finished(replace(made, offset=offset_now), one, matching, other.placing)
        return _better(plain, turned, self._confirmed(plain, one, matching))

    def _as_drizzlepac(self, made: ImageResult, one: One, matching: MatchParams) -> ImageResult:
        """With the start and the pairs of a version of drizzlepac. The ordinary way is gone beside it: where that fails
        or ends elsewhere, it is a doubt."""
        from core.align.theirs import advised, beside

        found, begin = self._offset(one, matching), self._start(one, matching)
        verdict = judge(matching, offset=found) if found.status is PeakStatus.NO_DATA else None
        if verdict is not None:
            return self.refused(replace(made, offset=found), verdict, matching)
        made_so = replace(made, offset=replace(found, x=begin.x, y=begin.y))
        result = self._finished(made_so, one, replace(matching, tolerance=begin.tolerance), None)
        fixed = begin.tolerance != matching.tolerance
        if result.status is not Status.ALIGNED:
            return advised(result, fixed, one_to_one=True)
        ways = replace(self.matching, matching=ONE_TO_ONE), replace(self.fitting, clipping="radial")
        usual = Aligner(*ways, self.find, self.frame, self.memory).aligned(made, one)
        doubt = beside(result, usual, self.centre)
        if doubt:
            result = replace(result, quality="doubtful", doubts=(*result.doubts, doubt))
        return advised(result, fixed, one_to_one=bool(doubt))

    def refused(
        self, made: ImageResult, verdict: Verdict, matching: MatchParams | None = None
    ) -> ImageResult:
        """The image's result so far as a failure, with its reason and what may help."""
        advisor = Advisor(self.find, matching or self.matching, self.fitting, self.frame.scale)
        return replace(
            made,
            status=Status.FAILED,
            reason=verdict.reason,
            advice=verdict.advice,
            suggestions=advisor.suggestions((verdict.kind,), made),
        )

    def _finished(
        self, made: ImageResult, one: One, matching: MatchParams, start: Placing | None
    ) -> ImageResult:
        """Matches, fit and verdicts, beginning at the offset of `made` or at `start`."""
        assert made.offset is not None
        matches = self._match(one, made.offset, matching, start)
        made = replace(made, matches=matches, method=_METHODS.get(made.offset.status, "histogram"))
        if self.fitting.clipping == PER_AXIS or not matching.is_one_to_one:
            from core.align.theirs import manner

            made = replace(made, manner=manner(matching, self.fitting, matches))
        left = _left(matches, one.excluded(matches))
        key = self._pairs_key(one, matching, start)
        verdict = judge(matching, matches=left, expected=lambda: self._by_chance(one, matches, matching, key))
        if verdict is not None:
            return self.refused(made, verdict, matching)
        try:
            fitted = self._fit(one, matches, matching, start)
        except Refusal as refusal:
            return self.refused(made, Verdict(refusal.what, refusal.advice, "geometry"), matching)
        made = replace(made, fit=fitted)
        verdict = judge(matching, fit=fitted)
        if verdict is not None:
            return self.refused(made, verdict, matching)
        new = {extver: corrected(wcs, self.frame, fitted) for extver, wcs in one.chips.items()}
        made = replace(made, status=Status.ALIGNED, new_wcs=new)
        return self._with_quality(made, one, matching, confirmed=start is not None)

    def _with_quality(
        self, made: ImageResult, one: One, matching: MatchParams, confirmed: bool
    ) -> ImageResult:
        twice, off = self._astray(made, one, matching, confirmed)
        fixed = _fixed(made, one)
        found = doubts(made, matching, self.centre, confirmed=confirmed, twice=twice, fixed=fixed, off=off)
        advisor = Advisor(self.find, matching, self.fitting, self.frame.scale)
        return replace(
            made,
            quality="doubtful" if found else "good",
            doubts=tuple(doubt.text for doubt in found),
            suggestions=advisor.suggestions(tuple(doubt.kind for doubt in found), made),
        )

    def _astray(
        self, made: ImageResult, one: One, matching: MatchParams, confirmed: bool
    ) -> tuple[float, ChipOff | None]:
        """The part of the matches whose star the reference lists twice, and a chip that is off by itself: of the first
        fit, for all later ones."""
        fitted, matches = made.fit, made.matches
        if fitted is None or matches is None:
            return 0.0, None
        placing = Placing(fitted.matrix, fitted.shift, self.centre)
        image, reference, radius = one.sources, one.reference.sources, matching.radius(self.frame.scale)
        return self.memory.recall(
            "twice",
            (one.pair, matching, one.choice.offset, confirmed),
            lambda: (
                listed_twice(image, reference, matches, placing, matching),
                chip_off(image, reference, matches, placing, radius, matching.tolerance),
            ),
        )

    def _confirmed(self, plain: ImageResult, one: One, matching: MatchParams) -> ImageResult:
        """The histogram's result with the doubts that are left when the pattern of the stars agrees."""
        if plain.status is not Status.ALIGNED:
            return plain
        return self._with_quality(plain, one, matching, confirmed=True)

    def _beyond(
        self, plain: ImageResult, other: Pattern, objection: Verdict, matching: MatchParams
    ) -> ImageResult:
        """The stars match where the parameters do not allow it: the true reason, unless as many match as it is."""
        n = 0 if plain.fit is None else plain.fit.n_used
        if plain.status is Status.ALIGNED and n >= AGREE * other.count:
            return plain
        assert plain.offset is not None
        known = replace(plain.offset, x=other.offset[0], y=other.offset[1])
        made = self.refused(replace(plain, offset=known), objection, matching)
        return replace(made, offset=plain.offset, new_wcs={}, quality="", doubts=())

    def _or_mirrored(self, plain: ImageResult, one: One, matching: MatchParams) -> ImageResult:
        """A failure with its true reason where the stars match a mirror image only."""
        if plain.status is Status.ALIGNED:
            return plain
        flipped = replace(one.sources, u=2.0 * self.centre[0] - one.sources.u)
        found = self.memory.recall(
            "pattern",
            (one.pair, matching.tolerance, matching.minobj, "mirrored"),
            lambda: pattern(flipped, one.reference.sources, matching.tolerance, matching.minobj, self.centre),
        )
        return plain if found is None else self.refused(plain, mirrored(found), matching)

    def _in_doubt(self, plain: ImageResult, one: One, matching: MatchParams) -> bool:
        """Whether the pattern of the stars should be asked: not where the person chose."""
        return matching.use2dhist and one.choice.offset is None and not plain.is_good

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

    def _pattern(self, one: One, m: MatchParams) -> Pattern | None:
        return self.memory.recall(
            "pattern",
            (one.pair, m.tolerance, m.minobj),
            lambda: pattern(one.sources, one.reference.sources, m.tolerance, m.minobj, self.centre),
        )

    def _match(self, one: One, found: Offset, matching: MatchParams, start: Placing | None) -> Matches:
        if not matching.is_one_to_one:
            return self._one_pass(one, matching)
        # the rounds of matching use a fit of their own: nclip and sigma must not change the pairs
        inner = FitParams(self.fitting.fitgeometry, minobj=4)
        key = self._pairs_key(one, matching, start)
        image, reference = one.sources, one.reference.sources
        return self.memory.recall(
            "match", key, lambda: match(image, reference, found, matching, inner, self.centre, start)
        )

    def _one_pass(self, one: One, matching: MatchParams) -> Matches:
        """The pairs that a version of drizzlepac makes."""
        from core.align.theirs import one_pass

        begin = self._start(one, matching)
        image, reference = one.sources, one.reference.sources
        return self.memory.recall(
            "one pass",
            (one.pair, begin, matching.separation),
            lambda: one_pass(image, reference, begin, matching.separation),
        )

    def _start(self, one: One, m: MatchParams) -> Start:
        """Where the version of drizzlepac begins, or at the peak that the person chose."""
        from core.align.starts import start

        begin = self.memory.recall(
            "start",
            (one.pair, m),
            lambda: start(one.sources, one.reference.sources, m, self.frame.scale),
        )
        place = one.choice.offset
        return begin if place is None else replace(begin, x=place[0], y=place[1])

    def _pairs_key(self, one: One, matching: MatchParams, start: Placing | None) -> Hashable:
        """What the pairs depend on; stars that a person took out are still pairs."""
        return one.pair, matching, self.fitting.fitgeometry, one.choice.offset, start is not None

    def _by_chance(self, one: One, matches: Matches, matching: MatchParams, key: Hashable) -> float:
        """How many matches chance gives: it takes longer than the fit and does not hang on single stars."""
        image, reference = one.sources, one.reference.sources
        if not matching.is_one_to_one:
            from core.align.theirs import by_chance

            begin = self._start(one, matching)
            return self.memory.recall("chance", key, lambda: by_chance(image, reference, matches, begin))
        return self.memory.recall(
            "chance", key, lambda: chance_matches(image, reference, matches, matching.tolerance)
        )

    def _fit(self, one: One, matches: Matches, matching: MatchParams, start: Placing | None) -> Fit:
        image, reference = one.sources, one.reference.sources
        plain = self.fitting.clipping == PER_AXIS
        xy = fit_positions(image, plain)[matches.image] - self.centre
        uv = fit_positions(reference, plain)[matches.reference] - self.centre
        out = one.excluded(matches)
        key = (one.pair, matching, self.fitting, one.choice.offset, start is not None, out.tobytes())
        return self.memory.recall(
            "fit",
            key,
            lambda: fit(xy, uv, self.fitting, pair_variances(image, reference, matches), out),
        )


def _better(plain: ImageResult, turned: ImageResult, confirmed: ImageResult) -> ImageResult:
    """The histogram's result or the pattern's, whichever uses clearly more stars; when both agree, the histogram's
    without the doubts that this settles."""
    if turned.status is not Status.ALIGNED or turned.fit is None:
        return plain
    if (
        plain.status is not Status.ALIGNED
        or plain.fit is None
        or turned.fit.n_used * AGREE > plain.fit.n_used
    ):
        return turned
    apart = np.hypot(*(turned.fit.shift - plain.fit.shift))
    same = apart < 1.0 and abs(turned.fit.scale - plain.fit.scale) < 1e-3
    return confirmed if same else plain


def _fixed(made: ImageResult, one: One) -> tuple[float, float]:
    if made.matches is None or made.fit is None:
        return 0.0, 0.0
    return stuck(one.sources, one.reference.sources, made.matches, made.fit)


def _left(matches: Matches, out: Bools) -> Matches:
    return matches if not out.any() else Matches(matches.reference[~out], matches.image[~out])


AGREE = 0.8  # of the stars that the pattern matches: the histogram's result is as good
_METHODS = {
    PeakStatus.PATTERN: "pattern",
    PeakStatus.CHOSEN: "by hand",
    PeakStatus.NOT_USED: "given",
}
