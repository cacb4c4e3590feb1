"""Sky and static mask on exposures whose pixels are set by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import Exposure, open_exposure
from core.drizzle.sky import SkyValues, find_sky
from core.drizzle.static import Signature, StaticMasks, mask_name, signature, static_masks
from core.errors import Refusal
from core.params import TASKS

Copies = Callable[..., list[Path]]
DEFAULTS = TASKS["astrodrizzle"].defaults()
LEVELS = {0: (10.0, 14.0), 1: (25.0, 21.0), 2: (17.0, 17.0)}


def set_pixels(path: Path, levels: tuple[float, float], unit: str = "ELECTRONS") -> None:
    """Flat sky with noise in both chips; a bright block in 5 % of the pixels, flagged in DQ."""
    rng = np.random.default_rng(int(levels[0] * 10))
    with fits.open(path, mode="update", memmap=False) as hdus:
        for extver, level in enumerate(levels, 1):
            shape = hdus["SCI", extver].data.shape
            data = rng.normal(level, 0.1 * level, shape).astype(np.float32)
            data[:26] = 50 * level
            hdus["SCI", extver].data = data
            hdus["SCI", extver].header["BUNIT"] = unit
            flags = np.zeros(shape, np.int16)
            flags[:26] = 16
            hdus["DQ", extver].data = flags


@pytest.fixture
def exposures(copies: Copies) -> list[Exposure]:
    files = copies()
    for k, path in enumerate(files):
        set_pixels(path, LEVELS[k])
    return [open_exposure(path) for path in files]


def sky(exposures: list[Exposure], static: StaticMasks | None = None, **values: Any) -> SkyValues:
    return find_sky(exposures, DEFAULTS.replaced(**values), static=static or StaticMasks())


def values(found: SkyValues, exposures: list[Exposure]) -> list[list[float]]:
    return [[found.of(chip).noise for chip in exposure.chips] for exposure in exposures]


@pytest.mark.parametrize("statistic", ["median", "mean", "mode"])
def test_localmin_takes_the_lower_chip_of_each_exposure(exposures: list[Exposure], statistic: str) -> None:
    found = sky(exposures, skystat=statistic)
    for row, levels in zip(values(found, exposures), LEVELS.values(), strict=True):
        assert row[0] == row[1]
        # the mode is known to one bin of a tenth of the noise
        tolerance = 0.01 if statistic != "mode" else 0.1 * 0.1 * min(levels)
        assert row[0] == pytest.approx(min(levels), abs=tolerance)
    assert all(found.of(c).subtract == found.of(c).noise for e in exposures for c in e.chips)


def test_globalmin_takes_the_lowest_of_all(exposures: list[Exposure]) -> None:
    assert np.allclose(values(sky(exposures, skymethod="globalmin"), exposures), 10.0, atol=0.01)


def test_rates_and_counts_compare_as_brightness(copies: Copies) -> None:
    files = copies()[:2]
    set_pixels(files[0], (12.0, 12.0))
    set_pixels(files[1], (0.2, 0.2), "ELECTRONS/S")
    opened = [open_exposure(path) for path in files]
    # 0.2 e-/s in 40 s are 8 e-: the lower sky, and each exposure gets it in its own units
    assert np.allclose(values(sky(opened, skymethod="globalmin"), opened), [[8.0] * 2, [0.2] * 2], rtol=2e-3)


def test_flagged_pixels_do_not_count_but_those_allowed_do(exposures: list[Exposure]) -> None:
    plain = values(sky(exposures, skyclip=0, skystat="mean"), exposures)
    assert plain[0][0] == pytest.approx(10.0, abs=0.01)
    for bits in ("16", "", "~32"):
        bright = values(sky(exposures, skyclip=0, skystat="mean", sky_bits=bits), exposures)
        assert bright[0][0] == pytest.approx(10 * (1 + 49 * 26 / 512), rel=1e-3)


def test_the_static_mask_can_be_left_out(exposures: list[Exposure]) -> None:
    masks = {}
    for exposure in exposures:
        for chip in exposure.chips:
            mask = np.zeros(chip.shape, np.uint8)
            mask[400:] = 1
            masks[signature(exposure, chip)] = mask
    with fits.open(exposures[0].path, mode="update") as hdus:
        for extver in (1, 2):
            hdus["SCI", extver].data[:400] = 3.0
    found = values(sky(exposures, StaticMasks(masks)), exposures)
    assert found[0][0] == pytest.approx(10.0, abs=0.02)
    without = values(sky(exposures, StaticMasks(masks), use_static=False), exposures)
    assert without[0][0] == pytest.approx(3.0, abs=0.01)


def test_bits_to_be_reset_count_as_not_set(exposures: list[Exposure]) -> None:
    with fits.open(exposures[0].path, mode="update") as hdus:
        for extver in (1, 2):
            hdus["DQ", extver].data |= np.int16(4096)
    blind = sky(exposures)
    assert [text for text in blind.warnings if "no sky value" in text]
    assert blind.of(exposures[0].chips[0]).noise == 0.0
    found = find_sky(exposures, DEFAULTS, static=StaticMasks(), reset=4096)
    assert found.of(exposures[0].chips[0]).noise == pytest.approx(10.0, abs=0.01)


@pytest.mark.parametrize("rounds", [0, 1])
def test_limits_are_in_the_units_of_the_image(exposures: list[Exposure], rounds: int) -> None:
    """They hold for every statistic. In drizzlepac, without clipping, they hold for mean and mode, but the median is
    that of all pixels, stars included: nobody who gives limits wants that."""
    found = values(
        sky(exposures, skylower=10.0, skyupper=12.0, skyclip=rounds, skyusigma=9.0, skylsigma=9.0), exposures
    )
    assert 10.5 < found[0][0] < 11.0


def test_a_file_of_sky_values(exposures: list[Exposure], tmp_path: Path) -> None:
    table = tmp_path / "sky.txt"
    names = [exposure.name for exposure in exposures]
    table.write_text(f"# name sky\n{names[0]} 1.5\n{names[1]} 2.5 3.5\n\nfolder/{names[2]} 4 # as told\n")
    found = sky(exposures, skyfile=str(table))
    assert values(found, exposures) == [[1.5, 1.5], [2.5, 3.5], [4.0, 4.0]]
    assert found.of(exposures[1].chips[1]).subtract == 3.5
    # not subtracted, but part of the noise
    own = sky(exposures, skysub=False, skyuser=f"@{table}")
    assert values(own, exposures) == values(found, exposures)
    assert own.of(exposures[0].chips[0]).subtract is None
    numbers = "".join(f"{name} 1 2 3\n" for name in names)
    wrong = {f"#\n{names[0]} {word}\n": f"Line 2: '{word}'" for word in ("one", "nan", "-inf", "1e999")}
    for text, told in {f"{names[0]} 1\n": "no sky value", numbers: "3 sky values", **wrong}.items():
        table.write_text(text)
        with pytest.raises(Refusal, match=rf"sky\.txt.*{told}"):
            sky(exposures, skyfile=str(table))


def test_a_keyword_with_the_sky_that_was_subtracted(exposures: list[Exposure]) -> None:
    for exposure in exposures:
        fits.setval(exposure.path, "MYSKY", value=5.5, ext=0)
    opened = [open_exposure(exposure.path) for exposure in exposures]
    found = sky(opened, skysub=False, skyuser="MYSKY")
    assert np.allclose(values(found, opened), 5.5)
    nothing = sky(opened, skysub=False)
    assert nothing.of(opened[0].chips[0]).subtract is None
    assert np.allclose(values(nothing, opened), 0.0)


def test_a_pixel_low_in_one_exposure_is_bad_in_all(exposures: list[Exposure]) -> None:
    with fits.open(exposures[1].path, mode="update") as hdus:
        hdus["SCI", 1].data[300, 200] = -1e5
        hdus["SCI", 2].data[310, 210] = np.nan
    found = static_masks(exposures, DEFAULTS)
    first, second = (found.of(exposures[2], chip) for chip in exposures[2].chips)
    assert (first[300, 200], second[300, 200], second[310, 210]) == (0, 1, 1)
    assert 0 < (first == 0).sum() < 100
    assert set(np.unique(first)) == {0, 1}
    loose = static_masks(exposures, DEFAULTS.replaced(static_sig=100.0)).of(
        exposures[0], exposures[0].chips[0]
    )
    assert (loose == 0).sum() == 1


def test_a_flat_chip_says_nothing(exposures: list[Exposure]) -> None:
    with fits.open(exposures[0].path, mode="update") as hdus:
        hdus["SCI", 1].data[:] = 7.0
    found = static_masks(exposures[:1], DEFAULTS)
    assert found.of(exposures[0], exposures[0].chips[0]).all()
    assert "one bin" in found.notes[0]


@pytest.mark.parametrize(
    ("root", "name"),
    [("f606w", "_512x1024_2_staticMask.fits"), ("ngc_f606w", "ngc_512x1024_2_staticMask.fits")],
)
def test_names_of_static_masks(root: str, name: str) -> None:
    assert mask_name(root, Signature("WFC3/UVIS", (512, 1024), 2)) == name
