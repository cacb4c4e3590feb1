"""Masks of one's own for the sky."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import Exposure, open_exposure
from core.drizzle.session import astrodrizzle
from core.drizzle.sky import find_sky
from core.drizzle.skymasks import read_mask_list
from core.drizzle.static import StaticMasks
from core.errors import Refusal
from core.params import TASKS

Copies = Callable[..., list[Path]]
DEFAULTS = TASKS["astrodrizzle"].defaults()


@pytest.fixture
def exposure(copies: Copies) -> Exposure:
    """10 electrons in the lower half of each chip, 30 in the upper; masks.fits lets only the upper half through."""
    path = copies()[0]
    rng = np.random.default_rng(1)
    with fits.open(path, mode="update", memmap=False) as hdus:
        for extver in (1, 2):
            data = rng.normal(10, 1, (512, 1024)).astype(np.float32)
            data[256:] += 20
            hdus["SCI", extver].data = data
            hdus["DQ", extver].data = np.zeros(data.shape, np.int16)
    upper = np.zeros((512, 1024), np.uint8)
    upper[256:] = 1
    masks = [
        fits.PrimaryHDU(1 - upper),
        fits.ImageHDU(upper, name="MASK"),
        fits.ImageHDU(1 - upper, name="MASK", ver=2),
    ]
    fits.HDUList(masks).writeto(path.parent / "masks.fits")
    fits.PrimaryHDU(upper).writeto(path.parent / "upper.fits")
    fits.PrimaryHDU(upper[:10]).writeto(path.parent / "small.fits")
    return open_exposure(path)


def listed(exposure: Exposure, text: str) -> str:
    path = exposure.path.parent / "list.txt"
    path.write_text(text.replace("IMAGE", exposure.name))
    return str(path)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("IMAGE, upper.fits, upper.fits", {1: 0, 2: 0}),
        ("IMAGE,upper.fits", {1: 0}),
        ("IMAGE{'sci'},,upper.fits[0]", {2: 0}),
        ("IMAGE,None,upper.fits", {2: 0}),
        ("IMAGE['sci',2],masks.fits['mask',1]", {2: ("mask", 1)}),
        ("IMAGE{('sci',2),1},masks.fits[1],upper.fits", {2: 1, 1: 0}),
        ("IMAGE{('sci',*)},'upper.fits',masks.fits[mask,2]", {1: 0, 2: ("mask", 2)}),
        ("# a comment\n\nother_flt.fits,nowhere.fits\nIMAGE", {}),
    ],
)
def test_the_ways_of_writing(exposure: Exposure, line: str, found: dict[int, object]) -> None:
    masks = read_mask_list(listed(exposure, line), [exposure]).masks
    assert {extver: mask.ext for (_, extver), mask in masks.items()} == found


@pytest.mark.parametrize(
    "line",
    [
        "IMAGE,nowhere.fits",
        "IMAGE,small.fits",
        "IMAGE,upper.fits[7]",
        "IMAGE,upper.fits,upper.fits,upper.fits",
        "IMAGE['err',1],upper.fits",
        "IMAGE[99],upper.fits",
        "IMAGE{'sci',upper.fits",
        ",upper.fits",
    ],
)
def test_what_cannot_be_used_is_refused(exposure: Exposure, line: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_mask_list(listed(exposure, line), [exposure])
    assert caught.value.subject == "skymask_cat"
    assert caught.value.advice


def test_masked_pixels_take_no_part(exposure: Exposure) -> None:
    name = listed(exposure, "IMAGE,upper.fits,masks.fits[1]")
    params = DEFAULTS.replaced(skymask_cat=name)
    found = find_sky([exposure], params, static=StaticMasks())
    assert found.of(exposure.chips[0]).noise == pytest.approx(30.0, abs=0.02)
    name = listed(exposure, "IMAGE,upper.fits,masks.fits[0]")
    found = find_sky([exposure], params, static=StaticMasks())
    assert found.of(exposure.chips[0]).noise == pytest.approx(10.0, abs=0.02)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("IMAGE,upper.fits", ""),
        (
            "other_flt.fits,a.fits\n\nx/mine_flt.fits{1},b.fits",
            "no mask is used: lines 1 (other_flt.fits), 3 (mine_",
        ),
        ("IMAGE,upper.fits\nother_flt.fits,a.fits", "for no exposure of this run: line 2 (other_flt.fits)."),
        ("# IMAGE,upper.fits", "The list has no lines, so no mask is used."),
        ("IMAGE,upper.fits" + "\nother_flt.fits" * 9, "6 (other_flt.fits), 4 more."),
    ],
)
def test_lines_for_no_exposure_are_told(exposure: Exposure, text: str, told: str) -> None:
    params = DEFAULTS.replaced(skymask_cat=listed(exposure, text))
    warnings = find_sky([exposure], params, static=StaticMasks()).warnings
    assert len(warnings) == bool(told)
    assert all(one.startswith("list.txt: skymask_cat: ") and told in one for one in warnings)


def test_no_product_replaces_a_mask(exposure: Exposure) -> None:
    folder = exposure.path.parent
    mask = folder / "o_drz_sci.fits"
    (folder / "upper.fits").rename(mask)
    name = listed(exposure, f"IMAGE{{'sci'}},{mask.name}[0],{mask.name}")
    before = mask.read_bytes()
    with pytest.raises(Refusal, match=mask.name):
        astrodrizzle([exposure.path], DEFAULTS.replaced(skymask_cat=name, output="o"), folder=folder)
    assert mask.read_bytes() == before


def test_a_changed_mask_is_noticed(exposure: Exposure, tmp_path: Path) -> None:
    name = listed(exposure, "IMAGE,upper.fits,upper.fits")
    params = DEFAULTS.replaced(skymask_cat=name, output="o", driz_combine=False, static=False, preserve=False)
    levels = []
    for masked in (1, 0):
        result = astrodrizzle([exposure.path], params, folder=tmp_path / "out", resume=True)
        levels.append(result.exposures[0].chips[0].sky)
        mask = np.full((512, 1024), masked, np.uint8)
        mask[:256] = 1
        fits.PrimaryHDU(mask.astype(np.int16)).writeto(exposure.path.parent / "upper.fits", overwrite=True)
    again = astrodrizzle([exposure.path], params, folder=tmp_path / "out", resume=True)
    levels.append(again.exposures[0].chips[0].sky)
    assert levels == pytest.approx([30.0, 20.0, 10.0], abs=3.0)
