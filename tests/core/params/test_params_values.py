"""Texts to values and back; sets never change and hold exact types."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Refusal
from core.params import TASKS, Kind, Param, ParamSet, format_value, parse_value
from core.runs.memory import fingerprint
from tests.param_strategies import sets, values

BOOL = Param("b", Kind.BOOL, False, "", "")
INT = Param("i", Kind.INT, 1, "", "")
INT_NONE = Param("j", Kind.INT_OR_NONE, None, "", "")
FLOAT = Param("f", Kind.FLOAT, 1.0, "", "")
FLOAT_NONE = Param("g", Kind.FLOAT_OR_NONE, None, "", "")
CHOICE = Param("c", Kind.CHOICE, "No plot", "", "", choices={"No plot": "", "both": ""})
STR = Param("s", Kind.STR, "", "", "")


@pytest.mark.parametrize(
    ("param", "text", "value"),
    [
        (BOOL, "yes", True), (BOOL, "No", False), (BOOL, "TRUE", True), (BOOL, "off", False), (BOOL, "1", True),
        (BOOL, " on ", True), (INT, "5", 5), (INT, "-3", -3), (INT, "007", 7), (INT_NONE, "None", None),
        (INT_NONE, "INDEF", None), (INT_NONE, "", None), (INT_NONE, "none", None), (INT_NONE, "4", 4),
        (FLOAT, "2", 2.0), (FLOAT, "1e4", 1e4), (FLOAT_NONE, "NONE", None), (FLOAT_NONE, "0.5", 0.5),
        (CHOICE, "No plot", "No plot"), (CHOICE, " both ", "both"), (STR, "None", "None"), (STR, " x ", " x "),
    ],
)  # fmt: skip
def test_words_of_the_files(param: Param, text: str, value: object) -> None:
    parsed = parse_value(param, text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("param", "text"),
    [
        (BOOL, "y"), (BOOL, "2"), (BOOL, ""), (BOOL, "None"), (INT, "3.0"), (INT, "abc"), (INT, "None"), (INT, ""),
        (INT, "9" * 6000), (INT_NONE, "3.5"), (FLOAT, "None"), (FLOAT, ""), (FLOAT, "a"), (FLOAT, "1,5"),
        (FLOAT_NONE, "x"), (CHOICE, "BOTH"), (CHOICE, "none"),
    ],
)  # fmt: skip
def test_refused_words_say_what_is_wanted(param: Param, text: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse_value(param, text)
    assert caught.value.subject == param.name
    assert caught.value.advice.endswith(".")
    assert len(str(caught.value)) < 300


def test_wrong_case_of_a_choice_is_pointed_out() -> None:
    with pytest.raises(Refusal, match="Did you mean rscale"):
        TASKS["tweakreg"].defaults().with_text("fitgeometry", "RSCALE")


@given(data=st.data(), name=st.sampled_from(TASKS["astrodrizzle"].names))
@settings(max_examples=200, deadline=None)
def test_any_value_survives_its_text(data: st.DataObject, name: str) -> None:
    param = TASKS["astrodrizzle"].param(name)
    value = data.draw(values(param))
    back = parse_value(param, format_value(param, value))
    assert type(back) is type(value)
    assert back == value or (math.isnan(value) and math.isnan(back))


def test_numbers_become_the_exact_type() -> None:
    changed = TASKS["tweakreg"].defaults().replaced(searchrad=2, nclip=np.int64(4), sigma=np.float32(2.5))
    assert (type(changed["searchrad"]), type(changed["nclip"]), type(changed["sigma"])) == (float, int, float)
    assert (changed["searchrad"], changed["nclip"], changed["sigma"]) == (2.0, 4, 2.5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"nclip": 3.0}, {"nclip": None}, {"nclip": "3"}, {"searchrad": True}, {"updatehdr": 1}, {"updatehdr": "yes"},
        {"fitgeometry": "affine"}, {"refimage": None}, {"xcol": 1}, {"nonsense": 1},
    ],
)  # fmt: skip
def test_wrong_kinds_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Refusal) as caught:
        TASKS["tweakreg"].defaults().replaced(**wrong)
    assert caught.value.subject == next(iter(wrong))


def test_a_set_does_not_change() -> None:
    before = TASKS["tweakreg"].defaults()
    after = before.replaced(nclip=5)
    assert (before["nclip"], after["nclip"]) == (3, 5)
    assert after.changed() == {"nclip": 5}
    assert (before.origin("nclip"), after.origin("nclip"), after.origin("sigma")) == (
        "default",
        "changed",
        "default",
    )
    assert after.replaced("command line", sigma=2.5).origin("sigma") == "command line"
    assert after.reset("nclip") == before
    assert after.reset() == before
    with pytest.raises(TypeError):
        after["nclip"] = 1  # type: ignore[index]


def test_equal_sets_are_one_key() -> None:
    one = TASKS["imagefindpars"].defaults().replaced(threshold=float("nan"))
    two = ParamSet(TASKS["imagefindpars"], {"threshold": float("nan")})
    assert one == two
    assert len({one, two}) == 1
    assert fingerprint(one) == fingerprint(two)
    assert one != TASKS["refimagefindpars"].defaults().replaced(threshold=float("nan"))
    assert one.pick("ratio", "noise") == (("ratio", 1.0), ("noise", "handbook"))


@given(sets("astrodrizzle"))
@settings(max_examples=50, deadline=None)
def test_sets_travel_between_processes(values: ParamSet) -> None:
    assert pickle.loads(pickle.dumps(values)) == values


def test_minus_zero_is_zero() -> None:
    drizzle = TASKS["astrodrizzle"].defaults()
    for made in (drizzle.replaced(blot_skyval=-0.0), drizzle.with_text("blot_skyval", "-0.0")):
        assert repr(made["blot_skyval"]) == "0.0"
        assert made == drizzle
