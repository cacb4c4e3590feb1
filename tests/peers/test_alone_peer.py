"""Single steps of ours on what drizzlepac left: every step on its files, beside what it made of them itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.drizzle.choose import chosen_steps
from core.drizzle.plan import TITLES
from core.drizzle.results import GIVEN, MADE, DrizzleResult
from core.drizzle.session import astrodrizzle
from core.errors import Refusal
from core.params import TASKS
from tests.peers.live import INNER, Job, assert_close, assert_weights, image, run_drizzlepac, take
from tests.peers.test_astrodrizzle import align

pytestmark = [pytest.mark.peers, pytest.mark.shared]
pytest.importorskip("drizzlepac")

PARAMS = {
    "output": "f", "driz_sep_bits": "64,32", "final_bits": "64,32", "driz_cr_grow": 3, "combine_type": "minmed",
    "final_pixfrac": 0.8, "preserve": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def peer(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder in which drizzlepac did all steps; three simulated exposures, aligned."""
    folder = tmp_path_factory.mktemp("alone") / "peer"
    names = take(shared_data, "cluster", folder)
    align(shared_data / "omega_cen_simulated" / "truth.json", folder)
    run_drizzlepac([Job(folder, names, {**PARAMS, "num_cores": 1})])
    yield folder
    shutil.rmtree(folder.parent, ignore_errors=True)


@pytest.fixture
def step(peer: Path, tmp_path: Path) -> Callable[..., DrizzleResult]:
    """A function that does one step on a copy of that folder, where the files of that step and all later are gone."""

    def do(number: int, **changed: object) -> DrizzleResult:
        folder = tmp_path / "ours"
        shutil.copytree(peer, folder)
        left = (
            "*staticMask*",
            "*_skymatch_*",
            "*_single_*",
            "*_med.fits",
            "*_blt.fits",
            "*_crmask.fits",
            "f_drz*",
        )
        for pattern in left[number - 1 :]:
            for path in folder.glob(pattern):
                path.unlink()
        params = TASKS["astrodrizzle"].defaults().replaced(**{**PARAMS, **changed})
        result = astrodrizzle(
            sorted(folder.glob("*_flt.fits")), params, folder=folder, only=chosen_steps(str(number))
        )
        name = ("static", "sky", "separate", "median", "blot", "cosmic", "combine")[number - 1]
        assert [title for title, what in result.steps.items() if what == MADE] == [TITLES[name]]
        assert number == 1 or GIVEN in result.steps.values()
        assert result.warnings == ()
        return result

    return do


def pairs(peer: Path, ours: Path, pattern: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    names = sorted(path.name for path in peer.glob(pattern))
    assert names
    for name in names:
        yield image(ours / name), image(peer / name)


def test_separate_on_its_masks_and_sky(
    peer: Path, step: Callable[..., DrizzleResult], tmp_path: Path
) -> None:
    step(3)
    for mine, theirs in pairs(peer, tmp_path / "ours", "*_single_wht.fits"):
        assert_weights(mine, theirs)
    for name in (path.name for path in peer.glob("*_single_sci.fits")):
        weight = image(peer / name.replace("sci", "wht"))
        mine, theirs = image(tmp_path / "ours" / name), image(peer / name)
        # values of pixels without weight are another matter (fault 20)
        assert_close(mine[weight > 0], theirs[weight > 0], 1e-3)


def test_median_of_its_separate_images(
    peer: Path, step: Callable[..., DrizzleResult], tmp_path: Path
) -> None:
    step(4)
    for mine, theirs in pairs(peer, tmp_path / "ours", "*_med.fits"):
        assert_close(mine, theirs, 1e-5, 0.9999)


def test_blot_of_its_median(peer: Path, step: Callable[..., DrizzleResult], tmp_path: Path) -> None:
    step(5)
    for mine, theirs in pairs(peer, tmp_path / "ours", "*_blt.fits"):
        assert_close(mine, theirs, 1e-2, 0.999)


def test_cosmic_rays_by_its_blots(peer: Path, step: Callable[..., DrizzleResult], tmp_path: Path) -> None:
    step(6)
    for mine, theirs in pairs(peer, tmp_path / "ours", "*_crmask.fits"):
        assert np.array_equal(mine[INNER], theirs[INNER])


def test_final_image_with_its_masks(peer: Path, step: Callable[..., DrizzleResult], tmp_path: Path) -> None:
    step(7)
    ours = tmp_path / "ours"
    weights = [image(folder / "f_drz_wht.fits") for folder in (ours, peer)]
    assert_weights(*weights)
    mine, theirs = (image(folder / "f_drz_sci.fits") for folder in (ours, peer))
    assert_close(mine[weights[1] > 0], theirs[weights[1] > 0], 1e-4, 0.9999)
    assert np.array_equal(image(ours / "f_drz_ctx.fits"), image(peer / "f_drz_ctx.fits"))
    for path in sorted(ours.glob("*_flt.fits")):  # and the exposures are flagged as by drizzlepac
        for extver in (1, 2):
            flags = [fits.getdata(folder / path.name, "dq", extver) for folder in (ours, peer)]
            assert np.array_equal(flags[0] & 4096, flags[1] & 4096)


def test_its_stale_files_are_used_silently_and_not_by_ours(
    peer: Path, step: Callable[..., DrizzleResult], tmp_path: Path
) -> None:
    # drizzlepac takes whatever has the name; here a median of another frame has another size
    with pytest.raises(Refusal, match=r"f_med\.fits.*pixels"):
        step(5, driz_sep_wcs=True, driz_sep_scale=0.05)
