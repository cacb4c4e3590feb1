"""Separate, blot and combine on small distorted chips whose sky is known."""

from __future__ import annotations

import numpy as np
import pytest

from core.drizzle.blot import blot
from core.drizzle.chip import scale_ratio, weight_map
from core.drizzle.combine import combine
from core.drizzle.separate import separate
from core.drizzle.settings import BlotParams, CombineParams, SeparateParams, WeightScale
from core.drizzle.work import blot_units, work_units
from core.errors import Cancelled, Refusal
from core.runs.progress import Progress
from core.runs.spread import Threads
from tests.drizzle_scene import SCALE, chip_input, chip_wcs, frame_wcs, shifted

SEPARATE = SeparateParams("turbo", 1.0, WeightScale(), None, 10)
FINAL = CombineParams("square", 1.0, WeightScale(), None, 10)


def flat_chip(value=80.0, **options):
    wcs = chip_wcs()
    return chip_input(wcs, np.full(wcs.shape, value), **options)


def test_separate_gives_a_rate_and_seconds():
    one = separate([flat_chip()], frame_wcs(), SEPARATE)
    inner = one.sci[80:120, 80:120]
    np.testing.assert_allclose(inner, 2.0, rtol=1e-5)
    assert one.wht[80:120, 80:120].mean() == pytest.approx(40.0, rel=0.05)
    assert one.sci.dtype == one.wht.dtype == np.float32
    assert one.sci[0, 0] == 0.0
    assert one.wht[0, 0] == 0.0


def test_separate_fills_only_empty_pixels():
    chip = flat_chip()
    plain = separate([chip], frame_wcs(), SEPARATE)
    filled = separate([chip], frame_wcs(), SeparateParams("turbo", 1.0, WeightScale(), -9.0, 10))
    np.testing.assert_array_equal(filled.wht, plain.wht)
    np.testing.assert_array_equal(filled.sci, np.where(plain.wht == 0, np.float32(-9), plain.sci))


def test_rates_are_not_divided_again():
    one = separate([flat_chip(2.0, is_rate=True)], frame_wcs(), SEPARATE)
    np.testing.assert_allclose(one.sci[80:120, 80:120], 2.0, rtol=1e-5)


def test_counts_without_a_time_are_refused():
    with pytest.raises(Refusal, match="EXPTIME"):
        separate([flat_chip(exptime=0.0)], frame_wcs(), SEPARATE)


def test_finer_frames_share_the_flux():
    """Half the scale: a quarter of the value a pixel."""
    one = separate([flat_chip()], frame_wcs((400, 440), scale=SCALE / 2), SEPARATE)
    np.testing.assert_allclose(one.sci[180:220, 180:220], 0.5, rtol=1e-5)


def test_weight_scales_really_differ():
    """Fault 13 of drizzlepac: expsq does nothing there. Two exposures of 10 and 40 s, values 1 and 4 per second."""
    results = {}
    for kind in ("exptime", "expsq"):
        chips = [flat_chip(10.0, exptime=10.0), flat_chip(160.0, exptime=40.0)]
        params = CombineParams("square", 1.0, WeightScale(kind), None, 10)
        results[kind] = combine(chips, frame_wcs(), params).sci[100, 100]
    assert results["exptime"] == pytest.approx((10 * 1 + 40 * 4) / 50, rel=1e-5)
    assert results["expsq"] == pytest.approx((100 * 1 + 1600 * 4) / 1700, rel=1e-5)


def test_combine_takes_a_generator_and_keeps_the_context():
    wcs = chip_wcs()
    chips = (chip_input(shifted(wcs, 9.0 * n, 0), np.full(wcs.shape, 40.0 * n)) for n in range(3))
    made = combine(chips, frame_wcs(), FINAL)
    assert made.ctx.shape == (1, 200, 220)
    assert made.ctx.dtype == np.int32
    np.testing.assert_array_equal(made.ctx[0] != 0, made.wht > 0)
    assert set(np.unique(made.ctx)) == {0, 1, 3, 4, 6, 7}
    assert np.isnan(made.sci[made.wht == 0]).all()
    middle = np.s_[90:110, 100:120]
    assert (made.ctx[0][middle] == 7).all()
    means = (made.sci * made.wht)[middle].sum() / made.wht[middle].sum()
    assert means == pytest.approx(1.0, rel=2e-3)


@pytest.mark.parametrize("count", [0, 70, 10])
def test_more_than_32_chips(count):
    """Also when nobody said how many there would be, or the wrong number."""
    wcs = chip_wcs((20, 20))
    chips = (chip_input(wcs, np.ones((20, 20))) for _ in range(70))
    made = combine(chips, frame_wcs((60, 60)), FINAL, count=count)
    assert made.ctx.shape == (3, 60, 60)
    np.testing.assert_array_equal(made.ctx[:, 30, 30], [-1, -1, 63])


def test_fill_and_mask_values():
    """fillval for pixels without weight, else maskval, else NaN."""
    for fill, mask, expected in ((None, -5.0, -5.0), (3.0, -5.0, 3.0), (3.0, None, 3.0)):
        params = CombineParams("square", 1.0, WeightScale(), fill, 10, mask)
        made = combine([flat_chip()], frame_wcs(), params)
        assert (made.sci[made.wht == 0] == expected).all()


def test_counts_are_the_rate_times_the_time():
    rate = combine([flat_chip()], frame_wcs(), FINAL)
    params = CombineParams("square", 1.0, WeightScale(), -1.0, 10, units="counts")
    counts = combine([flat_chip()], frame_wcs(), params, total_exptime=120.0)
    some = rate.wht > 0
    np.testing.assert_allclose(counts.sci[some], rate.sci[some] * 120, rtol=1e-6)
    assert (counts.sci[~some] == -1).all()


def test_error_weights():
    """(EXPTIME / ERR)^2 / ratio^4, and nothing for errors that are none."""
    err = np.full((120, 150), 8.0, np.float32)
    err[60, 70], err[61, 70], err[62, 70] = 0.0, np.nan, -1.0
    good = np.ones(err.shape, bool)
    good[63, 70] = False
    weight = weight_map(good, 40.0, wht_type="ERR", err=err)
    assert (weight[60:64, 70] == 0).all()
    assert weight[0, 0] == 25.0
    wcs = chip_wcs()
    params = CombineParams("square", 1.0, WeightScale(), None, 10, wht_type="ERR")
    frame = frame_wcs((400, 440), scale=SCALE / 2)
    made = combine([chip_input(wcs, np.ones(wcs.shape), weight=weight)], frame, params)
    assert scale_ratio(frame, wcs) == pytest.approx(0.5)
    assert made.wht[180:220, 180:190].mean() == pytest.approx(25 * 16 / 4, rel=0.05)
    with pytest.raises(Refusal):
        weight_map(good, 40.0, wht_type="ERR")


def test_blot_brings_the_chip_back():
    """A smooth sky drizzled and blotted is the sky again: in counts, with the sky level added."""
    wcs, frame = chip_wcs(), frame_wcs()
    y, x = np.indices(frame.shape)
    median = (5 + np.sin(x / 15) * np.cos(y / 12)).astype(np.float32)
    got = blot(median, frame, wcs, BlotParams(), exptime=40.0, sky=7.0).sci
    row, column = np.indices(wcs.shape, float)
    px, py = frame.sky_to_pix(*wcs.pix_to_sky(column, row))
    expected = 40 * (5 + np.sin(px / 15) * np.cos(py / 12)) + 7
    np.testing.assert_allclose(got, expected, rtol=0, atol=40 * 2e-4)


@pytest.mark.parametrize(("addsky", "sky", "added"), [(True, 7.0, 7.0), (True, None, 0.0), (False, 7.0, 2.5)])
def test_blot_adds_the_sky(addsky, sky, added):
    wcs, frame = chip_wcs(), frame_wcs()
    params = BlotParams("linear", 1.0, addsky, 2.5)
    got = blot(np.zeros(frame.shape, np.float32), frame, wcs, params, exptime=40.0, sky=sky).sci
    assert (got == added).all()


def test_blot_converts_units_and_areas():
    """Frame pixels of half the scale hold a quarter of the flux; rates divide by the exposure time again."""
    wcs, frame = chip_wcs(), frame_wcs((400, 440), scale=SCALE / 2)
    median = np.full(frame.shape, 0.5, np.float32)
    got = blot(median, frame, wcs, BlotParams(), exptime=40.0, conversion=40.0).sci
    np.testing.assert_allclose(got, 2.0, rtol=1e-5)


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_nothing(threads):
    rng = np.random.default_rng(3)
    wcs, frame = chip_wcs(), frame_wcs()
    chips = [chip_input(wcs, rng.normal(0, 5, wcs.shape))]
    one, many = Threads(1), Threads(threads)
    first, second = (separate(chips, frame, SEPARATE, workers=w) for w in (one, many))
    np.testing.assert_array_equal(first.sci, second.sci)
    first, second = (combine(chips, frame, FINAL, workers=w) for w in (one, many))
    np.testing.assert_array_equal(first.sci, second.sci)
    np.testing.assert_array_equal(first.ctx, second.ctx)
    blots = [blot(first.wht, frame, wcs, BlotParams(), exptime=1.0, workers=w).sci for w in (one, many)]
    np.testing.assert_array_equal(*blots)


def test_progress_and_cancelling():
    done = []
    progress = Progress(lambda report: done.append(report.done), interval=0.0)
    frame, chip = frame_wcs(), flat_chip()
    progress.begin("separate", 2 * work_units(frame))
    separate([chip, chip], frame, SEPARATE, progress=progress, workers=Threads(1))
    assert done[-1] == 2 * work_units(frame)
    progress.begin("blot", blot_units(chip.wcs))
    blot(chip.data, frame, chip.wcs, BlotParams(), exptime=1.0, progress=progress, workers=Threads(1))
    assert done[-1] == blot_units(chip.wcs)
    progress.cancel()
    with pytest.raises(Cancelled):
        combine([chip], frame, FINAL, progress=progress)
