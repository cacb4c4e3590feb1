"""Every parameter of a run has its effect: which image is the first that changes, and that none before it does."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import open_exposure
from core.drizzle.results import DrizzleResult
from core.drizzle.session import astrodrizzle
from core.params import TASKS
from tests.hst_exposures import CAMERAS, write_set

BASE: dict[str, Any] = {
    "output": "x", "preserve": False, "driz_sep_bits": "16", "final_bits": "16", "sky_bits": "16", "skyclip": 2,
}  # fmt: skip
STAGES = ("static", "sky", "single_sci", "single_wht", "med", "blt", "crmask", "sci", "wht")
_FILES = {
    "static": "*_staticMask.fits", "single_sci": "*_single_sci.fits", "single_wht": "*_single_wht.fits",
    "med": "*_med.fits", "blt": "*_blt.fits", "crmask": "*_crmask.fits", "sci": "x_drz_sci.fits",
    "wht": "x_drz_wht.fits",
}  # fmt: skip
# the steps in their order, and the one that makes the images of a stage; sky and static masks come before them all
STEPS = ("driz_separate", "median", "blot", "driz_cr", "driz_combine")
MAKERS = {
    "single_sci": "driz_separate", "single_wht": "driz_separate", "med": "median", "blt": "blot", "crmask": "driz_cr",
    "sci": "driz_combine", "wht": "driz_combine",
}  # fmt: skip
MEAN = {"combine_type": "mean"}
WARN = {"guard": "warn"}  # without the sky everything is a cosmic ray
SINC = {"blot_interp": "sinc"}
FAINT = {"skyupper": 40.0}
SEP = {"driz_sep_wcs": True}
FINAL = {"final_wcs": True}

# the base that a case is compared with, what is changed, the first stage to show it
CASES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"static": False}, "sky"),
    ({}, {"static_sig": 2.0}, "static"),
    ({}, {"use_static": False}, "sky"),
    ({}, {"skysub": False}, "sky"),
    ({}, {"skymethod": "globalmin"}, "sky"),
    ({}, {"skystat": "mean"}, "sky"),
    ({"skystat": "mode"}, {"skywidth": 0.4}, "sky"),
    ({}, {"skylower": 22.0}, "sky"),
    ({}, {"skyupper": 26.0}, "sky"),
    ({}, {"skyclip": 7}, "sky"),
    (FAINT, {"skylsigma": 1.5}, "sky"),
    (FAINT, {"skyusigma": 1.5}, "sky"),
    ({}, {"sky_bits": "4,16"}, "sky"),
    ({}, {"resetbits": "4"}, "sky"),
    ({}, {"group": "sci,2"}, "sky"),
    ({}, {"coeffs": False}, "single_sci"),
    ({}, {"stepsize": 60}, "single_sci"),
    ({}, {"exptime": "90"}, "single_sci"),
    ({}, {"expkeyword": "DARKTIME"}, "single_sci"),
    (MEAN, {"rdnoise": "12"}, "crmask"),
    (MEAN, {"rnkeyword": "NOISE"}, "crmask"),
    ({}, {"rdnoise": "30"}, "med"),
    ({}, {"driz_sep_kernel": "square"}, "single_sci"),
    ({}, {"driz_sep_pixfrac": 0.5}, "single_sci"),
    ({}, {"driz_sep_fillval": 7.0}, "single_sci"),
    ({}, {"driz_sep_bits": "4,16"}, "single_sci"),
    ({}, {"driz_sep_wt_scl": "2.0"}, "single_wht"),
    ({}, {"driz_sep_wt_scl": "expsq"}, "single_wht"),
    (SEP, {"driz_sep_scale": 0.06}, "single_sci"),
    (SEP, {"driz_sep_rot": 11.0}, "single_sci"),
    (SEP, {"driz_sep_outnx": 150, "driz_sep_outny": 170}, "single_sci"),
    (SEP, {"driz_sep_ra": 150.1003, "driz_sep_dec": 2.2}, "single_sci"),
    (SEP, {"driz_sep_crpix1": 100.0, "driz_sep_crpix2": 90.0}, "single_sci"),
    ({}, {"median_newmasks": False}, "med"),
    ({}, {"combine_maskpt": 0.99}, "med"),
    ({}, {"combine_type": "median"}, "med"),
    ({}, {"combine_nsigma": "1 0.5"}, "med"),
    ({}, {"combine_grow": 3}, "med"),
    (MEAN, {"combine_nlow": 1}, "med"),
    (MEAN, {"combine_nhigh": 1}, "med"),
    (MEAN, {"combine_lthresh": 0.0}, "med"),
    (MEAN, {"combine_hthresh": 3.0}, "med"),
    ({}, {"blot_interp": "linear"}, "blt"),
    (SINC, {"blot_sinscl": 0.7}, "blt"),
    (WARN, {"blot_addsky": False}, "blt"),
    ({**WARN, "blot_addsky": False}, {"blot_skyval": 9.0}, "blt"),
    ({}, {"driz_cr_snr": "6 5"}, "crmask"),
    ({}, {"driz_cr_scale": "0 0"}, "crmask"),
    ({}, {"driz_cr_grow": 3}, "crmask"),
    ({}, {"driz_cr_ctegrow": 4}, "crmask"),
    ({}, {"final_kernel": "turbo"}, "sci"),
    ({}, {"final_pixfrac": 0.6}, "sci"),
    ({}, {"final_fillval": -5.0}, "sci"),
    ({}, {"final_maskval": -6.0}, "sci"),
    ({}, {"final_units": "counts"}, "sci"),
    ({"driz_cr": False}, {"final_bits": "4,16"}, "sci"),
    ({}, {"final_wht_type": "ERR"}, "sci"),
    ({}, {"final_wt_scl": "3.0"}, "wht"),
    ({}, {"final_wt_scl": "expsq"}, "wht"),
    (FINAL, {"final_scale": 0.06}, "sci"),
    (FINAL, {"final_rot": 5.0}, "sci"),
    (FINAL, {"final_outnx": 110, "final_outny": 120}, "sci"),
    (FINAL, {"final_ra": 150.1003, "final_dec": 2.2}, "sci"),
    (FINAL, {"final_crpix1": 80.0, "final_crpix2": 100.0}, "sci"),
]  # fmt: skip

# what has its test elsewhere, or none in CASES because nothing of it shows in an image
ELSEWHERE = {
    "input": "../../app/test_list_command.py::test_the_list_of_the_parameter_input_and_its_maps",
    "output": "test_parts.py::test_product_names",
    "runfile": "test_effects.py::test_the_log_has_its_name",
    "wcskey": "test_wcskey.py::test_a_run_on_an_alternate",
    "proc_unit": "test_instruments.py::test_a_product_in_counts_of_several_gains_is_told",
    "context": "test_effects.py::test_context_off_writes_none",
    "build": "test_session.py::test_build_makes_one_file",
    "crbit": "test_effects.py::test_the_flag_of_cosmic_rays",
    "num_cores": "test_effects.py::test_how_the_work_is_done_changes_no_bit",
    "in_memory": "test_session.py::test_in_memory_writes_products_only",
    "rules_file": "test_effects.py::test_rules_of_ones_own_for_the_header",
    "restore": "test_effects.py::test_copies_kept_overwritten_and_put_back",
    "preserve": "test_effects.py::test_copies_kept_overwritten_and_put_back",
    "overwrite": "test_effects.py::test_copies_kept_overwritten_and_put_back",
    "clean": "test_session.py::test_clean_leaves_products_and_clean_copies",
    "skymask_cat": "test_skymasks.py::test_masked_pixels_take_no_part",
    "skyfile": "test_effects.py::test_skies_from_a_file_and_a_keyword",
    "skyuser": "test_effects.py::test_skies_from_a_file_and_a_keyword",
    "driz_separate": "test_parts.py::test_a_step_switches_on_what_lies_between",
    "driz_sep_compress": "test_effects.py::test_compressed_separate_images_hold_the_same",
    "driz_sep_wcs": "test_parts.py::test_the_frame_of_a_step_is_the_common_one_unless_asked",
    "driz_sep_refimage": "test_effects.py::test_a_reference_image_gives_its_frame",
    "median": "test_parts.py::test_a_step_switches_on_what_lies_between",
    "combine_bufsize": "test_effects.py::test_how_the_work_is_done_changes_no_bit",
    "blot": "test_parts.py::test_a_step_switches_on_what_lies_between",
    "driz_cr": "test_parts.py::test_a_step_switches_on_what_lies_between",
    "driz_cr_corr": "test_session.py::test_clean_copies_are_right_in_every_chip",
    "driz_combine": "test_parts.py::test_a_step_switches_on_what_lies_between",
    "final_wcs": "test_parts.py::test_the_frame_of_a_step_is_the_common_one_unless_asked",
    "final_refimage": "test_effects.py::test_a_reference_image_gives_its_frame",
    "gain": "test_effects.py::test_the_gain_counts_for_counts_alone",
    "gnkeyword": "test_effects.py::test_the_gain_counts_for_counts_alone",
}


@pytest.fixture(scope="module")
def exposures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three exposures of ACS/WFC with some keywords of their own."""
    folder = tmp_path_factory.mktemp("exposures")
    for path in write_set(replace(CAMERAS["wfc"], shape=(80, 90)), folder):
        with fits.open(path, mode="update") as hdus:
            hdus[0].header["DARKTIME"], hdus[0].header["NOISE"] = 80.0, 11.0
            for extver in (1, 2):  # dead pixels for the static mask, chips of unlike sky
                hdus["SCI", extver].data[10:14, 20:60] = -80.0
                hdus["SCI", extver].data[...] += extver
    return folder


class Runs:
    """Runs in folders of their own; those of the bases are made once."""

    def __init__(self, exposures: Path, folder: Path) -> None:
        self.exposures, self.folder = exposures, folder
        self.bases: dict[str, Path] = {}

    def base(self, values: dict[str, Any]) -> Path:
        key = repr(sorted(values.items()))
        if key not in self.bases:
            self.bases[key] = self.run(values, f"base{len(self.bases)}")[0]
        return self.bases[key]

    def run(self, values: dict[str, Any], name: str = "case") -> tuple[Path, DrizzleResult]:
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.exposures, folder)
        files = sorted(folder.glob("*_flt.fits"))
        params = TASKS["astrodrizzle"].defaults().replaced(**{**BASE, **values})
        return folder, astrodrizzle(files, params, folder=folder)


@pytest.fixture(scope="module")
def runs(exposures: Path, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return Runs(exposures, tmp_path_factory.mktemp("runs"))


def image(path: Path) -> np.ndarray:
    with fits.open(path, memmap=False) as hdus:
        return np.asarray(hdus[0].data)


def same(stage: str, one: Path, other: Path, rounding: float = 0.0) -> bool:
    """Whether all images of a stage are alike, to the bit or to `rounding` (of the value, and of 1)."""
    if stage == "sky":
        values = [
            [
                (c.extver, c.header.get("MDRIZSKY", 0.0))
                for p in sorted(f.glob("*_flt.fits"))
                for c in open_exposure(p).chips
            ]
            for f in (one, other)
        ]
        return values[0] == values[1]
    names = [sorted(path.name for path in folder.glob(_FILES[stage])) for folder in (one, other)]
    return names[0] == names[1] and all(
        image(one / name).shape == image(other / name).shape
        and np.allclose(image(one / name), image(other / name), rounding, rounding, equal_nan=True)
        for name in names[0]
    )


@pytest.mark.parametrize(
    ("base", "changed", "first"),
    CASES,
    ids=[",".join(f"{k}={v}" for k, v in case[1].items()) for case in CASES],
)
def test_the_first_image_that_changes(
    runs: Runs, base: dict[str, Any], changed: dict[str, Any], first: str
) -> None:
    behind = STEPS[STEPS.index(MAKERS[first]) + 1 :] if first in MAKERS else STEPS
    base = {**dict.fromkeys(behind, False), **base}  # nobody looks at what comes later
    before = runs.base(base)
    after, _ = runs.run({**base, **changed})
    for stage in STAGES[: STAGES.index(first)]:
        if stage == "static" and changed in ({"static": False}, {"group": "sci,2"}):
            continue  # made no more, or of one chip alone
        # a number on all weights changes no weighted mean, but for the last bit
        rounding = 1e-5 if "wt_scl" in next(iter(changed)) else 0.0
        assert same(stage, before, after, rounding), f"{stage} changed"
    assert not same(first, before, after)


def test_the_gain_counts_for_counts_alone(exposures: Path, runs: Runs) -> None:
    after, _ = runs.run({"gain": "5"})
    assert all(same(stage, runs.base({}), after) for stage in STAGES)  # electrons have no gain
    stis = write_set(CAMERAS["stis_ccd"], runs.folder / "stis")
    params = TASKS["astrodrizzle"].defaults().replaced(**BASE, proc_unit="electrons")
    made = [
        fits.getdata(astrodrizzle(stis, params.replaced(**values), folder=stis[0].parent).science)
        for values in ({}, {"gain": "8.032"}, {"gnkeyword": "TWICE"})
        if fits.setval(stis[0], "TWICE", value=8.032) is None
    ]
    seen = np.isfinite(made[0]) & np.isfinite(made[1])
    assert np.median(made[1][seen] / made[0][seen]) == pytest.approx(2.0, rel=1e-3)


def test_a_reference_image_gives_its_frame(runs: Runs) -> None:
    reference = runs.base({}) / "x_drz_sci.fits"
    folder, result = runs.run({"final_wcs": True, "final_scale": 0.08, "output": "coarse"}, "coarse")
    target = folder / "coarse_drz_sci.fits"
    after, _ = runs.run({**SEP, "driz_sep_refimage": str(target), **FINAL, "final_refimage": str(reference)})
    assert result.science == target
    assert image(next(after.glob("*_single_sci.fits"))).shape == image(target).shape
    for key in ("CRPIX1", "CRVAL1", "CD1_1", "NAXIS1"):
        assert fits.getval(after / "x_drz_sci.fits", key) == pytest.approx(
            fits.getval(reference, key), rel=1e-12
        )


def test_compressed_separate_images_hold_the_same(runs: Runs) -> None:
    after, _ = runs.run({"driz_sep_compress": True})
    path = next(after.glob("*_single_sci.fits"))
    with fits.open(path) as hdus:
        packed = next(hdu for hdu in hdus if hdu.data is not None)
        assert isinstance(packed, fits.CompImageHDU)
        assert np.array_equal(packed.data, image(runs.base({}) / path.name))
    assert same("sci", runs.base({}), after)


@pytest.mark.parametrize(
    "values", [{"num_cores": 1}, {"num_cores": 4}, {"in_memory": True}, {"combine_bufsize": 0.01}]
)
def test_how_the_work_is_done_changes_no_bit(runs: Runs, values: dict[str, Any]) -> None:
    after, _ = runs.run(values)
    assert same("sci", runs.base({}), after)
    assert same("wht", runs.base({}), after)


def test_the_log_has_its_name(runs: Runs) -> None:
    after, _ = runs.run({"runfile": "mine", "driz_combine": False, "driz_cr": False})
    assert [path.name for path in after.glob("*.log")] == ["mine.log"]
    assert "runfile" in (after / "mine.log").read_text()


def test_context_off_writes_none(runs: Runs) -> None:
    after, result = runs.run({"context": False})
    assert result.context is None
    assert not list(after.glob("*_ctx.fits"))
    assert fits.getval(result.science, "D001OUCO") == ""
    assert same("sci", runs.base({}), after)


def test_the_flag_of_cosmic_rays(runs: Runs) -> None:
    after, _ = runs.run({"crbit": 8192})
    before = runs.base({})
    for path in sorted(after.glob("*_flt.fits")):
        with fits.open(path) as mine, fits.open(before / path.name) as theirs:
            assert np.array_equal((mine["DQ"].data & 8192) != 0, (theirs["DQ"].data & 4096) != 0)
            assert not (mine["DQ"].data & 4096).any()
    after, _ = runs.run({"crbit": 0})
    assert not any((fits.getdata(path, ("DQ", 1)) & 4096).any() for path in after.glob("*_flt.fits"))


def test_rules_of_ones_own_for_the_header(runs: Runs, tmp_path: Path) -> None:
    rules = tmp_path / "own.rules"
    rules.write_text("!VERSION = 1.0\n!INSTRUMENT = ACS\nROOTNAME\nEXPTIME EXPTIME sum\nPROPOSID\n")
    _, result = runs.run({"rules_file": str(rules)})
    assert not result.warnings
    assert result.science is not None
    assert fits.getval(result.science, "RULEFILE") == "own.rules"
    with fits.open(result.science) as hdus:
        assert {name.upper() for name in hdus["HDRTAB"].columns.names} == {"ROOTNAME", "PROPOSID"}


def test_skies_from_a_file_and_a_keyword(runs: Runs, tmp_path: Path) -> None:
    names = sorted(path.name for path in runs.exposures.glob("*_flt.fits"))
    listed = tmp_path / "sky.txt"
    listed.write_text("".join(f"{name} {10.0 + k} {20.0 + k}\n" for k, name in enumerate(names)))
    after, result = runs.run({"skyfile": str(listed)})
    assert [[chip.sky for chip in one.chips] for one in result.exposures] == [
        [10.0 + k, 20.0 + k] for k in range(3)
    ]
    assert not same("single_sci", runs.base({}), after)
    _, result = runs.run({"skysub": False, "skyuser": "NOISE"})
    assert {chip.sky for one in result.exposures for chip in one.chips} == {11.0}


def test_copies_kept_overwritten_and_put_back(runs: Runs) -> None:
    folder, _ = runs.run({"preserve": True})
    path = next(folder.glob("*_flt.fits"))
    copy = folder / "OrIg_files" / path.name
    assert copy.read_bytes() == (runs.exposures / path.name).read_bytes()
    changed = path.read_bytes()
    params = TASKS["astrodrizzle"].defaults().replaced(**BASE)
    files = sorted(folder.glob("*_flt.fits"))
    # a second run keeps the first copy, unless it is told to overwrite
    astrodrizzle(files, params.replaced(preserve=True, crbit=0, resetbits="4096"), folder=folder)
    assert copy.read_bytes() == (runs.exposures / path.name).read_bytes()
    path.write_bytes(changed)
    astrodrizzle(files, params.replaced(overwrite=True, crbit=0, resetbits="4096"), folder=folder)
    assert copy.read_bytes() == changed
    # restore starts from the copy: it is put back before anything is read
    copy.chmod(0o644)
    shutil.copyfile(runs.exposures / path.name, copy)
    astrodrizzle([path], params.replaced(restore=True, skysub=False, crbit=0, resetbits=""), folder=folder)
    assert path.read_bytes()[:2880] == (runs.exposures / path.name).read_bytes()[:2880]


def test_more_than_32_chips_have_planes_of_context(exposures: Path, tmp_path: Path) -> None:
    first = sorted(exposures.glob("*_flt.fits"))[0]
    files = []
    for k in range(17):
        files.append(tmp_path / f"j{k:02d}_flt.fits")
        shutil.copyfile(first, files[-1])
    off = dict.fromkeys(("driz_separate", "median", "blot", "driz_cr", "static", "skysub"), False)
    result = astrodrizzle(
        files, TASKS["astrodrizzle"].defaults().replaced(**{**BASE, **off}), folder=tmp_path
    )
    assert result.context is not None
    planes = image(result.context)
    assert planes.shape[0] == 2
    assert set(np.unique(planes[1])) <= {0, 1, 2, 3}  # chips 33 and 34
    assert (planes[0] == -(1 << 31) + 0x2AAAAAAA).any()  # every second chip up to 32
    assert fits.getval(result.science, "NDRIZIM") == 34


def test_every_parameter_is_accounted_for() -> None:
    shown = {name for _, changed, _ in CASES for name in changed}
    assert {*shown, *ELSEWHERE} == {param.name for param in TASKS["astrodrizzle"].params}
    for place in ELSEWHERE.values():
        file, _, test = place.partition("::")
        assert f"def {test}(" in (Path(__file__).parent / file).read_text(), place
