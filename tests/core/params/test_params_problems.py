"""What is wrong or doubtful is found, with advice; what does not matter is not complained about."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Refusal
from core.params import TASKS, ParamSet, parse_pair, parse_weight_scale, problems, product_root
from core.params.meaning import bits_fault, column_fault
from tests.param_strategies import sets

T, F, D = "tweakreg", "imagefindpars", "astrodrizzle"
CATALOG = {"catfile": "c.list", "fluxcol": "3"}
FRAME = {"final_wcs": True}

CASES: list[tuple[str, Mapping[str, object], str, str]] = [
    (T, {"input": " "}, "input", "error"),
    (T, {"minobj": 0}, "minobj", "error"),
    (T, {"minobj": 2, "fitgeometry": "general"}, "minobj", "error"),
    (T, {"searchrad": 0.0}, "searchrad", "error"),
    (T, {"searchrad": float("nan")}, "searchrad", "error"),
    (T, {"searchrad": float("inf"), "searchunits": "pixels"}, "searchrad", "error"),
    (T, {"searchrad": 100.0}, "searchrad", "warning"),
    (T, {"tolerance": -1.0}, "tolerance", "error"),
    (T, {"sigma": None}, "sigma", "warning"),
    (T, {"sigma": 0.0}, "sigma", "error"),
    (T, {"sigma": 1.0}, "sigma", "warning"),
    (T, {"nclip": -1}, "nclip", "error"),
    (T, {"headerlet": True, "wcsname": ""}, "hdrname", "error"),
    (T, {"updatehdr": True, "wcsname": ""}, "wcsname", "warning"),
    (T, {**CATALOG, "minflux": 10.0, "maxflux": 5.0}, "maxflux", "error"),
    (T, {**CATALOG, "fluxunits": "mag", "minflux": 20.0, "maxflux": 25.0}, "maxflux", "error"),
    (T, {"catfile": "c.list", "nbright": 50}, "nbright", "error"),
    (T, {"catfile": "c.list", "xcol": "0"}, "xcol", "error"),
    (T, {"catfile": "c.list", "ycol": "1"}, "ycol", "error"),
    (T, {"refcat": "g.cat", "refxcol": "RA,,DEC"}, "refxcol", "error"),
    (T, {"refcat": "g.cat", "rfluxcol": "3", "rminflux": 20.0, "rmaxflux": 25.0}, "rmaxflux", "error"),
    (T, {"xoffset": 3.0}, "xoffset", "warning"),
    (T, {"runfile": "%(input)s"}, "runfile", "warning"),
    (F, {"threshold": 0.0}, "threshold", "error"),
    (F, {"threshold": None}, "threshold", "warning"),
    (F, {"computesig": False}, "skysigma", "error"),
    (F, {"computesig": False, "skysigma": None}, "skysigma", "error"),
    (F, {"conv_width": None}, "conv_width", "warning"),
    (F, {"conv_width": 0.0}, "conv_width", "error"),
    (F, {"ratio": 0.0}, "ratio", "error"),
    (F, {"ratio": 1.5}, "ratio", "error"),
    (F, {"peakmin": 100.0, "peakmax": 50.0}, "peakmax", "error"),
    (F, {"fluxmin": 100.0, "fluxmax": 50.0}, "fluxmax", "error"),
    (F, {"use_sharp_round": True, "sharplo": 2.0}, "sharphi", "error"),
    (F, {"sharplo": 0.5}, "sharplo", "warning"),
    (F, {"computesig": False, "skysigma": 5.0, "noise": "robust"}, "noise", "warning"),
    (F, {"dqbits": "64,33"}, "dqbits", "error"),
    (D, {"crbit": 3}, "crbit", "error"),
    (D, {"resetbits": ""}, "resetbits", "error"),
    (D, {"resetbits": "None"}, "resetbits", "error"),
    (D, {"resetbits": "~4096"}, "resetbits", "error"),
    (D, {"final_bits": "abc"}, "final_bits", "error"),
    (D, {**FRAME, "final_ra": 10.0}, "final_dec", "error"),
    (D, {**FRAME, "final_outny": 10}, "final_outnx", "error"),
    (D, {**FRAME, "final_crpix1": 10.0}, "final_crpix2", "error"),
    (D, {**FRAME, "final_ra": 10.0, "final_dec": 1.0}, "final_ra", "warning"),
    (D, {**FRAME, "final_scale": 0.0}, "final_scale", "error"),
    (D, {**FRAME, "final_ra": 361.0, "final_dec": 1.0, "final_refimage": "r.fits"}, "final_ra", "error"),
    (D, {"driz_sep_wcs": True, "driz_sep_outnx": 5}, "driz_sep_outny", "error"),
    (D, {"final_scale": 0.03}, "final_scale", "warning"),
    (D, {"final_pixfrac": 1.2}, "final_pixfrac", "error"),
    (D, {"final_pixfrac": -0.1}, "final_pixfrac", "error"),
    (D, {"final_kernel": "lanczos3", "final_pixfrac": 0.8}, "final_pixfrac", "warning"),
    (D, {"final_wt_scl": "expo"}, "final_wt_scl", "error"),
    (D, {"final_wt_scl": "-1"}, "final_wt_scl", "error"),
    (D, {"driz_cr_snr": "3.5"}, "driz_cr_snr", "error"),
    (D, {"driz_cr_snr": "3 4"}, "driz_cr_snr", "warning"),
    (D, {"driz_cr_scale": "-1 0.7"}, "driz_cr_scale", "error"),
    (D, {"combine_nsigma": "4"}, "combine_nsigma", "error"),
    (D, {"driz_cr_grow": 0}, "driz_cr_grow", "warning"),
    (D, {"driz_cr_grow": 2}, "driz_cr_grow", "warning"),
    (D, {"driz_cr_grow": -1}, "driz_cr_grow", "error"),
    (D, {"skylower": 10.0, "skyupper": 5.0}, "skyupper", "error"),
    (D, {"skystat": "mode", "skywidth": None}, "skywidth", "warning"),
    (
        D,
        {"combine_type": "median", "combine_lthresh": 3.0, "combine_hthresh": 2.0},
        "combine_hthresh",
        "error",
    ),
    (D, {"blot": False}, "blot", "warning"),
    (D, {"driz_separate": False}, "driz_separate", "warning"),
    (D, {"driz_separate": False, "median": False}, "median", "warning"),
    (D, {"gain": "1.5", "gnkeyword": "CCDGAIN"}, "gnkeyword", "error"),
    (D, {"gain": "a"}, "gain", "error"),
    (D, {"rdnoise": "3.1,-3.0"}, "rdnoise", "error"),
    (D, {"skyuser": "MYSKY"}, "skyuser", "warning"),
]


@pytest.mark.parametrize(("task", "changes", "name", "severity"), CASES)
def test_found(task: str, changes: Mapping[str, object], name: str, severity: str) -> None:
    found = [each for each in problems(TASKS[task].defaults().replaced(**changes)) if each.name == name]
    assert [each.severity for each in found] == [severity]
    assert found[0].message.endswith(".")
    assert found[0].advice.endswith(".")


HARMLESS: list[tuple[str, Mapping[str, object]]] = [
    (T, {"sigma": None, "nclip": 0}),
    (T, {"searchrad": 100.0, "searchunits": "pixels"}),
    (T, {"headerlet": True, "wcsname": "", "hdrname": "mine"}),
    (T, {**CATALOG, "fluxunits": "mag", "minflux": 25.0, "maxflux": 20.0, "nbright": 100}),
    (T, {"catfile": "c.list", "xcol": "1,2,3", "ycol": "4,5,6"}),
    (F, {"threshold": 2000.0, "peakmax": 50000.0}),
    (F, {"dqbits": "~4096"}),
    (F, {"fluxmin": 0.0, "fluxmax": 0.0}),
    (D, {"driz_sep_bits": "64,32", "final_bits": "64,32"}),
    (D, {"final_bits": "None", "sky_bits": ""}),
    (D, {"final_bits": "96", "resetbits": "0"}),
    (D, {"final_fillval": float("nan"), "driz_sep_fillval": 0.0}),
    (D, {"driz_cr_snr": "3.5,3.0", "driz_cr_scale": "1.2;0.7"}),
    (D, {"driz_cr_grow": 3, "crbit": 0}),
    (D, {"final_wcs": True, "final_scale": 0.033, "final_rot": 0.0}),
    (D, {"final_wcs": True, "final_ra": 1.0, "final_dec": 2.0, "final_outnx": 100, "final_outny": 100}),
    (D, {"final_wt_scl": "2.5"}),
    (D, {"driz_separate": False, "median": False, "blot": False, "driz_cr": False}),
    # a step that is off as a whole explains itself
    (D, {"driz_cr": False, "driz_cr_snr": "4 3"}),
]


@pytest.mark.parametrize(("task", "changes"), HARMLESS)
def test_nothing_to_complain_about(task: str, changes: Mapping[str, object]) -> None:
    assert problems(TASKS[task].defaults().replaced(**changes)) == ()


@pytest.mark.parametrize("task", TASKS)
def test_defaults_have_no_problem(task: str) -> None:
    assert problems(TASKS[task].defaults()) == ()


@given(st.data(), st.sampled_from(sorted(TASKS)))
@settings(max_examples=80, deadline=None)
def test_any_set_can_be_checked(data: st.DataObject, task: str) -> None:
    values: ParamSet = data.draw(sets(task))
    assert all(each.name in TASKS[task] for each in problems(values))


@pytest.mark.parametrize(
    "text",
    ["", "None", "INDEF", "0", "96", "3", "64,32", "64+32", "~64,32", "(4,8)", "~(4+8)", "-97", " 64 , 32 "],
)
def test_bit_expressions(text: str) -> None:
    assert bits_fault(text) == ""


@pytest.mark.parametrize(
    "text", ["abc", "64,33", "64,,32", "64+32,4", "~", "4~8", "(4", "4)", "1.5", "()", "9" * 30]
)
def test_wrong_bit_expressions(text: str) -> None:
    assert bits_fault(text) != ""


def test_pairs() -> None:
    assert parse_pair("3.5 3.0") == parse_pair("3.5,3.0") == parse_pair(" 3.5 ; 3 ") == (3.5, 3.0)
    for wrong in ("", "3", "3 4 5", "a b", "nan 3", "3 inf"):
        with pytest.raises(Refusal, match="pair of numbers"):
            parse_pair(wrong, "driz_cr_snr")


def test_weight_scales() -> None:
    assert [parse_weight_scale(text) for text in ("exptime", " expsq ", "2")] == ["exptime", "expsq", 2.0]
    with pytest.raises(Refusal):
        parse_weight_scale("0")


def test_columns() -> None:
    assert [column_fault(text) for text in ("1", "RA", "1,2,3", "ra_h, ra_m")] == [""] * 4
    assert all(column_fault(text) for text in ("0", "-1", "1,,2", ""))


@pytest.mark.parametrize(
    "output",
    ["y", " y ", "y.fits", "y_drz", "y_drc.fits", "y_drz_sci.fits", "y_drw_wht.fits.gz", "y_DRC_ctx.FITS"],
)
def test_the_root_of_the_products(output: str) -> None:
    """drizzlepac cuts at _drz or _drc, here only where a name of a product ends."""
    assert product_root(output) == "y"
    assert product_root(f"ngc_drz_old_{output.strip()}") == "ngc_drz_old_y"
