"""Drizzle and blot against the C code of drizzlepac and of the `drizzle` package, run here and now.

Of the `drizzle` package: the geometries of its own tests (whole and fractional shifts, turned and scaled grids,
single bright pixels in corners, edges and middle, grids of points), all kernels that mean the same there; the
chip inside the frame, because at a frame's border that package drops pixels whose centre is outside, while
drizzlepac and ours do not. Of drizzlepac: whole chips with their real distortion.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import open_exposure
from core.data.frame import output_frame
from core.drizzle.blot import blot
from core.drizzle.chip import ChipInput, scale_ratio, weight_map
from core.drizzle.combine import combine
from core.drizzle.drop import Canvas, Drop, drop_chip, settle
from core.drizzle.mapping import pixel_map
from core.drizzle.separate import separate
from core.drizzle.settings import BlotParams, CombineParams, SeparateParams, WeightScale
from core.kernels import blot as blot_kernels
from tests.placings import map_of_centers

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]
resample = pytest.importorskip("drizzle.resample")
cdriz = pytest.importorskip("drizzlepac.cdriz")

SHAPE, FRAME = (60, 80), (220, 240)


def grid(angle=0.0, scale=1.0, shift=(0.0, 0.0), mirror=1.0):
    """Frame positions of pixel centres, (rows, columns, 2)."""
    y, x = np.indices(SHAPE, float)
    u, v = (x - 40) * scale, (y - 30) * scale * mirror
    c, s = np.cos(angle), np.sin(angle)
    return np.dstack([c * u - s * v + 120 + shift[0], s * u + c * v + 110 + shift[1]])


def bent():
    """A grid with strong distortion, so that every drop is another quadrilateral."""
    y, x = np.indices(SHAPE, float)
    u, v = (
        x - 40.0137,
        y - 30.0071,
    )  # no corner on a pixel's edge but for 1e-14: whether that touches is a matter of taste
    return np.dstack(
        [120 + 1.1 * u + 0.06 * v + 2e-3 * u * v - 1e-3 * v * v, 110 + 0.95 * v - 0.04 * u + 3e-3 * u * u]
    )


def images():
    rng = np.random.default_rng(11)
    noise = rng.normal(10, 3, SHAPE).astype(np.float32)
    point, corners, edges, dots = (np.zeros(SHAPE, np.float32) for _ in range(4))
    point[30, 40] = 100
    corners[[0, 0, -1, -1], [0, -1, 0, -1]] = 100
    edges[0, 40] = edges[-1, 40] = edges[30, 0] = edges[30, -1] = 100
    dots[5::10, 5::10] = 100
    return {"noise": noise, "point": point, "corners": corners, "edges": edges, "dots": dots}


GEOMETRIES = {
    "same grid": grid(),
    "whole shift": grid(shift=(3.0, -2.0)),
    "half shift": grid(shift=(0.5, 0.5)),
    "fraction": grid(shift=(0.3, -0.15)),
    "turned": grid(0.4, 1.0, (0.2, 0.1)),
    "turned over": grid(2.7, 0.8, (0.2, 0.1), -1.0),
    "quarter turn": grid(np.pi / 2 + 0.02),
    "finer": grid(0.05, 2.3, (0.2, 0.1)),
    "coarser": grid(0.05, 0.4, (0.2, 0.1)),
    "bent": bent(),
}


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("kernel", ["square", "turbo", "point", "gaussian"])
@pytest.mark.parametrize("pixfrac", [1.0, 0.6])
def test_drizzle_package(geometry, kernel, pixfrac):
    where = GEOMETRIES[geometry]
    ratio = {"finer": 1 / 2.3, "coarser": 1 / 0.4, "turned over": 1 / 0.8}.get(geometry, 1.0)
    weight = np.random.default_rng(12).uniform(0.2, 2, SHAPE).astype(np.float32)
    weight[10:14, 20:30] = 0.0
    for name, data in images().items():
        peer = resample.Drizzle(kernel=kernel, out_shape=FRAME)
        peer.add_image(
            data,
            exptime=1.0,
            pixmap=where,
            weight_map=weight,
            pixfrac=pixfrac,
            iscale=ratio**2,
            pixel_scale_ratio=ratio,
        )
        canvas = Canvas(
            np.zeros(FRAME, np.float32), np.zeros(FRAME, np.float32), np.zeros(FRAME, np.int32), 1
        )
        drop_chip(data, weight, map_of_centers(where), Drop(kernel, pixfrac, ratio), canvas)
        settle(canvas, np.nan)
        some = (canvas.wht > 0) & (peer.out_wht > 0)
        # a Gaussian's far wings fall below the smallest float on one side and not on the other
        if kernel != "gaussian":
            np.testing.assert_array_equal(canvas.wht > 0, peer.out_wht > 0, err_msg=name)
            np.testing.assert_array_equal(canvas.ctx, peer.out_ctx[0], err_msg=name)
        np.testing.assert_allclose(canvas.wht, peer.out_wht, rtol=1e-6, atol=1e-6, err_msg=name)
        np.testing.assert_allclose(
            canvas.sci[some], peer.out_img[some], rtol=1e-6, atol=1e-6 * np.abs(data).max(), err_msg=name
        )


def test_lanczos_is_drizzlepacs():
    """lanczos3 and tophat mean something else, or nothing, in the `drizzle` package; drizzlepac's table has steps of
    0.01 pixels and is read one entry too far."""
    data = images()["dots"]
    weight = np.ones_like(data)
    for kernel in ("lanczos3", "tophat"):
        for shift in ((0.3, -0.15), (0.0, 0.0), (0.77, 0.5)):
            planes = [np.zeros(FRAME, kind) for kind in (np.float32, np.float32, np.int32)]

            def mapping(x, y, shift=shift):
                return x + 80 + shift[0], y + 80 + shift[1]

            tdriz(data, weight, planes, mapping, kernel, 1.0, 1.0, 1.0)
            y, x = np.indices(SHAPE, float)
            where = map_of_centers(np.dstack([x + 80 + shift[0], y + 80 + shift[1]]))
            canvas = Canvas(
                np.zeros(FRAME, np.float32), np.zeros(FRAME, np.float32), np.zeros(FRAME, np.int32), 1
            )
            drop_chip(data, weight, where, Drop(kernel), canvas)
            np.testing.assert_allclose(canvas.wht, planes[1], rtol=1e-5, atol=1e-6)


def tdriz(data, weight, planes, mapping, kernel, pixfrac, ratio, exptime, number=1):
    cdriz.tdriz(
        data.copy(), weight, *planes, number, 0, 1, 1, data.shape[0], ratio, 1.0, 1.0, "center", pixfrac, kernel,
        "counts", exptime, 1.0, "INDEF", 0, 0, 1, mapping,
    )  # fmt: skip


class Peer:
    """One exposure with its frame, as drizzlepac and as we see it."""

    def __init__(self, path):
        from stwcs.distortion.utils import output_wcs
        from stwcs.wcsutil import HSTWCS

        self.exposure = open_exposure(path)
        with fits.open(path) as hdus:
            self.wcss = [HSTWCS(hdus, ("SCI", chip.extver)) for chip in self.exposure.chips]
        self.wcs = output_wcs(self.wcss)
        self.frame = output_frame([chip.wcs for chip in self.exposure.chips])
        self.chips = [
            ChipInput(
                chip.wcs,
                chip.read(),
                weight_map(chip.read_dq() == 0, chip.exptime),
                chip.exptime,
                False,
                chip.path.name,
            )
            for chip in self.exposure.chips
        ]

    def mapping(self, n, step=10):
        return cdriz.DefaultWCSMapping(self.wcss[n], self.wcs, *self.wcss[n].pixel_shape, step)


@cache
def peer_of(path):
    return Peer(path)


@pytest.fixture
def uvis(shared_data):
    return peer_of(shared_data / "omega_cen_simulated" / "ibc301qrq_flt.fits")


@pytest.fixture
def real(shared_data):
    return peer_of(shared_data / "wfc3_uvis_2013fy27_visit02" / "idsj02axq_flc.fits")


@pytest.mark.parametrize("step", [0, 1, 3, 10, 40])
def test_the_map_is_drizzlepacs(uvis, step):
    for n, chip in enumerate(uvis.exposure.chips):
        mapping = uvis.mapping(n, step)
        x, y = pixel_map(chip.wcs, uvis.frame, step).positions()
        columns = np.arange(1.0, chip.shape[1] + 1)
        for row in (0, 4, 9, 100, chip.shape[0] - 1):
            peer_x, peer_y = mapping(columns, np.full(columns.size, row + 1.0))
            np.testing.assert_allclose(x[row], peer_x - 1, rtol=0, atol=2e-8)
            np.testing.assert_allclose(y[row], peer_y - 1, rtol=0, atol=2e-8)


@pytest.mark.parametrize(
    ("kernel", "pixfrac"),
    [
        ("square", 1.0),
        ("square", 0.7),
        ("turbo", 1.0),
        ("turbo", 0.7),
        ("point", 1.0),
        ("gaussian", 1.0),
        ("tophat", 1.0),
    ],
)
@pytest.mark.parametrize("data", ["uvis", "real"])
def test_whole_exposures(kernel, pixfrac, data, request):
    """All chips of an exposure combined: image, weight and context, to the rounding of sums in single precision.
    Pixels of weight 0 apart: those keep the value of a bad pixel in drizzlepac (fault 20), here they stay NaN."""
    peer = request.getfixturevalue(data)
    shape = peer.frame.shape
    planes = [np.full(shape, np.nan, np.float32), np.zeros(shape, np.float32), np.zeros(shape, np.int32)]
    for n, chip in enumerate(peer.chips):
        ratio = peer.wcs.pscale / (peer.wcss[n].idcscale or peer.wcss[n].pscale)
        assert scale_ratio(peer.frame, chip.wcs) == pytest.approx(ratio, rel=1e-12)
        tdriz(chip.data, chip.weight, planes, peer.mapping(n), kernel, pixfrac, ratio, chip.exptime, n + 1)
    made = combine(iter(peer.chips), peer.frame, CombineParams(kernel, pixfrac, WeightScale(), None, 10))
    np.testing.assert_array_equal(made.ctx[0], planes[2])
    np.testing.assert_allclose(made.wht, planes[1], rtol=1e-6, atol=1e-4)
    some = planes[1] > 0
    noise = 3.0 / peer.chips[0].exptime
    np.testing.assert_allclose(made.sci[some], planes[0][some], rtol=1e-6, atol=1e-4 * noise)
    assert np.isnan(made.sci[~some]).all()
    if kernel in ("square", "point"):
        assert np.isfinite(planes[0][~some]).any()  # fault 20 is still there


def test_lanczos_on_a_whole_exposure(uvis):
    """A table of steps turns the last digits of a position into another entry for a few pixels in a million."""
    shape = uvis.frame.shape
    planes = [np.full(shape, np.nan, np.float32), np.zeros(shape, np.float32), np.zeros(shape, np.int32)]
    for n, chip in enumerate(uvis.chips):
        tdriz(chip.data, chip.weight, planes, uvis.mapping(n), "lanczos3", 1.0, 1.0, chip.exptime, n + 1)
    made = combine(iter(uvis.chips), uvis.frame, CombineParams("lanczos3", 1.0, WeightScale(), None, 10))
    assert (np.abs(made.wht - planes[1]) > 1e-4).mean() < 1e-3


def test_single_images(uvis):
    chips = uvis.chips
    planes = [np.zeros(uvis.frame.shape, kind) for kind in (np.float32, np.float32, np.int32)]
    for n, chip in enumerate(chips):
        tdriz(chip.data, chip.weight, planes, uvis.mapping(n), "turbo", 1.0, 1.0, chip.exptime, n + 1)
    made = separate(chips, uvis.frame, SeparateParams("turbo", 1.0, WeightScale(), None, 10))
    some = planes[1] > 0
    np.testing.assert_allclose(made.wht, planes[1], rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(made.sci[some], planes[0][some], rtol=1e-6, atol=1e-5)
    assert (made.sci[~some] == 0).all()


@pytest.mark.parametrize("interp", ["nearest", "linear", "poly3", "poly5"])
@pytest.mark.parametrize("data", ["uvis", "real"])
def test_blot(interp, data, request):
    """The frame blotted back to each chip: within 1e-4 of the noise, but for pixels where the last digits of a position
    round to another single precision number, 2e-4 pixel away, on the flank of a star."""
    peer = request.getfixturevalue(data)
    median = separate(peer.chips, peer.frame, SeparateParams("turbo", 1.0, WeightScale(), None, 10)).sci
    for n, chip in enumerate(peer.chips):
        ratio = scale_ratio(peer.frame, chip.wcs)
        theirs = np.zeros(chip.data.shape, np.float32)
        size = peer.frame.naxis
        cdriz.tblot(
            median, theirs, 1, size[0], 1, size[1], ratio, 1.0, 1.0, 1.0, "center", interp, chip.exptime, 0.0, 1.0, 1,
            peer.mapping(n),
        )  # fmt: skip
        ours = blot(median, peer.frame, chip.wcs, BlotParams(interp), exptime=chip.exptime, sky=0.0).sci
        noise = np.sqrt(np.abs(theirs) + 9.0)
        inner = positions_inside(peer, chip)
        off = np.abs(ours - theirs)[inner] / noise[inner]
        assert (off > 1e-4).mean() < 2e-5
        assert off.max() < 0.05


def positions_inside(peer, chip):
    """Chip pixels that lie on the frame further than four pixels from its border, where drizzlepac's poly5 reads the
    wrong row, its nearest and linear beyond the array, its poly3 makes NaN."""
    x, y = pixel_map(chip.wcs, peer.frame).positions()
    nx, ny = peer.frame.naxis
    return (x >= 0) & (y >= 0) & (x < nx - 4.5) & (y < ny - 4.5)


@pytest.mark.parametrize("interp", ["poly3", "poly5"])
def test_blot_at_the_lower_borders(interp):
    """Left, lower and right border: the reflection is drizzlepac's."""
    image = np.random.default_rng(3).normal(0, 10, (40, 50)).astype(np.float32)
    y, x = np.indices((36, 49), float)
    theirs = np.zeros(x.shape, np.float32)
    cdriz.tblot(
        image, theirs, 1, 50, 1, 40, 1.0, 1.0, 1.0, 1.0, "center", interp, 1.0, 0.0, 1.0, 1,
        lambda x, y: (x + 0.37, y + 0.21),
    )  # fmt: skip
    ours = np.empty_like(theirs)
    kind = blot_kernels.POLY3 if interp == "poly3" else blot_kernels.POLY5
    blot_kernels.resample(image, x + 0.37, y + 0.21, kind, 1.0, np.float32(1), np.float32(0), ours)
    rows = slice(0, 35)
    np.testing.assert_allclose(ours[rows], theirs[rows], rtol=0, atol=5e-5)


def test_sinc_of_drizzlepac_is_broken():
    """Fault 14a: at whole pixels sinc should give the pixels back; drizzlepac 3.11 gives others."""
    image = np.random.default_rng(3).normal(0, 10, (60, 60)).astype(np.float32)
    theirs = np.zeros((60, 60), np.float32)
    cdriz.tblot(
        image,
        theirs,
        1,
        60,
        1,
        60,
        1.0,
        1.0,
        1.0,
        1.0,
        "center",
        "sinc",
        1.0,
        0.0,
        1.0,
        1,
        lambda x, y: (x, y),
    )
    assert np.abs(theirs - image)[10:-10, 10:-10].max() > 10
