"""A part of a chip is searched as the whole is; exclusions and missing flags count as in the alignment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from align_shots import Shot, Sky
from astropy.io import fits

from core.align.find import find
from core.align.given import Given
from core.align.glimpse import Box, glimpse, merged
from core.align.live import is_quick, prepare, renewed, select
from core.align.livechips import ChipStore, Spot, count_all, made_ready
from core.align.settings import AlignSettings, FindParams
from core.data.exposure import Exposure, open_exposure
from core.errors import Cancelled, Refusal
from core.runs.progress import Progress

PARAMS = FindParams(threshold=6.0)
BOXES = [Box(0, 400, 0, 400), Box(100, 260, 40, 300), Box(0, 90, 330, 400), Box(399, 400, 0, 1)]
MOVES: list[dict[str, object]] = [
    {"threshold": 3.0},
    {"threshold": 30.0, "peakmax": 9000.0, "use_sharp_round": True},
    {"noise": "robust"},
    {"conv_width": 2.5},
    {"conv_width": 5.0, "nsigma": 2.5},
]


@pytest.fixture
def exposure(shoot: Callable[..., list[Path]]) -> Exposure:
    path = shoot(Shot("a", hot=60, nan=[(50, 60), (200, 222)]), sky=Sky.random(500, half=9.0))[0]
    with fits.open(path, mode="update") as hdus:
        hdus["DQ"].data[100:110, :] = 64
    return open_exposure(path, complete=False)


@pytest.mark.parametrize("box", BOXES, ids=str)
@pytest.mark.parametrize("move", MOVES, ids=str)
def test_a_part_is_that_part_of_the_whole(exposure: Exposure, box: Box, move: dict[str, object]) -> None:
    params = replace(PARAMS, **move)
    ready = prepare(exposure.chips[0], PARAMS)
    part = glimpse(ready, params, box)
    whole = select(renewed(ready, params), params)
    there = box.holds(whole.x, whole.y)
    assert len(part) == there.sum()
    order = np.lexsort((part.x, part.y))
    same = np.flatnonzero(there)[np.lexsort((whole.x[there], whole.y[there]))]
    for name in ("x", "y", "flux", "peak", "sharp", "round1", "round2", "height"):
        assert getattr(part, name)[order] == pytest.approx(getattr(whole, name)[same], rel=1e-9, nan_ok=True)
    assert np.array_equal(part.reason[order], whole.reason[same])
    assert (part.sigma, part.threshold) == (whole.sigma, whole.threshold)
    assert part.counts == {
        int(code): int((whole.reason[there] == code).sum()) for code in np.unique(whole.reason[there])
    }


def test_the_rest_stays_as_it_was(exposure: Exposure) -> None:
    box, higher = BOXES[1], replace(PARAMS, threshold=300.0)
    ready = prepare(exposure.chips[0], PARAMS)
    before = select(ready, PARAMS)
    both = merged(before, glimpse(ready, higher, box), box)
    now = select(ready, higher)
    inside = box.holds(both.x, both.y)
    assert inside.sum() == box.holds(now.x, now.y).sum() < box.holds(before.x, before.y).sum()
    assert (~inside).sum() == (~box.holds(before.x, before.y)).sum()
    assert sum(both.counts.values()) == len(both)
    assert both.counts[0] == both.kept.sum()
    assert merged(None, now, box) is now


def test_what_is_in_view_is_cut_down_to_what_is_quick() -> None:
    shape = (2051, 4096)
    assert Box.around(10.0, 5.0, 100.0, 60.0, shape, 10**9) == Box(0, 36, 0, 61)
    wide = Box.around(2048.0, 1025.0, 9000.0, 9000.0, shape, 1_000_000)
    assert (wide.x1 - wide.x0) * (wide.y1 - wide.y0) == pytest.approx(1_000_000, rel=0.01)
    assert Box.around(-500.0, 1000.0, 100.0, 100.0, shape, 10**6).is_empty


def test_only_limits_are_quick() -> None:
    assert is_quick(PARAMS, replace(PARAMS, peakmax=7.0, fluxmin=3.0, use_sharp_round=True, sharphi=0.7))
    assert not is_quick(PARAMS, replace(PARAMS, threshold=7.0))
    assert not is_quick(PARAMS, replace(PARAMS, noise="robust"))
    assert not is_quick(None, PARAMS)


class TestAsTheAlignment:
    @pytest.fixture
    def settings(self, exposure: Exposure, settings: AlignSettings, tmp_path: Path) -> AlignSettings:
        """Exclusions for the chip: a DS9 region."""
        (tmp_path / "out.reg").write_text("image\n-circle(200,200,90)\n")
        (tmp_path / "list.txt").write_text(f"{exposure.name} out.reg\n")
        return replace(settings, tweakreg=settings.tweakreg.replaced(exclusions=str(tmp_path / "list.txt")))

    def test_exclusions_count(self, exposure: Exposure, settings: AlignSettings) -> None:
        ready = made_ready(Spot(exposure, 0), PARAMS, settings.tweakreg)
        chosen = select(ready.prepared, PARAMS)
        mask = Given.read(settings.tweakreg).exclusions_of(exposure)[0].mask()
        assert not mask.all()
        assert len(find(exposure.chips[0], PARAMS, good=mask)) == chosen.kept.sum()
        assert chosen.kept.sum() < 0.95 * len(find(exposure.chips[0], PARAMS))
        far = np.hypot(chosen.x - 199.0, chosen.y - 199.0)
        assert far[chosen.kept].min() > 88.0

    def test_they_are_heeded_when_flags_change_and_when_they_change(
        self, exposure: Exposure, settings: AlignSettings, tmp_path: Path
    ) -> None:
        spot = Spot(exposure, 0)
        ready = made_ready(spot, PARAMS, settings.tweakreg)
        flagged = replace(PARAMS, dqbits="0")
        again = made_ready(spot, flagged, settings.tweakreg, ready)
        mask = Given.read(settings.tweakreg).exclusions_of(exposure)[0].mask()
        assert not again.prepared.usable[100:110].any()
        assert np.array_equal(again.prepared.usable[:100], ready.prepared.usable[:100])
        assert not (again.prepared.usable & ~mask).any()
        assert made_ready(spot, PARAMS, settings.tweakreg, ready).prepared is ready.prepared
        (tmp_path / "out.reg").write_text("image\n-circle(100,100,30)\n")
        moved = made_ready(spot, PARAMS, settings.tweakreg, ready)
        assert moved.prepared.usable[199, 199]
        assert not moved.prepared.usable[99, 99]
        none = settings.tweakreg.replaced(exclusions="")
        assert made_ready(spot, PARAMS, none, moved).prepared.usable[99, 99]

    def test_missing_flags_are_refused_as_there(
        self, exposure: Exposure, settings: AlignSettings, tmp_path: Path
    ) -> None:
        with fits.open(exposure.path) as hdus:
            fits.HDUList([hdus[0].copy(), hdus["SCI"].copy()]).writeto(tmp_path / "b_flt.fits")
        bare = open_exposure(tmp_path / "b_flt.fits", complete=False)
        flagged = replace(PARAMS, dqbits="0")
        for work in (
            lambda: find(bare.chips[0], flagged),
            lambda: prepare(bare.chips[0], flagged),
            lambda: made_ready(Spot(bare, 0), flagged, settings.tweakreg),
        ):
            with pytest.raises(Refusal, match="dqbits"):
                work()
        assert len(find(bare.chips[0], PARAMS)) > 20

    def test_all_chips_are_counted_and_one_chips_trouble_stops_no_other(
        self, exposure: Exposure, settings: AlignSettings, tmp_path: Path
    ) -> None:
        with fits.open(exposure.path) as hdus:
            fits.HDUList([hdus[0].copy(), hdus["SCI"].copy()]).writeto(tmp_path / "b_flt.fits")
        bare = open_exposure(tmp_path / "b_flt.fits", complete=False)
        flagged, store = replace(PARAMS, dqbits="0"), ChipStore()
        spots = [Spot(bare, 0), Spot(exposure, 0)]
        for _ in range(2):
            bad, good = count_all(spots, flagged, settings.tweakreg, store)
            assert "dqbits" in bad.trouble
            ready = made_ready(spots[1], flagged, settings.tweakreg)
            assert good.sources == select(ready.prepared, flagged).kept.sum() > 20
        kept = store.get(spots[1])
        assert kept is not None
        assert kept.prepared.dqbits == "0"
        stopped = Progress()
        stopped.cancel()
        with pytest.raises(Cancelled):
            count_all(spots, PARAMS, settings.tweakreg, store, stopped)
        small = ChipStore(most=10)
        small.put(kept)
        assert small.get(spots[1]) is None
