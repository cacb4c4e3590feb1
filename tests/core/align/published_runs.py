"""The published runs of tweakreg as tables: catalogs, pairs, shifts, and the frame they were made in.

Parameters of the runs, from their notebooks (STScI, `align_mosaics` and `align_to_catalogs`) and the pairs
themselves: tolerance 1, separation 0.5, nclip 3 and sigma 3 everywhere but sigma 2.3 to Gaia; rscale for the
mosaics with searchrad 2" (IR, expand_refcat) and 5" (UVIS), general to the catalogs with 1".
The pairs tell the versions: drizzlepac 2 made the UVIS mosaic (where the histogram widens the tolerance to 1.5),
drizzlepac 3.0 all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from scipy.optimize import least_squares

from core.align.fit import fit
from core.align.results import Fit, Sources
from core.align.settings import FitParams
from core.data.chipwcs import ChipWCS
from core.data.frame import frame_header

Floats = np.ndarray


def rows(path: Path) -> list[list[str]]:
    lines = path.read_text().splitlines()
    return [line.split() for line in lines if line.strip() and not line.startswith("#")]


def columns(path: Path, first: int = 0, count: int = 2) -> Floats:
    """Neighbouring columns of numbers, counted from 0."""
    return np.array([row[first : first + count] for row in rows(path)], float)


@dataclass(frozen=True)
class Told:
    """One line of a published shift file, and the pairs behind it, relative to CRPIX (row vectors)."""

    shift: Floats
    rot: float
    scale: float
    rms: Floats
    uv: Floats
    xy: Floats

    @property
    def radial(self) -> float:
        return float(np.hypot(*self.rms))

    def fitted(self, geometry: str) -> Fit:
        """Our fit to the published pairs, none clipped."""
        return fit(self.xy, self.uv, FitParams(geometry, 0))


def told(home: Path, shiftfile: str, root: str) -> Told:
    row = next(row for row in rows(home / shiftfile) if row[0] == f"{root}.fits")
    n = np.array(row[1:], float)
    path = home / f"{root}_catalog_fit.match"
    pairs = columns(path, 0, 4) if path.exists() else np.empty((0, 4))
    return Told(n[:2], n[2], n[3], n[4:], pairs[:, :2], pairs[:, 2:])


def crpix_of(home: Path, root: str, absolute: int) -> Floats:
    """CRPIX of the frame (1-based) from a match file: relative positions beside those that are `absolute`: in
    column 4 after the fit, in column 8 of the reference (versions of drizzlepac differ)."""
    path = home / f"{root}_catalog_fit.match"
    away = columns(path, absolute) - columns(path, 0)
    return np.asarray(np.round(2.0 * np.median(away, axis=0)) / 2.0)


def shift_at(fitted: Fit, centre: Floats, point: Floats) -> Floats:
    """The shift of a fit about `centre` as one about `point` has it."""
    return np.asarray((point - centre) @ (fitted.matrix - np.eye(2)) + fitted.shift)


def linear_frame(sky: Floats, xy: Floats, crpix: Floats) -> ChipWCS:
    """The linear WCS in which sources at `sky` (degrees) lie at `xy` (1-based), to a millionth of a pixel."""
    middle = sky.mean(axis=0)
    shrink = np.cos(np.radians(middle[1]))
    place = np.column_stack([xy - crpix, np.ones(len(xy))])
    east = np.linalg.lstsq(place, (sky[:, 0] - middle[0]) * shrink, rcond=None)[0]
    north = np.linalg.lstsq(place, sky[:, 1] - middle[1], rcond=None)[0]

    def wcs(p: Floats) -> ChipWCS:
        return ChipWCS(
            crpix=crpix, crval=middle + p[:2] / 3600.0, cd=p[2:].reshape(2, 2) * 1e-5, naxis=(8, 8)
        )

    def off(p: Floats) -> Floats:
        return np.ravel(frame_positions(wcs(p), sky) - xy)

    start = [east[2] * 3600.0 / shrink, north[2] * 3600.0, *east[:2] * 1e5, *north[:2] * 1e5]
    found = least_squares(off, start, x_scale=[1, 1, *[1e-3] * 4], xtol=1e-15, ftol=1e-15)
    assert abs(found.fun).max() < 1e-5
    return wcs(found.x)


def frame_positions(frame: ChipWCS, sky: Floats) -> Floats:
    """1-based frame pixels of places on the sky."""
    return np.column_stack(frame.sky_to_pix(sky[:, 0], sky[:, 1])) + 1.0


def sources(xy: Floats) -> Sources:
    """Sources at frame positions alone, no two at the same place of a detector."""
    n = len(xy)
    none = np.full(n, np.nan)
    return Sources(none, none, xy[:, 0].copy(), xy[:, 1].copy(), none, np.arange(1, n + 1), none, none, none)


def carriers(folder: Path, home: Path, roots: Sequence[str], frame: ChipWCS, detector: str) -> list[Path]:
    """Tiny images that only carry the frame, with the list that gives them the published catalogs on the sky."""
    header, pixels = frame_header(frame), np.zeros((8, 8), np.int16)
    fits.PrimaryHDU(pixels, header).writeto(folder / "frame.fits")
    files = []
    for root in roots:
        primary = fits.PrimaryHDU()
        primary.header.update({"TELESCOP": "HST", "INSTRUME": "WFC3", "DETECTOR": detector})
        science = fits.ImageHDU(pixels, header, name="SCI", ver=1)
        files.append(folder / f"{root}.fits")
        fits.HDUList([primary, science]).writeto(files[-1])
    lines = [f"{root}.fits {home / root}_sky_catalog.coo\n" for root in roots]
    (folder / "list").write_text("".join(lines))
    return files
