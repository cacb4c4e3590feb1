"""The short way of keeping the former WCS against stwcs, card by card; where it is not sure, stwcs does it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from stwcs.wcsutil import altwcs, wcscorr

from core.data.headerlets import in_memory
from core.data.wcsarchive import archive_primary, start_table
from core.data.wcsbook import quiet_stwcs, science_of
from core.simulate import Scene, simulate

SAMPLES = ("headers/sample_svm_flc.fits.gz", "headers/sample_ipppssoot_flt.fits.gz")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exposure as our simulation writes it."""
    return simulate(Scene(seed=3), tmp_path_factory.mktemp("scene")).files[0]


def opened(path: Path) -> fits.HDUList:
    with fits.open(path, memmap=False) as hdus:
        for hdu in hdus:
            hdu.data  # noqa: B018
        return in_memory(hdus)


def both_ways(path: Path) -> tuple[fits.HDUList, fits.HDUList]:
    """Two copies of an exposure after a table and an archived WCS: ours, and that of stwcs."""
    ours, theirs = opened(path), opened(path)
    assert start_table(ours, science_of(ours))
    for hdu in science_of(ours):
        assert archive_primary(hdu.header, str(hdu.header["WCSNAME"]))
    with quiet_stwcs():
        wcscorr.init_wcscorr(theirs)
        for number, hdu in enumerate(theirs):
            if hdu.name == "SCI":
                name = str(hdu.header["WCSNAME"])
                altwcs.archive_wcs(theirs, [number], wcsname=name, mode=altwcs.ArchiveMode.AUTO_RENAME)
    return ours, theirs


def same(ours: fits.HDUList, theirs: fits.HDUList) -> None:
    assert [hdu.name for hdu in ours] == [hdu.name for hdu in theirs]
    for mine, other in zip(science_of(ours), science_of(theirs), strict=True):
        # wcslib's cards pad no short text; all else is the same to the byte
        assert [tuple(card) for card in mine.header.cards] == [tuple(card) for card in other.header.cards]
        assert (
            mine.header.tostring("\n").replace("'", "").split()
            == other.header.tostring("\n").replace("'", "").split()
        )
    mine, other = ours["WCSCORR"], theirs["WCSCORR"]
    assert mine.header.tostring("\n") == other.header.tostring("\n")
    for name in other.columns.names:
        assert np.array_equal(mine.data[name], other.data[name]), name


def test_a_simulated_exposure(simulated: Path) -> None:
    same(*both_ways(simulated))


def test_one_that_was_aligned_before(simulated: Path, tmp_path: Path) -> None:
    """Two alternates, errors of the fit and all that belongs to it."""
    hdus, _ = both_ways(simulated)
    for hdu in science_of(hdus):
        hdu.header["WCSNAME"], hdu.header["WCSTYPE"] = "TWEAK", "user-defined"
        hdu.header["CRVAL1"] += 1e-5 / 3
        for key in ("CRDER1", "CRDER2", "RMS_RA", "RMS_DEC"):
            hdu.header[key] = (1e-7 / 3, "an error")
        hdu.header["NMATCH"], hdu.header["FITNAME"] = (55, "sources"), ("TWEAK", "a fit")
    del hdus["WCSCORR"]
    hdus.writeto(tmp_path / "again.fits")
    same(*both_ways(tmp_path / "again.fits"))


@pytest.mark.parametrize("name", ["ibc301qrq", "ibc307qyq"])
def test_exposures_beside_the_project(shared_data: Path, name: str) -> None:
    same(*both_ways(shared_data / f"omega_cen_simulated/{name}_flt.fits"))


@pytest.mark.shared
@pytest.mark.parametrize("name", SAMPLES)
def test_headers_of_the_archive(shared_data: Path, tmp_path: Path, name: str) -> None:
    """They have a table already, which stays; without it a new one is made."""
    source = shared_data / name
    if not source.exists():
        pytest.skip("no such sample")
    plain = tmp_path / "a_flc.fits"
    plain.write_bytes(gzip.decompress(source.read_bytes()))
    hdus = opened(plain)
    count = len(hdus)
    assert start_table(hdus, science_of(hdus))
    assert len(hdus) == count
    del hdus["WCSCORR"]
    hdus.writeto(tmp_path / "b_flc.fits", output_verify="ignore")
    same(*both_ways(tmp_path / "b_flc.fits"))


Change = Callable[[fits.Header], None]
UNUSUAL: dict[str, Change] = {
    "another projection": lambda h: h.set("CTYPE1", "RA---TAN"),
    "no SIP": lambda h: (h.set("CTYPE1", "RA---TAN"), h.set("CTYPE2", "DEC--TAN")),
    "a date": lambda h: h.set("MJD-OBS", 55000.0),
    "a pole": lambda h: h.set("LONPOLE", 180.0),
    "FK5": lambda h: h.set("RADESYS", "FK5"),
    "radians": lambda h: h.set("CUNIT1", "rad"),
    "a projection parameter": lambda h: h.set("PV2_1", 0.1),
    "a PC matrix": lambda h: h.set("PC1_1", 1.0),
    "no CD": lambda h: h.remove("CD1_2"),
    "a name in use": lambda h: h.set("WCSNAMEB", h["WCSNAME"].lower()),
    "all letters up to N": lambda h: [h.set(f"CRVAL1{letter}", 1.0) for letter in "ABCDEFGHIJKLMN"],
}


@pytest.mark.parametrize("what", UNUSUAL)
def test_what_is_unusual_is_left_to_stwcs(simulated: Path, what: str) -> None:
    header = opened(simulated)["SCI", 1].header
    UNUSUAL[what](header)
    before = header.tostring()
    assert not archive_primary(header, str(header["WCSNAME"]))
    assert header.tostring() == before


@pytest.mark.parametrize(
    "what",
    [
        lambda hdus: hdus["SCI", 1].header.set("MJD-OBS", 55000.0),
        lambda hdus: hdus["SCI", 2].header.remove("CRVAL1O"),
        lambda hdus: [hdus["SCI", n].header.remove(k) for n in (1, 2) for k in list(hdus["SCI", n].header["*O"])
                      if k.startswith(("WCS", "CRPIX", "CRVAL", "CTYPE"))],
        lambda hdus: hdus["SCI", 1].header.set("CRVAL1A", 1.0),
        lambda hdus: hdus[0].header.set("IDCTAB", "N/A"),
        lambda hdus: hdus[0].header.remove("NPOLFILE"),
        lambda hdus: hdus[0].header.set("D2IMFILE", "/my/folder/d2i.fits"),
    ],
)  # fmt: skip
def test_an_unusual_table_is_left_to_stwcs(simulated: Path, what: Callable[[fits.HDUList], None]) -> None:
    hdus = opened(simulated)
    what(hdus)
    count = len(hdus)
    assert not start_table(hdus, science_of(hdus))
    assert len(hdus) == count
