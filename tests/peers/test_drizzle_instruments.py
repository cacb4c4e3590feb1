"""Every instrument beside drizzlepac live: synthetic exposures, all steps, and what it does wrong named."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import open_exposure
from core.data.units import to_electrons
from core.drizzle.results import DrizzleResult
from core.kernels import cosmic as kernel
from core.params import TASKS
from tests.hst_exposures import CAMERAS, Camera, write_set
from tests.peers.live import INNER, STEPS_OFF, Folders, Job, assert_weights, image, run_drizzlepac, run_ours

pytestmark = pytest.mark.peers
pytest.importorskip("drizzlepac")

PARAMS = {"output": "test", "driz_sep_bits": "16", "final_bits": "16", "driz_cr_grow": 1}
# choices of the steps, others for each camera
CHOICES = {
    "wfc": {},
    "hrc": {"skystat": "mean", "combine_type": "median", "blot_interp": "linear", "final_kernel": "gaussian"},
    "sbc": {
        "driz_sep_kernel": "square",
        "combine_type": "mean",
        "blot_interp": "poly3",
        "final_kernel": "turbo",
    },
    "wfpc2": {
        "skymethod": "globalmin",
        "combine_type": "median",
        "blot_interp": "nearest",
        "final_kernel": "point",
    },
    "stis_ccd": {
        "skystat": "mode",
        "driz_sep_kernel": "gaussian",
        "combine_type": "mean",
        "combine_nhigh": 1,
    },
    "stis_nuv": {"driz_sep_kernel": "point", "combine_type": "iminmed", "blot_interp": "linear"},
    "nicmos": {"skystat": "mean", "combine_type": "median", "blot_interp": "poly3", "final_kernel": "turbo"},
}
# UVIS and IR are compared on real exposures; the two MAMAs of STIS differ in their dark current alone
NAMES = sorted(set(CAMERAS) - {"uvis", "ir", "stis_fuv"})


@dataclass(frozen=True)
class Pair(Folders):
    """Folders of both runs, of the exposures as they were; our result, and that of step 7 with the peer's masks."""

    camera: Camera
    before: Path
    result: DrizzleResult
    last: DrizzleResult

    @property
    def files(self) -> list[Path]:
        return sorted(self.before.glob(f"*_{self.camera.suffix}.fits"))

    @property
    def noise(self) -> float:
        """Noise of the sky in e-/s."""
        return float(np.hypot(5.0, self.camera.read_noise)) / self.camera.exptime


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run of drizzlepac for each camera, all in one process."""
    folder = tmp_path_factory.mktemp("instruments")
    jobs = []
    for name in NAMES:
        camera = CAMERAS[name]
        files = write_set(camera, folder / name / "peer")
        for other in ("before", "ours", "masked"):
            shutil.copytree(folder / name / "peer", folder / name / other)
        jobs.append(Job(folder / name / "peer", [path.name for path in files], {**PARAMS, **CHOICES[name]}))
    run_drizzlepac(jobs)
    return folder


@pytest.fixture(scope="module", params=NAMES)
def pair(request: pytest.FixtureRequest, base: Path) -> Pair:
    camera = CAMERAS[request.param]
    home = base / camera.name
    names = sorted(path.name for path in (home / "ours").glob(f"*_{camera.suffix}.fits"))
    params = {**PARAMS, **CHOICES[camera.name]}
    result = run_ours(home / "ours", names, params)
    # once more the last step alone, with drizzlepac's own masks of cosmic rays
    Folders(home / "ours", home / "peer").hand_masks(home / "masked")
    last = run_ours(home / "masked", names, {**params, **STEPS_OFF})
    return Pair(home / "ours", home / "peer", camera, home / "before", result, last)


def test_sky(pair: Pair) -> None:
    for figures in pair.result.exposures:
        for chip in figures.chips:
            peer = fits.getval(pair.peer / figures.name, "MDRIZSKY", ("SCI", chip.extver))
            mine = fits.getval(pair.ours / figures.name, "MDRIZSKY", ("SCI", chip.extver))
            assert chip.sky == pytest.approx(mine, rel=1e-12)
            assert chip.sky == pytest.approx(peer, rel=1e-6)


def test_static_masks_and_separate_images(pair: Pair) -> None:
    for name in pair.names("*staticMask.fits"):
        # drizzlepac puts the number of the NICMOS camera in place of the extension's
        own = pair.ours / (name if pair.camera.name != "nicmos" else name.replace("_2_", "_1_"))
        assert np.array_equal(image(own), image(pair.peer / name))
    for name in pair.names("*_single_wht.fits"):
        weight, peer_weight = pair.both(name)
        assert_weights(weight, peer_weight)
        sci, peer_sci = pair.both(name.replace("_wht", "_sci"))
        seen = weight > 0
        assert np.all(np.abs(sci - peer_sci)[seen] <= 1e-4 * pair.noise + 5e-7 * np.abs(peer_sci[seen]))


def test_median_and_blots(pair: Pair) -> None:
    for name in pair.names("*_med.fits"):
        mine, theirs = pair.both(name)
        assert (np.abs(mine - theirs) <= 1e-4 * pair.noise).mean() >= 0.999
    unit = 1.0 if pair.camera.rate else pair.camera.exptime
    for name in pair.names("*_blt.fits"):
        mine, theirs = pair.both(name)
        close = np.abs(mine - theirs) <= 1e-3 * pair.noise * unit / pair.camera.gain
        assert close.mean() >= 0.999  # poly5 at the borders: fault 14a


def test_cosmic_rays(pair: Pair) -> None:
    # fault 16: drizzlepac counts the gain of WFPC2, STIS and NICMOS twice in the noise
    params = TASKS["astrodrizzle"].defaults()
    snr, scale = ([float(word) for word in params[f"driz_cr_{name}"].split()] for name in ("snr", "scale"))
    more = same = 0
    for path in pair.files:
        exposure = open_exposure(path)
        for chip in exposure.chips:
            root = path.name.removesuffix(".fits").removesuffix("_flt").removesuffix("_cal")
            name = f"{root}_sci{chip.extver}_crmask.fits"
            mine, theirs = pair.both(name)
            factor = to_electrons(chip)
            sky = fits.getval(pair.peer / path.name, "MDRIZSKY", ("SCI", chip.extver)) * factor
            state, flagged, good = (np.empty(chip.shape, np.uint8) for _ in range(3))
            blot = image(pair.peer / name.replace("_crmask", "_blt")).astype(np.float32)
            rows = (0, chip.shape[0])
            gain = 1.0 if chip.in_electrons else chip.gain
            numbers = ((factor, sky, chip.read_noise**2), gain, (*snr, *scale), *rows)
            kernel.compare(chip.read(), blot, *numbers, state)
            kernel.join(state, *rows, flagged)
            kernel.grow(flagged, 1, 0, 0, *rows, good)
            assert (good == theirs)[INNER].mean() >= 0.999
            more += int((theirs == 0)[INNER].sum())
            same += int((mine == 0)[INNER].sum())
            if gain == 1.0:
                assert (mine == theirs)[INNER].mean() >= 0.999
            else:
                assert ((theirs == 0) | (mine == 1))[INNER].mean() >= 0.999  # it flags all that ours does
    assert same > 0
    assert (more > 1.5 * same) == (pair.camera.gain > 1.0)


def test_flags_and_sky_in_the_files(pair: Pair) -> None:
    for path in pair.files:
        exposure = open_exposure(pair.ours / path.name)
        for chip in exposure.chips:
            before = next(c for c in open_exposure(path).chips if c.extver == chip.extver).read_dq()
            root = path.name.removesuffix(".fits").removesuffix("_flt").removesuffix("_cal")
            rays = image(pair.ours / f"{root}_sci{chip.extver}_crmask.fits") == 0
            assert np.array_equal(chip.read_dq(), np.where(rays, before | 4096, before))
            where = (path.name.replace("c0m", "c1m"), "SCI") if pair.camera.companion else (path.name, "DQ")
            theirs = image(pair.peer / where[0], (where[1], chip.extver)).astype(int)
            peer_rays = image(pair.peer / f"{root}_sci{chip.extver}_crmask.fits") == 0
            assert np.array_equal(theirs, np.where(peer_rays, before | 4096, before))


def test_the_last_step_with_the_same_masks(pair: Pair) -> None:
    paths = [pair.last.weight, pair.last.science, pair.last.context]
    assert None not in paths
    (wht, peer_wht), (sci, peer_sci), (ctx, peer_ctx) = (
        (image(path), image(pair.peer / path.name)) for path in paths if path is not None
    )
    assert_weights(wht, peer_wht)
    seen = wht > 0
    # beside a rounding of float32 in bright stars
    assert np.all(np.abs(sci - peer_sci)[seen] <= 1e-4 * pair.noise + 5e-7 * np.abs(peer_sci[seen]))
    assert np.array_equal(ctx, peer_ctx)


def test_the_unit_of_the_product(pair: Pair) -> None:
    assert pair.result.science is not None
    mine = fits.getval(pair.result.science, "BUNIT")
    theirs = fits.getval(pair.peer / pair.result.science.name, "BUNIT")
    native = "COUNTS" if pair.camera.bunit.startswith("COUNTS") else "ELECTRONS"
    assert mine == f"{native}/S"
    if pair.camera.bunit == "COUNTS":
        # drizzlepac writes "counts" over rates of STIS and WFPC2
        assert theirs == "counts"
    else:
        assert theirs.upper() == mine


def test_blended_headers(pair: Pair) -> None:
    assert pair.result.science is not None
    with fits.open(pair.result.science) as mine, fits.open(pair.peer / pair.result.science.name) as theirs:
        tables = [hdus["HDRTAB"].data for hdus in (mine, theirs)]
        headers = [hdus[0].header for hdus in (mine, theirs)]
    assert len(tables[0]) == len(tables[1]) == len(pair.camera.chips) * 3
    assert set(tables[0].names) == set(tables[1].names)
    for name in set(tables[0].names) - {"MDRIZSKY", "DATE", "GCOUNT", "PCOUNT"}:
        one, other = (np.asarray(table[name]) for table in tables)
        same = np.isclose(one, other, rtol=1e-9, equal_nan=True) if one.dtype.kind == "f" else one == other
        assert np.all(same), name
    for key in (
        "INSTRUME",
        "ROOTNAME",
        "EXPTIME",
        "TEXPTIME",
        "EXPSTART",
        "EXPEND",
        "NDRIZIM",
        "RULESVER",
        "PHOTFLAM",
    ):
        if key == "ROOTNAME" and pair.camera.companion:
            continue  # drizzlepac writes the name of the file there: it cuts at _drz alone
        assert headers[0].get(key) == headers[1].get(key), key
