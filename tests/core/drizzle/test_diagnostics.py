"""Diagnostics: cosmic rays against expectation, coverage and holes, widths of stars of known size, remarks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import open_exposure
from core.drizzle.coverage import measure_coverage
from core.drizzle.diagnostics import CosmicRate, cosmic_rates, diagnose, exposures_of
from core.drizzle.report import report
from core.drizzle.results import ChipFigures, DrizzleResult, ExposureFigures
from core.drizzle.session import astrodrizzle
from core.drizzle.starwidth import _profile, width_of
from core.params import TASKS
from core.runs.report import plain
from core.simulate import Truth


def test_two_chips_of_an_exposure_count_once() -> None:
    context = np.zeros((40, 40), np.int32)
    context[:, :20] = 0b0001
    context[:, 20:30] = 0b0111  # both chips of the first, one of the second
    context[:, 30:] = 0b1001
    weight = (context > 0).astype(np.float32)
    found = measure_coverage(weight, context, (0, 0, 1, 1))
    assert found.seen == (0.5, 0.5)
    assert found.holes == 0.0


def test_chips_beyond_32_and_without_context() -> None:
    context = np.zeros((2, 30, 30), np.int32)
    context[0] = np.iinfo(np.int32).min  # chip 32, the sign bit
    context[1, :, 15:] = 1  # chip 33
    weight = np.ones((30, 30), np.float32)
    assert measure_coverage(weight, context, tuple(range(33))).seen == (0.5, 0.5)
    assert measure_coverage(weight, None, ()).seen == ()


def test_holes_and_weights() -> None:
    weight = np.full((200, 200), 100.0, np.float32)
    weight[:20], weight[:, 180:] = 0.0, 0.0  # outside is no hole
    weight[50:150:10, 50:150:10] = 0.0
    found = measure_coverage(weight, None, ())
    assert found.holes == pytest.approx(100 / (180 * 180 - 100))
    assert found.variation == pytest.approx(np.sqrt(1 / 180), rel=0.3)  # some 1 in 180 pixels is 0, not 100
    weight[weight > 0] = np.random.default_rng(3).normal(100.0, 30.0, int((weight > 0).sum()))
    assert measure_coverage(weight, None, ()).variation == pytest.approx(0.3, abs=0.02)
    assert measure_coverage(np.zeros((9, 9), np.float32), None, ()).variation is None


@pytest.mark.parametrize("fwhm", [1.6, 2.2, 3.0])
def test_width_of_gaussians_with_their_pixels(fwhm: float) -> None:
    rng = np.random.default_rng(1)
    sigma, image = fwhm / 2.3548, np.zeros((400, 400), np.float32)
    x, y = (np.arange(20, 380, 20)[None, :] + rng.uniform(-0.5, 0.5, (18, 18)) for _ in range(2))
    y = np.swapaxes(y, 0, 1)
    for i, j in zip(x.ravel(), y.ravel(), strict=True):
        near = slice(round(j) - 7, round(j) + 8), slice(round(i) - 7, round(i) + 8)
        rows, columns = np.mgrid[near]
        image[near] += 1e4 * np.exp(-((columns - i) ** 2 + (rows - j) ** 2) / (2 * sigma**2)).astype(
            np.float32
        )
    places = np.rint(x.ravel()).astype(int), np.rint(y.ravel()).astype(int)
    found = width_of([_profile(image, *places, np.eye(2) * 0.04 / 3600)], 0.08)
    assert found is not None
    assert found.stars == 324
    assert found.fwhm == pytest.approx(0.04 * fwhm, rel=0.02)


def figures(path: Path, core: float) -> ExposureFigures:
    return ExposureFigures(
        path, (ChipFigures(1, 2.0, 100, 2 * core, core), ChipFigures(2, 2.0, 99, 2 * core, core))
    )


def test_expected_cosmic_rays_and_outliers(aligned: Truth) -> None:
    files = aligned.files
    read = {path: open_exposure(path) for path in files}
    low, high = 1.5e-5 * 85, 3e-5 * 85  # 40 s and 45 s of readout
    shares = (1.1 * low, 1.0 * low, 3.0 * low)
    found = cosmic_rates([figures(p, s) for p, s in zip(files, shares, strict=True)], read)
    assert found[0] == CosmicRate(
        files[0].name, 1.1 * low, 2.2 * low, (pytest.approx(low), pytest.approx(high))
    )
    assert not found[1].outlier
    assert found[2].outlier.startswith("2.7 times")
    found = cosmic_rates([figures(files[0], 0.05)], read)
    assert found[0].outlier == "more than cosmic rays can be"
    assert cosmic_rates([figures(files[0], 0.001)], {})[0].expected is None
    assert cosmic_rates([ExposureFigures(files[0], (ChipFigures(1, 2.0),))], read) == ()  # step 6 off


def test_a_run_and_one_that_leaves_holes(copies: Callable[..., list[Path]]) -> None:
    files = copies()
    params = TASKS["astrodrizzle"].defaults().replaced(
        output="a", preserve=False, build=True, driz_sep_bits="64,32", final_bits="64,32"
    )  # fmt: skip
    result = astrodrizzle(files, params, folder=files[0].parent)
    found = diagnose(result)
    assert found.remarks == ()
    assert found.coverage is not None
    assert sum(found.coverage.seen) == pytest.approx(1.0)
    assert len(found.coverage.seen) == 3
    assert found.coverage.variation is not None
    assert found.coverage.variation < 0.1
    assert all(rate.expected and rate.flagged < rate.expected[1] for rate in found.cosmic)
    assert found.inputs is not None
    assert found.drizzled is not None
    # a square kernel on pixels of the detector's size widens stars by the width of drop and output pixel
    assert 0.07 < found.inputs.fwhm < found.drizzled.fwhm < 1.25 * found.inputs.fwhm
    told = json.loads(json.dumps(plain(report(result, diagnostics=found)), allow_nan=False))
    assert told["diagnostics"]["drizzled"]["stars"] == found.drizzled.stars
    assert diagnose(result, pixels=False).cosmic == found.cosmic
    last = dict.fromkeys(("static", "driz_separate", "median", "blot", "driz_cr"), False)
    small = params.replaced(output="b", final_wcs=True, final_scale=0.02, final_pixfrac=0.3, **last)
    found = diagnose(astrodrizzle(files, small, folder=files[0].parent))
    assert {remark.parameter for remark in found.remarks} == {"final_pixfrac"}
    assert "holes" in found.remarks[0].text
    assert "rms over median" in found.remarks[1].text


def test_exposures_behind_the_bits() -> None:
    header = fits.Header()
    for number, text in enumerate(("a_flt.fits[sci,1]", "a_flt.fits[sci,2]", "b_flt.fits[sci,1]"), 1):
        header[f"D{number:03d}DATA"] = text
    assert exposures_of(header, 9) == (0, 0, 1)
    assert exposures_of(fits.Header(), 2) == (0, 1)


def test_no_products_and_no_exposures(tmp_path: Path) -> None:
    found = diagnose(
        DrizzleResult((figures(tmp_path / "gone_flt.fits", 0.001),), None, None, None, None, (), {})
    )
    assert found.coverage is None
    assert found.cosmic[0].expected is None
    assert found.remarks == ()


@pytest.mark.filterwarnings("error")
def test_an_image_without_values_has_no_profile() -> None:
    where = np.array([10])
    assert _profile(np.full((20, 20), np.nan, np.float32), where, where, np.eye(2)).stars == 0
