"""Live finding gives what finding gives, for every parameter, and a clicked source shows its true width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from align_shots import Shot, Sky
from astropy.io import fits

from core.align import candidates as candidates_module
from core.align.daokernel import FWHM_PER_SIGMA
from core.align.find import REASONS, find
from core.align.live import needs_convolution, needs_pixels, prepare, renewed, select
from core.align.profile import profile
from core.align.settings import FindParams
from core.data.exposure import Chip, open_exposure
from core.errors import Refusal

PARAMS = FindParams(threshold=6.0)
CHANGES: list[dict[str, object]] = [
    {},
    {"threshold": 3.0},
    {"threshold": 60.0},
    {"threshold": None},
    {"noise": "robust"},
    {"noise": "drizzlepac", "threshold": 20.0},
    {"computesig": False, "skysigma": 5.0},
    {"peakmax": 6000.0},
    {"peakmin": 300.0},
    {"fluxmin": 3000.0, "fluxmax": 6e4},
    {"use_sharp_round": True},
    {"use_sharp_round": True, "sharplo": 0.4, "sharphi": 0.8, "roundlo": -0.3, "roundhi": 0.3},
    {"conv_width": 2.5},
    {"conv_width": 4.0, "nsigma": 2.0, "ratio": 0.7, "theta": 30.0},
    {"dqbits": "64"},
]


@pytest.fixture
def chip(shoot: Callable[..., list[Path]]) -> Chip:
    hurt = [(50, 60), (50, 61), (200, 222), (0, 5)]
    path = shoot(Shot("a", hot=60, nan=hurt), sky=Sky.random(500, half=9.0))[0]
    with fits.open(path, mode="update") as hdus:
        hdus["DQ"].data[100:110, :] = 64
        hdus["DQ"].data[300:, :100] = 16
    return open_exposure(path, complete=False).chips[0]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_selection_is_what_finding_gives(chip: Chip, change: dict[str, object]) -> None:
    params = replace(PARAMS, **change)
    prepared = renewed(prepare(chip, PARAMS), params, chip=chip)
    found, chosen = find(chip, params), select(prepared, params)
    kept = np.nonzero(chosen.kept)[0]
    kept = kept[np.lexsort((chosen.x[kept], chosen.y[kept]))]
    assert len(kept) == len(found) > 20
    for name in ("x", "y", "flux", "peak", "sharp", "round1", "round2"):
        assert np.array_equal(getattr(chosen, name)[kept], getattr(found, name), equal_nan=True)
    assert np.array_equal(chosen.reason[~chosen.kept], found.rejected.reason)
    assert np.array_equal(chosen.x[~chosen.kept], found.rejected.x)
    assert (chosen.sigma, chosen.threshold) == (found.sigma, found.threshold)
    assert sum(chosen.counts.values()) == len(chosen)
    assert chosen.counts[0] == len(found)
    assert set(chosen.words) <= set(REASONS.values())
    assert sum(chosen.words.values()) == len(found.rejected)
    edges = chosen.words.get("too near to the edge", 0)
    assert (chosen.height[np.isfinite(chosen.height)] > 0).mean() > 0.9
    assert np.isnan(chosen.flux).sum() == edges


def test_moving_a_limit_measures_nothing_and_moving_the_threshold_convolves_nothing(
    chip: Chip, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    for step in ("convolved", "_measured"):
        true = getattr(candidates_module, step)
        monkeypatch.setattr(
            candidates_module, step, lambda *args, step=step, true=true: done.append(step) or true(*args)
        )
    prepared = prepare(chip, PARAMS)
    select(prepared, PARAMS)
    assert done == ["convolved", "_measured"]
    select(prepared, replace(PARAMS, peakmax=5000.0, use_sharp_round=True, fluxmin=100.0))
    assert done == ["convolved", "_measured"]
    select(prepared, replace(PARAMS, threshold=9.0))
    assert done == ["convolved", "_measured", "_measured"]
    wide = replace(PARAMS, conv_width=5.0)
    assert needs_convolution(prepared, wide)
    assert not needs_pixels(prepared, wide)
    with pytest.raises(ValueError, match="another kernel"):
        select(prepared, wide)
    assert renewed(prepared, PARAMS) is prepared
    assert needs_pixels(prepared, replace(PARAMS, dqbits="0"))
    assert prepared.nbytes == 400 * 400 * 9


def test_a_chip_without_noise_is_refused_and_one_without_pixels_is_empty(chip: Chip) -> None:
    flat = candidates_module.prepare_in(np.full((60, 60), 7.0, np.float32), PARAMS)
    with pytest.raises(Refusal, match="comes out as 0"):
        select(flat, PARAMS)
    assert len(select(flat, replace(PARAMS, computesig=False, skysigma=1.0))) == 0
    blank = candidates_module.prepare_in(np.full((60, 60), np.nan, np.float32), PARAMS)
    assert len(select(blank, PARAMS)) == 0
    tiny = candidates_module.prepare_in(np.zeros((3, 3), np.float32), PARAMS)
    assert len(select(tiny, replace(PARAMS, computesig=False, skysigma=1.0))) == 0


@pytest.mark.parametrize("sigma", [0.8, 1.2, 2.0])
def test_a_profile_has_the_width_and_place_of_the_star(sigma: float) -> None:
    rng = np.random.default_rng(4)
    ys, xs = np.mgrid[:80, :90]
    star = 900.0 * np.exp(-0.5 * ((xs - 41.3) ** 2 + (ys - 37.8) ** 2) / sigma**2)
    data = rng.normal(20.0 + star, 2.0).astype(np.float32)
    seen = profile(candidates_module.prepare_in(data, PARAMS), 42.0, 37.0)
    assert (seen.x, seen.y) == pytest.approx((41.3, 37.8), abs=0.02)
    assert seen.fwhm == pytest.approx(sigma * FWHM_PER_SIGMA, rel=0.02)
    assert seen.amplitude == pytest.approx(900.0, rel=0.03)
    assert seen.background == pytest.approx(20.0, abs=1.0)
    assert seen.flux == pytest.approx(900.0 * 2 * np.pi * sigma**2, rel=0.03)
    assert seen.peak == data[35:41, 38:45].max()
    assert (np.diff(seen.radius) >= 0).all()
    assert np.array_equal(seen.cutout, data[seen.y0 : seen.y0 + 25, seen.x0 : seen.x0 + 25])
    assert len(seen.value) == seen.cutout.size
    assert seen.model[0] == pytest.approx(920.0, rel=0.03)


def test_a_profiles_shape_is_the_finders(chip: Chip) -> None:
    prepared = prepare(chip, PARAMS)
    chosen = select(prepared, replace(PARAMS, threshold=60.0))
    same = 0
    for k in np.nonzero(chosen.kept)[0]:
        seen = profile(prepared, chosen.x[k], chosen.y[k])
        same += seen.sharp == pytest.approx(chosen.sharp[k]) and seen.round1 == pytest.approx(
            chosen.round1[k]
        )
    assert same > 0.85 * chosen.kept.sum()


def test_a_profile_at_the_corner_or_of_nothing_has_no_width() -> None:
    flat = candidates_module.prepare_in(np.full((60, 60), 7.0, np.float32), PARAMS)
    seen = profile(flat, 0.0, 59.0)
    assert np.isnan([seen.fwhm, seen.amplitude, seen.sharp]).all()
    assert seen.cutout.shape == (15, 13)
    with pytest.raises(ValueError, match="not on the chip"):
        profile(flat, -3.0, 5.0)
