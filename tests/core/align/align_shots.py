"""Small made-up exposures with known errors of their headers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from core.align.settings import AlignSettings

SCALE = 0.04 / 3600.0
CENTRE = (150.0, 20.0)


@dataclass(frozen=True)
class Sky:
    """A field of stars: offsets from CENTRE in arcsec and fluxes in electrons."""

    east: np.ndarray
    north: np.ndarray
    flux: np.ndarray

    @classmethod
    def random(cls, n: int, seed: int = 1, half: float = 20.0) -> Sky:
        rng = np.random.default_rng(seed)
        flux = 10 ** rng.uniform(3.5, 5.0, n)
        return cls(rng.uniform(-half, half, n), rng.uniform(-half, half, n), flux)


@dataclass(frozen=True)
class Shot:
    """One exposure: true pointing (arcsec from CENTRE), roll in degrees, and the header's error of both.

    Where the header is wrong the telescope did not point as asked: the stars lie on other pixels too."""

    name: str
    east: float = 0.0
    north: float = 0.0
    roll: float = 0.0
    error: tuple[float, float] = (0.0, 0.0)
    roll_error: float = 0.0
    seed: int = 0
    hot: int = 0
    hot_seed: int = 99
    size: int = 400
    nan: list[tuple[int, int]] = field(default_factory=list)


def tan_wcs(
    east: float, north: float, roll: float, size: int, missed: tuple[float, float] = (0.0, 0.0)
) -> WCS:
    """`missed` pixels from the middle of the detector lies the reference pixel."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crpix = [size / 2 + 0.5 + missed[0], size / 2 + 0.5 + missed[1]]
    dec = CENTRE[1] + north / 3600.0
    wcs.wcs.crval = [CENTRE[0] + east / 3600.0 / np.cos(np.radians(CENTRE[1])), dec]
    c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    wcs.wcs.cd = SCALE * np.array([[-c, s], [s, c]])
    return wcs


def missed_by(shot: Shot) -> tuple[float, float]:
    """Pixels; not as many as the header is wrong by, lest exposures that should overlap do not."""
    return 0.5 * shot.error[0] / 0.04, 0.5 * shot.error[1] / 0.04


def write_shot(folder: Path, shot: Shot, sky: Sky) -> Path:
    rng = np.random.default_rng(1000 + shot.seed)
    missed = missed_by(shot)
    true = tan_wcs(shot.east, shot.north, shot.roll, shot.size, missed)
    ra = CENTRE[0] + sky.east / 3600.0 / np.cos(np.radians(CENTRE[1]))
    x, y = true.all_world2pix(ra, CENTRE[1] + sky.north / 3600.0, 0)
    image = np.zeros((shot.size, shot.size))
    for px, py, flux in zip(x, y, sky.flux, strict=True):
        if not (-5 < px < shot.size + 5 and -5 < py < shot.size + 5):
            continue
        x0, y0 = int(px) - 7, int(py) - 7
        ys, xs = np.mgrid[max(y0, 0) : min(y0 + 15, shot.size), max(x0, 0) : min(x0 + 15, shot.size)]
        image[ys, xs] += (
            flux / (2 * np.pi * 0.81**2) * np.exp(-0.5 * ((xs - px) ** 2 + (ys - py) ** 2) / 0.81**2)
        )
    image = rng.poisson(image + 10.0) + rng.normal(0, 3, image.shape)
    hot = np.random.default_rng(shot.hot_seed)
    image[hot.integers(10, shot.size - 10, shot.hot), hot.integers(10, shot.size - 10, shot.hot)] += 4000.0
    for row, column in shot.nan:
        image[row, column] = np.nan
    east, north = shot.east + shot.error[0], shot.north + shot.error[1]
    told = tan_wcs(east, north, shot.roll + shot.roll_error, shot.size, missed)
    science = fits.ImageHDU(image.astype(np.float32), name="SCI")
    science.header.update(told.to_header())
    for i in (1, 2):
        for j in (1, 2):
            science.header.remove(f"PC{i}_{j}", ignore_missing=True)
            science.header[f"CD{i}_{j}"] = told.wcs.cd[i - 1, j - 1]
        science.header.remove(f"CDELT{i}", ignore_missing=True)
    science.header["EXTVER"] = 1
    science.header["BUNIT"] = "ELECTRONS"
    science.header["WCSNAME"] = "MADE"
    dq = fits.ImageHDU(np.zeros(image.shape, np.int16), name="DQ")
    dq.header["EXTVER"] = 1
    primary = fits.PrimaryHDU()
    primary.header.update(
        {"TELESCOP": "HST", "INSTRUME": "WFC3", "DETECTOR": "UVIS", "EXPTIME": 100.0, "FILTER": "F606W"}
    )
    primary.header["ROOTNAME"] = shot.name
    path = folder / f"{shot.name}_flt.fits"
    fits.HDUList([primary, science, dq]).writeto(path)
    return path


def tuned(
    settings: AlignSettings, find: dict[str, object] | None = None, **tweakreg: object
) -> AlignSettings:
    """The settings with some values replaced."""
    return AlignSettings(
        settings.tweakreg.replaced(**tweakreg),
        settings.imagefind.replaced(**(find or {})),
        settings.refimagefind,
    )
