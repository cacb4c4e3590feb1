"""Ours against a live run of drizzlepac's AstroDrizzle: every image of every step, on real and simulated exposures."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.madewith import read_made_with
from core.drizzle.results import DrizzleResult
from core.params import TASKS
from tests.peers.live import (
    INNER,
    REAL,
    STEPS_OFF,
    Folders,
    Job,
    assert_close,
    assert_weights,
    image,
    run_drizzlepac,
    run_ours,
    take,
)

pytestmark = [pytest.mark.peers, pytest.mark.shared]
pytest.importorskip("drizzlepac")

BITS = {"driz_sep_bits": "64,32", "final_bits": "64,32"}


@dataclass(frozen=True)
class Case:
    """One data set, how many of its exposures, and the parameters both programs get."""

    name: str
    data: str
    params: dict[str, object]
    count: int | None = None


CASES = [
    # MTFLAG is T in these: both put all exposures on the WCS of the first
    Case("moving", "uvis", {"output": "kbo"}, 4),
    Case("stars", "uvis", {"output": "field", **BITS, "build": True}),
    Case("cluster", "cluster", {"output": "f606w", **BITS}),
    Case(
        "custom",
        "cluster",
        {
            "output": "n_up",
            "combine_type": "median",
            "skystat": "mode",
            "driz_cr_grow": 3,
            "driz_cr_ctegrow": 2,
            "final_wcs": True,
            "final_rot": 0.0,
            "final_scale": 0.033,
            "final_pixfrac": 0.8,
            "final_wht_type": "ERR",
            "final_units": "counts",
        },
    ),
    # electrons per second, one chip, undersampled
    Case("infrared", "ir", {"output": "ir", "driz_cr_grow": 1}),
]


@dataclass(frozen=True)
class Pair(Folders):
    """The folders of both runs, the exposures as they were, our result, and that of step 7 with the peer's masks."""

    case: Case
    before: Path
    result: DrizzleResult
    last: DrizzleResult

    def product(self, part: str, result: DrizzleResult | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The final image "sci", "wht" or "ctx" of ours and of the peer's."""
        result = result or self.result
        paths = {"sci": result.science, "wht": result.weight, "ctx": result.context}
        ext: str | int = part.upper() if self.case.params.get("build") else 0
        return image(paths[part], ext), image(self.peer / paths[part].name, ext)


def prepare(case: Case, data: Path, folder: Path) -> list[str]:
    """Copies of the exposures, as their names."""
    names = take(data, case.data, folder, case.count, still=case.name != "moving")
    if case.data == "cluster":
        align(data / REAL["cluster"][0] / "truth.json", folder)
    return names


def align(truth: Path, folder: Path) -> None:
    """Give the simulated exposures their true WCS."""
    for exposure in json.loads(truth.read_text())["exposures"]:
        with fits.open(folder / exposure["file"], mode="update", memmap=False) as hdus:
            for hdu in (hdu for hdu in hdus if hdu.name == "SCI"):
                chip = next(c for c in exposure["chips"] if c["ccdchip"] == hdu.header["CCDCHIP"])
                hdu.header["CRVAL1"], hdu.header["CRVAL2"] = chip["true_crval"]
                (
                    (hdu.header["CD1_1"], hdu.header["CD1_2"]),
                    (hdu.header["CD2_1"], hdu.header["CD2_2"]),
                ) = chip["true_cd"]


@pytest.fixture(scope="module")
def base(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[str]]]:
    """All cases through drizzlepac, in one process."""
    folder, names, jobs = tmp_path_factory.mktemp("runs"), {}, []
    for case in CASES:
        home = folder / case.name
        names[case.name] = prepare(case, shared_data, home / "peer")
        for other in ("before", "ours", "masked"):
            shutil.copytree(home / "peer", home / other)
        jobs.append(Job(home / "peer", names[case.name], case.params))
    run_drizzlepac(jobs)
    return folder, names


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def pair(request: pytest.FixtureRequest, base: tuple[Path, dict[str, list[str]]]) -> Iterator[Pair]:
    case: Case = request.param
    home, names = base[0] / case.name, base[1][case.name]
    result = run_ours(home / "ours", names, case.params)
    # once more the last step alone, with drizzlepac's own masks
    Folders(home / "ours", home / "peer").hand_masks(home / "masked")
    last = run_ours(home / "masked", names, {**case.params, **STEPS_OFF})
    yield Pair(home / "ours", home / "peer", case, home / "before", result, last)
    shutil.rmtree(home, ignore_errors=True)


def noise(pair: Pair) -> float:
    """Read noise of an exposure in e-/s: less than the noise of any pixel."""
    path = next(pair.before.glob("*.fits"))
    header = fits.getheader(path)
    # amplifiers that are not read out say 0
    return max(float(header[f"READNSE{a}"]) for a in "ABCD") / float(header["EXPTIME"])


def final_noise(pair: Pair) -> float:
    """The same in the unit of the final image."""
    counts = pair.case.params.get("final_units") == "counts"
    return noise(pair) * (3 * fits.getval(next(pair.before.glob("*.fits")), "EXPTIME") if counts else 1.0)


def test_sky(pair: Pair) -> None:
    for figures in pair.result.exposures:
        for chip in figures.chips:
            for folder in (pair.peer, pair.ours):
                header = fits.getheader(folder / figures.name, ("SCI", chip.extver))
                assert chip.sky == pytest.approx(header["MDRIZSKY"], abs=1e-3)


def test_static_masks_are_identical(pair: Pair) -> None:
    for name in pair.names("*staticMask.fits"):
        mine, theirs = pair.both(name)
        assert np.array_equal(mine, theirs)


def test_single_images(pair: Pair) -> None:
    for name in pair.names("*_single_wht.fits"):
        weight, peer_weight = pair.both(name)
        assert np.array_equal(weight > 0, peer_weight > 0)
        assert_weights(weight, peer_weight)
        sci, peer_sci = pair.both(name.replace("_wht", "_sci"))
        seen = weight > 0
        assert_close(sci[seen], peer_sci[seen], 1e-4 * noise(pair))


def test_median(pair: Pair) -> None:
    for name in pair.names("*_med.fits"):
        assert_close(*pair.both(name), 1e-4 * noise(pair))


def test_blots(pair: Pair) -> None:
    exptime = fits.getval(next(pair.before.glob("*.fits")), "EXPTIME")
    for name in pair.names("*_blt.fits"):
        assert_close(*pair.both(name), 1e-3 * noise(pair) * exptime)


def test_cosmic_ray_masks(pair: Pair) -> None:
    for name in pair.names("*_crmask.fits"):
        mine, theirs = pair.both(name)
        assert (theirs == 0).any()
        assert (mine == theirs)[INNER].mean() >= 0.999
        # and far more than that: of the flagged pixels themselves
        assert ((mine == theirs)[INNER]).sum() >= theirs[INNER].size - 0.001 * (theirs[INNER] == 0).sum()


def test_flags_in_the_exposures(pair: Pair) -> None:
    for path in sorted(pair.before.glob("*.fits")):
        with fits.open(pair.ours / path.name) as mine, fits.open(pair.peer / path.name) as theirs:
            for hdu in (hdu for hdu in theirs if hdu.name == "DQ"):
                flags = np.asarray(mine["DQ", hdu.ver].data)
                assert (flags == hdu.data)[INNER].mean() > 0.9999
                assert (flags & 4096).any()


def at_fault(pair: Pair, shape: tuple[int, int]) -> float:
    """Share of output pixels that the differing edge pixels of the exposures can reach, generously."""
    differing = sum(int((np.not_equal(*pair.both(name))).sum()) for name in pair.names("*_crmask.fits"))
    return 9.0 * differing / (shape[0] * shape[1])


def test_final_image(pair: Pair) -> None:
    wht, peer_wht = pair.product("wht")
    sci, peer_sci = pair.product("sci")
    seen = (wht > 0) & (peer_wht > 0)
    assert_close(sci[seen], peer_sci[seen], 1e-4 * final_noise(pair))
    few = at_fault(pair, wht.shape)
    assert ((wht > 0) != (peer_wht > 0)).mean() <= few
    bad = np.abs(wht - peer_wht) > 1e-5 * peer_wht + 1e-6 * peer_wht.max()
    assert bad.mean() <= few


def test_the_last_step_with_the_same_masks(pair: Pair) -> None:
    wht, peer_wht = pair.product("wht", pair.last)
    assert_weights(wht, peer_wht)
    sci, peer_sci = pair.product("sci", pair.last)
    seen = wht > 0
    assert_close(sci[seen], peer_sci[seen], 1e-4 * final_noise(pair))
    assert np.array_equal(*pair.product("ctx", pair.last))


def test_pixels_without_weight_hold_no_data(pair: Pair) -> None:
    # fault 20: drizzlepac leaves values of bad pixels where nothing good fell
    wht, peer_wht = pair.product("wht")
    sci, peer_sci = pair.product("sci")
    assert np.isnan(sci[wht == 0]).all()
    assert np.isfinite(peer_sci[peer_wht == 0]).any()


def test_context(pair: Pair) -> None:
    mine, theirs = pair.product("ctx")
    assert (mine != theirs).mean() <= at_fault(pair, mine.shape)
    assert mine.max() == theirs.max() >= 2 ** (len(pair.names("*_crmask.fits")) - 1)


def test_headers(pair: Pair) -> None:
    with fits.open(pair.result.science) as hdus:
        mine = hdus[1].header if pair.case.params.get("build") else hdus[0].header
        table = hdus["HDRTAB"].data
        columns = set(hdus["HDRTAB"].columns.names)
    with fits.open(pair.peer / pair.result.science.name) as hdus:
        theirs = hdus[1].header if pair.case.params.get("build") else hdus[0].header
        peer_table = hdus["HDRTAB"].data
    assert columns == set(peer_table.columns.names)
    assert np.allclose(table["MDRIZSKY"], peer_table["MDRIZSKY"], atol=1e-3)
    assert list(table["ROOTNAME"]) == list(peer_table["ROOTNAME"])
    # what describes distortion of an input, or the array of an input, has no place in a product; WCSTYPE is
    # drizzlepac's word for how the first input was aligned; the rules themselves are named, not copied
    gone = {"HISTORY", "INHERIT", "LTV1", "LTV2", "LTM1_1", "LTM2_2", "WCSTYPE", "WCSTYPEO", "HDRNAME"}
    missing = {k for k in set(theirs) - set(mine) - gone if not k.startswith(("IDC", "OC"))}
    assert not missing
    for key in ("CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2", "CD1_1", "CD1_2", "CD2_1", "CD2_2", "ORIENTAT"):
        assert mine[key] == pytest.approx(theirs[key], rel=1e-9, abs=1e-14)
    for key in ("BUNIT", "NCOMBINE", "EXPTIME", "TEXPTIME", "NDRIZIM", "EXPEND", "D001DATA", "D001SCAL"):
        assert mine.get(key) == theirs.get(key), key


def test_headers_tell_the_set(pair: Pair) -> None:
    """Of ours the whole set comes back from the product, of drizzlepac's what its keywords name."""
    assert pair.result.science is not None
    wanted = TASKS["astrodrizzle"].defaults().replaced(**pair.case.params)
    own = read_made_with(pair.result.science)
    assert own.unknown == ()
    assert own.set == wanted.replaced(input=own.set["input"], preserve=False)
    made = read_made_with(pair.peer / pair.result.science.name)
    assert {"final_kernel", "final_pixfrac", "final_units", "build", "context"} <= made.known
    assert own.set["input"] == made.set["input"]
    for name in made.known - {"input"}:
        assert made.set[name] == wanted[name], name
