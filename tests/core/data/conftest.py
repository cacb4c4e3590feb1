"""Small exposures written on the spot, so that these tests need no data beside the project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

SHAPE = (48, 64)


def chip_header(extver: int, ra: float = 201.7, dec: float = -47.47) -> fits.Header:
    """A WFC3/UVIS chip with skewed CD, SIP of order 3 and tables, as the archive writes them."""
    h = fits.Header()
    h["BUNIT"] = "ELECTRONS"
    h["CCDCHIP"] = 3 - extver
    h["CRPIX1"], h["CRPIX2"] = 30.0, 20.0 - 50.0 * (extver - 1)
    h["CTYPE1"], h["CTYPE2"] = "RA---TAN-SIP", "DEC--TAN-SIP"
    h["CUNIT1"] = h["CUNIT2"] = "deg"
    h["CRVAL1"], h["CRVAL2"] = ra, dec
    h["CD1_1"], h["CD1_2"] = 9.89e-06, 5.57e-06
    h["CD2_1"], h["CD2_2"] = 4.96e-06, -9.56e-06
    h["WCSNAME"] = "IDC_test"
    h["A_ORDER"] = h["B_ORDER"] = 3
    h["A_2_0"], h["A_1_1"], h["A_0_3"] = 2.9e-05, -2.9e-05, 1e-07
    h["B_0_2"], h["B_1_1"], h["B_3_0"] = -2.9e-05, 2.8e-05, -1e-07
    h["IDCSCALE"], h["IDCTHETA"] = 0.03962, 45.0
    h["IDCV2REF"], h["IDCV3REF"] = 30.64, 25.24
    h["ORIENTAT"] = 149.8
    for kind, record, start in (("CPDIS", "DP", 0), ("D2IMDIS", "D2IM", 0)):
        for axis in (1, 2):
            h[f"{kind}{axis}"] = "LOOKUP"
            number = 2 * (extver - 1) + axis + start
            h.append((f"{record}{axis}", f"EXTVER: {number}.0"), end=True)
            h.append((f"{record}{axis}", "NAXES: 2"), end=True)
            h.append((f"{record}{axis}", "AXIS.1: 1"), end=True)
            h.append((f"{record}{axis}", "AXIS.2: 2"), end=True)
    return h


def primary_header() -> fits.Header:
    h = fits.Header()
    h["TELESCOP"], h["INSTRUME"], h["DETECTOR"], h["FILTER"] = "HST", "WFC3", "UVIS", "F606W"
    h["ROOTNAME"], h["EXPTIME"], h["PA_V3"] = "itest1abq", 40.0, 104.99
    h["EXPSTART"], h["EXPEND"], h["SUBARRAY"] = 55200.0, 55200.0005, False
    for amp, noise in zip("ABCD", (3.0, 3.1, 3.2, 3.3), strict=True):
        h[f"ATODGN{amp}"], h[f"READNSE{amp}"] = 1.56, noise
    return h


def make_hdus(chips: int = 2) -> fits.HDUList:
    rng = np.random.default_rng(1)
    hdus = fits.HDUList([fits.PrimaryHDU(header=primary_header())])
    for extver in range(1, chips + 1):
        pixels = rng.normal(10.0, 3.0, SHAPE).astype(np.float32)
        pixels[3, 4] = np.nan
        hdus.append(fits.ImageHDU(pixels, chip_header(extver), name="SCI", ver=extver))
        hdus.append(fits.ImageHDU(np.full(SHAPE, 3.0, np.float32), name="ERR", ver=extver))
        flags = np.zeros(SHAPE, np.int16)
        flags[5, 6], flags[7, 8] = 4096 + 16, -32768
        hdus.append(fits.ImageHDU(flags, name="DQ", ver=extver))
    for name in ("WCSDVARR", "D2IMARR"):
        for number in range(1, 2 * chips + 1):
            table = fits.ImageHDU(rng.normal(0, 0.05, (6, 8)).astype(np.float32), name=name, ver=number)
            table.header["CRPIX1"] = table.header["CRPIX2"] = 0.0
            table.header["CRVAL1"], table.header["CRVAL2"] = -8.0, 0.0
            table.header["CDELT1"] = table.header["CDELT2"] = 8.0
            hdus.append(table)
    hdus[0].header["NEXTEND"] = len(hdus) - 1
    return hdus


@pytest.fixture
def hdus() -> fits.HDUList:
    return make_hdus()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write an HDU list under a name and give its path."""

    def write_to(hdus: fits.HDUList, name: str = "itest1abq_flt.fits") -> Path:
        path = tmp_path / name
        hdus.writeto(path, overwrite=True)
        return path

    return write_to


@pytest.fixture
def exposure_file(hdus: fits.HDUList, write: Callable[..., Path]) -> Path:
    return write(hdus)
