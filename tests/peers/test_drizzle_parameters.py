"""Parameters of every step beside drizzlepac live, several at a time, on synthetic exposures of two cameras."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import open_exposure
from tests.hst_exposures import CAMERAS, write_set
from tests.peers.live import STEPS_OFF, Job, run_drizzlepac, run_ours

pytestmark = pytest.mark.peers
pytest.importorskip("drizzlepac")

BASE = {"output": "x", "preserve": False, "driz_sep_bits": "16", "final_bits": "16", "sky_bits": "16"}
SEP = {"median": False, "blot": False, "driz_cr": False, "driz_combine": False}
CR = {"driz_combine": False}


@dataclass(frozen=True)
class Case:
    """What both programs get, and which images are compared (file patterns)."""

    name: str
    params: dict[str, Any]
    seen: tuple[str, ...]
    camera: str = "wfc"
    change: Callable[[Path], None] | None = None


def skies(path: Path) -> None:
    """A keyword with a sky, flags of a former run, a WCS under the letter B half a pixel away."""
    with fits.open(path, mode="update") as hdus:
        for extver in (1, 2):
            header = hdus["SCI", extver].header
            header["MYSKY"] = 20.0 + extver
            hdus["DQ", extver].data[30:33, 30:60] |= 4096
            for key in ("CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "CD1_1", "CD1_2", "CD2_1", "CD2_2"):
                header[f"{key}B"] = header[key]
            header["CRVAL2B"] += 7e-6
            header["CTYPE1B"], header["CTYPE2B"], header["WCSNAMEB"] = "RA---TAN-SIP", "DEC--TAN-SIP", "OTHER"
            header["WCSAXESB"] = 2


FINAL_IMAGES = ("x_dr?_sci.fits", "x_dr?_wht.fits")
SINGLES = ("*_single_sci.fits", "*_single_wht.fits")
CASES = [
    Case(
        "sky",
        {
            **SEP, "static_sig": 3.0, "skymethod": "globalmin", "skystat": "mode", "skywidth": 0.3, "skyclip": 4,
            "skylsigma": 2.5, "skyusigma": 2.0, "skyupper": 60.0, "skylower": 0.0, "use_static": False,
            "driz_sep_kernel": "square", "driz_sep_pixfrac": 0.7, "driz_sep_wt_scl": 2.5, "driz_sep_fillval": 3.0,
        },
        ("*staticMask.fits", *SINGLES),
    ),
    Case(
        "frame of the separate images",
        {
            **SEP, "driz_sep_wcs": True, "driz_sep_rot": 17.0, "driz_sep_scale": 0.07, "driz_sep_outnx": 160,
            "driz_sep_outny": 140, "driz_sep_ra": 150.1001, "driz_sep_dec": 2.2001, "driz_sep_crpix1": 70.0,
            "driz_sep_crpix2": 75.0, "driz_sep_kernel": "gaussian",
        },
        SINGLES,
    ),
    Case(
        "median mean",
        {
            **CR, "combine_type": "mean", "combine_nlow": 0, "combine_nhigh": 1, "combine_lthresh": 0.0,
            "combine_hthresh": 8.0, "combine_maskpt": 0.9, "blot_interp": "linear", "blot_addsky": False,
            "blot_skyval": 4.0, "driz_cr_snr": "6 4", "driz_cr_scale": "2.0 1.0", "driz_cr_ctegrow": 3,
        },
        ("*_med.fits", "*_blt.fits", "*_crmask.fits"),
    ),
    Case(
        "median of all",
        {**CR, "combine_type": "median", "median_newmasks": False, "blot_interp": "nearest", "driz_cr_grow": 3},
        ("*_med.fits", "*_blt.fits", "*_crmask.fits"),
    ),
    Case(
        "minmed",
        {**CR, "combine_nsigma": "3 2", "combine_grow": 2, "combine_maskpt": 0.5, "blot_interp": "poly3"},
        ("*_med.fits", "*_blt.fits"),
    ),
    Case(
        "skies of one's own",
        {**STEPS_OFF, "static": False, "skysub": False, "skyuser": "MYSKY", "resetbits": 4096, "stepsize": 25},
        FINAL_IMAGES,
        change=skies,
    ),
    Case(
        "one chip",
        {**STEPS_OFF, "static": False, "group": "sci,2", "skysub": False, "resetbits": 0, "context": False},
        FINAL_IMAGES,
        change=skies,
    ),
    # drizzlepac lays the frame without the distortion and the pixels with it; ours leaves it out of both
    Case("not distorted", {**STEPS_OFF, "static": False, "coeffs": False}, (), camera="uvis"),
    Case("a chip not distorted", {**STEPS_OFF, "static": False, "coeffs": False}, (), camera="hrc"),
    Case(
        "another WCS",
        {**STEPS_OFF, "static": False, "wcskey": "OTHER", "skysub": False, "final_wt_scl": 3.0, "final_fillval": -1.0},
        FINAL_IMAGES,
        change=skies,
    ),
    *(
        Case(
            f"{camera} {kernel} {weights}",
            {
                **STEPS_OFF, "static": False, "final_kernel": kernel, "final_wht_type": weights, "final_pixfrac": 0.8,
                "final_wcs": True, "final_scale": 0.04, "final_units": "counts", "final_maskval": 0.0,
                "exptime": "50",
            },
            FINAL_IMAGES,
            camera=camera,
        )
        for kernel, weights, camera in (
            ("square", "ERR", "wfc"), ("point", "EXP", "wfpc2"), ("turbo", "ERR", "hrc"), ("gaussian", "EXP", "nicmos"),
            ("lanczos3", "EXP", "sbc"), ("square", "EXP", "stis_nuv"), ("turbo", "EXP", "wfpc2"),
            ("gaussian", "ERR", "stis_ccd"),
        )
    ),
    Case(
        "electrons",
        {**STEPS_OFF, "static": False, "proc_unit": "electrons", "gain": "8"},
        FINAL_IMAGES,
        camera="stis_ccd",
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both programs in folders of their own; drizzlepac all cases in one process."""
    folder = tmp_path_factory.mktemp("parameters")
    jobs = []
    for case in CASES:
        here = folder / case.name
        files = write_set(CAMERAS[case.camera], here / "peer")
        for path in files:
            if case.change is not None:
                case.change(path)
        shutil.copytree(here / "peer", here / "ours")
        jobs.append(Job(here / "peer", [path.name for path in files], {**BASE, **case.params}))
    run_drizzlepac(jobs)
    return folder


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_images(base: Path, case: Case) -> None:
    ours, peer = base / case.name / "ours", base / case.name / "peer"
    files = sorted(ours.glob(f"*_{CAMERAS[case.camera].suffix}.fits"))
    run_ours(ours, [path.name for path in files], {**BASE, **case.params})
    for pattern in case.seen:
        names = sorted(path.name for path in peer.glob(pattern))
        assert names, f"drizzlepac made no {pattern}"
        for name in names:
            # weights by errors are of electrons in ours, whatever the unit of the exposures
            squared = case.params.get("final_wht_type") == "ERR" and "wht" in name
            compare(ours / name, peer / name, CAMERAS[case.camera].gain ** 2 if squared else 1.0)
    for product in peer.glob("x_dr?_sci.fits"):
        mine, theirs = fits.getheader(ours / product.name), fits.getheader(product)
        for key in (
            "NAXIS1",
            "NAXIS2",
            "CRPIX1",
            "CRPIX2",
            "CRVAL1",
            "CRVAL2",
            "CD1_1",
            "CD1_2",
            "CD2_1",
            "CD2_2",
        ):
            assert mine[key] == pytest.approx(theirs[key], rel=1e-9, abs=1e-14), key
    for path in files:
        for extver in (c.extver for c in open_exposure(path).chips):
            mine, theirs = (fits.getheader(f / path.name, ("SCI", extver)) for f in (ours, peer))
            if "MDRIZSKY" in theirs and "group" not in case.params:
                assert mine["MDRIZSKY"] == pytest.approx(theirs["MDRIZSKY"], rel=1e-5, abs=1e-6)


def compare(mine: Path, theirs: Path, factor: float = 1.0) -> None:
    """`factor`: what ours is multiplied by."""
    one, other = (np.asarray(fits.getdata(path), float) for path in (mine, theirs))
    one *= factor
    assert one.shape == other.shape
    if "crmask" in mine.name:
        inner = np.s_[4:-5, 4:-5]  # fault 18: nothing is found at the edges; growing carries it inwards
        assert (one == other)[inner].mean() >= 0.999
        assert (one == 0).any()
        return
    both = np.isfinite(one) & np.isfinite(other)
    if mine.name.endswith("_sci.fits"):
        # fault 20: data of bad pixels where there is no weight
        weight = fits.getdata(mine.with_name(mine.name.replace("_sci.fits", "_wht.fits")))
        both &= weight != 0
    assert both.any()
    spread = np.nanmedian(np.abs(other[both & (other != 0)]))
    near = np.isclose(one, other, rtol=2e-5, atol=1e-4 * spread)
    # a sliver of a drop at the rim is a sum of products that cancel
    assert near[both].mean() >= 0.9995, (mine.name, np.abs(one - other)[both].max())
