"""Where sources may be searched: DS9 regions and FITS masks, one for a chip.

A region on the sky is compared in a small tangent plane of its own, to which pixels come through the chip's full
WCS: distortion is in it, and no astropy WCS with distortion is touched. Regions count in the order of the
file; when all exclude, the whole chip is good before the first.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS
from core.data.fitsfile import open_fits, quiet, read_data
from core.errors import Refusal

if TYPE_CHECKING:  # regions brings plotting along where that is installed: only when a region file is read
    from regions import PixelRegion

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_LEFT_OUT = ("ruler", "compass", "projection", "vector", "segment", "composite")  # DS9's, without an area
_NO_AREA = ("Point", "Line", "Text")
_FOUR_NUMBERS = re.compile(r"\b(box|ellipse)\s*\(([^()]*)\)", re.IGNORECASE)
_ROWS = 256
_ARCSEC = 1.0 / 3600.0


@dataclass(frozen=True, eq=False)
class _Shape:
    """A region in pixels of the chip, or in arcsec of the tangent plane `plane` (x to the west, y to the north)."""

    region: PixelRegion
    includes: bool
    plane: ChipWCS | None = None
    shift: tuple[float, float] = (0.0, 0.0)

    def holds(self, x: Floats, y: Floats, wcs: ChipWCS) -> Bools:
        """Whether 0-based chip pixels are in the region; positions that are NaN are not."""
        from regions import PixCoord

        if self.plane is None:
            u, v = x - self.shift[0], y - self.shift[1]
        else:
            u, v = self.plane.sky_to_pix(*wcs.pix_to_sky(x, y))
        seen = np.isfinite(u) & np.isfinite(v)
        inside = self.region.contains(PixCoord(np.where(seen, u, 0.0), np.where(seen, v, 0.0)))
        return np.asarray(inside, bool) & seen

    def reach(self, wcs: ChipWCS) -> tuple[slice, slice]:
        """Rows and columns of the chip outside of which the region holds nothing."""
        box = self.region.bounding_box
        xs, ys = np.linspace(box.ixmin - 1, box.ixmax, 9), np.linspace(box.iymin - 1, box.iymax, 9)
        u, v = (grid.ravel() for grid in np.meshgrid(xs, ys))
        nx, ny = wcs.naxis
        if self.plane is None:
            x, y = u + self.shift[0], v + self.shift[1]
            margin = 2.0
        else:
            sky = self.plane.pix_to_sky(u, v)
            x, y = wcs.sky_to_pix(*sky)
            margin = 2.0 + 0.02 * max(np.ptp(x), np.ptp(y))  # what distortion bends between the places
            near = (x > -0.5 * nx) & (x < 1.5 * nx) & (y > -0.5 * ny) & (y < 1.5 * ny)
            if not near.all():  # far from the chip the distortion's polynomials mean nothing
                x, y = wcs.linear().sky_to_pix(*sky)
                margin = 2.0 + 0.01 * max(np.ptp(x), np.ptp(y)) + _bend(wcs)
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            return slice(0, ny), slice(0, nx)
        low_x, high_x = np.clip([x.min() - margin, x.max() + margin], 0, nx).astype(int)
        low_y, high_y = np.clip([y.min() - margin, y.max() + margin], 0, ny).astype(int)
        return slice(low_y, high_y), slice(low_x, high_x)


@dataclass(frozen=True, eq=False)
class Exclusion:
    """The good part of one chip: a mask of its shape, or shapes in the order of their file."""

    wcs: ChipWCS
    good: Bools | None = None
    shapes: tuple[_Shape, ...] = ()

    @property
    def _starts_good(self) -> bool:
        return not any(shape.includes for shape in self.shapes)

    def mask(self) -> Bools:
        """(ny, nx) True where sources may be."""
        if self.good is not None:
            return self.good
        made = np.full(self.wcs.shape, self._starts_good)
        for shape in self.shapes:
            rows, columns = shape.reach(self.wcs)
            for start in range(rows.start, rows.stop, _ROWS):
                block = slice(start, min(start + _ROWS, rows.stop))
                y, x = np.mgrid[block, columns].astype(float)
                made[block, columns][shape.holds(x, y, self.wcs)] = shape.includes
        return made

    def allows(self, x: Floats, y: Floats) -> Bools:
        """Whether sources at 0-based pixels may be used; of a mask: beyond it all, regions reach beyond the chip."""
        if self.good is not None:
            ny, nx = self.good.shape
            column, row = np.rint(np.nan_to_num(x, nan=-1.0)), np.rint(np.nan_to_num(y, nan=-1.0))
            on = (column >= 0) & (column < nx) & (row >= 0) & (row < ny)
            kept = np.ones(len(x), bool)
            kept[on] = self.good[row[on].astype(int), column[on].astype(int)]
            return kept
        kept = np.full(len(x), self._starts_good)
        for shape in self.shapes:
            kept[shape.holds(x, y, self.wcs)] = shape.includes
        return kept


def read_exclusion(path: str | Path, wcs: ChipWCS, header: fits.Header | None = None) -> Exclusion:
    """The region file or FITS mask for the chip with `wcs`; `header` gives LTV and LTM for physical coordinates.

    A FITS mask is the first image of the chip's size in the file: 0 excludes, NaN too.

    Raises
    ------
    Refusal
        The file cannot be read, has no image of the chip's size, no region with an area, or a region that is not
        understood.
    """
    path = Path(path)
    try:
        start = path.read_bytes()[:9]
    except OSError as error:
        raise Refusal(
            f"Cannot read: {error.strerror or error}.",
            file=path,
            subject="exclusions",
            advice="Check the name.",
        ) from error
    if start.startswith((b"SIMPLE  =", b"\x1f\x8b")):
        return Exclusion(wcs, good=_fits_mask(path, wcs))
    return Exclusion(wcs, shapes=_shapes(path, wcs, header))


def _bend(wcs: ChipWCS) -> float:
    """How far, in pixels, the distortion moves a place of the chip, with a tenth to spare."""
    x, y = np.meshgrid(np.linspace(0, wcs.naxis[0], 9), np.linspace(0, wcs.naxis[1], 9))
    straight_x, straight_y = wcs.linear().sky_to_pix(*wcs.pix_to_sky(x, y))
    return 1.1 * float(np.nanmax(np.hypot(straight_x - x, straight_y - y), initial=0.0))


def _fits_mask(path: Path, wcs: ChipWCS) -> Bools:
    with open_fits(path) as hdus:
        for hdu in hdus:
            shape = (hdu.header.get("NAXIS2"), hdu.header.get("NAXIS1"))
            if hdu.is_image and hdu.header.get("NAXIS") == 2 and shape == wcs.shape:
                data = np.asarray(read_data(hdus, hdu, path))
                return np.ascontiguousarray((data != 0) & ~np.isnan(data))
    nx, ny = wcs.naxis
    raise Refusal(
        f"No image of the mask has the size of the chip, {nx} x {ny}.",
        file=path,
        subject="exclusions",
        advice="a mask for this chip.",
    )


def _shapes(path: Path, wcs: ChipWCS, header: fits.Header | None) -> tuple[_Shape, ...]:
    from regions import Regions

    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(
            "This is neither a region file nor a FITS mask.", file=path, subject="exclusions"
        ) from error
    shift = (0.0, 0.0)
    if re.search(r"^\s*physical\b", text, re.MULTILINE | re.IGNORECASE):
        shift = _physical(path, header, text)
        text = re.sub(r"^(\s*)physical\b", r"\1image", text, flags=re.MULTILINE | re.IGNORECASE)
    if re.search(r"^\s*ecliptic\b", text, re.MULTILINE | re.IGNORECASE):
        raise _not_understood(path, "ecliptic coordinates")
    with quiet(), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            found = [
                _shape(region, wcs, shift)
                for region in Regions.parse(_FOUR_NUMBERS.sub(_with_angle, text), format="ds9")
                if not type(region).__name__.startswith(_NO_AREA)
            ]
        except (ValueError, TypeError, LookupError, AttributeError) as error:  # what the parser trips over
            raise _not_understood(path, str(error)) from error
    for warning in told:
        message = str(warning.message)
        if message and not any(f'"{word}"' in message.lower() for word in _LEFT_OUT):
            raise _not_understood(path, message)
    if not found:
        raise Refusal(
            "The file has no region with an area.",
            file=path,
            subject="exclusions",
            advice="circles, ellipses, boxes, annuli or polygons as DS9 saves them.",
        )
    return tuple(found)


def _not_understood(path: Path, what: str) -> Refusal:
    return Refusal(
        f"Not understood: {what.rstrip('.')}.",
        file=path,
        subject="exclusions",
        advice="Save the regions from DS9 in image or fk5 coordinates.",
    )


def _with_angle(shape: re.Match[str]) -> str:
    """A box or an ellipse without an angle is upright; `regions` trips over it in pixels."""
    numbers = [part for part in re.split(r"[,\s]+", shape[2].strip()) if part]
    return f"{shape[1]}({shape[2]},0)" if len(numbers) == 4 else shape[0]


def _physical(path: Path, header: fits.Header | None, text: str) -> tuple[float, float]:
    """Pixels that physical coordinates (of the full detector) lie from those of the image: LTV."""
    told: Any = header if header is not None else {}
    shift = float(told.get("LTV1", 0.0)), float(told.get("LTV2", 0.0))
    scaled = any(float(told.get(key, 1.0)) != 1.0 for key in ("LTM1_1", "LTM2_2"))
    mixed = shift != (0.0, 0.0) and re.search(r"^\s*image\b", text, re.MULTILINE | re.IGNORECASE)
    if scaled or mixed:
        raise Refusal(
            "Physical coordinates of a binned image, or mixed with image coordinates, are not read.",
            file=path,
            subject="exclusions",
            advice="Save the regions from DS9 in image or fk5 coordinates.",
        )
    return shift


def _shape(region: Any, wcs: ChipWCS, shift: tuple[float, float]) -> _Shape:
    from regions import SkyRegion

    includes = bool(region.meta.get("include", True))
    if not isinstance(region, SkyRegion):
        return _Shape(region, includes, shift=shift)
    places = region.vertices if hasattr(region, "vertices") else region.center
    middle = (places[0] if places.shape else places).icrs
    frame = "fk5" if str(wcs.keys.get("RADESYS", "")).strip().upper() == "FK5" else "icrs"
    placed = middle.transform_to(frame)
    from astropy.wcs import WCS  # needed only for shapes

    local = WCS(naxis=2)
    local.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    local.wcs.crpix = [1.0, 1.0]
    local.wcs.crval = [placed.ra.deg, placed.dec.deg]
    local.wcs.cdelt = [-_ARCSEC, _ARCSEC]
    local.wcs.radesys = frame.upper()
    plane = ChipWCS(
        crpix=np.ones(2), crval=np.array(local.wcs.crval), cd=np.diag([-_ARCSEC, _ARCSEC]), naxis=(1, 1)
    )
    return _Shape(region.to_pixel(local), includes, plane)
