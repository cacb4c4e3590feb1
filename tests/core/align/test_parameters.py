"""Every parameter of tweakreg, imagefindpars and refimagefindpars has its effect here or in the test named here, or
is about display and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from align_shots import CENTRE, Shot, Sky, write_shot
from astropy.io import fits
from astropy.table import Table

from core.align.results import Alignment, PeakStatus, Sources, Status
from core.align.session import AlignSettings, align, tweakreg
from core.errors import Refusal
from core.params import TASKS

Check = Callable[[Alignment, Alignment], bool]
HERE = Path(__file__).parent

# changes no result: how drizzlepac's terminal and plots behave, and what the window draws
DISPLAY = {
    "interactive": False,
    "verbose": True,
    "see2dplot": False,
    "residplot": "No plot",
    "ylimit": 0.5,
    "labelsize": 12,
}

ELSEWHERE = {
    "input": "test_given.py::test_an_input_list_with_catalogs_is_a_list_of_catalogs",
    "enforce_user_order": "test_order.py::test_the_order_by_overlap_chooses_the_reference_and_reaches_all",
    "exclusions": "test_given.py::test_exclusions_keep_the_finder_and_catalogs_away",
    "writecat": "test_outputs.py::test_what_is_not_asked_for_is_not_written",
    "clean": "test_outputs.py::test_what_is_not_asked_for_is_not_written",
    "runfile": "test_outputs.py::test_the_files_of_a_run",
    "shiftfile": "test_outputs.py::test_the_shift_file_and_its_frame",
    "outshifts": "test_outputs.py::test_the_shift_file_and_its_frame",
    "outwcs": "test_outputs.py::test_the_shift_file_and_its_frame",
    "updatehdr": "test_parameters.py::test_names_and_headers",
    "wcsname": "test_parameters.py::test_names_and_headers",
    "reusename": "test_parameters.py::test_names_and_headers",
    "headerlet": "test_parameters.py::test_headerlets",
    "attach": "test_parameters.py::test_headerlets",
    "hdrfile": "test_parameters.py::test_headerlets",
    "clobber": "test_parameters.py::test_headerlets",
    "hdrname": "test_parameters.py::test_headerlets",
    "author": "test_parameters.py::test_headerlets",
    "descrip": "test_parameters.py::test_headerlets",
    "catalog": "test_parameters.py::test_headerlets",
    "history": "test_parameters.py::test_headerlets",
}


@dataclass(frozen=True)
class Case:
    """`changed` on top of `common`: what `check` says of the alignments before and after must be true."""

    changed: dict[str, Any]
    check: Check
    common: dict[str, Any] = field(default_factory=dict)


def b(alignment: Alignment) -> Any:
    return alignment.images[1]


def sources(before: Alignment, after: Alignment) -> tuple[Sources, Sources]:
    return b(before).sources, b(after).sources


def shared(alignment: Alignment) -> int:
    """How many pairs share their star with another."""
    image = b(alignment).matches.image
    return len(image) - len(np.unique(image))


def fluxes(alignment: Alignment) -> Any:
    return alignment.reference.flux


OWN = {"catfile": "{}/list", "fluxcol": "flux"}
REF = {"refcat": "{}/ref.csv", "rfluxcol": "mag"}
BLIND = {"use2dhist": False, "xoffset": -5.0, "yoffset": 2.5}

EFFECTS = {
    "refimage": Case({"refimage": "{}/c_flt.fits"}, lambda x, y: y.reference_name == "c_flt.fits"),
    "expand_refcat": Case({"expand_refcat": True}, lambda x, y: len(y.reference) > len(x.reference)),
    "catfile": Case({"catfile": "{}/list"}, lambda x, y: len(b(y).sources) == 100),
    "xcol": Case({"xcol": "y"}, lambda x, y: np.array_equal(b(y).sources.x, b(x).sources.y), OWN),
    "ycol": Case({"ycol": "1"}, lambda x, y: np.array_equal(b(y).sources.y, b(x).sources.x), OWN),
    "fluxcol": Case(
        {"fluxcol": "mag"}, lambda x, y: b(y).sources.flux.max() < 0 < b(x).sources.flux.min(), OWN
    ),
    "maxflux": Case(
        {"maxflux": 3e4}, lambda x, y: b(x).sources.flux.max() > 3e4 >= b(y).sources.flux.max(), OWN
    ),
    "minflux": Case(
        {"minflux": 1e4}, lambda x, y: b(x).sources.flux.min() < 1e4 <= b(y).sources.flux.min(), OWN
    ),
    "fluxunits": Case(
        {"fluxunits": "mag"},
        lambda x, y: b(x).sources.flux.min() > b(y).sources.flux.max(),
        {**OWN, "nbright": 30},
    ),
    "xyunits": Case(
        {"xyunits": "degrees"},
        lambda x, y: np.ptp(b(y).sources.ra) < 0.02 and b(y).sources.ra.max() > 150.0,
        {"catfile": "{}/sky", "xcol": "ra", "ycol": "dec"},
    ),
    "nbright": Case({"nbright": 20}, lambda x, y: len(b(y).sources) == 20, OWN),
    "refcat": Case({"refcat": "{}/ref.csv"}, lambda x, y: y.images[0].status is Status.ALIGNED),
    "refxcol": Case(
        {"refxcol": "ra2"}, lambda x, y: np.allclose(y.reference.ra - x.reference.ra, 0.001), REF
    ),
    "refycol": Case(
        {"refycol": "dec2"}, lambda x, y: np.allclose(y.reference.dec - x.reference.dec, 0.001), REF
    ),
    "refxyunits": Case(
        {"refxyunits": "pixels"},
        lambda x, y: bool(np.allclose(y.reference.u, x.reference.ra - 1.0)),
        {**REF, "refimage": "{}/c_flt.fits"},
    ),
    "rfluxcol": Case({"rfluxcol": "flux"}, lambda x, y: fluxes(x).max() < 0 < fluxes(y).min(), REF),
    "rmaxflux": Case({"rmaxflux": -11.0}, lambda x, y: fluxes(x).min() < -11.0 <= fluxes(y).min(), REF),
    "rminflux": Case({"rminflux": -10.0}, lambda x, y: fluxes(x).max() > -10.0 >= fluxes(y).max(), REF),
    "rfluxunits": Case(
        {"rfluxunits": "counts"}, lambda x, y: fluxes(x).max() < fluxes(y).min(), {**REF, "refnbright": 40}
    ),
    "refnbright": Case({"refnbright": 40}, lambda x, y: len(y.reference) == 40, REF),
    "minobj": Case({"minobj": 1000}, lambda x, y: b(y).status is Status.FAILED),
    "searchrad": Case({"searchrad": 2.0}, lambda x, y: b(y).offset.radius == 2 * b(x).offset.radius == 50),
    "searchunits": Case(
        {"searchunits": "pixels"},
        lambda x, y: (b(x).offset.radius, b(y).offset.radius) == (200, 8),
        {"searchrad": 8.0},
    ),
    "use2dhist": Case(
        {"use2dhist": False},
        lambda x, y: (b(x).offset.status, b(y).offset.status) == (PeakStatus.GOOD, PeakStatus.NOT_USED),
        {"xoffset": -5.0, "yoffset": 2.5},
    ),
    "xoffset": Case({"xoffset": -5.2}, lambda x, y: b(y).offset.x == -5.2 and b(y).offset.y == 2.5, BLIND),
    "yoffset": Case({"yoffset": 2.3}, lambda x, y: b(y).offset.x == -5.0 and b(y).offset.y == 2.3, BLIND),
    "separation": Case({"separation": 20.0}, lambda x, y: len(b(y).matches) < len(b(x).matches)),
    "tolerance": Case({"tolerance": 0.03}, lambda x, y: len(b(y).matches) < len(b(x).matches)),
    "fitgeometry": Case({"fitgeometry": "shift"}, lambda x, y: b(y).fit.rot == 0.0 != b(x).fit.rot),
    "nclip": Case(
        {"nclip": 0}, lambda x, y: b(y).fit.n_used == len(b(y).matches) > b(x).fit.n_used, {"sigma": 2.0}
    ),
    "sigma": Case({"sigma": 1.5}, lambda x, y: b(y).fit.n_used < b(x).fit.n_used),
    "matching": Case(
        {"matching": "drizzlepac"},
        lambda x, y: shared(x) == 0 < shared(y) and "not one to one" in b(y).manner and not b(x).manner,
        {"tolerance": 8.0},
    ),
    "clipping": Case(
        {"clipping": "per axis"},
        lambda x, y: not np.array_equal(b(x).fit.used, b(y).fit.used) and "each axis" in b(y).manner,
        {"sigma": 2.0},
    ),
}


@dataclass(frozen=True)
class Find:
    """`changed` on top of `common` for the finder; `fewer` (True, False) or other sources (None)."""

    changed: dict[str, Any]
    fewer: bool | None = None
    common: dict[str, Any] = field(default_factory=dict)


SHAPE = {"use_sharp_round": True, "sharplo": None, "sharphi": None, "roundlo": None, "roundhi": None}
FIND = {
    "computesig": Find({"computesig": False}, True, {"skysigma": 100.0}),
    "skysigma": Find({"skysigma": 100.0}, True, {"computesig": False, "skysigma": 5.0}),
    "conv_width": Find({"conv_width": 2.5}),
    "peakmin": Find({"peakmin": 2000.0}, True),
    "peakmax": Find({"peakmax": 5000.0}, True),
    "threshold": Find({"threshold": 500.0}, True),
    "nsigma": Find({"nsigma": 3.0}),
    "ratio": Find({"ratio": 0.4}),
    "theta": Find({"theta": 60.0}, None, {"ratio": 0.4}),
    "fluxmin": Find({"fluxmin": 1e4}, True),
    "fluxmax": Find({"fluxmax": 5e4}, True),
    "dqbits": Find({"dqbits": "0"}, True),
    "use_sharp_round": Find({"use_sharp_round": True}, True, {"sharphi": 0.5}),
    "sharplo": Find({"sharplo": 0.55}, True, SHAPE),
    "sharphi": Find({"sharphi": 0.55}, True, SHAPE),
    "roundlo": Find({"roundlo": 0.0}, True, SHAPE),
    "roundhi": Find({"roundhi": 0.0}, True, SHAPE),
    "noise": Find({"noise": "robust"}),
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exposures a, b, c of one field with flagged columns; catalogs of the exposures and of the sky."""
    folder = tmp_path_factory.mktemp("scene")
    sky = Sky.random(180, half=8.5)
    shots = [
        Shot("a", east=0.3),
        Shot("b", north=0.2, error=(0.2, 0.1), roll_error=0.01, seed=1),
        Shot("c", roll=15.0, seed=2),
    ]
    for shot in shots:
        path = write_shot(folder, shot, sky)
        with fits.open(path, mode="update") as hdus:
            hdus["DQ"].data[:, :150] = 16
    east = 1.0 / 3600.0 / np.cos(np.radians(CENTRE[1]))
    made = Table({"ra": CENTRE[0] + sky.east * east, "dec": CENTRE[1] + sky.north / 3600.0, "flux": sky.flux})
    made["mag"] = -2.5 * np.log10(sky.flux)
    made["ra2"], made["dec2"] = made["ra"] + 0.001, made["dec"] + 0.001
    made.write(folder / "ref.csv")
    rng = np.random.default_rng(5)
    own = Table({"x": rng.uniform(5, 395, 100), "y": rng.uniform(5, 395, 100), "flux": sky.flux[:100]})
    own["mag"] = -2.5 * np.log10(own["flux"])
    own["ra"], own["dec"] = made["ra"][:100], made["dec"][:100]
    own.write(folder / "own.csv")
    (folder / "list").write_text("a_flt.fits own.csv\nb_flt.fits own.csv\n")
    (folder / "sky").write_text("a_flt.fits own.csv\nb_flt.fits own.csv\n")
    return folder


def run(scene: Path, find: dict[str, Any], reffind: dict[str, Any], values: dict[str, Any]) -> Alignment:
    filled = {k: v.replace("{}", str(scene)) if isinstance(v, str) else v for k, v in values.items()}
    base = AlignSettings.defaults()
    asked = AlignSettings(
        base.tweakreg.replaced(runfile="", **filled),
        base.imagefind.replaced(**{"threshold": 20.0, **find}),
        base.refimagefind.replaced(**{"threshold": 20.0, **reffind}),
    )
    return align([scene / "a_flt.fits", scene / "b_flt.fits"], asked)


def test_every_parameter_is_accounted_for() -> None:
    tweak = set(TASKS["tweakreg"].names)
    assert {*DISPLAY, *ELSEWHERE, *EFFECTS} == tweak
    assert len(DISPLAY) + len(ELSEWHERE) + len(EFFECTS) == len(tweak) == 60
    for task in ("imagefindpars", "refimagefindpars"):
        assert {p.name for p in (*TASKS[task].params, *TASKS[task].extras)} == set(FIND)
    for place in ELSEWHERE.values():
        file, _, test = place.partition("::")
        assert f"def {test}(" in (HERE / file).read_text()


@pytest.mark.parametrize("name", EFFECTS)
def test_effect(scene: Path, name: str) -> None:
    case = EFFECTS[name]
    assert name in case.changed
    before = run(scene, {}, {}, case.common)
    after = run(scene, {}, {}, {**case.common, **case.changed})
    assert case.check(before, after)


@pytest.mark.parametrize("task", ["imagefindpars", "refimagefindpars"])
@pytest.mark.parametrize("name", FIND)
def test_effect_on_finding(scene: Path, task: str, name: str) -> None:
    """The finder's parameters of the exposures change these and not the reference image, and the other way round."""
    case = FIND[name]
    values = {"refimage": "{}/c_flt.fits", "minobj": 1}
    changed = {**case.common, **case.changed}
    if task == "imagefindpars":
        before, after = run(scene, case.common, {}, values), run(scene, changed, {}, values)
        (one, two), (same, still) = sources(before, after), (before.reference, after.reference)
    else:
        before, after = run(scene, {}, case.common, values), run(scene, {}, changed, values)
        (same, still), (one, two) = sources(before, after), (before.reference, after.reference)
    assert np.array_equal(same.ra, still.ra)
    if case.fewer is None:
        assert not np.array_equal(one.ra, two.ra)
    else:
        assert 0 < len(two) < len(one)


def test_display_changes_nothing(scene: Path) -> None:
    before, after = run(scene, {}, {}, {}), run(scene, {}, {}, DISPLAY)
    for one, two in zip(before.images, after.images, strict=True):
        assert one.status is two.status
        assert np.array_equal(one.sources.ra, two.sources.ra)
    assert np.array_equal(b(before).fit.rx, b(after).fit.rx)


@pytest.fixture
def files(scene: Path, tmp_path: Path) -> list[Path]:
    """Copies that may be written."""
    made = []
    for name in ("a_flt.fits", "b_flt.fits"):
        (tmp_path / name).write_bytes((scene / name).read_bytes())
        fits.setval(tmp_path / name, "IDCTAB", value="iref$made_idc.fits")  # headerlets want it
        made.append(tmp_path / name)
    return made


def whole(files: list[Path], folder: Path, **values: Any) -> Alignment:
    base = AlignSettings.defaults()
    tweak = base.tweakreg.replaced(runfile="", writecat=False, **values)
    folder.mkdir(exist_ok=True)
    return tweakreg(
        files, AlignSettings(tweak, base.imagefind.replaced(threshold=20.0), base.refimagefind), folder=folder
    )


def test_names_and_headers(files: list[Path], tmp_path: Path) -> None:
    before = files[1].read_bytes()
    whole(files, tmp_path / "out", wcsname="MINE")
    assert files[1].read_bytes() == before
    whole(files, tmp_path / "out", wcsname="MINE", updatehdr=True)
    header = fits.getheader(files[1], "SCI", 1)
    assert header["WCSNAME"] == "MINE"
    assert "WCSNAMEB" not in header
    with pytest.raises(Refusal, match="MINE"):
        whole(files, tmp_path / "out", wcsname="MINE", updatehdr=True)
    whole(files, tmp_path / "out", wcsname="MINE", updatehdr=True, reusename=True)
    header = fits.getheader(files[1], "SCI", 1)
    assert header["WCSNAME"] == "MINE"
    assert "WCSNAMEB" not in header


def test_headerlets(files: list[Path], tmp_path: Path) -> None:
    (tmp_path / "why.txt").write_text("For a test.\n")
    words = {"author": "me", "descrip": "one line", "catalog": "GAIA", "hdrname": "ours", "hdrfile": "mid"}
    asked = {"headerlet": True, "attach": False, "history": str(tmp_path / "why.txt"), **words}
    out = tmp_path / "out"
    whole(files, out, updatehdr=True)
    assert not list(out.glob("*hlet.fits"))
    whole(files, out, updatehdr=True, wcsname="TWO", **asked)
    (made,) = out.glob("*_mid_hlet.fits")
    header = fits.getheader(made)
    told = [header[key] for key in ("AUTHOR", "DESCRIP", "CATALOG", "HDRNAME")]
    assert told == ["me", "one line", "GAIA", "ours"]
    assert "For a test." in str(header["HISTORY"])
    with fits.open(files[1]) as hdus:
        assert not [hdu for hdu in hdus if hdu.name == "HDRLET"]
    first = made.read_bytes()
    with pytest.raises(Refusal, match="clobber"):
        whole(files, out, updatehdr=True, wcsname="THREE", **asked)
    assert made.read_bytes() == first
    whole(
        files,
        out,
        updatehdr=True,
        wcsname="FOUR",
        **{**asked, "clobber": True, "attach": True, "hdrname": "new"},
    )
    assert made.read_bytes() != first
    with fits.open(files[1]) as hdus:
        assert len([hdu for hdu in hdus if hdu.name == "HDRLET"]) == 1
