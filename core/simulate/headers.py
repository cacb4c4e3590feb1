"""Headers of the simulated exposures: what the pipeline's files hold and drizzling programs read.

Values that do not depend on the scene are those of WFC3/UVIS in F606W (ibc301qrq, the exposure of Handbook
example 7.1) and of its distortion reference files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.time import Time
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS, LookupTable
from core.simulate.detector import GAIN, READ_NOISE
from core.simulate.instrument import ChipModel, orientation, wfc3_uvis
from core.simulate.scene import Scene

Cards = list[tuple[str, Any, str]]

AMPLIFIERS = {1: "AB", 2: "CD"}
SERIOUS = 31743  # SDQFLAGS
PHOTFLAM, PHOTPLAM, PHOTBW, PHOTZPT = 1.1598989e-19, 5887.4194, 657.26, -21.1


@dataclass(frozen=True)
class Pointing:
    """What the headers of one exposure say of where it looked: `target` RA, Dec and `pa_v3` in degrees."""

    index: int
    root: str
    target: tuple[float, float]
    pa_v3: float


def primary_header(scene: Scene, pointing: Pointing) -> fits.Header:
    """The primary header."""
    start = scene.expstart(pointing.index)
    moment = Time(start, format="mjd").isot
    facts = wfc3_uvis().facts
    distortion = f"{pointing.root}_{facts['idctab']}"
    cards: Cards = [
        ("NEXTEND", 14, "number of extensions"),
        ("FILENAME", f"{pointing.root}_flt.fits", "name of file"),
        ("FILETYPE", "SCI", "type of data"),
        ("TELESCOP", "HST", "telescope (simulated data)"),
        ("INSTRUME", "WFC3", "instrument"),
        ("EQUINOX", 2000.0, "equinox of the coordinates"),
        ("ROOTNAME", pointing.root, "rootname of the exposure"),
        ("IMAGETYP", "EXT", "type of exposure"),
        ("PRIMESI", "WFC3", "prime instrument"),
        ("TARGNAME", "OMEGACEN-SIMULATED", "target"),
        ("RA_TARG", scene.target[0], "[deg] target right ascension"),
        ("DEC_TARG", scene.target[1], "[deg] target declination"),
        ("PROPOSID", 11911, "program of Handbook example 7.1"),
        ("LINENUM", f"{pointing.index + 1:02d}.001", "line of the proposal"),
        ("PR_INV_L", "SIMULATED", "no observer: simulated data"),
        ("SUNANGLE", 102.8, "[deg] angle between sun and V1"),
        ("MOONANGL", 70.4, "[deg] angle between moon and V1"),
        ("FGSLOCK", "FINE", "lock of the fine guidance sensors"),
        ("GYROMODE", "T", "number of gyros"),
        ("REFFRAME", "ICRS", "frame of the guide stars"),
        ("MTFLAG", " ", "moving target"),
        ("DATE-OBS", moment[:10], "UT date of the start"),
        ("TIME-OBS", moment[11:19], "UT time of the start"),
        ("EXPSTART", start, "[MJD] start of the exposure"),
        ("EXPEND", start + scene.exptime / 86400.0, "[MJD] end of the exposure"),
        ("EXPTIME", scene.exptime, "[s] exposure time"),
        ("EXPFLAG", "NORMAL", "interruption of the exposure"),
        ("DARKTIME", scene.exptime, "[s] dark time"),
        ("PA_V3", pointing.pa_v3, "[deg] position angle of the V3 axis"),
        ("POSTARG1", 0.0, "POSTARG along axis 1"),
        ("POSTARG2", 0.0, "POSTARG along axis 2"),
        ("CAL_VER", "DRIZZLEDESK SIMULATION", "what made these pixels"),
        ("OBSTYPE", "IMAGING", "imaging or spectroscopic"),
        ("OBSMODE", "ACCUM", "operating mode"),
        ("NRPTEXP", 1, "number of repeat exposures"),
        ("SUBARRAY", False, "subarray or full frame"),
        ("DETECTOR", "UVIS", "detector"),
        ("FILTER", "F606W", "filter"),
        ("APERTURE", "UVIS", "aperture"),
        ("CRSPLIT", 1, "number of cosmic ray splits"),
        ("SAMP_SEQ", "N/A", "sample sequence"),
        *((name, "COMPLETE", "calibration step") for name in CALIBRATED),
        ("DRIZCORR", "PERFORM", "calibration step"),
        ("IDCTAB", f"iref${facts['idctab']}_idc.fits", "polynomial distortion"),
        ("DGEOFILE", "N/A", "distortion correction image"),
        ("MDRIZTAB", "N/A", "table of drizzling parameters"),
        ("D2IMFILE", f"iref${facts['d2im']}_d2i.fits", "detector to image correction"),
        ("NPOLFILE", f"iref${facts['npol']}_npl.fits", "non-polynomial distortion"),
        ("CCDAMP", "ABCD", "amplifiers"),
        ("CCDGAIN", 1.5, "commanded gain"),
        *((f"ATODGN{amp}", GAIN, "[e-/DN] calibrated gain") for amp in "ABCD"),
        *((f"READNSE{amp}", READ_NOISE, "[e-] calibrated read noise") for amp in "ABCD"),
        ("ASN_ID", "NONE", "association"),
        ("ASN_TAB", "NONE", "name of the association table"),
        ("ASN_MTYP", "", "role in the association"),
        ("FLASHLVL", 0, "post flash level"),
        ("PHOTFLAM", PHOTFLAM, "inverse sensitivity, erg/cm2/A/e-"),
        ("PHOTZPT", PHOTZPT, "ST magnitude zero point"),
        ("DISTNAME", f"{distortion}-{facts['npol']}-{facts['d2im']}", ""),
        ("SIPNAME", distortion, "name of the SIP model"),
    ]
    return _header(cards)


CALIBRATED = ("DQICORR", "BLEVCORR", "BIASCORR", "DARKCORR", "FLATCORR", "PHOTCORR", "FLUXCORR")


def science_header(pointing: Pointing, chip: ChipModel, wcs: ChipWCS) -> fits.Header:
    """The SCI header: the distorted WCS, what went into it, and the linear one under the letter O."""
    header = _header(_common(pointing, chip, "SCI"))
    vafactor = wfc3_uvis().facts["vafactor"]
    cards: Cards = [
        ("CCDCHIP", chip.ccdchip, "chip"),
        ("LTV1", 0.0, "offset of the subsection in X"),
        ("LTV2", 0.0, "offset of the subsection in Y"),
        ("LTM1_1", 1.0, "reciprocal of the sampling in X"),
        ("LTM2_2", 1.0, "reciprocal of the sampling in Y"),
        ("PA_APER", orientation(wcs.cd), "[deg] position angle of the aperture"),
        ("VAFACTOR", vafactor, "velocity aberration factor"),
        ("ORIENTAT", orientation(wcs.cd), "[deg] position angle of the y axis"),
        ("RA_APER", pointing.target[0], "[deg] RA of the aperture"),
        ("DEC_APER", pointing.target[1], "[deg] Dec of the aperture"),
        ("NCOMBINE", 1, "number of exposures combined"),
        ("PHOTMODE", f"WFC3 UVIS{chip.ccdchip} F606W CAL", "observing configuration"),
        ("PHOTFLAM", PHOTFLAM, "inverse sensitivity, erg/cm2/A/e-"),
        ("PHOTZPT", PHOTZPT, "ST magnitude zero point"),
        ("PHOTPLAM", PHOTPLAM, "[Angstrom] pivot wavelength"),
        ("PHOTBW", PHOTBW, "[Angstrom] RMS bandwidth"),
        ("CENTERA1", 2104, "[pix] centre of the readout"),
        ("CENTERA2", 1036, "[pix] centre of the readout"),
        ("SIZAXIS1", wcs.naxis[0], "[pix] size of the readout"),
        ("SIZAXIS2", wcs.naxis[1], "[pix] size of the readout"),
        ("BINAXIS1", 1, "binning"),
        ("BINAXIS2", 1, "binning"),
        ("MEANDARK", 0.0, "mean dark subtracted"),
        ("MEANBLEV", 2554.0, "mean bias subtracted"),
        ("MEANFLSH", 0.0, "mean post flash"),
    ]
    header.extend(_header(cards), end=True)
    for key in ("IDCTHETA", "IDCXREF", "IDCYREF", "IDCV2REF", "IDCV3REF"):
        header[key] = (chip.facts[key.lower()], "from the distortion table")
    header.extend(_header(_linear_cards(wcs)), end=True)
    header.extend(_distorted_cards(chip, wcs), end=True)
    return header


def companion_header(pointing: Pointing, chip: ChipModel, wcs: ChipWCS, name: str) -> fits.Header:
    """The header of ERR or DQ, with the linear WCS only."""
    header = _header(_common(pointing, chip, name))
    header.extend(_header(_world(wcs, "", "TAN")), end=True)
    return header


def table_hdus(chip: ChipModel, wcs: ChipWCS) -> list[fits.ImageHDU]:
    """The lookup tables of one chip: WCSDVARR (NPOL) and D2IMARR, for x and y."""
    first = 2 * chip.extver - 1
    pairs = (("WCSDVARR", wcs.npol), ("D2IMARR", wcs.d2im))
    return [
        _table_hdu(name, first + axis, table)
        for name, tables in pairs
        for axis, table in enumerate(tables)
        if table is not None
    ]


def note_statistics(header: fits.Header, data: NDArray[Any], dq: NDArray[np.int16]) -> None:
    """Add to `header` what the pipeline says of the good pixels of SCI or ERR."""
    good = data[(dq & SERIOUS) == 0]
    header["NGOODPIX"] = (good.size, "number of good pixels")
    header["SDQFLAGS"] = (SERIOUS, "serious data quality flags")
    if good.size:
        header["GOODMIN"] = (float(good.min()), "minimum of the good pixels")
        header["GOODMAX"] = (float(good.max()), "maximum of the good pixels")
        header["GOODMEAN"] = (float(good.mean(dtype=np.float64)), "mean of the good pixels")


def image_hdu(data: NDArray[Any], header: fits.Header) -> fits.ImageHDU:
    """An image extension that keeps the name and version of its header."""
    return fits.ImageHDU(data, header, name=header["EXTNAME"], ver=header["EXTVER"])


def _table_hdu(name: str, version: int, table: LookupTable) -> fits.ImageHDU:
    hdu = fits.ImageHDU(table.values.astype(np.float32), name=name, ver=version)
    for axis in (1, 2):
        hdu.header[f"CRPIX{axis}"] = (table.crpix[axis - 1], "reference pixel")
        hdu.header[f"CRVAL{axis}"] = (table.crval[axis - 1], "image pixel at the reference pixel")
        hdu.header[f"CDELT{axis}"] = (table.cdelt[axis - 1], "image pixels per table pixel")
    return hdu


def _common(pointing: Pointing, chip: ChipModel, name: str) -> Cards:
    return [
        ("INHERIT", True, "inherit the primary header"),
        ("EXTNAME", name, "extension name"),
        ("EXTVER", chip.extver, "extension version number"),
        ("ROOTNAME", pointing.root, "rootname of the exposure"),
        ("EXPNAME", pointing.root, "exposure identifier"),
        ("BUNIT", "UNITLESS" if name == "DQ" else "ELECTRONS", "unit of the pixels"),
    ]


def _world(wcs: ChipWCS, letter: str, projection: str) -> Cards:
    (cd11, cd12), (cd21, cd22) = wcs.cd.tolist()
    values: dict[str, Any] = {
        "WCSAXES": 2,
        "CRPIX1": float(wcs.crpix[0]),
        "CRPIX2": float(wcs.crpix[1]),
        "CRVAL1": float(wcs.crval[0]),
        "CRVAL2": float(wcs.crval[1]),
        "CTYPE1": f"RA---{projection}",
        "CTYPE2": f"DEC--{projection}",
        "CUNIT1": "deg",
        "CUNIT2": "deg",
        "CD1_1": cd11,
        "CD1_2": cd12,
        "CD2_1": cd21,
        "CD2_2": cd22,
        "RADESYS": "ICRS",
    }
    return [(key + letter, value, "") for key, value in values.items()]


def _linear_cards(wcs: ChipWCS) -> Cards:
    return [
        ("WCSNAMEO", "OPUS", "name of the coordinate system"),
        *_world(wcs, "O", "TAN"),
        ("WCSTYPEO", "pipeline default not aligned", ""),
        # the alternate came before any distortion was known
        ("IDCTAB", "N/A", ""),
        ("NPOLFILE", "N/A", ""),
        ("D2IMFILE", "N/A", ""),
    ]


def _distorted_cards(chip: ChipModel, wcs: ChipWCS) -> fits.Header:
    facts = wfc3_uvis().facts
    header = _header(_world(wcs, "", "TAN-SIP"))
    header["WCSNAME"] = (f"IDC_{facts['idctab']}", "name of the coordinate system")
    header["WCSTYPE"] = ("undistorted not aligned", "")
    for letter, terms in (("A", chip.facts["a"]), ("B", chip.facts["b"])):
        header[f"{letter}_ORDER"] = (chip.facts["order"], "SIP polynomial order")
        for name, value in terms.items():
            header[f"{letter}_{name}"] = (value, "SIP coefficient")
    first = 2 * chip.extver - 1
    for prefix, record in (("D2IMDIS", "D2IM"), ("CPDIS", "DP")):
        for axis in (1, 2):
            header[f"{prefix}{axis}"] = ("LOOKUP", "kind of correction")
            for entry in (f"EXTVER: {first + axis - 1}", "NAXES: 2", "AXIS.1: 1", "AXIS.2: 2"):
                header.append(fits.Card(f"{record}{axis}", entry), end=True)
    for key in ("OCX10", "OCX11", "OCY10", "OCY11", "IDCSCALE", "D2IMERR1", "D2IMERR2", "CPERR1", "CPERR2"):
        header[key] = (chip.facts[key.lower()], "from the distortion tables")
    header["D2IMEXT"] = f"iref${facts['d2im']}_d2i.fits"
    header["NPOLEXT"] = f"iref${facts['npol']}_npl.fits"
    return header


def _header(cards: Cards) -> fits.Header:
    return fits.Header([fits.Card(*card) for card in cards])
