"""Uncertainties against many made-up fits, trends and chip means against what was put in, suggestions as values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.align.fit import fit
from core.align.quality import doubts
from core.align.residuals import POINTS, chip_means, trends
from core.align.results import Fit, ImageResult, Matches, Offset, PeakStatus, Sources, Status, Why
from core.align.settings import FindParams, FitParams, MatchParams
from core.align.suggest import Advisor
from tests.placings import similarity

CENTRE = np.array([500.0, 400.0])
ADVISOR = Advisor(FindParams(threshold=50.0), MatchParams(), FitParams(), 0.04)


def pairs(n: int, seed: int, sigma: float = 0.05, rot: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    uv = rng.uniform([400, -400], [1400, 400], (n, 2))
    shift = np.array([3.0, -2.0])
    xy = uv @ similarity(rot, 1.0001 if rot else 1.0) + shift + rng.normal(0, sigma, (n, 2))
    return xy, uv


def aligned(made: Fit, uv: np.ndarray, extver: np.ndarray | None = None) -> ImageResult:
    """An image result around a fit to `uv`."""
    n = len(uv)
    u, v = np.ascontiguousarray((uv + CENTRE).T)
    chips = np.ones(n, np.int64) if extver is None else extver
    sources = Sources(u, v, u, v, u * 0 + 1, np.arange(n) + 1, chips, u, v)
    offset = Offset(3.0, -2.0, np.ones((9, 9), np.int64), 4, 50, 4, 9.0, 2, PeakStatus.GOOD)
    return ImageResult(
        Path("b_flt.fits"), Status.ALIGNED, sources=sources, offset=offset, fit=made,
        matches=Matches(np.arange(n), np.arange(n)),
    )  # fmt: skip


@pytest.mark.parametrize("geometry", ["shift", "rscale", "general"])
def test_errors_are_the_scatter_of_many_fits(geometry: str) -> None:
    params = FitParams(geometry, nclip=0)
    made = [fit(*pairs(40, seed), params) for seed in range(400)]
    told = made[0].errors
    if geometry == "shift":
        assert (told.rot, told.scale) == (0.0, 0.0)
        assert told.x == pytest.approx(fit(*pairs(40, 0), params).rms_x / np.sqrt(40), rel=0.4)
        return
    places = np.array([m.middle @ m.matrix + m.shift - m.middle @ similarity(0.02, 1.0001) for m in made])
    errors = np.array([[m.errors.x, m.errors.y, m.errors.rot, m.errors.scale] for m in made])
    scatter = [*places.std(axis=0), np.std([m.rot for m in made]), np.std([m.scale for m in made])]
    assert np.median(errors, axis=0) == pytest.approx(scatter, rel=0.12)
    far = np.array([-600.0, 300.0])
    there = np.array([far @ m.matrix + m.shift for m in made])
    assert np.median([m.position_error(far) for m in made], axis=0) == pytest.approx(
        there.std(axis=0), rel=0.12
    )


def test_robust_rms_does_not_feel_outliers_nor_what_the_person_took_out() -> None:
    xy, uv = pairs(200, 3)
    xy[:30] += 0.8
    made = fit(xy, uv, FitParams(sigma=3.0, nclip=3))
    assert made.robust_rms == pytest.approx((0.05, 0.05), rel=0.3)
    out = np.zeros(200, bool)
    out[:150] = True
    rest = fit(xy, uv, FitParams(), excluded=out)
    assert rest.robust_rms == pytest.approx((0.05, 0.05), rel=0.3)
    assert (rest.why[:150] == Why.EXCLUDED).all()


def test_two_fit_parameters_more_than_pairs_leave_the_errors_unknown() -> None:
    made = fit(*pairs(2, 1), FitParams("rscale", nclip=0))
    assert np.isnan([made.errors.x, made.errors.rot]).all()


def test_chip_means_and_trends_show_what_was_put_in() -> None:
    xy, uv = pairs(400, 7, rot=0.0)
    chips = np.where(uv[:, 1] > 0, 1, 2).astype(np.int64)
    xy[:, 0] += np.where(chips == 1, 0.06, -0.06)
    image = aligned(fit(xy, uv, FitParams("shift", sigma=5.0)), uv, chips)
    one, two = chip_means(image)
    assert (one.extver, two.extver, one.n + two.n) == (1, 2, image.fit.n_used)
    assert one.dx - two.dx == pytest.approx(0.12, abs=0.03)
    assert one.error_x == pytest.approx(0.1 / np.sqrt(200), rel=0.6)
    xy, uv = pairs(400, 8, rot=0.0)
    xy[:, 1] += 0.3 * (uv[:, 0] - 900.0) / 500.0
    image = aligned(fit(xy, uv, FitParams("shift", nclip=0)), uv)
    found = {(t.of, t.along): t for t in trends(image)}
    assert len(found) == 4
    bent = found["y", "x"]
    assert bent.chance < 1e-9
    assert bent.amplitude == pytest.approx(0.3 / np.sqrt(3), rel=0.25)
    assert len(bent.line) == len(bent.at) == POINTS
    assert bent.line[-5] - bent.line[4] == pytest.approx(0.6 * 0.75, abs=0.15)
    assert all(t.chance > 1e-4 for key, t in found.items() if key == ("x", "y"))
    kinds = [doubt.kind for doubt in doubts(image, MatchParams(), CENTRE)]
    assert "trend" in kinds
    advice = replace(ADVISOR, fitting=FitParams("shift")).suggestions(tuple(kinds), image)
    assert {"fitgeometry": "rscale"} in [one.changes for one in advice]
    assert trends(aligned(fit(*pairs(10, 1), FitParams()), pairs(10, 1)[1])) == ()


def test_noise_has_no_trend_and_no_doubt() -> None:
    for seed in range(20):
        xy, uv = pairs(100, seed)
        image = aligned(fit(xy, uv, FitParams()), uv)
        assert doubts(image, MatchParams(), CENTRE) == ()


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("few", lambda: fit(*pairs(5, 1), FitParams("rscale"))),
        ("scatter", lambda: fit(*pairs(60, 1, sigma=0.5), FitParams())),
        ("uncertain", lambda: fit(*pairs(8, 2, sigma=0.4), FitParams("general"))),
        ("clipped", lambda: replace(fit(*pairs(60, 1), FitParams()), used=np.arange(60) < 25)),
        ("unusual", lambda: fit(pairs(60, 1)[1] @ similarity(0.5, 1.0), pairs(60, 1)[1], FitParams())),
    ],
)
def test_each_doubt_is_raised_and_has_an_answer(kind: str, made: object) -> None:
    fitted = made()
    n = len(fitted.rx)
    image = aligned(fitted, np.random.default_rng(1).uniform(-500, 500, (n, 2)))
    found = doubts(image, MatchParams(), CENTRE)
    assert kind in [doubt.kind for doubt in found]
    assert all(doubt.text.endswith(".") for doubt in found)
    if kind not in ("unusual", "clipped"):
        assert ADVISOR.suggestions((kind,), image)


def test_a_reference_with_stars_twice_is_a_doubt_and_separation_helps() -> None:
    xy, uv = pairs(60, 1)
    image = aligned(fit(xy, uv, FitParams()), uv)
    assert doubts(image, MatchParams(), CENTRE, twice=0.2) == ()
    (found,) = doubts(image, MatchParams(), CENTRE, twice=0.7)
    assert (
        found.text
        == "The reference lists stars twice: 70% of the matched ones have two entries within 2.5 pixels."
    )
    (advice,) = ADVISOR.suggestions((found.kind,), image)
    assert advice.changes == {"separation": 2.5}
    wide = replace(ADVISOR, matching=MatchParams(separation=2.5))
    assert wide.suggestions((found.kind,), image) == ()


def _mixed() -> tuple[np.ndarray, np.ndarray]:
    """Sixty pairs that agree and forty by chance."""
    xy, uv = pairs(100, 4, sigma=0.01)
    xy[:40] += np.random.default_rng(2).uniform(-0.7, 0.7, (40, 2))
    return xy, uv


def test_pairs_by_chance_do_not_spoil_the_fit() -> None:
    xy, uv = _mixed()
    made = fit(xy, uv, FitParams())
    assert made.used[40:].mean() > 0.9
    assert made.used[:40].mean() < 0.15
    place = made.middle @ made.matrix + made.shift - made.middle @ similarity(0.02, 1.0001)
    assert place == pytest.approx([3.0, -2.0], abs=0.01)


def test_suggestions_are_new_values_of_parameters() -> None:
    image = aligned(fit(*pairs(60, 1), FitParams()), pairs(60, 1)[1])
    few = replace(image, matches=Matches(np.arange(9), np.arange(9)))
    by_kind = {
        "sources": {"threshold": 25.0},
        "no pairs": {"searchrad": 2.0},
        "edge": {"searchrad": 1.5},
        "chance": {"tolerance": 0.5},
        "implausible": {"fitgeometry": "shift"},
    }
    for kind, changes in by_kind.items():
        assert changes in [one.changes for one in ADVISOR.suggestions((kind,), image)]
    assert {"minobj": 9} in [one.changes for one in ADVISOR.suggestions(("matches",), few)]
    assert {"minobj": 9} not in [one.changes for one in ADVISOR.suggestions(("matches",), image)]
    both = ADVISOR.suggestions(("no pairs", "no peak"), image)
    assert len([one for one in both if one.changes == {"searchrad": 2.0}]) == 1
    for kind in ("sources", "no pairs", "no peak", "edge", "matches", "chance", "few", "scatter"):
        for one in ADVISOR.suggestions((kind,), image):
            assert one.task in ("tweakreg", "imagefindpars")
            ((name, value),) = one.changes.items()
            told = {True: "yes"}[value] if isinstance(value, bool) else value
            assert f"{name} = {told if isinstance(told, str) else format(told, 'g')}" in one.text
    given = replace(ADVISOR, matching=MatchParams(use2dhist=False), find=FindParams(threshold=None))
    assert given.suggestions(("no pairs",), image) == ()
    assert {"use2dhist": True} in [one.changes for one in given.suggestions(("chance",), image)]
