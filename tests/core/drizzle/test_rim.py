"""The median beyond the borders of a chip: what it is, where it is kept, and what border pixels gain by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.drizzle.blot import blot
from core.drizzle.cosmic import CosmicParams, Detector, find_cosmics
from core.drizzle.rim import part_of, read_rim, rim_hdu, rim_size
from core.drizzle.session import astrodrizzle
from core.drizzle.settings import BlotParams
from core.params import TASKS
from tests.drizzle_scene import chip_wcs, frame_wcs

DEFAULTS = TASKS["astrodrizzle"].defaults()
DETECTOR = Detector(to_electrons=1.0, sky=10.0, read_noise=3.0)


def stars(shape: tuple[int, int], places: list[tuple[float, float]], width: float = 0.9) -> np.ndarray:
    y, x = np.indices(shape)
    image = np.full(shape, 0.25)
    for sx, sy in places:
        image += 500.0 * np.exp(-((x - sx) ** 2 + (y - sy) ** 2) / (2 * width**2))
    return image.astype(np.float32)


@pytest.mark.parametrize("stepsize", [1, 10])
@pytest.mark.parametrize("shape", [(49, 60), (50, 59)])
def test_the_rim_is_what_a_larger_chip_would_show(shape: tuple[int, int], stepsize: int) -> None:
    frame = frame_wcs()
    rng = np.random.default_rng(1)
    median = stars(frame.shape, [tuple(place) for place in rng.uniform(60, 140, (60, 2))])
    chip = chip_wcs(shape, angle=0.9)
    larger = replace(chip, crpix=chip.crpix + 1.0, naxis=(shape[1] + 2, shape[0] + 2))
    params = replace(BlotParams.of(DEFAULTS), stepsize=stepsize)
    made = blot(median, frame, chip, params, exptime=40.0, sky=10.0)
    whole = blot(median, frame, larger, replace(params, stepsize=1), exptime=40.0, sky=10.0).sci
    expected = np.concatenate([whole[0, 1:-1], whole[-1, 1:-1], whole[1:-1, 0], whole[1:-1, -1]])
    assert made.rim.shape == (rim_size(shape),)
    # between nodes of the grid the map is linear; at every pixel it is the same up to rounding
    np.testing.assert_allclose(made.rim, expected, rtol=2e-4 if stepsize == 1 else 2e-2, atol=0.05)


def test_kept_with_the_blotted_image(tmp_path: Path) -> None:
    shape = (7, 9)
    rim = np.arange(rim_size(shape), dtype=np.float32)
    path = tmp_path / "x_sci1_blt.fits"
    fits.HDUList([fits.PrimaryHDU(np.zeros(shape, np.float32)), rim_hdu(rim)]).writeto(path)
    np.testing.assert_array_equal(read_rim(path, shape), rim)
    assert read_rim(path, (8, 9)).size == 0  # of another chip
    fits.PrimaryHDU(np.zeros(shape, np.float32)).writeto(path, overwrite=True)  # as drizzlepac leaves it
    assert read_rim(path, shape).size == 0


def test_the_rim_of_a_part_is_known_where_the_chip_ends() -> None:
    shape = (6, 8)
    rim = np.arange(rim_size(shape), dtype=np.float32)
    np.testing.assert_array_equal(part_of(rim, shape, (0, 6), (0, 8)), rim)
    part = part_of(rim, shape, (2, 6), (0, 3))
    below, above, left, right = np.split(part, [3, 6, 10])
    assert np.isnan(below).all()
    assert np.isnan(right).all()
    assert above.tolist() == [8.0, 9.0, 10.0]
    assert left.tolist() == [18.0, 19.0, 20.0, 21.0]
    assert part_of(rim[:0], shape, (2, 6), (0, 3)).size == 0


def test_a_star_beyond_the_border_is_no_cosmic_ray() -> None:
    """Its flank in the border row is steepest outwards; a median that is a little lower there is no cosmic ray."""
    sky = stars((42, 60), [(10.2, -0.6), (30.4, -0.5), (48.0, 41.6)]) * 40.0
    chip = np.ascontiguousarray(sky[1:-1, 1:-1])
    rim = np.concatenate([sky[0, 1:-1], sky[-1, 1:-1], sky[1:-1, 0], sky[1:-1, -1]])
    data = chip * np.float32(1.0)
    for row in (0, -1):
        data[row] *= np.float32(2.5)  # the flank is blurred in the median
    rays = [(0, 40), (39, 20), (20, 0), (25, 57), (0, 0), (39, 57)]
    for place in rays:
        data[place] += 400.0
    params = CosmicParams.of(DEFAULTS)
    found = [
        tuple(place) for place in np.argwhere(find_cosmics(data, chip, params, DETECTOR, rim=rim).core == 0)
    ]
    without = [tuple(place) for place in np.argwhere(find_cosmics(data, chip, params, DETECTOR).core == 0)]
    assert sorted(found) == sorted(rays)
    assert len(without) >= len(rays) + 6


def test_the_same_masks_from_memory_and_from_the_files_of_a_former_run(
    copies: Callable[[str], list[Path]],
) -> None:
    params = DEFAULTS.replaced(output="r", clean=False, preserve=False, driz_combine=False)
    masks = []
    for name, resume, runs in (("once", False, 1), ("again", True, 2)):
        files = copies(name)
        for turn in range(runs):
            # the second time step 6 alone is done, with other parameters first
            snr = "3.5 3.0" if turn == runs - 1 else "8.0 7.0"
            astrodrizzle(files, params.replaced(driz_cr_snr=snr), folder=files[0].parent, resume=resume)
        masks.append(
            {path.name: fits.getdata(path) for path in sorted(files[0].parent.glob("*_crmask.fits"))}
        )
    blots = sorted(files[0].parent.glob("*_blt.fits"))
    assert all(read_rim(path, fits.getdata(path).shape).size for path in blots)
    assert masks[0].keys() == masks[1].keys() != set()
    for name, mask in masks[0].items():
        np.testing.assert_array_equal(mask, masks[1][name], err_msg=name)
