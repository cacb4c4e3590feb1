"""The files: readable by the engine and by astropy, complete, and saying the WCS that the truth says."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from core.data.exposure import open_exposure
from core.simulate import Truth

PRIMARY = [
    "TELESCOP",
    "INSTRUME",
    "DETECTOR",
    "FILTER",
    "ROOTNAME",
    "EXPTIME",
    "EXPSTART",
    "EXPEND",
    "DATE-OBS",
    "TIME-OBS",
    "PA_V3",
    "CCDGAIN",
    "CCDAMP",
    "ATODGNA",
    "ATODGNB",
    "ATODGNC",
    "ATODGND",
    "READNSEA",
    "READNSEB",
    "READNSEC",
    "READNSED",
    "IDCTAB",
    "NPOLFILE",
    "D2IMFILE",
    "PROPOSID",
]
SCIENCE = [
    "EXTVER",
    "CCDCHIP",
    "BUNIT",
    "MEANDARK",
    "NGOODPIX",
    "IDCSCALE",
    "OCX10",
    "OCX11",
    "OCY10",
    "OCY11",
    "ORIENTAT",
    "VAFACTOR",
    "WCSNAME",
    "WCSNAMEO",
    "PHOTFLAM",
    "PHOTMODE",
    "PHOTPLAM",
    "LTV1",
    "LTV2",
]


def test_extensions_and_keywords(small: Truth) -> None:
    with fits.open(small.files[0], memmap=False) as hdus:
        hdus.verify("exception")
        names = [(hdu.name, hdu.ver) for hdu in hdus[1:]]
        assert names[:6] == [("SCI", 1), ("ERR", 1), ("DQ", 1), ("SCI", 2), ("ERR", 2), ("DQ", 2)]
        tables = {(kind, version) for kind in ("WCSDVARR", "D2IMARR") for version in (1, 2, 3, 4)}
        assert set(names[6:]) == tables
        assert hdus[0].header["NEXTEND"] == len(names)
        assert [key for key in PRIMARY if key not in hdus[0].header] == []
        for version in (1, 2):
            assert [key for key in SCIENCE if key not in hdus["SCI", version].header] == []
            assert hdus["SCI", version].header["WCSNAME"].startswith("IDC_")
        assert hdus["SCI", 1].data.dtype.kind == "f"
        assert hdus["DQ", 1].header["BITPIX"] == 16


def test_the_engine_reads_what_was_meant(small: Truth) -> None:
    for path in small.files:
        exposure = open_exposure(path)
        assert (exposure.instrument, exposure.detector, exposure.exptime) == ("WFC3", "UVIS", 40.0)
        assert [chip.ccdchip for chip in exposure.chips] == [2, 1]
        known = small.exposure(path)
        for chip in exposure.chips:
            assert (chip.bunit, chip.gain, chip.read_noise) == (
                "ELECTRONS",
                pytest.approx(1.56),
                pytest.approx(3.1),
            )
            np.testing.assert_allclose(
                chip.wcs.crval, known.chip(chip.ccdchip).header_crval, rtol=0, atol=1e-12
            )
            np.testing.assert_allclose(chip.wcs.cd, known.chip(chip.ccdchip).header_cd, rtol=0, atol=1e-18)


def test_astropy_puts_the_stars_where_the_truth_does(small: Truth) -> None:
    """With the true CRVAL and CD, `all_world2pix` gives the recorded positions to 1e-6 pixel."""
    for path in small.files:
        with fits.open(path, memmap=False) as hdus, warnings.catch_warnings():
            warnings.simplefilter("error")
            for version in (1, 2):
                header = hdus["SCI", version].header
                known = small.exposure(path).chip(header["CCDCHIP"])
                for k in (1, 2):
                    header[f"CRVAL{k}"] = known.true_crval[k - 1]
                    for j in (1, 2):
                        header[f"CD{k}_{j}"] = known.true_cd[k - 1, j - 1]
                wcs = WCS(header, hdus)
                assert wcs.sip is not None
                assert None not in (wcs.cpdis1, wcs.cpdis2, wcs.det2im1, wcs.det2im2)
                number = known.arrays["star_id"]
                x, y = wcs.all_world2pix(small.stars.ra[number], small.stars.dec[number], 0, tolerance=1e-8)
                np.testing.assert_allclose(x, known.arrays["star_x"], rtol=0, atol=1e-6)
                np.testing.assert_allclose(y, known.arrays["star_y"], rtol=0, atol=1e-6)


def test_pixel_statistics_are_those_of_the_good_pixels(small: Truth) -> None:
    with fits.open(small.files[1], memmap=False) as hdus:
        good = hdus["SCI", 2].data[(hdus["DQ", 2].data & 31743) == 0]
        header = hdus["SCI", 2].header
        assert header["NGOODPIX"] == good.size
        assert header["GOODMAX"] == pytest.approx(good.max(), rel=1e-6)
        assert header["GOODMEAN"] == pytest.approx(good.mean(dtype=float), rel=1e-6)
