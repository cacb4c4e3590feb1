"""The preview of step 6: bit for bit the mask that the run writes, and the reason of each pixel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from core.drizzle.cosmic import CosmicParams, Detector, find_cosmics
from core.drizzle.crpreview import CosmicPreview, open_preview
from core.drizzle.results import DrizzleResult
from core.drizzle.session import astrodrizzle
from core.errors import Refusal
from core.params import TASKS
from core.simulate import Truth

DEFAULTS = TASKS["astrodrizzle"].defaults().replaced(
    output="p", preserve=False, driz_combine=False, driz_cr_corr=False, clean=False
)  # fmt: skip
SETS: list[dict[str, Any]] = [
    {},
    {"driz_cr_snr": "5.0 2.0", "driz_cr_scale": "0.8 0.4", "driz_cr_grow": 4, "driz_cr_ctegrow": 7},
]


@pytest.fixture(scope="module")
def runs(
    aligned: Truth, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[Any, DrizzleResult, dict[str, Any]]]:
    """One run for each set, the masks read at once: the second writes over those of the first."""
    import shutil

    folder = tmp_path_factory.mktemp("preview")
    files = [Path(shutil.copy(path, folder)) for path in aligned.files]
    made = []
    for changes in SETS:
        params = DEFAULTS.replaced(**changes)
        result = astrodrizzle(files, params, folder=folder, resume=True)
        masks = {
            (one.name, extver): fits.getdata(path)
            for one in result.exposures
            for extver, path in one.crmasks.items()
        }
        made.append((params, result, masks))
    return made


@pytest.mark.parametrize("which", [0, 1])
def test_parts_of_the_chip_equal_the_mask_of_the_run(runs: list[Any], which: int) -> None:
    params, result, masks = runs[which]
    cosmic = CosmicParams.of(params)
    for figures in result.exposures:
        for extver in (1, 2):
            preview = open_preview(figures, extver, params)
            mask = masks[figures.name, extver]
            rows, columns = mask.shape
            windows = (
                ((0, rows), (0, columns)), ((0, 40), (0, 50)), ((rows - 33, rows), (columns - 21, columns)),
                ((200, 311), (300, 487)), ((-5, 12), (columns - 9, columns + 50)), ((77, 78), (5, columns)),
            )  # fmt: skip
            for across, along in windows:
                part = preview.mask(cosmic, across, along)
                low, left = max(across[0], 0), max(along[0], 0)
                np.testing.assert_array_equal(part.good, mask[low : across[1], left : along[1]])
    assert (mask == 0).sum() > 100


def test_the_mask_of_other_parameters_from_the_same_files(runs: list[Any]) -> None:
    params, result, _ = runs[0]
    other, _, masks = runs[1]
    figures = result.exposures[1]
    part = open_preview(figures, 2, params).mask(CosmicParams.of(other), (100, 300), (0, 500))
    np.testing.assert_array_equal(part.good, masks[figures.name, 2][100:300, :500])


@pytest.mark.parametrize("which", [0, 1])
def test_reasons_agree_with_the_mask(runs: list[Any], which: int) -> None:
    params, result, masks = runs[which]
    cosmic = CosmicParams.of(params)
    figures = result.exposures[0]
    preview, mask = open_preview(figures, 1, params), masks[figures.name, 1]
    rng = np.random.default_rng(0)
    flagged = np.argwhere(mask == 0)
    border = np.argwhere(np.pad(np.ones(np.subtract(mask.shape, 2), bool), 1) < (mask == 0))
    assert len(border) > 3
    some = rng.permutation(flagged)[:200]
    places = np.vstack([some, border[:40], rng.integers(0, mask.shape, (40, 2)), [[0, 0]]])
    seen = set()
    for y, x in places.tolist():
        why = preview.why(cosmic, x, y)
        assert (why.flagged == "") == bool(mask[y, x])
        assert why.fails == (why.away > why.limits[0], why.away > why.limits[1])
        if why.flagged in ("first pass", "second pass"):
            assert why.fails[1]
            assert why.fails[0] == (why.flagged == "first pass")
        seen.add(why.flagged)
    assert seen >= ({"", "first pass", "second pass"} if which == 0 else {"", "first pass", "grown"})


def test_numbers_of_a_reason() -> None:
    data, blot = np.full((9, 9), 10.0, np.float32), np.full((9, 9), 10.0, np.float32)
    blot[4, 5], data[4, 4], data[4, 3] = 18.0, 100.0, 20.0
    preview = CosmicPreview(data, blot, Detector(2.0, 5.0, 3.0))
    cosmic = CosmicParams((4.0, 1.0), (1.0, 0.5), 1, 0)
    why = preview.why(cosmic, 4, 4)
    noise = np.sqrt(20.0 + 5.0 + 9.0)
    assert (why.data, why.blot, why.derivative) == (200.0, 20.0, 16.0)
    assert why.noise == pytest.approx(noise)
    assert why.limits == pytest.approx((16.0 + 4 * noise, 8.0 + noise))
    assert why.flagged == "first pass"
    beside = preview.why(cosmic, 3, 4)  # 20 away: beyond the second limit only
    assert beside.fails == (False, True)
    assert beside.flagged == "second pass"
    assert preview.why(CosmicParams((4.0, 1.0), (1.0, 0.5), 5, 0), 2, 2).flagged == "grown"
    assert preview.why(cosmic, 8, 8).flagged == ""
    with pytest.raises(IndexError):
        preview.why(cosmic, 9, 0)


def test_nan_and_trails() -> None:
    rng = np.random.default_rng(2)
    blot = rng.normal(50.0, 1.0, (60, 70)).astype(np.float32)
    data = blot + rng.normal(0.0, 8.0, blot.shape).astype(np.float32)
    data[rng.random(data.shape) < 0.02] += 500.0
    data[30, 40] = np.nan
    for direction in (-1, 0, 1):
        detector = Detector(1.0, 20.0, 3.0, direction)
        cosmic = CosmicParams((3.5, 3.0), (1.2, 0.7), 3, 11)
        whole = find_cosmics(data, blot, cosmic, detector)
        part = CosmicPreview(data, blot, detector).mask(cosmic, (25, 44), (17, 55))
        np.testing.assert_array_equal(part.good, whole.good[25:44, 17:55])
        np.testing.assert_array_equal(part.core, whole.core[25:44, 17:55])
        assert CosmicPreview(data, blot, detector).why(cosmic, 40, 30).fails == (True, True)


def test_without_a_blot(runs: list[Any], copies: Callable[..., list[Path]]) -> None:
    params, result, _ = runs[0]
    with pytest.raises(Refusal, match="no blotted image"):
        open_preview(result.exposures[0], 7, params)
