"""Output frames: what must hold for any set of chips, refusals, reference images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.chipwcs import ChipWCS
from core.data.exposure import open_exposure
from core.data.frame import (
    aperture_roll,
    custom_frame,
    frame_header,
    orientation,
    orthogonal_frame,
    output_frame,
    pixel_scale,
    read_frame,
)
from core.errors import Refusal

Write = Callable[..., Path]


@pytest.fixture
def frame(exposure_file: Path) -> ChipWCS:
    return output_frame([chip.wcs for chip in open_exposure(exposure_file).chips])


def chip(ra: float, dec: float, angle: float = 0.3) -> ChipWCS:
    c, s = np.cos(angle), np.sin(angle)
    return ChipWCS(
        np.array([50.0, 40.0]), np.array([ra, dec]), 1.1e-5 * np.array([[-c, s], [s, c]]), (100, 80)
    )


@settings(max_examples=50, deadline=None)
# Nearer to a pole the rule of stwcs, which ours follows, turns the frame with north when it moves CRVAL from the
# mean of the corners to the frame's middle: a corner may then lie some pixels outside.
@given(st.floats(0, 360), st.floats(-75, 75), st.floats(0, 6.3), st.integers(1, 4))
def test_every_corner_lies_in_the_frame_and_touches_it(
    ra: float, dec: float, angle: float, count: int
) -> None:
    chips = [chip((ra + 1e-4 * k) % 360, dec + 2e-4 * k * (-1) ** k, angle + 0.1 * k) for k in range(count)]
    frame = output_frame(chips)
    corners = [frame.sky_to_pix(*one.footprint()) for one in chips]
    x = np.concatenate([c[0] for c in corners]) + 1
    y = np.concatenate([c[1] for c in corners]) + 1
    # as stwcs: the lowest corner pixel centre at pixel 0 or 1 (1-based, to the rounding of the size)
    for low, high, size in ((x.min(), x.max(), frame.naxis[0]), (y.min(), y.max(), frame.naxis[1])):
        assert -0.01 < low < 1.01
        assert high < size + 1.01
        assert size - 1.02 < high - low <= size + 1e-6
    assert frame.is_linear
    np.testing.assert_allclose(
        frame.cd @ frame.cd.T, np.eye(2) * (frame.scale / 3600) ** 2, rtol=0, atol=1e-18
    )


def test_frame_takes_scale_and_orientation_from_the_header(frame: ChipWCS, exposure_file: Path) -> None:
    first = open_exposure(exposure_file).chips[0].wcs
    assert pixel_scale(frame) == pytest.approx(0.03962, rel=1e-12)
    roll = aperture_roll(104.99, first.crval[1], 30.64, 25.24)
    assert orientation(frame) == pytest.approx(roll + 45.0, abs=1e-9)
    assert frame.keys["WCSNAME"] == "IDC_test"


def test_without_pa_v3_the_chip_tells_the_orientation(exposure_file: Path) -> None:
    """drizzlepac fails with a TypeError."""
    first = open_exposure(exposure_file).chips[0].wcs
    bare = replace(first, keys={k: v for k, v in first.keys.items() if k != "PA_V3"})
    assert orientation(output_frame([bare])) == pytest.approx(orientation(first), abs=1e-9)


def test_without_idcscale_the_cd_matrix_tells_the_scale(exposure_file: Path) -> None:
    """drizzlepac fails with an UnboundLocalError."""
    first = open_exposure(exposure_file).chips[0].wcs
    assert pixel_scale(output_frame([replace(first, idcscale=None)])) == pytest.approx(first.scale, rel=1e-12)


def test_no_distortion_wanted_or_none_there(exposure_file: Path) -> None:
    first = open_exposure(exposure_file).chips[0].wcs.linear()
    frame = output_frame([first], undistort=False)
    np.testing.assert_array_equal(frame.cd, first.cd)


def test_orthogonal_frame(frame: ChipWCS) -> None:
    skewed = replace(frame, cd=frame.cd @ np.array([[1.0, 0.01], [0.0, 1.0]]))
    straight = orthogonal_frame(skewed)
    assert straight.cd[:, 0] @ straight.cd[:, 1] == pytest.approx(0.0, abs=1e-20)
    assert orientation(straight) == pytest.approx(orientation(skewed))


def test_impossible_frames() -> None:
    with pytest.raises(Refusal, match="no chip"):
        output_frame([])
    with pytest.raises(Refusal, match="far apart"):
        output_frame([chip(0, 0), chip(0, 0), chip(140, 0)])


@pytest.mark.parametrize(
    ("wish", "missing"),
    [({"ra": 1.0}, "dec"), ({"dec": 1.0}, "ra"), ({"outnx": 10}, "outny"), ({"crpix2": 3.0}, "crpix1")],
)
def test_pairs_must_be_whole(frame: ChipWCS, wish: dict[str, float], missing: str) -> None:
    with pytest.raises(Refusal) as refusal:
        custom_frame(frame, **wish)
    assert refusal.value.subject == missing


@pytest.mark.parametrize("wish", [{"scale": 0.0}, {"scale": -1.0}, {"outnx": 0, "outny": 5}])
def test_sizes_and_scales_must_be_positive(frame: ChipWCS, wish: dict[str, float]) -> None:
    with pytest.raises(Refusal):
        custom_frame(frame, **wish)


def test_no_wish_changes_nothing(frame: ChipWCS) -> None:
    same = custom_frame(frame)
    assert same.naxis == frame.naxis
    np.testing.assert_array_equal(same.crpix, frame.crpix)
    np.testing.assert_array_equal(same.cd, frame.cd)


def test_rotated_and_rescaled_frame_holds_the_old_one(frame: ChipWCS) -> None:
    nx, ny = frame.naxis
    edges = frame.pix_to_sky([-0.5, nx - 0.5, -0.5, nx - 0.5], [-0.5, -0.5, ny - 0.5, ny - 0.5])
    for wish in ({"rot": 17.0}, {"rot": -100.0, "scale": 0.02}):
        new = custom_frame(frame, **wish)
        x, y = new.sky_to_pix(*edges)
        assert x.min() > -0.51
        assert y.min() > -0.51
        assert x.max() < new.naxis[0] - 0.49
        assert y.max() < new.naxis[1] - 0.49
        assert orientation(new) == pytest.approx(wish["rot"])


def test_header_of_a_frame_is_read_by_astropy_and_by_us(frame: ChipWCS, tmp_path: Path) -> None:
    header = frame_header(frame)
    np.testing.assert_allclose(
        WCS(header).all_pix2world(3.0, 4.0, 0), frame.pix_to_sky(3.0, 4.0), rtol=0, atol=1e-12
    )
    path = tmp_path / "ref_drz.fits"
    image = fits.ImageHDU(np.zeros(frame.shape, np.float32), header, name="SCI")
    fits.HDUList([fits.PrimaryHDU(), image, fits.ImageHDU(np.zeros((2, 2)), name="WHT")]).writeto(path)
    for name in (str(path), f"{path}[sci,1]", f"{path}[1]", f"{path}[SCI]"):
        again = read_frame(name)
        assert again.naxis == frame.naxis
        # a card holds 20 characters
        np.testing.assert_allclose(again.cd, frame.cd, rtol=1e-14)
        np.testing.assert_allclose(again.crval, frame.crval, rtol=1e-14)
    for name, what in (
        (f"{path}[sci,2]", "no such extension"),
        (f"{path}[7]", "no such extension"),
        (f"{path}[wht]", "coordinates"),
    ):
        with pytest.raises(Refusal, match=what):
            read_frame(name)


def test_simple_image_as_reference(frame: ChipWCS, tmp_path: Path) -> None:
    path = tmp_path / "sdss.fits"
    fits.PrimaryHDU(np.zeros((5, 6), np.float32), frame_header(frame)).writeto(path)
    assert read_frame(path).naxis == (6, 5)


def test_distorted_reference_gives_its_undistorted_frame(
    exposure_file: Path, hdus: fits.HDUList, write: Write
) -> None:
    first = open_exposure(exposure_file).chips[0].wcs
    frame, expected = read_frame(exposure_file), output_frame([first])
    assert frame.is_linear
    np.testing.assert_array_equal(frame.cd, expected.cd)
    assert not read_frame(exposure_file, undistort=False).is_linear
    for key in ("IDCSCALE",):
        del hdus["SCI", 1].header[key]
    del hdus[0].header["PA_V3"]
    with pytest.raises(Refusal, match="not of Hubble"):
        read_frame(write(hdus, "other.fits"))


def test_roll_at_the_aperture() -> None:
    """At V1 itself, or on the equator to first order in the aperture's distance, the roll is PA_V3."""
    assert aperture_roll(33.0, 20.0, 0.0, 0.0) == 33.0
    for v2, v3 in ((30.0, 25.0), (-30.0, 25.0), (30.0, -25.0), (-27.0, -33.0)):
        assert (aperture_roll(33.0, 0.0, v2, v3) - 33.0 + 180) % 360 - 180 == pytest.approx(0.0, abs=0.02)
