"""Pixels: the same for the same scene, stars and cosmic rays where the truth has them, noise as said."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from scipy.optimize import least_squares

from core.data.exposure import open_exposure
from core.errors import Cancelled, Refusal
from core.runs.progress import Progress
from core.runs.spread import Threads
from core.simulate import Scene, Truth, simulate
from core.simulate.psf import Psf


def pixels(path: Path) -> list[np.ndarray]:
    with fits.open(path, memmap=False) as hdus:
        return [hdu.data.copy() for hdu in hdus if hdu.data is not None]


def same(a: Path, b: Path) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(pixels(a), pixels(b), strict=True))


def test_the_same_scene_gives_the_same_pixels(small: Truth, folder: Path) -> None:
    """Whatever the number of threads; another seed gives others."""
    again = simulate(Scene(seed=11), folder, workers=Threads(1))
    assert all(same(a, b) for a, b in zip(small.files, again.files, strict=True))
    other = simulate(Scene(seed=12, n_exposures=1), folder)
    assert not same(small.files[0], other.files[0])


def test_the_small_scene_takes_a_few_seconds_at_most(folder: Path) -> None:
    """The demonstration begins with it; measured 0.7 s on two cores once compiled."""
    start = time.perf_counter()
    simulate(Scene(seed=3), folder)
    seconds = time.perf_counter() - start
    print(f"three small exposures: {seconds:.2f} s")
    assert seconds < 15.0


def test_cancelling_stops(folder: Path) -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        simulate(Scene(), folder, progress)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refusal):
        simulate(Scene(), tmp_path / "file" / "below")


def isolated(truth: Truth, exposure: int, ccdchip: int) -> list[int]:
    """Stars of 5e3 to 8e4 electrons, 12 pixels from the border and from any star of a hundredth of theirs."""
    arrays = truth.exposures[exposure].chip(ccdchip).arrays
    x, y, counts = arrays["star_x"], arrays["star_y"], arrays["star_counts"]
    chosen = []
    for k in np.flatnonzero((counts > 5e3) & (counts < 8e4)):
        inside = 12 < x[k] < 1011 and 12 < y[k] < 499
        near = (np.hypot(x - x[k], y - y[k]) < 16) & (counts > counts[k] / 100)
        if inside and near.sum() == 1:
            chosen.append(int(k))
    return chosen


def fitted(image: np.ndarray, x: float, y: float, focus: float) -> tuple[float, float, float]:
    """Position and electrons of a star by least squares of the profile, summed over 15 x 15 parts of a pixel."""
    i, j = round(y), round(x)
    box = image[i - 4 : i + 5, j - 4 : j + 5].astype(float)
    fine = (np.arange(9 * 15) + 0.5) / 15 - 4.5

    def model(p: np.ndarray) -> np.ndarray:
        light = Psf(focus=focus).profile(fine[None, :] + j - p[0], fine[:, None] + i - p[1])
        return p[2] * light.reshape(9, 15, 9, 15).mean(axis=(1, 3)) + p[3]

    start = [x + 0.2, y - 0.2, box.sum(), float(np.median(box))]
    best = least_squares(lambda p: (model(p) - box).ravel(), start, x_scale=[0.1, 0.1, 1e3, 1.0])
    return best.x[0], best.x[1], best.x[2]


def test_stars_lie_where_the_truth_says(clean: Truth) -> None:
    """Fitted with the profile itself, not with the table that rendered them."""
    found = []
    for number, exposure in enumerate(clean.exposures):
        for chip in open_exposure(clean.files[number]).chips:
            arrays = exposure.chip(chip.ccdchip).arrays
            image = chip.read()
            for k in isolated(clean, number, chip.ccdchip):
                x, y, counts = fitted(
                    image, arrays["star_x"][k], arrays["star_y"][k], exposure.facts["focus"]
                )
                found.append(
                    (x - arrays["star_x"][k], y - arrays["star_y"][k], counts / arrays["star_counts"][k] - 1)
                )
    errors = np.array(found)
    assert len(errors) > 15
    # faint neighbours remain in the box; the typical star has none
    assert np.median(np.abs(errors[:, :2])) < 5e-4
    assert np.abs(errors[:, :2]).max() < 0.02
    assert np.median(np.abs(errors[:, 2])) < 2e-3


def test_counts_follow_the_area_of_the_pixels(clean: Truth) -> None:
    for exposure in clean.exposures:
        for chip in exposure.chips:
            rate = clean.stars.rate[chip.arrays["star_id"]]
            np.testing.assert_allclose(
                chip.arrays["star_counts"] * chip.arrays["star_pam"], rate * 40.0, rtol=1e-5
            )
            assert np.all((chip.arrays["star_pam"] > 0.96) & (chip.arrays["star_pam"] < 1.04))


def test_cosmic_rays_are_those_recorded(folder: Path) -> None:
    scene = Scene(seed=4, density=0.0, sky=0.0, noise=False, defects=False, n_exposures=1)
    truth = simulate(scene, folder)
    for chip in open_exposure(truth.files[0]).chips:
        known = truth.exposures[0].chip(chip.ccdchip)
        image = chip.read().ravel()
        hit = known.arrays["cr_index"]
        np.testing.assert_allclose(image[hit], np.minimum(known.arrays["cr_charge"], 70000.0), rtol=1e-6)
        image[hit] = 0.0
        assert image.max() <= 1.0
        # 1.2 /cm2/s over 85 s on 0.0118 cm2 per 1024 x 512 pixels: 120 tracks
        assert 80 < known.facts["ncr"] < 165
        assert 3.0 < known.facts["ncrpix"] / known.facts["ncr"] < 9.0


def test_noise_is_photon_and_read_noise(folder: Path) -> None:
    truth = simulate(Scene(seed=6, density=0.0, sky=0.5, cr_rate=0.0, defects=False, n_exposures=1), folder)
    for chip in open_exposure(truth.files[0]).chips:
        image = chip.read().astype(float)
        assert image.mean() == pytest.approx(20.0, abs=0.05)
        assert image.var() == pytest.approx(20.0 + 3.1**2, rel=0.01)
        assert chip.read("ERR").mean() == pytest.approx(np.sqrt(20.0 + 3.1**2), rel=0.01)
        assert not chip.read_dq().any()


def test_defects_stay_on_the_detector(small: Truth) -> None:
    flags = [[chip.read_dq() & (4 + 16 + 64) for chip in open_exposure(path).chips] for path in small.files]
    for chip in range(2):
        assert all(np.array_equal(flags[0][chip], other[chip]) for other in flags[1:])
        assert (flags[0][chip] == 16).mean() == pytest.approx(0.003, rel=0.05)
        assert (flags[0][chip] == 64).mean() == pytest.approx(0.006, rel=0.05)
        assert (flags[0][chip] & 4).any()
    stray = small.exposures[0].chips[0].arrays["unflagged_hot"]
    assert len(stray) > 0
    image = open_exposure(small.files[0]).chips[0].read().ravel()
    assert np.all(image[stray] > 200.0)
    assert not flags[0][0].ravel()[stray].any()


def test_bright_stars_saturate_and_bleed_along_columns(small: Truth) -> None:
    rows, columns = [], []
    for chip in open_exposure(small.files[0]).chips:
        image, saturated = chip.read(), (chip.read_dq() & 256) > 0
        assert image.max() < 70000.0 + 6 * 3.1
        assert image[saturated].min() > 70000.0 - 6 * 3.1
        known = small.exposures[0].chip(chip.ccdchip).arrays
        brightest = int(np.argmax(known["star_counts"]))
        x, y = round(known["star_x"][brightest]), round(known["star_y"][brightest])
        box = saturated[max(0, y - 60) : y + 61, max(0, x - 60) : x + 61]
        rows.append(int(box.any(axis=1).sum()))
        columns.append(int(box.any(axis=0).sum()))
    assert sum(rows) > sum(columns) > 0
