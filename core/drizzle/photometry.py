"""Ready for photometry: a copy of a product with its sky back, in electrons or electrons per second.

Programs that weight pixels by their noise (DAOPHOT and its like) need the counts that were there, so the mean sky that
was subtracted is added again (DrizzlePac Handbook, section 7.1, end). The product itself is never changed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core import __version__
from core.data.cardtext import card_text
from core.data.fitsfile import open_fits, read_data
from core.data.outfiles import product_path
from core.data.safe import write_fits
from core.drizzle.results import phot_name
from core.drizzle.skyback import effective_gain, mean_sky, number
from core.errors import Refusal

UNITS = {"e": "ELECTRONS", "e/s": "ELECTRONS/S"}
_PART = re.compile(r"_sci(?=\.fits(\.gz)?$)", re.IGNORECASE)
_KNOWN = ("ELECTRONS", "ELECTRONS/S", "COUNTS", "COUNTS/S")
_MARK = "SKYADDED"


@dataclass(frozen=True)
class ForPhotometry:
    """The copy: `sky` was added to each pixel, in `unit` (BUNIT); `exptime` seconds; `gain` electrons for one unit of
    its pixels; `notes` what a person should hear."""

    path: Path
    unit: str
    sky: float
    exptime: float
    gain: float
    notes: tuple[str, ...] = ()


def ready_for_photometry(
    product: str | Path, unit: str = "e", output: str | Path | None = None
) -> ForPhotometry:
    """Write a copy of a drizzled product, ours or drizzlepac's, with the mean sky put back.

    Parameters
    ----------
    product : `*_drz.fits` with extensions (build), or `*_drz_sci.fits` with its `*_drz_wht.fits` beside it
    unit : "e" electrons over the whole EXPTIME, "e/s" electrons per second
    output : the copy; None for `phot_name` beside the product

    Each pixel that has weight becomes (value + sky) in the unit asked for, float32; those without are left as they
    are. The sky is that of `core.drizzle.skyback.mean_sky`. The header tells BUNIT, SKYADDED, EXPTIME, EFFGAIN
    (electrons for one unit, as DAOPHOT's gain wants it) and, in HISTORY, what was done.

    Raises
    ------
    Refusal
        Not such a product: no SCI array, weights, HDRTAB, MDRIZSKY, EXPTIME, pixel scales, or a BUNIT that is not
        known; the sky was put back already; an output that is the product, an exposure or another program's file.
    """
    source = Path(product)
    if unit not in UNITS:
        raise Refusal(f"{unit!r} is no unit for photometry.", subject="unit", advice="Give e or e/s.")
    target = _target(source, output)
    with open_fits(source) as hdus:
        science = _science(hdus, source)
        made = _convert(hdus, science, unit, source, target)
        for hdu in hdus:
            if "CHECKSUM" in hdu.header and hdu in (science, hdus[0]):
                hdu.add_checksum()
        write_fits(hdus, target)
    return made


def _convert(
    hdus: fits.HDUList, science: fits.ImageHDU, unit: str, source: Path, target: Path
) -> ForPhotometry:
    """Change the science array and its header in memory."""
    primary, table = hdus[0].header, _table(hdus, source)
    if _MARK in science.header:
        raise Refusal(
            "Its sky was put back already.", file=source, subject=_MARK, advice="Take the product itself."
        )
    exptime = _exptime(primary, source)
    bunit = _bunit(science.header, primary, source)
    gain = 1.0 if bunit.startswith("ELECTRONS") else effective_gain(primary, table, -1, source)
    sky = mean_sky(primary, table, source)
    seconds = exptime if unit == "e" else 1.0
    factor = gain * (seconds if bunit.endswith("/S") else seconds / exptime)
    data, weight = _image(hdus, science, source), _weight(hdus, source)
    if data.shape != weight.shape:
        raise Refusal(
            f"The weights have the shape {weight.shape}, the image {data.shape}.", file=source, subject="WHT"
        )
    seen = np.isfinite(weight) & (weight > 0)
    image = data.astype(np.float32)
    image[seen] = image[seen] * np.float32(factor) + np.float32(sky * seconds)
    science.data = image
    notes = () if sky else ("MDRIZSKY is 0 in all rows of HDRTAB: there was no sky to put back.",)
    made = ForPhotometry(target, UNITS[unit], sky * seconds, exptime, exptime / seconds, notes)
    _tell(hdus, science, made, source, factor)
    return made


def _tell(
    hdus: fits.HDUList, science: fits.ImageHDU, made: ForPhotometry, source: Path, factor: float
) -> None:
    """Say in the headers what the copy is."""
    header = science.header
    hdus[0].header["FILENAME"] = (card_text(made.path.name), "name of file")
    header["BUNIT"] = (made.unit, "units of science product")
    header[_MARK] = (made.sky, "mean sky put back, in units of BUNIT")
    if science is not hdus[0]:
        header["EXPTIME"] = (made.exptime, "exposure duration (seconds), all exposures")
    header["EFFGAIN"] = (made.gain, "electrons for one unit of the pixels")
    for line in (
        f"DrizzleDesk {__version__}: made ready for photometry from",
        card_text(source.name),
        f"Pixels with weight: value * {factor:.9g} + {made.sky:.9g} {made.unit}",
        "The sky is the mean of MDRIZSKY in HDRTAB, weighted by exposure time,",
        "on the pixels of this image. The gain is applied already.",
        f"Exposure time {made.exptime:.9g} s. PHOTFLAM is for electrons per second.",
    ):
        header.add_history(line)


def _target(source: Path, output: str | Path | None) -> Path:
    """Where the copy goes; a file that is there must be such a copy."""
    wanted = Path(output) if output is not None and str(output).strip() else source.parent / phot_name(source)
    target = product_path(wanted.parent, wanted.name, [source, _weight_path(source)], "output")
    if target.exists():
        with open_fits(target, whole=False) as hdus:
            if not any(_MARK in hdu.header for hdu in hdus[:2]):
                raise Refusal(
                    "There is a file of this name that is no copy for photometry.",
                    file=target,
                    subject="output",
                    advice="Give another name.",
                )
    return target


def _weight_path(source: Path) -> Path:
    return source.with_name(_PART.sub("_wht", source.name))


def _science(hdus: fits.HDUList, source: Path) -> fits.ImageHDU:
    """The HDU that holds the science image."""
    for hdu in hdus:
        if hdu.name == "SCI" or (hdu is hdus[0] and hdu.header.get("NAXIS") == 2):
            return hdu
    raise Refusal(
        "There is no science image in it.",
        file=source,
        subject="SCI",
        advice="Give a drizzled product, *_drz.fits or *_drz_sci.fits.",
    )


def _table(hdus: fits.HDUList, source: Path) -> fits.FITS_rec:
    if "HDRTAB" not in hdus:
        raise Refusal(
            "There is no table HDRTAB, which tells the sky of the exposures.",
            file=source,
            subject="HDRTAB",
            advice="Give the science product of astrodrizzle; with build off it is *_sci.fits.",
        )
    return hdus["HDRTAB"].data


def _exptime(primary: fits.Header, source: Path) -> float:
    value = number(primary.get("EXPTIME", primary.get("TEXPTIME")))
    if not (math.isfinite(value) and value > 0):
        raise Refusal(
            "The primary header tells no exposure time.",
            file=source,
            subject="EXPTIME",
            advice="Write the total exposure time of the product, in seconds, into EXPTIME.",
        )
    return value


def _bunit(science: fits.Header, primary: fits.Header, source: Path) -> str:
    text = str(science.get("BUNIT", primary.get("BUNIT", ""))).strip().upper()
    if text not in _KNOWN:
        raise Refusal(
            f"The unit of the pixels {text!r} is not known."
            if text
            else "The unit of the pixels is not told.",
            file=source,
            subject="BUNIT",
            advice=f"It should be one of {', '.join(_KNOWN)}.",
        )
    return text


def _image(hdus: fits.HDUList, hdu: fits.ImageHDU, path: Path) -> NDArray[np.float32]:
    data = read_data(hdus, hdu, path)
    if not isinstance(data, np.ndarray) or data.ndim != 2:
        raise Refusal("The array is no image.", file=path, subject=hdu.name or "primary array")
    return data


def _weight(hdus: fits.HDUList, source: Path) -> NDArray[np.float32]:
    """The weights: an extension, or the file beside it."""
    if "WHT" in hdus:
        return _image(hdus, hdus["WHT"], source)
    path = _weight_path(source)
    if path == source or not path.is_file():
        raise Refusal(
            "Its weights are missing, so the pixels without data cannot be told.",
            file=source,
            subject="WHT",
            advice=f"Put {path.name} beside it." if path != source else "Give *_drz.fits or *_drz_sci.fits.",
        )
    with open_fits(path) as others:
        found: Sequence[fits.ImageHDU] = [hdu for hdu in others if hdu.header.get("NAXIS") == 2]
        if not found:
            raise Refusal("There is no image in it.", file=path, subject="WHT")
        return _image(others, found[0], path)
