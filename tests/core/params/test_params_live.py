"""Which parameters matter is a function of all values, with the reason in words."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.params import TASKS, ParamSet, is_live
from tests.param_strategies import sets

T, I, D = "tweakreg", "imagefindpars", "astrodrizzle"  # noqa: E741

CASES: list[tuple[str, Mapping[str, object], str, bool]] = [
    (T, {}, "enforce_user_order", False),
    (T, {"expand_refcat": True}, "enforce_user_order", True),
    (T, {}, "reusename", False),
    (T, {"updatehdr": True}, "reusename", True),
    (T, {}, "wcsname", False),
    (T, {"updatehdr": True}, "wcsname", True),
    (T, {"headerlet": True}, "wcsname", True),
    (T, {"headerlet": True}, "attach", True),
    (T, {}, "attach", False),
    (T, {"shiftfile": True}, "outshifts", True),
    (T, {}, "outshifts", False),
    (T, {}, "xcol", False),
    (T, {"catfile": "c.list"}, "xcol", True),
    (T, {"catfile": "None"}, "xcol", False),
    (T, {"catfile": "INDEF"}, "xcol", False),
    (T, {}, "nbright", True),
    (T, {}, "refnbright", False),
    (T, {"refimage": "drz.fits"}, "refnbright", True),
    (T, {"refcat": "gaia.cat"}, "refxcol", True),
    (T, {"refcat": " "}, "refxcol", False),
    (T, {"refcat": "gaia.cat"}, "rfluxunits", False),
    (T, {"refcat": "gaia.cat", "rfluxcol": "3"}, "rfluxunits", True),
    (T, {}, "see2dplot", True),
    (T, {"use2dhist": False}, "see2dplot", False),
    (T, {"use2dhist": False}, "searchrad", False),
    (T, {}, "xoffset", False),
    (T, {"use2dhist": False}, "xoffset", True),
    # TEAL greys the tolerance with the histogram on, though it is used
    (T, {"use2dhist": True}, "tolerance", True),
    (T, {"use2dhist": False}, "tolerance", True),
    (T, {"nclip": 0}, "sigma", False),
    (T, {}, "sigma", True),
    (I, {}, "skysigma", False),
    (I, {"computesig": False}, "skysigma", True),
    (I, {"computesig": False}, "noise", False),
    (I, {}, "noise", True),
    (I, {}, "sharplo", False),
    (I, {"use_sharp_round": True}, "roundhi", True),
    (I, {}, "theta", False),
    (I, {"ratio": 0.5}, "theta", True),
    (D, {}, "static_sig", True),
    (D, {"static": False}, "static_sig", False),
    (D, {}, "use_static", True),
    # TEAL's rules overwrite each other: with static off its sky section switched use_static on again
    (D, {"static": False, "skysub": True}, "use_static", False),
    (D, {"skysub": False}, "skymethod", False),
    (D, {"skysub": False}, "skyuser", True),
    (D, {"skysub": True}, "skyuser", False),
    (D, {"skyfile": "sky.txt"}, "skymethod", False),
    (D, {"skyfile": "sky.txt"}, "skystat", False),
    (D, {}, "skywidth", False),
    (D, {"skystat": "mode"}, "skywidth", True),
    (D, {}, "final_scale", False),
    (D, {"final_wcs": True}, "final_scale", True),
    (D, {"final_wcs": True, "driz_combine": False}, "final_scale", False),
    (D, {"final_wcs": True, "driz_combine": False}, "final_wcs", False),
    (D, {"driz_sep_wcs": True}, "driz_sep_scale", True),
    (D, {}, "combine_nsigma", True),
    (D, {"combine_type": "median"}, "combine_nsigma", False),
    (D, {"combine_type": "median"}, "combine_grow", False),
    (D, {"combine_type": "iminmed"}, "combine_grow", True),
    (D, {}, "combine_nhigh", False),
    (D, {"combine_type": "median"}, "combine_nhigh", True),
    (D, {"combine_type": "sum"}, "combine_nhigh", False),
    (D, {"combine_type": "sum"}, "median_newmasks", False),
    (D, {"median_newmasks": False}, "combine_maskpt", False),
    (D, {}, "blot_sinscl", False),
    (D, {"blot_interp": "sinc"}, "blot_sinscl", True),
    (D, {}, "blot_skyval", False),
    (D, {"blot_addsky": False}, "blot_skyval", True),
    # TEAL greys it with in_memory on; here it counts in any case
    (D, {"in_memory": True}, "num_cores", True),
    (D, {}, "final_maskval", True),
    (D, {"final_fillval": 0.0}, "final_maskval", False),
    (D, {}, "final_wt_scl", True),
    (D, {"final_wht_type": "ERR"}, "final_wt_scl", False),
    (D, {"final_wht_type": "IVM"}, "final_wt_scl", False),
    (D, {"driz_combine": False}, "build", False),
    (D, {"driz_cr": False}, "driz_cr_snr", False),
    # a step between two that are on runs although it is off; the first works on what an earlier run left
    (D, {"driz_separate": False}, "driz_sep_kernel", False),
    (D, {"driz_separate": False, "median": False, "blot": False, "driz_cr": False}, "driz_sep_kernel", False),
    (D, {"driz_separate": False, "median": False, "blot": False, "driz_cr": False}, "driz_sep_wcs", False),
    (D, {"median": False}, "combine_type", True),
    (D, {"median": False, "blot": False, "driz_cr": False}, "combine_type", False),
    (D, {"blot": False}, "blot_interp", True),
    (D, {"driz_separate": False, "median": False, "blot": False}, "blot_interp", False),
    (D, {"blot": False, "driz_cr": False}, "blot_interp", False),
]


@pytest.mark.parametrize(("task", "changes", "name", "live"), CASES)
def test_liveness(task: str, changes: Mapping[str, object], name: str, live: bool) -> None:
    answer = is_live(TASKS[task].defaults().replaced(**changes), name)
    assert answer.live is live
    assert live or answer.reason.endswith(".")


def test_reasons_name_what_decides() -> None:
    drizzle = TASKS[D].defaults()
    assert "final_wcs" in is_live(drizzle, "final_scale").reason
    assert "driz_combine" in is_live(drizzle.replaced(driz_combine=False, final_wcs=True), "final_rot").reason
    assert "driz_cr" in is_live(drizzle.replaced(blot=False), "blot_interp").reason
    assert "catfile is blank" in is_live(TASKS[T].defaults(), "xcol").reason


def test_reference_finding_depends_on_tweakreg() -> None:
    find = TASKS["refimagefindpars"].defaults()
    tweakreg = TASKS[T].defaults()
    assert is_live(find, "threshold").live
    assert not is_live(find, "threshold", tweakreg=tweakreg).live
    assert is_live(find, "threshold", tweakreg=tweakreg.replaced(refimage="ref.fits")).live
    both = tweakreg.replaced(refimage="ref.fits", refcat="gaia.cat")
    assert "refcat" in is_live(find, "threshold", tweakreg=both).reason
    assert is_live(TASKS[I].defaults(), "threshold", tweakreg=tweakreg).live


def test_unknown_name() -> None:
    with pytest.raises(KeyError):
        is_live(TASKS[T].defaults(), "nonsense")


@given(st.data(), st.sampled_from(sorted(TASKS)))
@settings(max_examples=60, deadline=None)
def test_every_state_has_an_answer(data: st.DataObject, task: str) -> None:
    values: ParamSet = data.draw(sets(task))
    for name in TASKS[task].names:
        answer = is_live(values, name)
        assert answer.live or answer.reason
