"""Chip coordinates against astropy.wcs, and the inverse against itself."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy import log
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.chipwcs import ChipWCS, LookupTable
from core.data.readwcs import read_wcs
from core.errors import Refusal

FILES = [
    "omega_cen_simulated/ibc301qrq_flt.fits",
    "omega_cen_simulated/ibc304v3q_flt.fits",
    "omega_cen_simulated/ibc307qyq_flt.fits",
    *(
        f"wfc3_uvis_2013fy27_visit02/idsj02{n}q_flc.fits"
        for n in ("ax", "ay", "az", "b0", "b1", "bl", "bm", "bo")
    ),
    *(f"wfc3_ir_ers_f140w/ib6o23{n}q_flt.fits.gz" for n in ("rt", "rw", "rz", "s2")),
    "headers/2chipA.fits.gz",
    "headers/2chipB.fits.gz",
    "headers/2chipC.fits.gz",
    "headers/sample_svm_flc.fits.gz",
    "headers/sample_ipppssoot_flt.fits.gz",
]


def peer_of(hdus: fits.HDUList, hdu: fits.ImageHDU) -> WCS:
    log.setLevel("ERROR")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return WCS(hdu.header.copy(), hdus)


def chips_of(hdus: fits.HDUList) -> list[fits.ImageHDU]:
    return [hdu for hdu in hdus if hdu.name == "SCI"]


def grid(naxis: tuple[int, int], beyond: float) -> tuple[np.ndarray, np.ndarray]:
    nx, ny = naxis
    return np.meshgrid(np.linspace(-beyond, nx - 1 + beyond, 33), np.linspace(-beyond, ny - 1 + beyond, 29))


def hold(ours: ChipWCS, peer: WCS, beyond: float, naxis: tuple[int, int] | None = None) -> None:
    """Both ways to 1e-6 pixels, over the chip with its corners and a margin."""
    x, y = grid(naxis or ours.naxis, beyond)
    ra, dec = ours.pix_to_sky(x, y)
    peer_ra, peer_dec = peer.all_pix2world(x, y, 0)
    step = ours.scale / 3600.0
    across = (ra - peer_ra + 180.0) % 360.0 - 180.0
    assert np.abs(across * np.cos(np.radians(dec))).max() < 1e-6 * step
    assert np.abs(dec - peer_dec).max() < 1e-6 * step
    back_x, back_y = ours.sky_to_pix(peer_ra, peer_dec)
    peer_x, peer_y = peer.all_world2pix(peer_ra, peer_dec, 0, tolerance=1e-8, maxiter=60)
    assert np.abs(back_x - peer_x).max() < 1e-6
    assert np.abs(back_y - peer_y).max() < 1e-6


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
def test_every_real_header_agrees_with_astropy(shared_data: Path, name: str) -> None:
    with fits.open(shared_data / name) as hdus:
        for hdu in chips_of(hdus):
            ours, peer = read_wcs(hdus, hdu), peer_of(hdus, hdu)
            # headers without pixels describe full chips
            full = (4096, 2051) if ours.naxis == (10, 10) else ours.naxis
            hold(ours, peer, 60.0, full)
            np.testing.assert_allclose(
                np.array(ours.footprint()).T, peer.calc_footprint(), rtol=0, atol=1e-11
            )


def test_tables_sip_and_cd_agree_with_astropy(hdus: fits.HDUList) -> None:
    for hdu in chips_of(hdus):
        ours = read_wcs(hdus, hdu)
        assert not ours.is_linear
        hold(ours, peer_of(hdus, hdu), 20.0)


def test_table_with_turned_axes_agrees_with_astropy(hdus: fits.HDUList) -> None:
    hdu = hdus["SCI", 1]
    hdu.header["DP1.AXIS.1"] = 2
    hdu.header["DP1.AXIS.2"] = 1
    hold(read_wcs(hdus, hdu), peer_of(hdus, hdu), 20.0)


def test_detector_table_of_2010_agrees_with_astropy(hdus: fits.HDUList) -> None:
    hdu = hdus["SCI", 1]
    for axis in (1, 2):
        del hdu.header[f"D2IMDIS{axis}"]
        del hdu.header[f"D2IM{axis}*"]
    hdu.header["AXISCORR"] = 1
    old = fits.ImageHDU(np.linspace(-0.05, 0.05, 40).astype(np.float32), name="D2IMARR", ver=1)
    old.header["CRPIX1"] = old.header["CRVAL1"] = 10.0
    old.header["CDELT1"] = 1.0
    hdus["D2IMARR", 1] = old
    hold(read_wcs(hdus, hdu), peer_of(hdus, hdu), 5.0)


LINEAR = {
    "CD": {"CD1_1": -1e-5, "CD1_2": 2e-6, "CD2_1": 2e-6, "CD2_2": 1.1e-5},
    "CD diagonal only": {"CD1_1": -1e-5, "CD2_2": 1.1e-5},
    "PC": {"PC1_1": 0.8, "PC1_2": -0.6, "PC2_1": 0.6, "PC2_2": 0.8, "CDELT1": -1e-5, "CDELT2": 1.2e-5},
    "PC off diagonal only": {"PC1_2": 0.1, "CDELT1": -1e-5, "CDELT2": 1.2e-5},
    "CROTA": {"CDELT1": -1e-5, "CDELT2": 1.2e-5, "CROTA2": 33.0},
    "CDELT": {"CDELT1": -1e-5, "CDELT2": 1.2e-5},
}


@pytest.mark.parametrize("form", LINEAR)
@pytest.mark.parametrize("place", [(10.0, 20.0), (0.00001, -89.999), (359.9999, 89.9999), (180.0, 0.0)])
def test_linear_headers_agree_with_astropy(form: str, place: tuple[float, float]) -> None:
    hdu = fits.ImageHDU(np.zeros((30, 40), np.float32))
    hdu.header.update(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRPIX1=11.5, CRPIX2=-3.0)
    hdu.header["CRVAL1"], hdu.header["CRVAL2"] = place
    hdu.header.update(LINEAR[form])
    hdus = fits.HDUList([fits.PrimaryHDU(), hdu])
    ours = read_wcs(hdus, hdu)
    assert ours.is_linear
    hold(ours, peer_of(hdus, hdu), 10.0)


def test_axes_in_the_other_order_and_other_units_agree_with_astropy() -> None:
    hdu = fits.ImageHDU(np.zeros((30, 40), np.float32))
    hdu.header.update(CTYPE1="DEC--TAN", CTYPE2="RA---TAN", CUNIT1="arcsec", CUNIT2="arcsec")
    hdu.header.update(CRPIX1=11.5, CRPIX2=-3.0, CRVAL1=-72000.0, CRVAL2=36000.0)
    hdu.header.update(CD1_1=0.03, CD1_2=0.01, CD2_1=0.012, CD2_2=-0.04)
    hdus = fits.HDUList([fits.PrimaryHDU(), hdu])
    ours, peer = read_wcs(hdus, hdu), peer_of(hdus, hdu)
    dec, ra = peer.all_pix2world([0.0, 5.0], [3.0, 9.0], 0)
    np.testing.assert_allclose(ours.pix_to_sky([0.0, 5.0], [3.0, 9.0]), (ra, dec), rtol=0, atol=1e-12)


BAD = {
    "CTYPE1": "GLON-TAN",
    "CTYPE2": "DEC--ZPN",
    "CRVAL1": "far away",
    "CUNIT1": "furlong",
    "LONPOLE": 90.0,
    "B_ORDER": 1,
    "A_ORDER": 12,
    "CPDIS1": "POLYNOMIAL",
    "CD1_1": 0.0,
}


@pytest.mark.parametrize("key", BAD)
def test_unusable_headers_are_refused_by_keyword(hdus: fits.HDUList, key: str) -> None:
    header = hdus["SCI", 1].header
    header[key] = BAD[key]
    if key == "CD1_1":
        header.update(CD1_2=0.0, CD2_1=0.0, CD2_2=0.0)
    with pytest.raises(Refusal) as refusal:
        read_wcs(hdus, hdus["SCI", 1], path="a_flt.fits")
    assert refusal.value.file == "a_flt.fits"
    assert key in refusal.value.subject


def test_missing_table_is_refused_by_name(hdus: fits.HDUList) -> None:
    del hdus["D2IMARR", 2]
    with pytest.raises(Refusal, match="not in the file") as refusal:
        read_wcs(hdus, hdus["SCI", 1])
    assert refusal.value.subject == "D2IMARR,2"


def test_far_and_impossible_points_are_nan(hdus: fits.HDUList) -> None:
    wcs = read_wcs(hdus, hdus["SCI", 1])
    opposite = (wcs.crval[0] + 180.0) % 360.0, -wcs.crval[1]
    x, y = wcs.sky_to_pix([opposite[0], wcs.crval[0], np.nan], [opposite[1], wcs.crval[1] + 95.0, 0.0])
    assert np.isnan(x).all()
    assert np.isnan(y).all()
    ra, dec = wcs.pix_to_sky([np.nan, np.inf], [0.0, 0.0])
    assert np.isnan(ra).all()
    assert np.isnan(dec).all()


def test_beyond_the_fold_of_the_polynomial_no_pixel_of_the_chip_is_found(hdus: fits.HDUList) -> None:
    """Sky far from the chip must not land on it, whatever the polynomial does out there."""
    wcs = read_wcs(hdus, hdus["SCI", 1])
    turn = np.linspace(0, 2 * np.pi, 200)
    for radius in (0.02, 0.1, 0.5, 1.0, 5.0):
        ra = wcs.crval[0] + radius * np.cos(turn) / np.cos(np.radians(wcs.crval[1]))
        x, y = wcs.sky_to_pix(ra, wcs.crval[1] + radius * np.sin(turn))
        inside = (np.abs(x) < 200) & (np.abs(y) < 200)
        assert not inside.any()


def test_shapes_and_scalars(hdus: fits.HDUList) -> None:
    wcs = read_wcs(hdus, hdus["SCI", 1])
    ra, dec = wcs.pix_to_sky(np.arange(5)[:, None], np.arange(3)[None, :])
    assert ra.shape == dec.shape == (5, 3)
    assert wcs.pix_to_sky(1.0, 2.0)[0].shape == ()
    assert wcs.pix_to_sky([], [])[0].shape == (0,)
    x, _ = wcs.sky_to_pix(ra.T, dec.T)
    assert x.shape == (3, 5)


def test_threads_may_share_a_chip(hdus: fits.HDUList) -> None:
    """astropy.wcs with SIP returns wrong positions when two threads share it."""
    wcs = read_wcs(hdus, hdus["SCI", 1])
    rng = np.random.default_rng(3)
    inputs = [rng.uniform(-50, 100, (2, 20_000)) for _ in range(8)]
    alone = [wcs.pix_to_sky(*p) for p in inputs]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            together = list(pool.map(lambda p: wcs.pix_to_sky(*p), inputs))
            for one, two in zip(alone, together, strict=True):
                np.testing.assert_array_equal(one, two)


def test_moved_and_linear_forget_nothing(hdus: fits.HDUList) -> None:
    wcs = read_wcs(hdus, hdus["SCI", 1])
    wcs.pix_to_sky(0.0, 0.0)
    moved = wcs.moved(wcs.crval + 0.001, wcs.cd * 1.01)
    assert abs(moved.pix_to_sky(29.0, 19.0)[1] - wcs.pix_to_sky(29.0, 19.0)[1]) > 0.0005
    assert moved.sip_a is wcs.sip_a
    assert wcs.linear().is_linear


@st.composite
def chips(draw: st.DrawFn) -> ChipWCS:
    """Any plausible camera: scale 0.02 to 0.2 arcsec, up to 2 % distortion at the edge of 2000 pixels."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    order = draw(st.integers(0, 9))
    scale = draw(st.floats(0.02, 0.2)) / 3600.0
    angle = draw(st.floats(0, 2 * np.pi))
    cd = scale * np.array(
        [[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle) * draw(st.floats(0.9, 1.1))]]
    )
    sip = []
    for _ in range(2):
        c = np.zeros((order + 1, order + 1))
        for i in range(order + 1):
            for j in range(order + 1 - i):
                if i + j >= 2:
                    c[i, j] = rng.normal(0, 2.0) / 1500.0 ** (i + j)
        sip.append(c)
    table = LookupTable(rng.normal(0, 0.03, (9, 11)), (0.0, 1.0), (-100.0, 50.0), (180.0, 250.0))
    crval = np.array([draw(st.floats(0, 360)), draw(st.floats(-90, 90))])
    wcs = ChipWCS(np.array([1000.0, 800.0]), crval, cd, (2000, 1600), *(sip if order > 1 else (None, None)))
    return replace(wcs, npol=(table, None), d2im=(None, table)) if draw(st.booleans()) else wcs


@settings(max_examples=60, deadline=None)
@given(chips())
def test_the_inverse_brings_every_pixel_back(wcs: ChipWCS) -> None:
    x, y = grid(wcs.naxis, 0.0)
    ra, dec = wcs.pix_to_sky(x, y)
    assert ((ra >= 0) & (ra < 360)).all()
    back_x, back_y = wcs.sky_to_pix(ra, dec)
    # RA near 360 degrees is only known to 6e-14 degrees, 1e-8 pixels of 0.02 arcsec
    assert np.abs(back_x - x).max() < 3e-8
    assert np.abs(back_y - y).max() < 3e-8
