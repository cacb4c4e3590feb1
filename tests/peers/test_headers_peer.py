"""Headerlets and tweakback against stwcs and drizzlepac, live."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.align.tweakback import tweakback
from core.data.exposure import open_exposure
from core.data.headerlets import HeaderletWords, attach, make_headerlet
from core.data.safe import rewrite_fits
from core.data.wcsbook import write_wcs

pytest.importorskip("drizzlepac")
pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

NAME = "ibc304v3q_flt.fits"


@pytest.fixture
def pair(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The same exposure twice, in folders of their own."""
    for folder in ("ours", "theirs"):
        (tmp_path / folder).mkdir()
        shutil.copyfile(shared_data / "omega_cen_simulated" / NAME, tmp_path / folder / NAME)
    monkeypatch.chdir(tmp_path / "theirs")
    return tmp_path / "ours" / NAME, tmp_path / "theirs" / NAME


def test_headerlets_are_those_that_drizzlepac_writes(pair: tuple[Path, Path]) -> None:
    """tweakreg calls stwcs.write_headerlet after its update: the same cards, but for DATE."""
    from stwcs.wcsutil import headerlet

    ours, theirs = pair
    new = {c.extver: c.wcs.moved(c.wcs.crval + 1e-5, c.wcs.cd * 1.0001) for c in open_exposure(ours).chips}
    for path in pair:
        write_wcs(path, new, rms_ra=1e-7, rms_dec=1e-7, nmatch=9)
    headerlet.write_headerlet(
        str(theirs),
        "mine",
        output="theirs",
        wcskey=" ",
        author="me",
        descrip="d",
        catalog="c",
        nmatch=9,
        logging=False,
    )
    words = HeaderletWords(hdrname="mine", author="me", descrip="d", catalog="c")

    def change(hdus: fits.HDUList) -> None:
        attach(hdus, make_headerlet(hdus, words, file=ours, nmatch=9), file=ours)

    rewrite_fits(ours, change)
    with fits.open(ours) as a, fits.open(theirs) as b:
        assert [hdu.name for hdu in a] == [hdu.name for hdu in b]
        made, want = a["HDRLET"], b["HDRLET"]
        for key in set(want.header) - {"DATE", "EXTVER"}:
            assert made.header[key] == want.header[key], key
        for one, two in zip(made.headerlet, want.headerlet, strict=True):
            assert list(one.header) == list(two.header)
            for key in set(two.header) - {"DATE", "HISTORY", "COMMENT", ""}:
                assert one.header[key] == two.header[key], key
            if two.data is not None:
                np.testing.assert_array_equal(one.data, two.data)


def test_tweakback_is_that_of_drizzlepac(pair: tuple[Path, Path], tmp_path: Path) -> None:
    from drizzlepac.tweakback import apply_tweak

    ours, theirs = pair
    crval = open_exposure(ours).chips[0].wcs.crval
    sci = fits.ImageHDU(np.zeros((200, 200), np.float32), name="SCI", ver=1)
    turn = np.radians(0.02)
    for letter, name, move, angle in (("", "TWEAK", 2e-5, turn), ("A", "DRZWCS", 0.0, 0.0)):
        cd = 1.1e-5 * np.array([[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        for i in (1, 2):
            sci.header[f"CTYPE{i}{letter}"] = ("RA---TAN", "DEC--TAN")[i - 1]
            sci.header[f"CRPIX{i}{letter}"] = 100.0
            sci.header[f"CRVAL{i}{letter}"] = crval[i - 1] + move
            for j in (1, 2):
                sci.header[f"CD{i}_{j}{letter}"] = cd[i - 1, j - 1]
        sci.header[f"WCSNAME{letter}"] = name
    primary = fits.PrimaryHDU(header=fits.getheader(ours))
    primary.header["D001DATA"] = f"{NAME}[sci,1]"
    for path in pair:
        fits.HDUList([primary, sci]).writeto(path.with_name("p_drz.fits"))
    tweakback(ours.with_name("p_drz.fits"))
    apply_tweak("p_drz.fits[sci,1]", "DRZWCS", input_files=NAME)
    x, y = np.meshgrid(np.linspace(0, 1000, 5), np.linspace(0, 500, 4))
    for one, two in zip(open_exposure(ours).chips, open_exposure(theirs).chips, strict=True):
        assert one.header["WCSNAME"] == two.header["WCSNAME"] == "TWEAK"
        a, b = one.wcs.pix_to_sky(x, y), two.wcs.pix_to_sky(x, y)
        assert np.abs(np.array(a) - b).max() * 3.6e6 < 1e-3  # mas
