"""A person's choices: each costs only its own image's steps, and the result says what was chosen."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from align_shots import Shot, Sky, tuned

from core.align import given as given_module
from core.align import one as one_module
from core.align.choices import Choice, Choices
from core.align.peaks import nearest_peak, peaks
from core.align.results import Catalog, PeakStatus, Status, Why
from core.align.session import AlignSettings, align
from core.errors import Refusal
from core.runs.memory import Memory

Shoot = Callable[..., list[Path]]
B, C = "b_flt.fits", "c_flt.fits"


@pytest.fixture
def files(shoot: Shoot) -> list[Path]:
    return shoot(
        Shot("a"),
        Shot("b", error=(0.2, 0.1), seed=1),
        Shot("c", error=(-0.1, 0.2), seed=2),
        sky=Sky.random(300),
    )


def counted(
    monkeypatch: pytest.MonkeyPatch, steps: tuple[str, ...] = ("offset", "match", "fit")
) -> list[str]:
    done: list[str] = []
    for step in steps:
        true = getattr(one_module, step)
        monkeypatch.setattr(
            one_module,
            step,
            lambda *args, step=step, true=true, **named: done.append(step) or true(*args, **named),
        )
    return done


def test_choices_are_values() -> None:
    some = Choices().replaced(B, offset=(1.0, 2.0)).replaced(C, left_out=True).replaced(B, wider=2.0)
    assert some.of(B) == Choice(offset=(1.0, 2.0), wider=2.0)
    assert some.of("other") == Choice()
    assert some == Choices().replaced(C, left_out=True).having(B, Choice((1.0, 2.0), wider=2.0))
    assert hash(some.without(B).without(C)) == hash(Choices())
    assert not some.without(B).without(C)
    with pytest.raises(Refusal, match="above 0"):
        Choice(wider=0.0)


def test_a_choice_costs_its_own_steps_of_its_own_image(
    files: list[Path], settings: AlignSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = counted(monkeypatch)
    memory = Memory()
    first = align(files, settings, memory=memory)
    assert sorted(done) == ["fit", "fit", "match", "match", "offset", "offset"]

    def steps(choices: Choices) -> list[str]:
        done.clear()
        align(files, settings, choices=choices, memory=memory)
        return done

    star = int(first.image(B).sources.number[first.image(B).matches.image[0]])
    assert steps(Choices().replaced(B, offset=(-5.2, 2.4))) == ["match", "fit"]
    assert steps(Choices().replaced(B, excluded=frozenset({star}))) == ["fit"]
    assert steps(Choices().replaced(C, excluded=frozenset({10**6}))) == []
    assert steps(Choices().replaced(C, left_out=True)) == []
    assert steps(Choices().replaced(C, wider=1.5)) == ["offset", "match", "fit"]
    assert steps(Choices()) == []


def test_a_star_taken_out_costs_one_fit_and_one_verdict(
    files: list[Path], settings: AlignSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the matches by chance, which take longer than the fit, and nothing of the other images."""
    done = counted(monkeypatch, ("offset", "match", "fit", "chance_matches", "listed_twice", "doubts"))
    memory = Memory()
    first = align(files, settings, memory=memory)
    assert sorted(set(done)) == ["chance_matches", "doubts", "fit", "listed_twice", "match", "offset"]
    done.clear()
    star = int(first.image(B).sources.number[first.image(B).matches.image[0]])
    chosen = align(files, settings, choices=Choices().replaced(B, excluded=frozenset({star})), memory=memory)
    assert done == ["fit", "doubts"]
    assert chosen.image(C) is first.image(C)
    assert chosen.image(B).fit.why.tolist().count(Why.EXCLUDED) == 1


def test_a_refit_among_ten_thousand_matches_is_at_once(
    files: list[Path], settings: AlignSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under 50 ms; of the processor, so that other work of the machine does not count."""
    rng = np.random.default_rng(3)

    def catalog(shift: float) -> Catalog:
        made = np.random.default_rng(1)
        x, y = made.uniform(5, 400, (2, 12_000)) + shift + rng.normal(0, 0.02, (2, 12_000))
        flux = made.uniform(1e3, 1e5, 12_000)
        return Catalog(1, x, y, flux, *np.full((4, 12_000), np.nan), number=np.arange(1, 12_001))

    crowd = iter([catalog(0.0), catalog(2.3), catalog(-2.4)])
    monkeypatch.setattr(given_module, "find", lambda *_, **__: next(crowd))
    memory = Memory()
    dense = tuned(settings, separation=0.0)
    first = align(files, dense, memory=memory, workers=1)
    image = first.image(B)
    assert len(image.matches) > 9_000
    times = []
    for star in image.sources.number[image.matches.image[:8]].tolist():
        start = time.process_time()
        align(files, dense, choices=Choices().replaced(B, excluded=frozenset({star})), memory=memory)
        times.append(time.process_time() - start)
    assert min(times) < 0.05


def test_excluded_stars_stay_in_sight_and_out_of_the_fit(files: list[Path], settings: AlignSettings) -> None:
    plain = align(files, settings).image(B)
    out = np.sort(plain.matches.image)[:5]
    choices = Choices().replaced(B, excluded=frozenset(plain.sources.number[out].tolist()))
    chosen = align(files, settings, choices=choices).image(B)
    assert np.array_equal(chosen.matches.image, plain.matches.image)
    marked = np.isin(chosen.matches.image, out)
    assert (chosen.fit.why[marked] == Why.EXCLUDED).all()
    assert (chosen.fit.why[~marked] != Why.EXCLUDED).all()
    assert not chosen.fit.used[marked].any()
    assert np.isfinite(chosen.fit.rx).all()
    assert np.array_equal(chosen.fit.why == Why.USED, chosen.fit.used)
    assert not np.array_equal(chosen.fit.shift, plain.fit.shift)
    assert chosen.fit.shift == pytest.approx(plain.fit.shift, abs=0.02)
    everything = Choices().replaced(B, excluded=frozenset(plain.sources.number.tolist()))
    empty = align(files, settings, choices=everything).image(B)
    assert empty.status is Status.FAILED
    assert "matches" in empty.reason


def test_a_chosen_peak_overrules_the_histogram(files: list[Path], settings: AlignSettings) -> None:
    plain = align(files, settings).image(B)
    right = align(files, settings, choices=Choices().replaced(B, offset=(-4.6, 2.8))).image(B)
    assert right.status is Status.ALIGNED
    assert right.offset.status is PeakStatus.CHOSEN
    assert np.array_equal(right.offset.histogram, plain.offset.histogram)
    assert right.offset.height == plain.offset.height
    assert right.fit.shift == pytest.approx(plain.fit.shift, abs=1e-9)
    wrong = align(files, settings, choices=Choices().replaced(B, offset=(12.0, 9.0))).image(B)
    assert wrong.status is Status.FAILED
    assert wrong.reason
    outside = align(files, settings, choices=Choices().replaced(B, offset=(-900.0, 9.0))).image(B)
    assert outside.status is Status.FAILED


def test_a_wider_search_is_one_images(shoot: Shoot, settings: AlignSettings) -> None:
    files = shoot(
        Shot("a"),
        Shot("b", error=(1.6, 0.4), seed=1),
        Shot("c", error=(0.2, 0.1), seed=2),
        sky=Sky.random(400),
    )
    assert align(files, settings).image(B).status is Status.FAILED
    wide = align(files, settings, choices=Choices().replaced(B, wider=2.0))
    assert [image.status for image in wide.images] == [Status.REFERENCE, Status.ALIGNED, Status.ALIGNED]
    assert (wide.image(B).offset.radius, wide.image(C).offset.radius) == (50, 25)


def test_a_left_out_image_is_skipped_and_no_reference(files: list[Path], settings: AlignSettings) -> None:
    made = align(files, settings, choices=Choices().replaced("a_flt.fits", left_out=True))
    assert [image.status for image in made.images] == [Status.SKIPPED, Status.REFERENCE, Status.ALIGNED]
    assert "by hand" in made.images[0].reason
    assert made.frame == align(files, settings).frame or np.array_equal(
        made.frame.crval, align(files, settings).frame.crval
    )


def test_peaks_and_the_one_under_a_click(files: list[Path], settings: AlignSettings) -> None:
    offset = align(files, tuned(settings, searchrad=2.0)).image(B).offset
    found = peaks(offset, 4)
    assert len(found) == 4
    assert [peak.pairs for peak in found] == sorted((peak.pairs for peak in found), reverse=True)
    assert (found[0].x, found[0].y) == pytest.approx((offset.x, offset.y), abs=0.3)
    assert found[0].height == offset.height
    assert found[0].significance > 3 * found[1].significance
    for dx, dy in ((0, 0), (2.4, -1.7), (-3, 3)):
        assert nearest_peak(offset, offset.x + dx, offset.y + dy) == pytest.approx(
            (offset.x, offset.y), abs=0.3
        )
    for peak in found:
        x, y = nearest_peak(offset, peak.x, peak.y)
        assert np.hypot(x - peak.x, y - peak.y) < 1.5
    assert nearest_peak(offset, 800.0, -900.0) == (800.0, -900.0)
    given = align(files, tuned(settings, use2dhist=False)).image(B).offset
    assert peaks(given) == ()
    assert nearest_peak(given, 1.5, 2.5) == (1.5, 2.5)
