"""Presets: their values are good ones, each says why, and the data choose the right ones."""

from __future__ import annotations

from importlib.resources import files

import pytest

from core.params import TASKS, problems
from core.params.presets import GROUPS, Facts, Preset, presets, suggested

BY_NAME = {one.name: one for one in presets()}


@pytest.mark.parametrize("preset", presets(), ids=lambda one: one.name)
def test_a_preset_is_good_and_explained(preset: Preset) -> None:
    assert preset.group in GROUPS
    assert preset.why.endswith(".")
    assert len(preset.why.split()) > 20
    assert preset.source.endswith(".")
    assert preset.values
    for task in preset.values:
        taken = preset.taken(TASKS[task].defaults())
        assert not [each for each in problems(taken) if each.severity == "error"]
        assert {name: taken[name] for name in preset.values[task]} == dict(preset.values[task])
        for name in preset.values[task]:
            assert taken.origin(name) == f"preset {preset.title}"


def test_every_file_is_a_preset_of_its_own_name() -> None:
    folder = files("resources").joinpath("presets")
    assert {entry.name for entry in folder.iterdir() if entry.name.endswith(".json")} == {
        f"{name}.json" for name in BY_NAME
    }
    assert len({one.title for one in presets()}) == len(presets())


def test_what_a_preset_does_not_name_stays() -> None:
    mine = TASKS["astrodrizzle"].defaults().replaced(output="mine", final_pixfrac=0.6)
    taken = BY_NAME["wfc3_uvis"].taken(mine)
    assert (taken["output"], taken["final_pixfrac"]) == ("mine", 0.6)
    assert BY_NAME["crowded"].taken(mine) == mine


@pytest.mark.parametrize(
    ("facts", "names"),
    [
        (Facts(), set()),
        (Facts("WFC3/UVIS", 1), {"wfc3_uvis", "one_exposure"}),
        (Facts("WFC3/UVIS", 2, False), {"wfc3_uvis", "two_exposures", "cr_split"}),
        (Facts("WFC3/UVIS", 3, True), {"wfc3_uvis", "few_exposures", "dithered"}),
        (Facts("ACS/WFC", 6, True), {"acs_wfc", "many_ccd", "dithered"}),
        (Facts("WFC3/IR", 4, True), {"wfc3_ir", "many_ir", "dithered"}),
        (Facts("WFC3/IR", 3, False), {"wfc3_ir", "few_ir", "cr_split"}),
        (Facts("ACS/HRC", 5), {"acs_hrc", "few_exposures"}),
        (Facts("ACS/SBC", 4), {"acs_sbc"}),
        (Facts("ACS/SBC", 1), {"acs_sbc", "one_exposure"}),
        (Facts("WFPC2/PC", 2, True), {"wfpc2", "two_exposures"}),
        (Facts("NICMOS/1", 3), set()),
        (Facts("STIS/CCD", 3, None), {"few_exposures"}),
    ],
)
def test_the_data_suggest(facts: Facts, names: set[str]) -> None:
    assert {one.name for one in suggested(facts)} == names


def test_infrared_stars_keep_their_flux() -> None:
    """Every infrared preset leaves or sets the lenient limits of the pipeline, whatever the order they are taken in."""
    facts = Facts("WFC3/IR", 6, True)
    for order in (suggested(facts), tuple(reversed(suggested(facts)))):
        values = TASKS["astrodrizzle"].defaults()
        for preset in order:
            values = preset.taken(values)
        assert values["driz_cr_scale"] == "3.0 2.4"
        assert values["combine_type"] == "median"


def test_no_two_suggestions_of_a_group_contradict() -> None:
    """Whatever the data, at most one preset of each group is suggested."""
    detectors = sorted({name for one in presets() for name in one.detectors})
    for detector in [*detectors, "STIS/NUV-MAMA"]:
        for count in range(1, 12):
            for dithered in (True, False, None):
                groups = [one.group for one in suggested(Facts(detector, count, dithered))]
                assert len(groups) == len(set(groups))
