"""The final files: science, weight and context, as one file with extensions (build) or three."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core import __version__
from core.data.cardtext import card_text, card_value
from core.data.chipwcs import ChipWCS
from core.data.exposure import Exposure
from core.data.fitsfile import quiet
from core.data.frame import pixel_scale
from core.data.madewith import record
from core.data.segments import write_hdus
from core.drizzle import names
from core.drizzle.chip import scale_ratio
from core.drizzle.drop import weight_scale
from core.drizzle.headers import Blended, merged, with_frame
from core.drizzle.names import ProductNames
from core.drizzle.settings import CombineParams
from core.drizzle.stamps import Stamp, stamp_of
from core.params import ParamSet


@dataclass(frozen=True)
class Written:
    """The products' paths (`context` None when none was asked for), what a person should hear, the files' stamps by
    name."""

    science: Path
    weight: Path
    context: Path | None
    warnings: tuple[str, ...]
    stamps: Mapping[str, Stamp] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[Path, ...]:
        """All files, each once."""
        return tuple(dict.fromkeys(p for p in (self.science, self.weight, self.context) if p is not None))


@dataclass(frozen=True, eq=False)
class Final:
    """What is to be written: float32 `sci` and `wht` (rows, columns), int32 `ctx` (planes, rows, columns), their
    frame, the unit of `sci`, and the names of the cosmic ray masks used, by (path, EXTVER)."""

    sci: NDArray[np.float32]
    wht: NDArray[np.float32]
    ctx: NDArray[np.int32]
    frame: ChipWCS
    bunit: str
    masks: Mapping[tuple[Path, int], str] = field(default_factory=dict)


def write_products(
    final: Final,
    exposures: Sequence[Exposure],
    params: Mapping[str, Any],
    called: ProductNames,
    folder: Path,
    blended: Blended,
    check: Callable[[], None] = lambda: None,
) -> Written:
    """Write the products, each whole or not at all and on the disk when this returns.

    `check` is called every few MB and may raise. Raises Refusal when the folder cannot be written.
    """
    with quiet():
        primary = _primary(blended, exposures, params, called, final)
        if called.build:
            files = {called.mef: _extensions(final, blended, primary, exposures, params)}
            files[called.mef][0].header["NEXTEND"] = len(files[called.mef]) - 1
        else:
            files = _parts(final, blended, primary, exposures, params, called)
    stamps = {
        name: stamp_of(folder / name, write_hdus(hdus, folder / name, check=check, durable=True))
        for name, hdus in files.items()
    }
    return replace(places_of(called, folder, params), warnings=blended.warnings, stamps=stamps)


def places_of(called: ProductNames, folder: Path, params: Mapping[str, Any]) -> Written:
    """Where the products are, or will be."""
    context = folder / called.of("ctx") if params["context"] else None
    return Written(folder / called.of("sci"), folder / called.of("wht"), context, ())


def final_unit(exposures: Sequence[Exposure], params: Mapping[str, Any]) -> str:
    """BUNIT of the product: electrons, or counts for instruments in counts when proc_unit is native."""
    native = str(params["proc_unit"]) == "native" and not exposures[0].chips[0].in_electrons
    return ("COUNTS" if native else "ELECTRONS") + ("/S" if params["final_units"] == "cps" else "")


def _extensions(
    final: Final,
    blended: Blended,
    primary: fits.Header,
    exposures: Sequence[Exposure],
    params: Mapping[str, Any],
) -> fits.HDUList:
    hdus = fits.HDUList([fits.PrimaryHDU(header=primary)])
    for name, array in _arrays(final, params):
        header = _array_header(name, blended.science, final, exposures)
        hdus.append(fits.ImageHDU(array, header, name=name, ver=1))
    if blended.table is not None:
        hdus.append(blended.table)
    return hdus


def _parts(
    final: Final,
    blended: Blended,
    primary: fits.Header,
    exposures: Sequence[Exposure],
    params: Mapping[str, Any],
    called: ProductNames,
) -> dict[str, fits.HDUList]:
    """A file each of science, weight and context, by name."""
    files = {}
    for name, array in _arrays(final, params):
        both = merged(primary, _array_header(name, blended.science, final, exposures))
        header = with_frame(both, final.frame)
        header["FILENAME"] = (card_text(called.of(name.lower())), "name of file")
        header["FILETYPE"] = (name, "type of data in array")
        hdus = fits.HDUList([fits.PrimaryHDU(array, header)])
        if name == "SCI" and blended.table is not None:
            hdus.append(blended.table)
        files[called.of(name.lower())] = hdus
    return files


def _arrays(final: Final, params: Mapping[str, Any]) -> list[tuple[str, NDArray[Any]]]:
    """SCI, WHT and, if asked for, CTX, which is 2-D when one plane holds all chips."""
    arrays: list[tuple[str, NDArray[Any]]] = [("SCI", final.sci), ("WHT", final.wht)]
    if params["context"]:
        arrays.append(("CTX", final.ctx[0] if final.ctx.shape[0] == 1 else final.ctx))
    return arrays


def _array_header(
    name: str, science: fits.Header, final: Final, exposures: Sequence[Exposure]
) -> fits.Header:
    header = with_frame(science, final.frame)
    header["CCDCHIP"] = -999
    header["NCOMBINE"] = (len(exposures), "number of exposures combined")
    if name == "SCI":
        header["BUNIT"] = (final.bunit, "units of science product")
    else:
        header["BUNIT"] = ("UNITLESS", "seconds for weights of type EXP" if name == "WHT" else "bits")
    return header


def _primary(
    blended: Blended,
    exposures: Sequence[Exposure],
    params: Mapping[str, Any],
    called: ProductNames,
    final: Final,
) -> fits.Header:
    header = blended.primary.copy()
    total = sum(e.exptime for e in exposures)
    header["DATE"] = (time.strftime("%Y-%m-%d", time.gmtime()), "date this file was written (yyyy-mm-dd)")
    header["FILENAME"] = (card_text(called.of("sci")), "name of file")
    header["ROOTNAME"] = (card_text(called.root), "rootname of the product")
    header["PROD_VER"] = (f"DrizzleDesk {__version__}", "software that made the product")
    header["DRIZPARS"] = (card_text(names.log_name(params)), "log of the processing")
    header["EXPTIME"] = (total, "exposure duration (seconds), all exposures")
    header.set("TEXPTIME", total, "total of the exposure times (seconds)", after="EXPTIME")
    for key, value in (
        ("EXPSTART", min(e.expstart for e in exposures)),
        ("EXPEND", max(e.expend for e in exposures)),
    ):
        if np.isfinite(value):
            header[key] = value
    header["ASN_MTYP"] = ("PROD-DTH", "role of the member in the association")
    for key in ("DRIZCORR", "DITHCORR"):
        if key in header:
            header[key] = "COMPLETE"
    _add_drizzle_keywords(header, exposures, params, called, final)
    for line in record(params) if isinstance(params, ParamSet) else ():
        header.add_history(line)
    return header


def _add_drizzle_keywords(
    header: fits.Header,
    exposures: Sequence[Exposure],
    params: Mapping[str, Any],
    called: ProductNames,
    final: Final,
) -> None:
    """NDRIZIM and, for every chip nnn, what was drizzled and how (DnnnDATA, DnnnKERN ...).

    NDRIZIM counts chips, for it says how many groups of Dnnn keywords follow, as IRAF's drizzle and drizzlepac
    have it; the number of exposures is NCOMBINE.
    """
    chips = [(e, c) for e in exposures for c in e.chips]
    header["NDRIZIM"] = (len(chips), "Drizzle, number of chips drizzled onto output")
    drops = CombineParams.of(params)
    fills = (params["final_fillval"], params["final_maskval"], "INDEF")
    fill = next(value for value in fills if value is not None)
    for number, (exposure, chip) in enumerate(chips, 1):
        values: dict[str, tuple[Any, str]] = {
            "VER": (f"DrizzleDesk {__version__}", "task version"),
            "GEOM": ("wcs", "source of geometric information"),
            "DATA": (f"{exposure.name}[sci,{chip.extver}]", "input data image"),
            "DEXP": (chip.exptime, "input image exposure time (s)"),
            "OUDA": (called.of("sci"), "output data image"),
            "OUWE": (called.of("wht"), "output weighting image"),
            "OUCO": (called.of("ctx") if params["context"] else "", "output context image"),
            "MASK": (final.masks.get((chip.path, chip.extver), ""), "cosmic ray mask"),
            "WTSC": (
                weight_scale(drops, chip.exptime, scale_ratio(final.frame, chip.wcs)),
                "weighting factor for input image",
            ),
            "KERN": (str(params["final_kernel"]), "form of weight distribution kernel"),
            "PIXF": (float(params["final_pixfrac"]), "linear size of drop"),
            "COEF": ("SIP" if params["coeffs"] else "none", "source of coefficients"),
            "OUUN": (str(params["final_units"]), "units of output image - counts or cps"),
            "FVAL": (fill, "fill value for zero weight output pix"),
            "WKEY": (str(params["wcskey"]), "input image WCS version used"),
            "SCAL": (pixel_scale(final.frame), "pixel size (arcsec) of output image"),
            "ISCL": (chip.wcs.idcscale or chip.wcs.scale, "undistorted pixel size (arcsec) of the chip"),
        }
        for key, (value, comment) in values.items():
            header[f"D{number:03d}{key}"] = (card_value(value), f"Drizzle, {comment}")
