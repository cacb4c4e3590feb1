"""Files that we updated, as stwcs and drizzlepac read them: no warning of theirs, the same WCS, the same names."""

from __future__ import annotations

import io
import logging
import shutil
import string
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import open_exposure
from core.data.headerlets import (
    HeaderletWords,
    apply_headerlet,
    attach,
    export_headerlet,
    make_headerlet,
)
from core.data.wcsbook import write_wcs
from core.errors import Refusal

pytest.importorskip("drizzlepac")
pytestmark = pytest.mark.peers

FILES = (
    "omega_cen_simulated/ibc304v3q_flt.fits",  # two chips, SIP, NPOL and D2IM
    "wfc3_uvis_2013fy27_visit02/idsj02axq_flc.fits",  # of the archive, with headerlets, WCSCORR and alternates
)
WORDS = HeaderletWords(hdrname="mine", author="me", descrip="test", catalog="none")
SUM = {"wcsname": "OURS", "rms_ra": 1e-7, "rms_dec": 2e-7, "nmatch": 9}


class Ears(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if "ResourceWarning" in record.getMessage():
            return
        self.heard.append(f"{record.name}: {record.getMessage()}")


@contextmanager
def listening() -> Iterator[list[str]]:
    """All warnings and log messages from WARNING up; files that others leave open do not count."""
    ears = Ears()
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    for logger in loggers:
        logger.addHandler(ears)
    told = io.StringIO()
    try:
        with warnings.catch_warnings(record=True) as caught, redirect_stdout(told), redirect_stderr(told):
            warnings.simplefilter("always")
            yield ears.heard
    finally:
        for logger in loggers:
            logger.removeHandler(ears)
    ears.heard += [
        f"{w.category.__name__}: {w.message}" for w in caught if not issubclass(w.category, ResourceWarning)
    ]
    ears.heard += [line for line in told.getvalue().splitlines() if "warning" in line.lower()]


def moved(path: Path, step: float = 1e-5) -> dict[int, object]:
    chips = open_exposure(path, complete=False).chips
    return {c.extver: c.wcs.moved(c.wcs.crval + step, c.wcs.cd * (1.0 + 10.0 * step)) for c in chips}


@pytest.fixture(scope="module", params=FILES, ids=["simulated", "archive"])
def built(
    request: pytest.FixtureRequest, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The exposure as it was, and aligned by us with its headerlet attached. Do not change them."""
    folder = tmp_path_factory.mktemp("updated")
    was, path = folder / "original.fits", folder / Path(request.param).name
    for copy in (was, path):
        shutil.copyfile(shared_data / request.param, copy)

    def also(hdus: fits.HDUList) -> None:
        attach(hdus, make_headerlet(hdus, WORDS, file=path, nmatch=9), file=path)

    write_wcs(path, moved(path), **SUM, action="Aligned", also=also)
    return was, path


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """stwcs and drizzlepac leave log files in the folder they run in."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def original(built: tuple[Path, Path], tmp_path: Path) -> Path:
    (tmp_path / "original").mkdir()
    return Path(shutil.copyfile(built[0], tmp_path / "original" / built[1].name))


@pytest.fixture
def updated(built: tuple[Path, Path], tmp_path: Path) -> Path:
    return Path(shutil.copyfile(built[1], tmp_path / built[1].name))


def hstwcs(path: Path) -> None:
    from stwcs.wcsutil import HSTWCS, altwcs

    for chip in open_exposure(path, complete=False).chips:
        wcs = HSTWCS(str(path), ext=("SCI", chip.extver))
        assert np.isfinite(wcs.all_pix2world([[1.0, 1.0], [400.0, 300.0]], 1)).all()
        for key in altwcs.wcskeys(str(path), ext=("SCI", chip.extver)):
            HSTWCS(str(path), ext=("SCI", chip.extver), wcskey=key)


def names(path: Path) -> None:
    from stwcs.wcsutil import altwcs

    keys = altwcs.wcskeys(str(path), ext=("SCI", 1))
    assert len(altwcs.wcsnames(str(path), ext=("SCI", 1))) == len(keys)


def headerlets(path: Path) -> None:
    from stwcs.wcsutil import headerlet

    headerlet.create_headerlet(str(path), hdrname="theirs")
    with fits.open(path) as hdus:
        numbers = [number for number, hdu in enumerate(hdus) if hdu.name == "HDRLET"]
        assert all(hdus[number].headerlet[0].header["HDRNAME"] for number in numbers)
    if numbers:
        headerlet.headerlet_summary(str(path))
    for number in numbers:
        headerlet.extract_headerlet(str(path), f"out{number}_hlet.fits", extnum=number, clobber=True)


def image_object(path: Path) -> None:
    from drizzlepac.imageObject import imageObject

    imageObject(str(path)).close()


def input_step(path: Path) -> None:
    """What astrodrizzle does before its first step."""
    from drizzlepac import astrodrizzle, processInput, util

    asked = {"input": str(path), "output": "out", "context": False, "preserve": False, "num_cores": 1}
    parameters = util.getDefaultConfigObj(astrodrizzle.__taskname__, None, asked, loadOnly=True)
    images, _ = processInput.setCommonInput(parameters)
    for image in images:
        image.close()


def tweakreg(path: Path) -> None:
    """A run of tweakreg that reads the file and a copy of it, and writes no header."""
    from drizzlepac import tweakreg as task

    copy = Path(shutil.copyfile(path, "copy_flt.fits"))
    task.TweakReg(
        [str(path), str(copy)],
        imagefindcfg={"threshold": 300.0, "conv_width": 3.5},
        interactive=False,
        updatehdr=False,
        writecat=False,
        minobj=5,
        tolerance=3,
        see2dplot=False,
        residplot="No plot",
    )


@pytest.mark.parametrize(
    "read",
    [hstwcs, names, headerlets, image_object, input_step, tweakreg],
    ids=lambda r: r.__name__,
)
def test_they_read_our_files_without_a_warning(
    read: Callable[[Path], None],
    built: tuple[Path, Path],
) -> None:
    with listening() as heard:
        read(built[1])
    assert heard == []


def positions(path: Path) -> list[np.ndarray]:
    """RA and Dec over each chip with all distortions, as stwcs has them."""
    from stwcs.wcsutil import HSTWCS

    found = []
    for chip in open_exposure(path, complete=False).chips:
        rows, columns = chip.shape
        x, y = np.meshgrid(np.linspace(1.0, columns, 9), np.linspace(1.0, rows, 7))
        places = np.column_stack([x.ravel(), y.ravel()])
        found.append(HSTWCS(str(path), ext=("SCI", chip.extver)).all_pix2world(places, 1))
    return found


def pixels_apart(one: list[np.ndarray], two: list[np.ndarray], scale: float = 0.0396) -> float:
    off = [(a - b) * np.array([np.cos(np.radians(a[0, 1])), 1.0]) for a, b in zip(one, two, strict=True)]
    return max(float(np.hypot(*d.T).max()) for d in off) * 3600.0 / scale


@pytest.mark.parametrize("attached", [True, False])
def test_a_headerlet_of_ours_gives_our_wcs_through_stwcs(
    original: Path, updated: Path, tmp_path: Path, attached: bool
) -> None:
    from stwcs.wcsutil import headerlet

    targets = tmp_path / "ours_hlet.fits", tmp_path / "theirs_hlet.fits"
    export_headerlet(original, targets[0], WORDS, new=moved(original), **SUM)
    theirs = {"hdrname": "mine", "wcskey": " ", "sciext": "SCI", "attach": False, "logging": False}
    headerlet.write_headerlet(str(updated), output=str(targets[1]), **theirs)
    assert pixels_apart(positions(original), positions(updated)) > 0.5
    beside = Path(shutil.copyfile(original, original.with_name("beside.fits")))
    said: list[list[str]] = []
    for path, target in zip((original, beside), targets, strict=True):
        with listening() as heard:
            headerlet.apply_headerlet_as_primary(
                str(path), str(target), attach=attached, archive=True, force=False
            )
        said.append([one.replace(str(path), "").replace(str(target), "") for one in heard])
        assert pixels_apart(positions(path), positions(updated)) < 1e-6
    # applying says something of every file with SIP: of ours no more than of one that stwcs wrote
    assert [one for one in said[0] if one not in said[1]] == []
    # and as our own reader has it
    for ours, theirs in zip(
        *(open_exposure(p, complete=False).chips for p in (updated, original)), strict=True
    ):
        places = [v.ravel() for v in np.meshgrid([0.0, 250.0, 500.0], [0.0, 250.0, 500.0])]
        x, y = ours.wcs.sky_to_pix(*theirs.wcs.pix_to_sky(*places))
        assert max(abs(x - places[0]).max(), abs(y - places[1]).max()) < 1e-6


def test_the_attached_headerlet_gives_our_wcs_through_stwcs(updated: Path) -> None:
    from stwcs.wcsutil import headerlet

    ours = positions(updated)
    write_wcs(updated, moved(updated, -3e-5), wcsname="LATER")
    assert pixels_apart(ours, positions(updated)) > 1.0
    with listening():
        headerlet.restore_from_headerlet(str(updated), hdrname="mine", archive=True, force=False)
    assert pixels_apart(ours, positions(updated)) < 1e-6


def test_stwcs_keeps_and_removes_headerlets_in_our_files(updated: Path) -> None:
    from stwcs.wcsutil import headerlet

    ours = positions(updated)
    with listening():
        headerlet.archive_as_headerlet(str(updated), "again", wcskey="PRIMARY")
        with fits.open(updated) as hdus:
            assert {"mine", "again"} <= {h.header["HDRNAME"] for h in hdus if h.name == "HDRLET"}
        headerlet.delete_headerlet(str(updated), hdrname="again")
    with fits.open(updated) as hdus:
        assert "again" not in {h.header["HDRNAME"] for h in hdus if h.name == "HDRLET"}
    assert pixels_apart(ours, positions(updated)) == 0.0


def test_a_headerlet_of_stwcs_gives_their_wcs_through_us(
    original: Path, updated: Path, tmp_path: Path
) -> None:
    from stwcs.wcsutil import headerlet

    target = tmp_path / "theirs_hlet.fits"
    headerlet.write_headerlet(
        str(updated), "theirs", output=str(target), wcskey=" ", sciext="SCI", attach=False, logging=False
    )
    apply_headerlet(original, target)
    assert pixels_apart(positions(original), positions(updated)) < 1e-6


def primary_and_letters(path: Path) -> tuple[str, dict[str, str]]:
    header = fits.getheader(path, ("SCI", 1))
    letters = {k: header[f"WCSNAME{k}"] for k in string.ascii_uppercase if f"WCSNAME{k}" in header}
    return header["WCSNAME"], letters


def ours_names(path: Path, name: str, reuse: bool) -> bool:
    try:
        write_wcs(path, moved(path), wcsname=name, reusename=reuse, rms_ra=1e-7, rms_dec=1e-7, nmatch=9)
    except Refusal:
        return False
    return True


def their_names(path: Path, name: str, reuse: bool) -> bool:
    """tweakreg's check of the name (of one as it is typed: a blank one is TWEAK), the name that it gives to a WCS
    without one, its table of WCSs and its update of each chip."""
    from drizzlepac import updatehdr, util
    from stwcs.wcsutil import HSTWCS, wcscorr

    if not util.verifyUniqueWcsname(str(path), name or "TWEAK", include_primary=not reuse):
        return False
    new = moved(path)
    with fits.open(path, mode="update") as hdus:
        for hdu in hdus:
            if hdu.name == "SCI" and "WCSNAME" not in hdu.header:
                hdu.header["WCSNAME"] = "PRE-TWEAKREG"
        wcscorr.init_wcscorr(hdus)
    for number, chip in zip((1, 4), open_exposure(path, complete=False).chips, strict=True):
        wcs = HSTWCS(str(path), ext=("SCI", chip.extver))
        wcs.wcs.crval, wcs.wcs.cd = new[chip.extver].crval, new[chip.extver].cd
        updatehdr.update_wcs(str(path), number, wcs, wcsname=name, reusename=reuse)
    return True


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "steps",
    [
        [("A1", False), ("A2", False), ("A3", False)],
        [("A1", False), ("A1", False), ("a1", False)],
        [("A1", False), ("A1", True), ("A2", True), ("A1", True)],
        [("", False), ("", False), ("", True), ("TWEAK", True)],
        [("IDC_2731450pi", False), ("IDC_2731450pi", True), ("NEW", True)],
        [("OPUS", False), ("OPUS", True), ("opus", True), ("X", False)],
        [("O", False), ("O", True), ("o", False), ("P", False), ("o", False)],
        [("A name with blanks", False), ("A name", False), ("A name with blanks", True)],
    ],
    ids=lambda steps: "-".join(name or "blank" for name, _ in steps),
)
def test_names_and_letters_are_theirs(
    shared_data: Path, tmp_path: Path, steps: list[tuple[str, bool]]
) -> None:
    """What is refused, the name of the primary WCS, and under which letter each former one lies, step by step."""
    paths = [tmp_path / who / "ibc304v3q_flt.fits" for who in ("ours", "theirs")]
    for path in paths:
        path.parent.mkdir()
        shutil.copyfile(shared_data / FILES[0], path)
    for name, reuse in steps:
        done = ours_names(paths[0], name, reuse), their_names(paths[1], name, reuse)
        assert done[0] == done[1], (name, reuse, done)
        ours, theirs = map(primary_and_letters, paths)
        assert ours == theirs, (name, reuse)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "start", ["named OPUS beside key O", "named OPUS without", "without a name", "blank"]
)
def test_odd_names_of_the_primary_wcs_are_kept_as_they_keep_them(
    shared_data: Path, tmp_path: Path, start: str
) -> None:
    paths = [tmp_path / who / "ibc304v3q_flt.fits" for who in ("ours", "theirs")]
    for path in paths:
        path.parent.mkdir()
        shutil.copyfile(shared_data / FILES[0], path)
        with fits.open(path, mode="update") as hdus:
            for header in (hdus["SCI", ver].header for ver in (1, 2)):
                if start.startswith("named"):
                    header["WCSNAME"] = "OPUS"
                if start == "named OPUS without":
                    for key in [key for key in header if key.endswith("O") and key[:-1] in header]:
                        del header[key]
                if start == "without a name":
                    del header["WCSNAME"]
                if start == "blank":
                    header["WCSNAME"] = " "
    for name, reuse in (("NEW", False), ("NEWER", True), ("NEWER", True)):
        assert ours_names(paths[0], name, reuse) == their_names(paths[1], name, reuse)
        ours, theirs = map(primary_and_letters, paths)
        assert ours == theirs, (start, name)
