"""Regions and masks: what they leave of a chip, against geometry worked out otherwise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from regions import Regions

from core.data.chiplists import read_chip_list
from core.data.chipwcs import ChipWCS
from core.data.exclusions import read_exclusion
from core.errors import Refusal

SCALE = 0.05 / 3600.0


@pytest.fixture
def chip() -> ChipWCS:
    """300 x 200 pixels of 0.05", turned by 30 degrees, with a strong distortion."""
    c, s = np.cos(np.radians(30.0)), np.sin(np.radians(30.0))
    sip = np.zeros((3, 3))
    sip[2, 0] = 5e-4
    return ChipWCS(
        crpix=np.array([150.0, 100.0]),
        crval=np.array([150.0, 60.0]),
        cd=SCALE * np.array([[-c, s], [s, c]]),
        naxis=(300, 200),
        sip_a=sip,
        sip_b=np.zeros((3, 3)),
    )


def regions(path: Path, text: str) -> Path:
    path.write_text("# Region file format: DS9 version 4.1\nglobal color=green dashlist=8 3\n" + text)
    return path


def grid(chip: ChipWCS) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[0.0 : chip.naxis[1], 0.0 : chip.naxis[0]]
    return x, y


def test_image_regions_are_one_based(chip: ChipWCS, tmp_path: Path) -> None:
    path = regions(
        tmp_path / "a.reg", "image\n-circle(51,81,10)\n-box(201,101,21,41,0)\n# text(5,5) text={no}\n"
    )
    x, y = grid(chip)
    bad = (np.hypot(x - 50, y - 80) < 10) | ((abs(x - 200) < 10.5) & (abs(y - 100) < 20.5))
    exclusion = read_exclusion(path, chip)
    assert np.array_equal(exclusion.mask(), ~bad)
    assert exclusion.allows(np.array([50.0, 5.0, -40.0]), np.array([80.0, 5.0, 5.0])).tolist() == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("frame", ["fk5", "icrs", "galactic"])
def test_a_circle_on_the_sky_is_round_on_the_sky(chip: ChipWCS, tmp_path: Path, frame: str) -> None:
    centre = SkyCoord(150.0005, 60.0002, unit="deg", frame="fk5" if frame == "fk5" else "icrs")
    shown = centre.transform_to(frame).spherical
    path = regions(tmp_path / "a.reg", f'{frame}\n-circle({shown.lon.deg:.9f},{shown.lat.deg:.9f},2.5")\n')
    mask = read_exclusion(path, chip).mask()
    away = SkyCoord(*chip.pix_to_sky(*grid(chip)), unit="deg").separation(centre).arcsec
    clear = abs(away - 2.5) > 0.001
    assert np.array_equal(mask[clear], (away > 2.5)[clear])
    assert 1000 < (~mask).sum() < 20000
    straight = SkyCoord(*chip.linear().pix_to_sky(*grid(chip)), unit="deg").separation(centre).arcsec
    assert ((straight > 2.5) != mask).sum() > 100  # the distortion is seen


@pytest.mark.parametrize(
    "shape", ['ellipse(150.0,60.0,3",1",25)', 'box(150.0,60.0,5",2",25)', 'annulus(150.0,60.0,1",2")']
)
def test_shapes_lie_as_astropy_regions_lays_them(chip: ChipWCS, tmp_path: Path, shape: str) -> None:
    """Without distortion the whole conversion can be left to regions and astropy; angles are from west to north."""
    from astropy.wcs import WCS

    plain = chip.linear()
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crpix, wcs.wcs.crval, wcs.wcs.cd = plain.crpix, plain.crval, plain.cd
    path = regions(tmp_path / "a.reg", f"icrs\n{shape}\n")
    theirs = Regions.read(path, format="ds9")[0].to_pixel(wcs).to_mask(mode="center").to_image((200, 300)) > 0
    ours = read_exclusion(path, plain).mask()
    assert theirs.sum() > 1000
    assert (ours != theirs).sum() <= 6  # pixels on the border


def test_the_order_of_the_file_counts(chip: ChipWCS, tmp_path: Path) -> None:
    x, y = grid(chip)
    outer, inner = np.hypot(x - 100, y - 100) < 50, np.hypot(x - 100, y - 100) < 20
    big, small = "circle(101,101,50)", "circle(101,101,20)"
    cases = {
        f"{big}\n-{small}": outer & ~inner,
        f"-{small}\n{big}": outer,
        f"-{big}\n{small}": inner,
        f"-{big}\n-{small}": ~outer,
        f"{small}\n": inner,
    }
    for k, (text, good) in enumerate(cases.items()):
        path = regions(tmp_path / f"{k}.reg", f"image\n{text}\n")
        assert np.array_equal(read_exclusion(path, chip).mask(), good), text


def test_polygons_beyond_the_chip(chip: ChipWCS, tmp_path: Path) -> None:
    ra, dec = chip.linear().pix_to_sky([-2000.0, 150.0, 150.0, -2000.0], [-900.0, -900.0, 900.0, 900.0])
    corners = ",".join(f"{a:.9f},{d:.9f}" for a, d in zip(ra, dec, strict=True))
    mask = read_exclusion(regions(tmp_path / "a.reg", f"icrs\n-polygon({corners})\n"), chip).mask()
    assert not mask[:, 20:120].any()
    assert mask[:, 180:].all()


@pytest.mark.parametrize("shape", ["box", "ellipse"])
def test_a_shape_without_an_angle_is_upright(chip: ChipWCS, tmp_path: Path, shape: str) -> None:
    made = [
        read_exclusion(regions(tmp_path / f"{k}.reg", f"image\n-{shape}(100,80,40,20{angle})\n"), chip).mask()
        for k, angle in enumerate(("", ",0"))
    ]
    assert not made[0].all()
    assert np.array_equal(*made)


def test_physical_coordinates_are_those_of_the_detector(chip: ChipWCS, tmp_path: Path) -> None:
    header = fits.Header({"LTV1": -100.0, "LTV2": -50.0})
    path = regions(tmp_path / "a.reg", "physical\n-circle(151,131,10)\n")
    x, y = grid(chip)
    assert np.array_equal(read_exclusion(path, chip, header).mask(), np.hypot(x - 50, y - 80) >= 10)
    assert np.array_equal(read_exclusion(path, chip).mask(), np.hypot(x - 150, y - 130) >= 10)


@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.int16])
@pytest.mark.parametrize("place", ["primary", "extension"])
def test_fits_masks(chip: ChipWCS, tmp_path: Path, kind: type, place: str) -> None:
    data = np.ones((200, 300), kind)
    data[50:60, 70:90] = 0
    hdus = [fits.PrimaryHDU(data)] if place == "primary" else [fits.PrimaryHDU(), fits.ImageHDU(data)]
    fits.HDUList(hdus).writeto(tmp_path / "m.fits")
    exclusion = read_exclusion(tmp_path / "m.fits", chip)
    assert np.array_equal(exclusion.mask(), data != 0)
    assert exclusion.allows(np.array([75.4, 5.0, np.nan]), np.array([55.0, 5.0, 2.0])).tolist() == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello world\n", "hello"),
        ("image\nhexagon(1,1,0,90,2,3,4,1)\n", "hexagon"),
        ("image\n", "no region"),
        ("image\npoint(5,5)\n", "no region"),
        ("circle(5,5,3\n", "not understood"),
        ("image\ncircle(5,5,-3)\n", "radius"),
        ("image\ncircle(a,5,3)\n", "not understood"),
        ('ecliptic\ncircle(150,5,3")\n', "ecliptic"),
    ],
)
def test_regions_that_are_not_understood_are_refused(
    chip: ChipWCS, tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(Refusal) as caught:
        read_exclusion(regions(tmp_path / "a.reg", text), chip)
    assert says in caught.value.what.lower()
    assert caught.value.subject == "exclusions"


def test_a_mask_of_another_size_is_refused(chip: ChipWCS, tmp_path: Path) -> None:
    fits.PrimaryHDU(np.ones((20, 30), np.uint8)).writeto(tmp_path / "m.fits")
    with pytest.raises(Refusal, match="300 x 200"):
        read_exclusion(tmp_path / "m.fits", chip)


def test_rulers_are_left_out(chip: ChipWCS, tmp_path: Path) -> None:
    path = regions(
        tmp_path / "a.reg", "image\n# ruler(1,1,5,5) ruler=physical\nruler(1,1,5,5)\n-circle(51,81,10)\n"
    )
    assert (~read_exclusion(path, chip).mask()).sum() == pytest.approx(np.pi * 100, rel=0.05)


def test_lists_of_files_per_chip(tmp_path: Path) -> None:
    for name in ("a1.coo", "a2.coo"):
        (tmp_path / name).write_text("1 2\n")
    path = tmp_path / "list.txt"
    path.write_text(
        "# exposure catalogs\nsome/a_flt.fits a1.coo a2.coo\nb_flt.fits None a2.coo\nc_flt.fits\n"
    )
    listed = read_chip_list(f"@{path}", "catfile")
    assert listed["a_flt.fits"].files == (tmp_path / "a1.coo", tmp_path / "a2.coo")
    assert listed["b_flt.fits"].per_chip(3, Path("b_flt.fits")) == (None, tmp_path / "a2.coo", None)
    assert listed["c_flt.fits"].files == ()
    with pytest.raises(Refusal, match="2 files are listed"):
        listed["a_flt.fits"].per_chip(1, Path("a_flt.fits"))
    for text, says in (("a.fits gone.coo\n", "gone.coo"), ("a.fits\na.fits\n", "twice"), ("#\n", "empty")):
        path.write_text(text)
        with pytest.raises(Refusal, match=says):
            read_chip_list(path, "catfile")
