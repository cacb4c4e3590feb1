"""Reading the WCS of a chip from its headers and distortion tables.

The keywords are read straight into plain numbers: CD, or PC and CDELT, or CDELT and CROTA2; SIP (A_i_j, B_i_j);
the lookup tables that CPDIS/DP and D2IMDIS/D2IM records name (WCSDVARR and D2IMARR extensions). Tests hold the
result to `astropy.wcs` at 1e-6 pixels.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from core.data.chipwcs import ChipWCS, Floats, LookupTable
from core.data.instruments import instrument_of
from core.errors import Refusal

# what an output frame and the header of a product need beside the WCS itself
_SCI_KEYS = (
    "WCSNAME", "RADESYS", "EQUINOX", "VAFACTOR", "LTV1", "LTV2", "CCDCHIP", "IDCSCALE", "IDCTHETA",
    "IDCXREF", "IDCYREF", "IDCV2REF", "IDCV3REF", "OCX10", "OCX11", "OCY10", "OCY11", "BINAXIS1", "BINAXIS2",
)  # fmt: skip
_PRIMARY_KEYS = ("PA_V3", "INSTRUME", "DETECTOR", "CAMERA", "REFFRAME")
_RADIANS = {"deg": 1.0, "degree": 1.0, "degrees": 1.0, "": 1.0, "arcsec": 1 / 3600, "arcmin": 1 / 60}


def read_wcs(
    hdus: fits.HDUList, hdu: fits.ImageHDU | fits.PrimaryHDU, *, path: str | Path = "", key: str = ""
) -> ChipWCS:
    """The WCS of one extension; the tables are looked up in `hdus`, PA_V3 and the like in its primary header.

    `key` is the letter of an alternate WCS; alternates have no distortion of their own and share the primary's.

    Raises
    ------
    Refusal
        No celestial WCS, a projection other than TAN, a singular CD matrix, a named table that is not there.
    """
    header = hdu.header
    keys: dict[str, Any] = {k: header[k] for k in _SCI_KEYS if k in header}
    keys |= {k: hdus[0].header[k] for k in _PRIMARY_KEYS if k in hdus[0].header}
    detector = str(keys.get("DETECTOR", keys.get("CAMERA", "")))
    keys["PARITY"] = instrument_of(str(keys.get("INSTRUME", "")), detector).parity
    sip_a, sip_b = _read_sip(header, path)
    crpix, crval, cd = _read_linear(header, path, key)
    return ChipWCS(
        crpix=crpix,
        crval=crval,
        cd=cd,
        naxis=_size(header),
        sip_a=sip_a,
        sip_b=sip_b,
        npol=_tables(hdus, header, path, "CPDIS", "DP", "WCSDVARR"),
        d2im=_d2im(hdus, header, path),
        idcscale=_number(header, "IDCSCALE"),
        orientat=_number(header, "ORIENTAT"),
        keys=keys,
    )


def _refuse(path: str | Path, subject: str, what: str, advice: str = "") -> Refusal:
    advice = advice or "Check that the file is a calibrated Hubble exposure (flt or flc), and fetch it again."
    return Refusal(what, file=path, subject=subject, advice=advice)


def _number(header: fits.Header, key: str) -> float | None:
    value = header.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _size(header: fits.Header) -> tuple[int, int]:
    """NAXIS1/2; a constant extension (HST's NPIX1/2) or a bare frame has no NAXISn."""
    nx = header.get("NAXIS1", header.get("NPIX1", 0))
    ny = header.get("NAXIS2", header.get("NPIX2", 0))
    return int(nx), int(ny)


def _read_linear(header: fits.Header, path: str | Path, key: str) -> tuple[Floats, Floats, Floats]:
    """CRPIX, CRVAL (RA, Dec), CD with its rows in the order RA, Dec."""
    kinds = [str(header.get(f"CTYPE{i}{key}", "")).strip().upper() for i in (1, 2)]
    axes = [kind[:4].strip("-") for kind in kinds]
    if sorted(axes) != ["DEC", "RA"]:
        raise _refuse(
            path, "CTYPE1, CTYPE2", "The image has no world coordinates in right ascension and declination."
        )
    for kind in kinds:
        if kind[5:8] != "TAN" or kind[8:] not in ("", "-SIP"):
            raise _refuse(path, "CTYPE1, CTYPE2", f"The projection {kind!r} is not supported, only TAN.")
    if not math.isclose(_number(header, f"LONPOLE{key}") or 180.0, 180.0):
        raise _refuse(path, f"LONPOLE{key}", "Only LONPOLE = 180 is supported.")
    crpix = [_need(header, f"CRPIX{i}{key}", path, 0.0) for i in (1, 2)]
    units = [_unit(header, f"CUNIT{i}{key}", path) for i in (1, 2)]
    crval = [_need(header, f"CRVAL{i}{key}", path) * units[i - 1] for i in (1, 2)]
    cd = _read_cd(header, path, key) * np.array(units)[:, None]
    if axes[0] == "DEC":
        crval, cd = crval[::-1], cd[::-1]
    if not (np.isfinite(cd).all() and abs(np.linalg.det(cd)) > 0):
        raise _refuse(path, f"CD1_1{key} ... CD2_2{key}", "The CD matrix is singular.")
    return np.array(crpix), np.array(crval), np.ascontiguousarray(cd)


def _need(header: fits.Header, key: str, path: str | Path, default: float | None = None) -> float:
    if key not in header and default is not None:
        return default
    value = _number(header, key)
    if value is None:
        raise _refuse(path, key, "The keyword is missing or not a number, so the image has no usable WCS.")
    return value


def _unit(header: fits.Header, key: str, path: str | Path) -> float:
    name = str(header.get(key, "deg")).strip().lower()
    if name not in _RADIANS:
        raise _refuse(
            path, key, f"The unit {name!r} of the world coordinates is not supported, only degrees."
        )
    return _RADIANS[name]


def _read_cd(header: fits.Header, path: str | Path, key: str) -> Floats:
    def matrix(name: str) -> Floats | None:
        names = [[f"{name}{i}_{j}{key}" for j in (1, 2)] for i in (1, 2)]
        if not any(one in header for row in names for one in row):
            return None
        ones = name == "PC"
        return np.array(
            [
                [_need(header, one, path, float(ones and i == j)) for j, one in enumerate(row)]
                for i, row in enumerate(names)
            ]
        )

    cd = matrix("CD")
    if cd is not None:
        return cd
    step = np.array([_need(header, f"CDELT{i}{key}", path, 1.0) for i in (1, 2)])
    pc = matrix("PC")
    if pc is None:
        turn = math.radians(_number(header, "CROTA2") or 0.0) if not key else 0.0
        c, s = math.cos(turn), math.sin(turn)
        # Calabretta & Greisen 2002, eq. 189
        pc = np.array([[c, -s * step[1] / step[0]], [s * step[0] / step[1], c]])
    return step[:, None] * pc


def _read_sip(header: fits.Header, path: str | Path) -> tuple[Floats | None, Floats | None]:
    """The SIP polynomials; as in `astropy.wcs`, order 0 or 1 counts as none."""
    orders = [_number(header, f"{axis}_ORDER") or 0.0 for axis in "AB"]
    if max(orders) <= 1:
        return None, None
    if min(orders) <= 1:
        raise _refuse(path, "A_ORDER, B_ORDER", "Only one of the two SIP polynomials is given.")
    if max(orders) > 9:
        raise _refuse(path, "A_ORDER, B_ORDER", "SIP polynomials go up to order 9.")
    n = int(max(orders)) + 1
    found = []
    for axis, order in zip("AB", orders, strict=True):
        c = np.zeros((n, n))
        for i in range(int(order) + 1):
            for j in range(int(order) - i + 1):
                c[i, j] = _need(header, f"{axis}_{i}_{j}", path, 0.0)
        found.append(c)
    return found[0], found[1]


def _tables(
    hdus: fits.HDUList, header: fits.Header, path: str | Path, kind: str, record: str, extname: str
) -> tuple[LookupTable | None, LookupTable | None]:
    """The pair of tables that records like CPDIS1 = 'LOOKUP', DP1 = 'EXTVER: 3.0' name."""
    found: list[LookupTable | None] = [None, None]
    for axis in (1, 2):
        if f"{kind}{axis}" not in header:
            continue
        if str(header[f"{kind}{axis}"]).strip().lower() != "lookup":
            raise _refuse(
                path, f"{kind}{axis}", f"The distortion {header[f'{kind}{axis}']!r} is not a lookup table."
            )
        extver = _record(header, f"{record}{axis}", "EXTVER", 1)
        first = _record(header, f"{record}{axis}", f"AXIS.{axis}", axis)
        found[axis - 1] = _table(hdus, path, extname, extver, turned=first != axis)
    return found[0], found[1]


def _record(header: fits.Header, record: str, field: str, default: int) -> int:
    """One field of a record-valued keyword; its value may read '3' or '3.0'."""
    value = header.get(f"{record}.{field}", default)
    return int(float(value))


def _table(hdus: fits.HDUList, path: str | Path, extname: str, extver: int, *, turned: bool) -> LookupTable:
    try:
        hdu = hdus[extname, extver]
        values = np.array(hdu.data, dtype=np.float64)
    except (KeyError, OSError, TypeError, ValueError) as error:
        raise _refuse(
            path,
            f"{extname},{extver}",
            "The distortion table that the header names is not in the file.",
            "Fetch the exposure again, or run updatewcs from stwcs on it.",
        ) from error
    if turned:
        values = values.T
    place = [
        (float(hdu.header.get(f"{name}1", default)), float(hdu.header.get(f"{name}2", default)))
        for name, default in (("CRPIX", 0.0), ("CRVAL", 0.0), ("CDELT", 1.0))
    ]
    return LookupTable(np.ascontiguousarray(np.atleast_2d(values)), *place)


def _d2im(
    hdus: fits.HDUList, header: fits.Header, path: str | Path
) -> tuple[LookupTable | None, LookupTable | None]:
    """Detector-to-image tables; AXISCORR is the form of 2010, one row for the one axis it names."""
    if "AXISCORR" in header:
        axis = int(header["AXISCORR"])
        if axis not in (1, 2) or not any(hdu.name == "D2IMARR" for hdu in hdus):
            return None, None
        table = _table(hdus, path, "D2IMARR", 1, turned=False)
        # that table has one axis: CRPIX2, CRVAL2 mean nothing and every row is the same
        return (table, None) if axis == 1 else (None, table)
    return _tables(hdus, header, path, "D2IMDIS", "D2IM", "D2IMARR")
