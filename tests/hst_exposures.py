"""Small exposures of every instrument: headers with the right keywords, a few stars, cosmic rays, bad pixels.

The layouts are simple (a distorted plane of the right scale); what matters is what engine and peer read: units, gain,
read noise, times, flags, chips, amplifiers.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning

TARGET = (150.1, 2.2)
DITHERS = ((0.0, 0.0), (2.3, 1.7), (-3.6, 4.2))
SKY = 25.0  # electrons
Cards = dict[str, object]


@dataclass(frozen=True)
class ChipLayout:
    """Place of a chip: offset of its middle (arcsec east, north), turn (degrees), arcsec a pixel, header cards."""

    offset: tuple[float, float] = (0.0, 0.0)
    turn: float = 30.0
    scale: float = 0.05
    cards: Cards = field(default_factory=dict)


@dataclass(frozen=True)
class Camera:
    """What the files of a detector look like. `gain` (e-/unit) and `read_noise` (e-) are what the pixels have."""

    name: str
    primary: Cards
    chips: tuple[ChipLayout, ...]
    bunit: str
    root: str
    suffix: str = "flt"
    gain: float = 1.0
    read_noise: float = 4.0
    exptime: float = 100.0
    rate: bool = False
    companion: str = ""
    flip: bool = False
    counts_photons: bool = False
    shape: tuple[int, int] = (110, 130)


def amplifiers(gain: float, noise: float) -> Cards:
    cards: Cards = {f"ATODGN{a}": gain for a in "ABCD"}
    return cards | {f"READNSE{a}": noise for a in "ABCD"}


def _wfpc2(k: int, east: float, north: float) -> ChipLayout:
    scale = 0.0455 if k == 1 else 0.0996
    return ChipLayout((east, north), 30.0 + 90.0 * (k - 1), scale, {"DETECTOR": k})


CAMERAS = {
    camera.name: camera
    for camera in (
        Camera(
            "uvis",
            {"INSTRUME": "WFC3", "DETECTOR": "UVIS", "FILTER": "F606W", "CCDAMP": "ABCD", **amplifiers(1.5, 3.1)},
            (
                ChipLayout((0.0, -3.0), 30.0, 0.0396, {"CCDCHIP": 2, "MEANDARK": 0.6}),
                ChipLayout((0.0, 3.0), 30.0, 0.0396, {"CCDCHIP": 1, "MEANDARK": 0.7}),
            ),
            "ELECTRONS",
            "i{}q",
        ),
        Camera(
            "ir",
            {"INSTRUME": "WFC3", "DETECTOR": "IR", "FILTER": "F160W", "CCDAMP": "ABCD", **amplifiers(2.4, 15.0)},
            (ChipLayout((0.0, 0.0), 30.0, 0.128, {"CCDCHIP": 1, "MEANDARK": 4.0}),),
            "ELECTRONS/S",
            "i{}s",
            read_noise=15.0,
            rate=True,
        ),
        Camera(
            "wfc",
            {
                "INSTRUME": "ACS", "DETECTOR": "WFC", "FILTER1": "CLEAR1L", "FILTER2": "F814W", "CCDAMP": "ABCD",
                **amplifiers(2.0, 4.0),
            },
            (
                ChipLayout((0.0, -4.0), 30.0, 0.05, {"CCDCHIP": 2, "MEANDARK": 1.2}),
                ChipLayout((0.0, 4.0), 30.0, 0.05, {"CCDCHIP": 1, "MEANDARK": 1.1}),
            ),
            "ELECTRONS",
            "j{}q",
            flip=True,
        ),
        Camera(
            "hrc",
            {
                "INSTRUME": "ACS", "DETECTOR": "HRC", "FILTER1": "F555W", "FILTER2": "CLEAR2S", "CCDAMP": "C",
                **amplifiers(0.0, 0.0), "ATODGNC": 2.2, "READNSEC": 4.7,
            },
            (ChipLayout((0.0, 0.0), 30.0, 0.025, {"CCDCHIP": 1, "MEANDARK": 0.5}),),
            "ELECTRONS",
            "j{}h",
            read_noise=4.7,
        ),
        Camera(
            "sbc",
            {"INSTRUME": "ACS", "DETECTOR": "SBC", "FILTER1": "F150LP", "FILTER2": "N/A"},
            (ChipLayout((0.0, 0.0), 30.0, 0.032, {"CCDCHIP": 1, "MEANDARK": 0.001}),),
            "ELECTRONS",
            "j{}b",
            read_noise=0.0,
            counts_photons=True,
        ),
        Camera(
            "wfpc2",
            {
                "INSTRUME": "WFPC2", "FILTNAM1": "F606W", "FILTNAM2": "", "ATODGAIN": 7.0, "DARKTIME": 100.0,
                "MODE": "FULL", "SHUTTER": "A",
            },
            (_wfpc2(1, 4.0, 4.0), _wfpc2(2, -6.0, 6.0), _wfpc2(3, -6.0, -6.0), _wfpc2(4, 6.0, -6.0)),
            "COUNTS",
            "u{}r",
            "c0m",
            gain=7.1,
            read_noise=5.3,
            companion="c1m",
        ),
        Camera(
            "stis_ccd",
            {
                "INSTRUME": "STIS", "DETECTOR": "CCD", "OPT_ELEM": "MIRVIS", "FILTER": "Clear", "CCDAMP": "D",
                "ATODGAIN": 4.016, "READNSE": 7.9, "TEXPTIME": 100.0,
            },
            (ChipLayout((0.0, 0.0), 30.0, 0.0508),),
            "COUNTS",
            "o{}0",
            gain=4.016,
            read_noise=7.9,
        ),
        Camera(
            "stis_nuv",
            {"INSTRUME": "STIS", "DETECTOR": "NUV-MAMA", "OPT_ELEM": "MIRNUV", "FILTER": "Clear"},
            (ChipLayout((0.0, 0.0), 30.0, 0.0246),),
            "COUNTS",
            "o{}n",
            read_noise=0.0,
            counts_photons=True,
        ),
        Camera(
            "stis_fuv",
            {"INSTRUME": "STIS", "DETECTOR": "FUV-MAMA", "OPT_ELEM": "MIRFUV", "FILTER": "Clear"},
            (ChipLayout((0.0, 0.0), 30.0, 0.0246),),
            "COUNTS",
            "o{}f",
            read_noise=0.0,
            counts_photons=True,
        ),
        Camera(
            "nicmos",
            {"INSTRUME": "NICMOS", "CAMERA": 2, "FILTER": "F160W", "ADCGAIN": 5.4, "UNITCORR": "COMPLETE"},
            (ChipLayout((0.0, 0.0), 30.0, 0.0757),),
            "COUNTS/S",
            "n{}m",
            "cal",
            gain=5.4,
            read_noise=26.0,
            rate=True,
        ),
    )
}  # fmt: skip


def write_set(camera: Camera, folder: Path, *, count: int = 3, seed: int = 5) -> list[Path]:
    """`count` dithered exposures of one field; the companions with flags lie beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    spread = (
        np.array([12.0, 12.0]) if len(camera.chips) > 1 else camera.chips[0].scale * np.array([60.0, 60.0])
    )
    stars = np.column_stack([rng.uniform(-1, 1, (40, 2)) * spread, 10 ** rng.uniform(3.0, 4.6, 40)])
    return [_write(camera, folder, number, stars, rng) for number in range(count)]


def _write(camera: Camera, folder: Path, number: int, stars: np.ndarray, rng: np.random.Generator) -> Path:
    root = camera.root.format(f"test0{number}x")
    path = folder / f"{root}_{camera.suffix}.fits"
    hdus = fits.HDUList([fits.PrimaryHDU()])
    hdus[0].header.update(_primary(camera, root, number, path.name))
    flags = fits.HDUList([fits.PrimaryHDU()])
    for extver, layout in enumerate(camera.chips, 1):
        header = _chip_header(camera, layout, extver, number)
        pixels = _pixels(camera, header, stars, rng)
        bad = np.zeros(camera.shape, np.int16)
        spots = rng.integers(0, bad.size, 40)
        bad.ravel()[spots[:20]], bad.ravel()[spots[20:]] = 4, 16
        pixels.ravel()[spots] += 500.0 / camera.gain / (camera.exptime if camera.rate else 1.0)
        hdus.append(fits.ImageHDU(pixels, header, name="SCI", ver=extver))
        if camera.companion:
            flags.append(fits.ImageHDU(bad, fits.Header([("DETECTOR", extver)]), name="SCI", ver=extver))
            continue
        error = np.sqrt(np.abs(pixels) + 1.0).astype(np.float32)
        hdus.append(fits.ImageHDU(error, name="ERR", ver=extver))
        hdus.append(fits.ImageHDU(bad, name="DQ", ver=extver))
        if camera.rate:
            hdus.append(fits.ImageHDU(np.ones(camera.shape, np.int16), name="SAMP", ver=extver))
            times = np.full(camera.shape, camera.exptime, np.float32)
            hdus.append(fits.ImageHDU(times, name="TIME", ver=extver))
    hdus[0].header["NEXTEND"] = len(hdus) - 1
    hdus.writeto(path, overwrite=True)
    if camera.companion:
        flags.writeto(folder / f"{root}_{camera.companion}.fits", overwrite=True)
    return path


def _primary(camera: Camera, root: str, number: int, name: str) -> Cards:
    start = 55200.0 + 0.01 * number
    cards: Cards = {
        "TELESCOP": "HST", "FILENAME": name, "ROOTNAME": root, "PROPOSID": 1, "LINENUM": "1", "DATE": "2010-01-04",
        "DATE-OBS": "2010-01-04", "TIME-OBS": "00:00:00", "RA_TARG": TARGET[0], "DEC_TARG": TARGET[1],
        "TARGNAME": "FIELD", "PA_V3": 75.0, "EXPSTART": start, "EXPEND": start + camera.exptime / 86400.0,
        "EXPFLAG": "NORMAL", "EQUINOX": 2000.0, "SUBARRAY": True, "IDCTAB": "iref$test_idc.fits",
        "PHOTFLAM": 1e-19, "PHOTMODE": "TEST", "OBSTYPE": "IMAGING",
    }  # fmt: skip
    if camera.primary["INSTRUME"] != "STIS":  # STIS has it in the SCI headers, for each image set
        cards["EXPTIME"] = camera.exptime
    return cards | camera.primary


def _chip_header(camera: Camera, layout: ChipLayout, extver: int, number: int) -> fits.Header:
    ny, nx = camera.shape
    east, north = layout.offset
    dither = np.array(DITHERS[number % len(DITHERS)]) * camera.chips[0].scale
    dec = TARGET[1] + (north + dither[1]) / 3600.0
    ra = TARGET[0] + (east + dither[0]) / 3600.0 / np.cos(np.radians(TARGET[1]))
    turn = np.radians(layout.turn)
    c, s, flip = np.cos(turn), np.sin(turn), -1.0 if camera.flip else 1.0
    cd = (
        layout.scale
        / 3600.0
        * np.array([[-c * flip, s], [s * flip, c]])
        @ np.array([[1.0, 0.02], [0.0, 0.99]])
    )
    start = 55200.0 + 0.01 * number
    header = fits.Header()
    cards: Cards = {
        "BUNIT": camera.bunit, "EXPNAME": camera.root.format("test"), "EXPTIME": camera.exptime, "EXPSTART": start,
        "EXPEND": start + camera.exptime / 86400.0, "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP",
        "CRPIX1": nx / 2, "CRPIX2": ny / 2, "CRVAL1": ra, "CRVAL2": dec, "CD1_1": cd[0, 0], "CD1_2": cd[0, 1],
        "CD2_1": cd[1, 0], "CD2_2": cd[1, 1], "A_ORDER": 2, "B_ORDER": 2, "A_2_0": 2e-5, "A_1_1": -4e-6,
        "A_0_2": 1e-6, "B_0_2": -3e-5, "B_1_1": 1e-5, "B_2_0": 0.0, "IDCSCALE": layout.scale, "IDCTHETA": 0.0,
        "IDCXREF": nx / 2, "IDCYREF": ny / 2, "IDCV2REF": 10.0 + east, "IDCV3REF": 20.0 + north,
        "ORIENTAT": float(np.degrees(np.arctan2(cd[0, 1], cd[1, 1]))), "VAFACTOR": 1.0, "WCSNAME": "IDC_test",
        "OCX10": 0.0, "OCX11": layout.scale, "OCY10": layout.scale, "OCY11": 0.0, "LTV1": 0.0, "LTV2": 0.0,
        "PHOTFLAM": 1e-19, "DATE-OBS": "2010-01-04", "NGOODPIX": nx * ny,
    }  # fmt: skip
    header.update(cards | layout.cards)
    return header


def _pixels(camera: Camera, header: fits.Header, stars: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pixels in the unit of the file."""
    ny, nx = camera.shape
    electrons = np.full(camera.shape, SKY)
    ra = TARGET[0] + stars[:, 0] / 3600.0 / np.cos(np.radians(TARGET[1]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FITSFixedWarning)
        x, y = WCS(header).all_world2pix(ra, TARGET[1] + stars[:, 1] / 3600.0, 0)
    columns, rows = np.arange(nx), np.arange(ny)[:, None]
    for star, (at_x, at_y) in enumerate(zip(x, y, strict=True)):
        if -6 < at_x < nx + 6 and -6 < at_y < ny + 6:
            profile = np.exp(-((columns - at_x) ** 2 + (rows - at_y) ** 2) / 2 / 1.1**2)
            electrons += stars[star, 2] * profile / (2 * np.pi * 1.1**2)
    electrons = rng.poisson(electrons) + rng.normal(0.0, camera.read_noise, camera.shape)
    hits = rng.integers(0, electrons.size, 8 if camera.counts_photons else 60)
    electrons.ravel()[hits] += rng.uniform(300.0, 3000.0, hits.size)
    return (electrons / camera.gain / (camera.exptime if camera.rate else 1.0)).astype(np.float32)


def chips_of(files: Sequence[Path]) -> int:
    """How many SCI extensions there are in all."""
    count = 0
    for path in files:
        with fits.open(path) as hdus:
            count += sum(hdu.name == "SCI" for hdu in hdus)
    return count
