"""Distortion reference files (IDCTAB, NPOLFILE, D2IMFILE) made of what the header of a real exposure holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits

ORDER = 4


def first_order(header: fits.Header) -> np.ndarray:
    """[[CX11, CX10], [CY11, CY10]], arcsec a pixel along the columns and rows."""
    return np.array([[header["OCX11"], header["OCX10"]], [header["OCY11"], header["OCY10"]]])


def write_idctab(exposure: fits.HDUList, path: Path) -> Path:
    """One row a chip: the SIP polynomials times the first order, as IDC tables have them (arcsec)."""
    rows = [_idc_row(hdu.header, str(exposure[0].header["FILTER"])) for hdu in exposure if hdu.name == "SCI"]
    table = fits.BinTableHDU.from_columns(
        [
            fits.Column(name, format="10A" if isinstance(value, str) else "D", array=[r[name] for r in rows])
            for name, value in rows[0].items()
        ]
    )
    primary = fits.PrimaryHDU()
    for key in ("INSTRUME", "DETECTOR"):
        primary.header[key] = exposure[0].header[key]
    primary.header["NORDER"] = ORDER
    primary.header["DESCRIP"] = "made of the SIP of an exposure"
    fits.HDUList([primary, table]).writeto(path)
    return path


def _idc_row(header: fits.Header, name: str) -> dict[str, object]:
    row: dict[str, object] = {"DETCHIP": str(header["CCDCHIP"]), "DIRECTION": "FORWARD", "FILTER": name}
    row |= {"XSIZE": 4096.0, "YSIZE": 2051.0, "SCALE": header["IDCSCALE"], "THETA": header["IDCTHETA"]}
    row |= {f"{axis}REF": header[f"IDC{axis}REF"] for axis in ("X", "Y", "V2", "V3")}
    linear = first_order(header)
    for total in range(1, ORDER + 1):
        for x in range(total + 1):  # CXij: x to the power j, y to i - j
            y = total - x
            sip = [float(header.get(f"{axis}_{x}_{y}", 0.0)) for axis in "AB"]
            sip[0] += float((x, y) == (1, 0))
            sip[1] += float((x, y) == (0, 1))
            row[f"CX{total}{x}"], row[f"CY{total}{x}"] = linear @ sip
    return row


def write_lookup(exposure: fits.HDUList, extname: str, path: Path) -> Path:
    """NPOLFILE (WCSDVARR, in pixels of the undistorted frame) or D2IMFILE (D2IMARR, as they are), by chip."""
    primary = fits.PrimaryHDU()
    for key in ("INSTRUME", "DETECTOR"):
        primary.header[key] = exposure[0].header[key]
    primary.header["FILENAME"] = path.name
    hdus = [primary]
    for number, hdu in enumerate([one for one in exposure if one.name == "SCI"]):
        pair = [exposure[extname, 2 * number + k] for k in (1, 2)]
        data = np.array([one.data for one in pair], float)
        if extname == "WCSDVARR":
            turn = first_order(hdu.header) / hdu.header["IDCSCALE"]
            data = np.einsum("ij,jyx->iyx", turn, data)
        for name, one, values in zip(("DX", "DY"), pair, data, strict=True):
            made = fits.ImageHDU(values.astype(np.float32), name=name, ver=number + 1)
            for key in ("CRPIX", "CRVAL", "CDELT"):
                for axis in (1, 2):
                    made.header[f"{key}{axis}"] = one.header.get(f"{key}{axis}", float(key == "CDELT"))
            made.header["CCDCHIP"] = hdu.header["CCDCHIP"]
            hdus.append(made)
    fits.HDUList(hdus).writeto(path)
    return path
