"""What separate, blot and combine read from the parameters."""

from __future__ import annotations

import pytest

from core.drizzle.settings import BlotParams, CombineParams, SeparateParams, WeightScale, parse_weight_scale
from core.errors import Refusal
from core.params import TASKS

DEFAULTS = TASKS["astrodrizzle"].defaults()


def test_defaults():
    assert SeparateParams.of(DEFAULTS) == SeparateParams("turbo", 1.0, WeightScale(), None, 10)
    assert CombineParams.of(DEFAULTS) == CombineParams(
        "square", 1.0, WeightScale(), None, 10, None, "cps", "EXP"
    )
    assert BlotParams.of(DEFAULTS) == BlotParams("poly5", 1.0, True, 0.0, 10)


def test_weight_scales_differ():
    """Fault 13 of drizzlepac: there expsq is the same as exptime."""
    assert parse_weight_scale("exptime").of(40.0) == 1.0
    assert parse_weight_scale("expsq").of(40.0) == 40.0
    assert parse_weight_scale("2.5").of(40.0) == 2.5


@pytest.mark.parametrize(
    ("step", "name", "value"),
    [
        (SeparateParams, "driz_sep_wt_scl", "often"),
        (SeparateParams, "driz_sep_wt_scl", "-1"),
        (SeparateParams, "driz_sep_pixfrac", 1.5),
        (SeparateParams, "stepsize", -1),
        (CombineParams, "final_pixfrac", -0.1),
        (CombineParams, "final_pixfrac", float("nan")),
        (CombineParams, "final_wt_scl", "inf"),
        (BlotParams, "blot_sinscl", 0.0),
    ],
)
def test_refusals_name_the_parameter(step, name, value):
    with pytest.raises(Refusal) as caught:
        step.of(DEFAULTS.replaced(**{name: value}))
    assert caught.value.subject == name
    assert caught.value.advice
