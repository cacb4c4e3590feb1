"""Really drizzled images in the alignment: tweakback to the truth, and what is left after drizzling."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from align_shots import tuned
from astropy.io import fits

from core.align.apply import apply
from core.align.find import find
from core.align.live import prepare, select
from core.align.results import Applied, Status, Written
from core.align.session import AlignSettings, align
from core.align.tweakback import tweakback
from core.align.update import drizzled_correction, moved_on_sky
from core.data.chipwcs import ChipWCS
from core.data.exposure import open_exposure
from core.data.history import restore, states
from core.data.wcsbook import write_wcs
from core.data.wcsversions import switch, versions
from core.drizzle.session import astrodrizzle
from core.errors import Refusal
from core.params import TASKS
from core.simulate import Scene, Truth, simulate
from core.simulate.sphere import directions, pointing_error, separation_mas

FIND = {"noise": "robust", "threshold": 40.0, "peakmax": 1500.0}


@dataclass(frozen=True)
class Drizzled:
    """Exposures whose headers are all off by one turn and shift of the sky, and what they were drizzled to."""

    truth: Truth
    files: tuple[Path, ...]
    product: Path
    singles: tuple[Path, ...]
    error: np.ndarray

    def errors(self) -> list[float]:
        """How far the exposures' WCSs are from the truth, rms over all chips, mas."""
        return [rms_mas(path, self.truth) for path in self.files]


def rms_mas(path: Path, truth: Truth) -> float:
    told = truth.exposure(path)
    y, x = np.mgrid[0:512:64, 0:1024:64].astype(float)
    off = []
    for chip in open_exposure(path, complete=False).chips:
        right = told.chip(chip.ccdchip).true_wcs(chip.wcs)
        places = [directions(*wcs.pix_to_sky(x.ravel(), y.ravel())) for wcs in (chip.wcs, right)]
        off.append(separation_mas(*places))
    return float(np.sqrt(np.mean(np.concatenate(off) ** 2)))


def mislaid(wcs: ChipWCS, error: np.ndarray) -> ChipWCS:
    return moved_on_sky(wcs, np.linalg.inv(error))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Drizzled:
    truth = simulate(Scene(seed=5, density=0.6), tmp_path_factory.mktemp("scene"))
    ra, dec = truth.exposures[0].anchor_true
    error = pointing_error((ra, dec), (ra + 0.2 / 3600.0, dec - 0.3 / 3600.0), 0.01, 0.0)
    for told in truth.exposures:
        path = truth.folder / told.file
        exposure = open_exposure(path)
        right = {chip.extver: told.chip(chip.ccdchip).true_wcs(chip.wcs) for chip in exposure.chips}
        write_wcs(path, {k: mislaid(wcs, error) for k, wcs in right.items()}, wcsname="COMMON")
    values = (
        TASKS["astrodrizzle"].defaults().replaced(output="f606w", build=True, clean=False, preserve=False)
    )
    folder = tmp_path_factory.mktemp("products")
    done = astrodrizzle(truth.files, values, folder=folder)
    singles = tuple(one.single_sci for one in done.exposures)
    return Drizzled(truth, truth.files, done.science, singles, error)


@pytest.fixture
def drizzled(made: Drizzled, tmp_path: Path) -> Drizzled:
    """Copies, all in one folder."""

    def copied(path: Path) -> Path:
        return Path(shutil.copy(path, tmp_path))

    return Drizzled(
        made.truth,
        tuple(map(copied, made.files)),
        copied(made.product),
        tuple(map(copied, made.singles)),
        made.error,
    )


def test_the_common_error_is_in_all_headers(drizzled: Drizzled) -> None:
    assert min(drizzled.errors()) > 320.0
    assert all(path.name.endswith("_single_sci.fits") for path in drizzled.singles)


def test_a_known_move_of_the_product_takes_the_exposures_to_the_truth(drizzled: Drizzled) -> None:
    chip = open_exposure(drizzled.product, complete=False).chips[0]
    write_wcs(drizzled.product, {1: moved_on_sky(chip.wcs, drizzled.error)}, wcsname="TRUE")
    done = tweakback(drizzled.product)
    assert [one.path.name for one in done] == [path.name for path in drizzled.files]
    assert all(one.status is Written.WRITTEN for one in done)
    assert max(drizzled.errors()) < 1e-3


def test_a_product_that_is_aligned_twice_moves_the_exposures_each_time_by_what_is_new(
    drizzled: Drizzled,
) -> None:
    """Half the way and back, then the other half: drizzlepac goes by the order of the letters."""
    half = pointing_error((201.69, -47.48), (201.69 + 1e-4, -47.48 + 1e-4), 0.02, 0.0)
    old = open_exposure(drizzled.product, complete=False).chips[0].wcs
    write_wcs(drizzled.product, {1: moved_on_sky(old, half)}, wcsname="HALF")
    late = drizzled.files[2]
    tweakback(drizzled.product, drizzled.files[:2])
    write_wcs(drizzled.product, {1: moved_on_sky(old, drizzled.error)}, wcsname="TRUE")
    done = tweakback(drizzled.product)
    assert all(one.status is Written.WRITTEN for one in done)
    assert [one.detail for one in states(drizzled.files[0])][-1] == "HALF to TRUE"
    assert states(late)[-1].detail == "COMMON to TRUE"
    assert max(drizzled.errors()) < 1e-3


def test_an_alignment_of_the_product_takes_the_exposures_to_the_truth(drizzled: Drizzled) -> None:
    catalog = drizzled.truth.folder / "truth.ecsv"
    asked = tuned(
        AlignSettings.defaults(),
        FIND,
        refcat=str(catalog),
        refxcol="ra",
        refycol="dec",
        updatehdr=True,
        wcsname="CATALOG",
    )
    aligned = align([drizzled.product], asked)
    (image,) = aligned.images
    assert (image.status, image.quality) == (Status.ALIGNED, "good"), image.doubts
    assert all(one.status is Written.WRITTEN for one in apply(aligned, asked))
    tweakback(drizzled.product)
    assert image.fit.n_used > 800
    assert max(drizzled.errors()) < 0.1


def test_a_plain_reference_image_need_not_be_full_of_data(drizzled: Drizzled) -> None:
    asked = tuned(AlignSettings.defaults(), FIND, refimage=str(drizzled.singles[0]))
    asked = replace(asked, refimagefind=asked.refimagefind.replaced(**FIND))
    aligned = align(drizzled.singles[1:], asked)
    for image in aligned.images:
        assert image.status is Status.ALIGNED, image.reason
        assert np.hypot(*image.fit.shift) * aligned.frame.scale * 1e3 < 1.0


def test_single_drizzled_images_show_what_is_left(drizzled: Drizzled) -> None:
    """The exposures agree with each other, so what an alignment of the single images finds is nothing."""
    aligned = align(drizzled.singles, tuned(AlignSettings.defaults(), FIND))
    first, *others = aligned.images
    assert first.status is Status.REFERENCE
    for image in others:
        assert image.status is Status.ALIGNED, image.reason
        assert image.fit.n_used > 50
        assert np.hypot(*image.fit.shift) * aligned.frame.scale * 1e3 < 1.0
        assert abs(image.fit.scale - 1.0) < 2e-5


def test_live_finding_sees_the_same_sources(drizzled: Drizzled) -> None:
    (chip,) = open_exposure(drizzled.singles[1], complete=False).chips
    asked = tuned(AlignSettings.defaults(), FIND).find
    found, seen = find(chip, asked), select(prepare(chip, asked), asked)
    assert len(found) > 100
    assert (seen.reason == 0).sum() == len(found)
    assert found.sigma < 0.1  # e-/s; of the zeros around the exposure it would be 0


def test_a_shift_of_a_single_drizzled_image_is_found_written_and_undone(drizzled: Drizzled) -> None:
    reference, moved, _ = drizzled.singles
    whole = moved.read_bytes()
    chip = open_exposure(moved, complete=False).chips[0]
    right = chip.wcs.crval.copy()
    off = chip.wcs.moved(right + np.array([0.0, 0.12 / 3600.0]), chip.wcs.cd)
    write_wcs(moved, {1: off}, wcsname="OFF", action="Shifted")
    asked = tuned(AlignSettings.defaults(), FIND, wcsname="BACK", updatehdr=True)
    aligned = align([reference, moved], asked)
    assert aligned.images[1].status is Status.ALIGNED, aligned.images[1].reason
    done = apply(aligned, asked)
    assert [one.status for one in done] == [Written.UNTOUCHED, Written.WRITTEN]
    with fits.open(moved) as hdus:
        assert len(hdus) == 1
        assert hdus[0].header["WCSNAME"] == "BACK"
        now = open_exposure(moved, complete=False).chips[0].wcs
    assert (now.crval - right) * 3.6e6 == pytest.approx([0.0, 0.0], abs=1.0)
    assert {"OFF", "BACK"} <= {one.name for one in versions(moved)}
    switch(moved, "OFF")
    assert open_exposure(moved, complete=False).chips[0].wcs.crval == pytest.approx(off.crval, abs=1e-11)
    restore(moved, states(moved)[0].number)
    assert moved.read_bytes() == whole


def test_a_plain_image_is_still_no_input_of_a_drizzle(drizzled: Drizzled) -> None:
    with pytest.raises(Refusal, match="plain FITS image"):
        open_exposure(drizzled.singles[0])


def test_headerlets_of_plain_images_are_refused(drizzled: Drizzled) -> None:
    asked = tuned(AlignSettings.defaults(), FIND, updatehdr=True, headerlet=True)
    aligned = align(drizzled.singles[:2], asked)
    whole = drizzled.singles[1].read_bytes()
    done: tuple[Applied, ...] = apply(aligned, asked)
    assert done[1].status is Written.FAILED
    assert "headerlet" in done[1].reason
    assert drizzled.singles[1].read_bytes() == whole


def test_the_correction_is_that_of_the_product(drizzled: Drizzled) -> None:
    old = open_exposure(drizzled.product, complete=False).chips[0].wcs
    new = moved_on_sky(old, drizzled.error)
    assert drizzled_correction(old, new) == pytest.approx(drizzled.error, abs=1e-12)
