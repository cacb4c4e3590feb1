"""Real exposures beside drizzlepac live: subarrays of WFC3/UVIS, WFC3/IR, a piece of ACS/HRC, through every method.

Each choice of each step comes once for each camera, several in a run; the kinds of weight move on by one from camera to
camera, so that over the three every kernel has every weight. The first exposures serve; those of IR, which their
carrier cut to whole numbers, have the lost part drawn at random and their errors made anew (they were 0); those of HRC
are pieces of one exposure that overlap but for some pixels and are half a pixel off.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from core.drizzle.results import DrizzleResult
from tests.peers.drizzle_cases import PIECE
from tests.peers.live import (
    INNER,
    OLD_POLYGONS,
    STEPS_OFF,
    Folders,
    Given,
    Job,
    assert_weights,
    run_drizzlepac,
    run_ours,
    take,
)

pytestmark = [pytest.mark.peers, pytest.mark.shared]
pytest.importorskip("drizzlepac")

CAMERAS = ("uvis", "ir", "hrc")
WEIGHTS = ("EXP", "ERR", "IVM")
BITS = {"driz_sep_bits": "64,32,512", "final_bits": "64,32,512", "sky_bits": "64,32,512"}
SCALE = {"uvis": 0.03, "ir": 0.1, "hrc": 0.03}
LATER_OFF = {"blot": False, "driz_cr": False}
SKY_ALONE = {"static": True, **STEPS_OFF, "driz_combine": False}
RUNS: dict[str, dict[str, Any]] = {
    "square": {"combine_type": "minmed", "blot_interp": "poly5", "driz_cr_corr": True},
    "gaussian": {
        "skymethod": "globalmin", "skystat": "mean", "skyclip": 3, "skylsigma": 3.0, "skyusigma": 3.0,
        "driz_sep_kernel": "square", "driz_sep_pixfrac": 0.8, "driz_sep_wt_scl": "2.0", "combine_type": "median",
        "combine_nhigh": 1, "blot_interp": "linear", "driz_cr_snr": "6 4", "driz_cr_scale": "2.0 1.0",
        "driz_cr_grow": 3, "final_pixfrac": 0.8, "final_units": "counts",
    },
    "turbo": {
        "skystat": "mode", "skywidth": 0.3, "use_static": False, "driz_sep_kernel": "gaussian",
        "combine_type": "mean", "combine_nlow": 1, "combine_maskpt": 0.5, "blot_interp": "poly3",
        "driz_cr_ctegrow": 2, "final_pixfrac": 0.6, "final_maskval": 0.0,
    },
    "point": {
        "skysub": False, "skyuser": "MYSKY", "static_sig": 3.0, "driz_sep_kernel": "point", "combine_type": "median",
        "combine_nhigh": 1, "blot_interp": "nearest", "blot_addsky": False, "blot_skyval": 4.0,
        "final_wt_scl": "2.5", "final_wcs": True, "final_rot": 0.0, "final_fillval": -1.0, "stepsize": 25,
    },
    "lanczos3": {
        "skyfile": "skies.txt", "driz_sep_kernel": "lanczos3", "combine_type": "imedian", "final_wt_scl": "expsq",
        **LATER_OFF,
    },
    "sum": {
        "skysub": False, "static": False, "driz_sep_wcs": True, "driz_sep_rot": 17.0, "combine_type": "sum",
        "driz_combine": False, **LATER_OFF,
    },
    "imean": {
        "skymask_cat": "masks.txt", "static": False, "driz_sep_fillval": 3.0, "combine_type": "imean",
        "driz_combine": False, **LATER_OFF,
    },
    "sinc": {
        "median_newmasks": False, "combine_type": "iminmed", "combine_grow": 2, "combine_nsigma": "3 2",
        "blot_interp": "sinc", "driz_cr": False, "driz_combine": False,
    },
    "match": {**SKY_ALONE, "skymethod": "match", "use_static": False},
    "globalmin+match": {**SKY_ALONE, "skymethod": "globalmin+match", "skyclip": 3},
}  # fmt: skip
KERNELS = list(RUNS)[:5]


@dataclass(frozen=True)
class Case:
    camera: str
    kernel: str

    @property
    def weights(self) -> str:
        return WEIGHTS[(list(RUNS).index(self.kernel) + CAMERAS.index(self.camera)) % 3]

    @property
    def params(self) -> dict[str, Any]:
        made = {"output": "x", **BITS, **RUNS[self.kernel]}
        if self.kernel in KERNELS:
            made |= {"final_kernel": self.kernel, "final_wht_type": self.weights}
        if "final_wcs" in made:
            made["final_scale"] = SCALE[self.camera]
        if self.camera == "ir":
            made.pop(
                "driz_cr_ctegrow", None
            )  # no charge to trail there; drizzlepac flags everything (fault 17)
        return made

    def does(self, step: str) -> bool:
        return bool(self.params.get(step, True))

    def __str__(self) -> str:
        return f"{self.camera}-{self.kernel}-{self.weights}"


CASES = [Case(camera, kernel) for camera in CAMERAS for kernel in RUNS]


def pieces_of_hrc(folder: Path) -> list[str]:
    """Three pieces of 200 x 200 pixels, the sky nearly where it was."""
    folder.mkdir(parents=True)
    names = []
    for number, (row, column) in enumerate(((0, 0), (7, 3), (4, 11))):
        name = f"j8bt0{number}nyq_flt.fits"
        with fits.open(PIECE, memmap=False) as hdus:
            hdus[0].header.update({"FILENAME": name, "ROOTNAME": name[:9], "EXPTIME": 60.0 + number})
            for hdu in hdus[1:]:
                hdu.data = np.ascontiguousarray(hdu.data[row : row + 200, column : column + 200])
                if hdu.name == "SCI":
                    hdu.data += 7.0 * number  # another sky
                    hdu.header["CRPIX1"] -= column + 0.4 * number
                    hdu.header["CRPIX2"] -= row - 0.3 * number
                    hdu.header["EXPNAME"] = name[:9]
            hdus.writeto(folder / name)
        names.append(name)
    return names


def prepare(case: Case, shared: Path, folder: Path) -> Given:
    """Exposures with inverse variance maps and skies beside them; what is given to both programs."""
    names = pieces_of_hrc(folder) if case.camera == "hrc" else take(shared, case.camera, folder, 3)
    rng = np.random.default_rng(4)
    lines, skies, masks = [], [], []
    for number, name in enumerate(names):
        with fits.open(folder / name, mode="update", memmap=False) as hdus:
            shape = hdus["SCI"].data.shape
            hdus["SCI"].header["MYSKY"] = 0.3 + 0.1 * number
            if case.camera == "ir":
                hdus["SCI"].data += rng.random(shape, np.float32)
                rate = np.maximum(hdus["SCI"].data, 0.0)
                hdus["ERR"].data = np.sqrt(rate / 200.0 + (15.0 / 200.0) ** 2).astype(np.float32)
        values = rng.uniform(0.01, 0.03, shape).astype(np.float32)
        maps = name.replace("_fl", "_ivm")
        fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(values, name="IVM")]).writeto(folder / maps)
        lines.append(f"{name} {maps}\n")
        skies.append(f"{name} {0.3 + 0.1 * number}\n")
        masks.append(f"{name}{{'sci'}},half.fits\n")
    half = np.ones(shape, np.uint8)
    half[: shape[0] // 2] = 0
    fits.PrimaryHDU(half).writeto(folder / "half.fits")
    (folder / "masks.txt").write_text("".join(masks))
    (folder / "all.txt").write_text("".join(lines))
    (folder / "skies.txt").write_text("".join(skies))
    return "@all.txt" if case.params.get("final_wht_type") == "IVM" else names


@dataclass(frozen=True)
class Pair(Folders):
    case: Case
    result: DrizzleResult
    last: DrizzleResult | None

    @property
    def exposures(self) -> list[Path]:
        return sorted(self.ours.glob("*_fl[tc].fits"))

    @property
    def noise(self) -> float:
        """Less than the noise of any pixel, e-/s: 3 e- of reading out."""
        return 3.0 / fits.getval(self.exposures[0], "EXPTIME")


class Runs:
    """All cases through drizzlepac, in one process; ours when asked for."""

    def __init__(self, shared: Path, folder: Path) -> None:
        self.folder = folder
        self.given = {case: prepare(case, shared, folder / str(case) / "peer") for case in CASES}
        for case in CASES:
            shutil.copytree(folder / str(case) / "peer", folder / str(case) / "ours")
        run_drizzlepac(
            (Job(folder / str(case) / "peer", self.given[case], case.params) for case in CASES),
            first=OLD_POLYGONS,
        )
        self.pairs: dict[Case, Pair] = {}

    def of(self, case: Case) -> Pair:
        if case not in self.pairs:
            self.pairs[case] = self.made(case)
        return self.pairs[case]

    def made(self, case: Case) -> Pair:
        """Both runs, and of ours the last step alone with drizzlepac's masks."""
        home, given, params = self.folder / str(case), self.given[case], {**case.params, "guard": "warn"}
        both, last = Folders(home / "ours", home / "peer"), None
        if case.does("driz_combine"):
            shutil.copytree(home / "ours", home / "last")
            both.hand_masks(home / "last")
            last = run_ours(home / "last", given, {**params, **STEPS_OFF})
        return Pair(both.ours, both.peer, case, run_ours(home / "ours", given, params), last)


@pytest.fixture(scope="module")
def runs(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    folder = tmp_path_factory.mktemp("real")
    yield Runs(shared_data, folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def pair(runs: Runs, request: pytest.FixtureRequest) -> Pair:
    return runs.of(request.param)


def each(step: str = "") -> pytest.MarkDecorator:
    """Every case that does a step."""
    doing = [case for case in CASES if not step or case.does(step)]
    return pytest.mark.parametrize("pair", doing, indirect=True, ids=str)


@each()
def test_sky(pair: Pair) -> None:
    """Of overlaps drizzlepac takes polygons a pixel wider to two sides (test_sky): a median may move by that part of
    the pixels."""
    found = []
    for path in pair.exposures:
        mine, theirs = (fits.getval(f / path.name, "MDRIZSKY", ("SCI", 1)) for f in (pair.ours, pair.peer))
        tolerance = 1e-3
        if "match" in pair.case.params.get("skymethod", ""):
            pixels = fits.getdata(path, ("SCI", 1))
            part = sum(pixels.shape) / pixels.size / 2
            tolerance = np.ptp(np.quantile(pixels, [0.5 - part, 0.5 + part]))
        assert mine == pytest.approx(theirs, abs=tolerance)
        found.append(theirs)
    if pair.case.does("skysub"):
        assert max(found) > 0


@each("driz_separate")
def test_static_masks_and_separate_images(pair: Pair) -> None:
    if pair.case.does("static"):
        for name in pair.names("*staticMask.fits"):
            assert np.array_equal(*pair.both(name))
    few = 2e-3 if pair.case.kernel == "lanczos3" else 0.0  # steps of a table: another entry by the last digit
    for name in pair.names("*_single_wht.fits"):
        weight, theirs = pair.both(name)
        assert_weights(weight, theirs, few)
        mine, other = pair.both(name.replace("_wht", "_sci"))
        seen = np.abs(theirs) > 1e-3 * np.abs(theirs).max()
        assert (~np.isclose(mine[seen], other[seen], rtol=1e-5, atol=1e-3 * pair.noise)).mean() <= few


@each("median")
def test_median(pair: Pair) -> None:
    mine, theirs = pair.both("x_med.fits")
    lowest, highest = (
        function([fits.getdata(path) for path in sorted(pair.peer.glob("*_single_wht.fits"))], axis=0)
        for function in (np.min, np.max)
    )
    seen = np.isfinite(theirs)
    if pair.case.kernel in ("sum", "sinc"):
        # fault 20 is in the separate images too: data of bad pixels where there is no weight; a sum takes them, and
        # without masks everything does
        seen &= lowest > 0
    if pair.case.params["combine_type"] in ("imean", "imedian"):
        seen &= theirs != 0  # fault 14: not filled where all are bad
        assert ((highest > 0) & (theirs == 0) & (mine != 0)).any()
    assert seen.mean() > 0.2
    assert np.isclose(mine[seen], theirs[seen], rtol=1e-6, atol=1e-3 * pair.noise).mean() >= 0.999


@each("blot")
def test_blots(pair: Pair) -> None:
    exptime = fits.getval(pair.exposures[0], "EXPTIME")
    unit = pair.noise * (1.0 if pair.case.camera == "ir" else exptime)
    for name in pair.names("*_blt.fits"):
        mine, theirs = pair.both(name)
        # at two borders of the median poly5 reads the wrong row there, poly3 makes NaN, the others read beyond
        near = np.isclose(mine, theirs, rtol=1e-5, atol=1e-3 * unit)
        # sinc is another thing there, or garbage (fault 14a)
        assert near.mean() < 0.5 if pair.case.kernel == "sinc" else near.mean() > 0.998, name
        assert np.isfinite(mine).all()


@each("driz_cr")
def test_cosmic_rays(pair: Pair) -> None:
    grown = pair.case.params.get("driz_cr_grow", 1)
    grown += 2 * pair.case.params.get("driz_cr_ctegrow", 0)
    inner = INNER if grown == 1 else np.s_[4:-5, 4:-5]
    for name in pair.names("*_crmask.fits"):
        mine, theirs = (one[inner] for one in pair.both(name))
        assert (theirs == 0).any()
        assert (mine != theirs).mean() <= 1e-3
        assert (mine != theirs).sum() <= 0.01 * (theirs == 0).sum() + 2 * grown**2


@pytest.mark.parametrize("pair", [case for case in CASES if case.kernel == "square"], indirect=True, ids=str)
def test_clean_copies(pair: Pair) -> None:
    """But for pixels with flags of their own, which drizzlepac replaces too (fault 19)."""
    exptime = fits.getval(pair.exposures[0], "EXPTIME")
    unit = pair.noise * (1.0 if pair.case.camera == "ir" else exptime)
    for path in pair.exposures:
        mine, theirs = pair.both(f"{path.name[:9]}_crclean.fits", "SCI")
        clean = fits.getdata(path, "DQ") & ~4096 == 0
        clean[[0, 1, -3, -2, -1]] = clean[:, [0, 1, -3, -2, -1]] = False  # fault 18
        assert np.isclose(mine, theirs, rtol=1e-5, atol=1e-3 * unit)[clean].mean() > 0.999
        assert (mine != fits.getdata(path, "SCI"))[clean].any()


@each("driz_combine")
def test_the_last_step_with_the_same_masks(pair: Pair) -> None:
    name, weights = pair.names("x_dr?_sci.fits")[0], pair.case.weights
    few = 2e-3 if pair.case.kernel == "lanczos3" else 0.0
    exptime = fits.getval(pair.exposures[0], "EXPTIME")
    (mine, theirs), (sci, peer_sci) = (
        [
            fits.getdata(folder / name.replace("_sci", part)).astype(float)
            for folder in (pair.last.science.parent, pair.peer)
        ]
        for part in ("_wht", "_sci")
    )
    full = np.median(np.abs(theirs[theirs != 0]))
    if weights == "ERR" and pair.case.camera == "ir":
        theirs, full = (
            theirs / exptime**2,
            full / exptime**2,
        )  # errors of a rate: the times of the exposures are alike
    if weights == "EXP" and pair.case.params.get("final_wt_scl") == "expsq":
        assert mine.max() > 30.0 * theirs.max()  # fault 13: expsq is exptime there, and these times differ
        return
    assert_weights(mine, theirs, few)
    seen = (mine != 0) & (np.abs(theirs) > 1e-3 * full)
    unit = 1e-3 * pair.noise * (3.0 * exptime if "final_units" in pair.case.params else 1.0)
    assert (~np.isclose(sci[seen], peer_sci[seen], rtol=1e-5, atol=unit)).mean() <= few
    fill = pair.case.params.get("final_fillval", pair.case.params.get("final_maskval", np.nan))
    empty = mine == 0
    assert np.array_equal(sci[empty], np.full(empty.sum(), fill), equal_nan=True)
    contexts = [fits.getdata(f / name.replace("_sci", "_ctx")) for f in (pair.last.science.parent, pair.peer)]
    assert (contexts[0] != contexts[1]).mean() <= few


@each("driz_combine")
def test_units_and_frame_of_the_product(pair: Pair) -> None:
    name = pair.names("x_dr?_sci.fits")[0]
    mine, theirs = (fits.getheader(f / name) for f in (pair.ours, pair.peer))
    for key in ("CRVAL1", "CRVAL2", "CD1_1", "CD1_2", "CD2_2", "CRPIX1", "CRPIX2"):
        assert mine[key] == pytest.approx(theirs[key], rel=1e-9, abs=1e-14), key
    for key in ("NAXIS1", "NAXIS2", "EXPTIME", "NCOMBINE", "D001KERN", "D001PIXF"):
        assert mine[key] == theirs[key], key
    counts = pair.case.params.get("final_units") == "counts"
    assert mine["BUNIT"] == ("ELECTRONS" if counts else "ELECTRONS/S")
    # in total counts of HRC drizzlepac leaves it out
    assert theirs.get("BUNIT") == (None if counts and pair.case.camera == "hrc" else mine["BUNIT"])


def test_every_choice_comes_once() -> None:
    """Kernels and weights over the cameras; all else in each."""
    assert {(case.kernel, case.weights) for case in CASES if case.kernel in KERNELS} == {
        (kernel, weights) for kernel in KERNELS for weights in WEIGHTS
    }
    from core.params import TASKS

    for name in ("skymethod", "skystat", "driz_sep_kernel", "combine_type", "blot_interp", "final_units"):
        param = TASKS["astrodrizzle"].param(name)
        used = {RUNS[kernel].get(name, param.default) for kernel in RUNS}
        assert used == set(param.choices) - {"tophat"}, name
