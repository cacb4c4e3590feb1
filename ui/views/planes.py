"""Reading single planes of products and intermediate files. Runs in the worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.fitsfile import open_fits, read_data
from core.data.readwcs import read_wcs
from core.drizzle.results import DrizzleResult
from core.errors import Refusal
from ui.views.prepared import Plane

MOST_CHIPS = 1000


def read_plane(path: Path, name: str = "SCI", extver: int = 1) -> NDArray[Any]:
    """The pixels of extension (`name`, `extver`), or of the first that has any: simple files hold one image.

    Native byte order, C order; float32 or integers as stored. Raises `Refusal`.
    """
    with open_fits(path) as hdus:
        hdu = _find(hdus, name, extver, path)
        data = np.asarray(read_data(hdus, hdu, path))
    return np.ascontiguousarray(data, dtype=data.dtype.newbyteorder("="))


def read_product(path: Path, name: str) -> Plane:
    """Pixels, WCS and unit of a drizzled plane. Raises `Refusal`."""
    with open_fits(path) as hdus:
        hdu = _find(hdus, name, 1, path)
        data = np.asarray(read_data(hdus, hdu, path))
        wcs = read_wcs(hdus, hdu, path=path)
        unit = (
            str(hdu.header.get("BUNIT", "")).lower().replace("electrons", "e\u2212").replace("unitless", "")
        )
    return Plane(np.ascontiguousarray(data, dtype=data.dtype.newbyteorder("=")), wcs, unit)


def contributors(result: DrizzleResult) -> tuple[str, ...]:
    """The chip behind every bit of the context image, "ibc301qrq_flt [sci,1]" and so on, in the order of the bits.

    The product's header tells (DnnnDATA); where it does not, the run's own order of exposures and chips.
    """
    told: list[str] = []
    path = result.science or result.context
    if path is not None:
        with open_fits(path) as hdus:
            header = hdus[0].header
            for number in range(1, MOST_CHIPS):
                entry = str(header.get(f"D{number:03d}DATA", "")).strip()
                if not entry:
                    break
                told.append(_short(entry))
    if told:
        return tuple(told)
    return tuple(
        _short(f"{exposure.name}[sci,{chip.extver}]")
        for exposure in result.exposures
        for chip in exposure.chips
        if not exposure.reason
    )


def _short(entry: str) -> str:
    """ "ibc301qrq_flt.fits[sci,1]" as "ibc301qrq_flt [sci,1]"."""
    name, _, extension = entry.partition("[")
    name = name.removesuffix(".gz").removesuffix(".fits")
    return f"{name} [{extension}" if extension else name


def _find(hdus: fits.HDUList, name: str, extver: int, path: Path) -> Any:
    for hdu in hdus:
        if hdu.is_image and hdu.name == name and hdu.ver == extver and hdu.header.get("NAXIS", 0):
            return hdu
    for hdu in hdus:
        if hdu.is_image and hdu.header.get("NAXIS", 0):
            return hdu
    raise Refusal(
        "The file holds no image.", file=path, subject=f"{name},{extver}", advice="Run the step again."
    )
