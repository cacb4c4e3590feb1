"""Output frames against stwcs and drizzlepac, on every exposure beside the project."""

from __future__ import annotations

import itertools
import logging
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import open_exposure
from core.data.frame import custom_frame, orthogonal_frame, output_frame

pytest.importorskip("drizzlepac")
pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

SETS = {
    "simulated UVIS": ("omega_cen_simulated", "*_flt.fits"),
    "UVIS subarrays": ("wfc3_uvis_2013fy27_visit02", "*_flc.fits"),
    "IR": ("wfc3_ir_ers_f140w", "*_flt.fits.gz"),
    "UVIS subarrays reversed": ("wfc3_uvis_2013fy27_visit02", "*_flc.fits"),
    "ACS": ("headers", "2chipA.fits.gz"),
    "UVIS of the Handbook": ("headers", "2chipC.fits.gz"),
    "UVIS with headerlets": ("headers", "sample_svm_flc.fits.gz"),
}


def files_of(shared: Path, name: str) -> list[Path]:
    folder, pattern = SETS[name]
    files = sorted((shared / folder).glob(pattern))
    return files[::-1] if "reversed" in name else files


def peer_wcss(files: list[Path]) -> list:
    from stwcs.wcsutil import HSTWCS

    logging.disable(logging.CRITICAL)
    try:
        found = []
        for path in files:
            with fits.open(path) as hdus:
                vers = [h.ver for h in hdus if h.name == "SCI"]
                found += [HSTWCS(hdus, ext=("SCI", ver)) for ver in sorted(vers)]
        return found
    finally:
        logging.disable(logging.NOTSET)


def our_wcss(files: list[Path]) -> list:
    return [chip.wcs for path in files for chip in open_exposure(path).chips]


def same(ours, peer) -> None:
    assert ours.naxis == tuple(peer.pixel_shape)
    np.testing.assert_allclose(ours.crpix, peer.wcs.crpix, rtol=0, atol=1e-6)
    np.testing.assert_allclose(ours.crval, peer.wcs.crval, rtol=0, atol=1e-10)
    np.testing.assert_allclose(ours.cd, peer.wcs.cd, rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", SETS)
def test_output_frame_is_that_of_stwcs(shared_data: Path, name: str) -> None:
    from stwcs.distortion.utils import output_wcs

    files = files_of(shared_data, name)
    same(output_frame(our_wcss(files)), output_wcs(peer_wcss(files)))


def test_frame_of_tweakreg_is_orthogonal_as_the_peers(shared_data: Path) -> None:
    from drizzlepac.wcs_functions import make_perfect_cd
    from stwcs.distortion.utils import output_wcs

    files = files_of(shared_data, "simulated UVIS")
    peer = output_wcs(peer_wcss(files))
    peer.wcs.cd = make_perfect_cd(peer)
    same(orthogonal_frame(output_frame(our_wcss(files))), peer)


WISHES = [
    {"scale": [0.05, 0.033, 0.0396200008690357]},
    {"rot": [0.0, 30.0, -126.5]},
    {"ra,dec": [(201.69, -47.48)]},
    {"crpix1,crpix2": [(100.0, 200.5)]},
    {"outnx,outny": [(800, 600), (799.5, 1.2)]},
]


def wishes() -> list[dict[str, float]]:
    found = []
    for count in (1, 2, 3, 5):
        for some in itertools.combinations(WISHES, count):
            for values in itertools.product(*[next(iter(one.values())) for one in some]):
                wish: dict[str, float] = {}
                for one, value in zip(some, values, strict=True):
                    names = next(iter(one)).split(",")
                    wish |= dict(zip(names, value if isinstance(value, tuple) else (value,), strict=True))
                found.append(wish)
    return found


def test_custom_frames_are_those_of_drizzlepac(shared_data: Path) -> None:
    from drizzlepac.wcs_functions import DEFAULT_WCS_PARS, mergeWCS
    from stwcs.distortion.utils import output_wcs

    files = files_of(shared_data, "simulated UVIS")
    ours, peer = output_frame(our_wcss(files)), output_wcs(peer_wcss(files))
    cases = wishes()
    assert len(cases) > 60
    for wish in cases:
        same(custom_frame(ours, **wish), mergeWCS(peer, DEFAULT_WCS_PARS | wish))
