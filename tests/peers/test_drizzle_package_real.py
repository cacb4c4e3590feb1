"""Real exposures through the C code of the `drizzle` package and through our steps: kernels and interpolants.

Where its map and ours are the same, exact at every pixel. The weights are those of the flags; HRC weighs by its errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from core.data.chipwcs import ChipWCS
from core.data.exposure import open_exposure
from core.data.frame import output_frame
from core.drizzle.blot import blot
from core.drizzle.chip import ChipInput, scale_ratio, weight_map
from core.drizzle.combine import combine
from core.drizzle.drop import Canvas, Drop, drop_chip, settle
from core.drizzle.mapping import pixel_map
from core.drizzle.settings import BlotParams, CombineParams, WeightScale
from tests.peers.drizzle_cases import PIECE
from tests.placings import map_of_centers

pytestmark = [pytest.mark.peers, pytest.mark.shared, pytest.mark.filterwarnings("ignore")]
resample = pytest.importorskip("drizzle.resample")

FILES = {
    "uvis": "wfc3_uvis_2013fy27_visit02/idsj02axq_flc.fits",
    "ir": "wfc3_ir_ers_f140w/ib6o23rtq_flt.fits.gz",
    "hrc": str(PIECE),
}
INNER = np.s_[8:-8, 8:-8]  # at the frame's border the package drops pixels whose centre is outside


@dataclass(frozen=True)
class Real:
    chip: ChipInput
    frame: ChipWCS
    where: np.ndarray  # frame positions of the pixel centres, as the package wants them

    @property
    def ratio(self) -> float:
        return scale_ratio(self.frame, self.chip.wcs)


@cache
def real(shared: Path, name: str) -> Real:
    (chip,) = open_exposure(shared / FILES[name]).chips
    rate = chip.read().astype(np.float32)
    rate = rate if chip.is_rate else rate / np.float32(chip.exptime)
    err = chip.read("ERR") if name == "hrc" else None
    kind = "ERR" if name == "hrc" else "EXP"
    weight = weight_map(chip.read_dq().astype(int) & ~512 == 0, chip.exptime, wht_type=kind, err=err)
    frame = output_frame([chip.wcs])
    where = np.dstack(pixel_map(chip.wcs, frame, 1).positions())
    return Real(ChipInput(chip.wcs, rate, weight, chip.exptime, True, chip.path.name), frame, where)


@pytest.mark.parametrize("kernel", ["square", "turbo", "point", "gaussian"])
@pytest.mark.parametrize("name", FILES)
def test_kernels(shared_data: Path, name: str, kernel: str) -> None:
    one, pixfrac = real(shared_data, name), 0.8
    peer = resample.Drizzle(kernel=kernel, out_shape=one.frame.shape)
    factors = {"iscale": one.ratio**2, "pixel_scale_ratio": one.ratio, "pixfrac": pixfrac}
    peer.add_image(one.chip.data, exptime=1.0, pixmap=one.where, weight_map=one.chip.weight, **factors)
    planes = [np.zeros(one.frame.shape, kind) for kind in (np.float32, np.float32, np.int32)]
    made, where = (
        Canvas(*planes, 1),
        map_of_centers(one.where),
    )  # beyond the outer centres it goes on linearly, as theirs
    drop_chip(one.chip.data, one.chip.weight, where, Drop(kernel, pixfrac, one.ratio), made)
    settle(made, np.nan)
    ours, theirs = made.wht[INNER], peer.out_wht[INNER]
    typical = np.median(theirs[theirs > 0])
    assert np.allclose(ours, theirs, rtol=2e-6, atol=2e-6 * typical)
    seen = theirs > 1e-3 * typical
    assert seen.mean() > 0.5
    sci, peer_sci = made.sci[INNER][seen], peer.out_img[INNER][seen]
    assert np.allclose(sci, peer_sci, rtol=2e-6, atol=1e-4 * 3.0 / one.chip.exptime)


@pytest.mark.parametrize("interp", ["nearest", "linear", "poly3", "poly5"])
@pytest.mark.parametrize("name", FILES)
def test_blots(shared_data: Path, name: str, interp: str) -> None:
    one = real(shared_data, name)
    image = np.nan_to_num(
        combine(iter([one.chip]), one.frame, CombineParams("turbo", 1.0, WeightScale(), 0.0, 1)).sci
    )
    factor = one.chip.exptime / one.ratio**2
    theirs = resample.blot_image(image, one.where, iscale=factor, interp=interp)
    ours = blot(
        image, one.frame, one.chip.wcs, BlotParams(interp, stepsize=1), exptime=one.chip.exptime, sky=0.0
    ).sci
    x, y = one.where[..., 0], one.where[..., 1]
    inner = (x > 3) & (y > 3) & (x < one.frame.naxis[0] - 4.5) & (y < one.frame.naxis[1] - 4.5)
    assert inner.mean() > 0.9
    off = np.abs(ours - theirs)[inner] / np.sqrt(np.abs(theirs[inner]) + 9.0)
    # the last digits of a position round to another number of single precision in a few
    assert (off > 1e-4).mean() < 1e-4
    assert off.max() < 0.05
