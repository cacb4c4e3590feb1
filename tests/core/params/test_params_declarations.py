"""Every parameter is declared completely and in agreement with itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from core.params import TASKS, Kind, Param, describe, format_value, parse_value
from core.params.values import check_value

COUNTS = {"tweakreg": 58, "imagefindpars": 17, "refimagefindpars": 17, "astrodrizzle": 99}
ALL = [param for task in TASKS.values() for param in (*task.params, *task.extras)]
SEMANTICS = {
    "", "input-files", "filename", "dq-bits", "bit-value", "pair", "column", "weight-scale", "keyword",
    "keyword-or-file", "per-amp", "fill", "chips", "wcs-key",
}  # fmt: skip


def ids(param: Param) -> str:
    return f"{param.task}-{param.name}"


@pytest.mark.parametrize(("task", "count"), COUNTS.items())
def test_number_of_parameters(task: str, count: int) -> None:
    assert len(TASKS[task].params) == count
    assert len({param.name for param in TASKS[task].params}) == count


def test_names_do_not_collide_between_tasks_of_one_command_line() -> None:
    assert not set(TASKS["tweakreg"].names) & set(TASKS["imagefindpars"].names)


def test_which_parameters_are_ours() -> None:
    ours = ["matching", "clipping", "noise", "noise", "guard"]
    assert [param.name for param in ALL if param.ours] == ours
    for name, first, last in (
        ("matching", "one-to-one", "drizzlepac 2"),
        ("clipping", "radial", "per axis"),
    ):
        choices = tuple(TASKS["tweakreg"].param(name).choices)
        assert (choices[0], choices[-1]) == (first, last)
        assert TASKS["tweakreg"].param(name).default == first
    assert TASKS["tweakreg"].section_of("clipping") == TASKS["tweakreg"].section_of("nclip")
    assert TASKS["astrodrizzle"].section_of("guard").switch == "driz_cr"
    for task in ("imagefindpars", "refimagefindpars"):
        noise = TASKS[task].param("noise")
        assert tuple(noise.choices) == ("handbook", "drizzlepac", "robust")
        assert noise.default == "handbook"


def test_values_the_handbook_names() -> None:
    tweakreg, find, drizzle = (
        TASKS[name].defaults() for name in ("tweakreg", "imagefindpars", "astrodrizzle")
    )
    assert (tweakreg["searchrad"], tweakreg["searchunits"], tweakreg["fitgeometry"]) == (
        1.0,
        "arcseconds",
        "rscale",
    )
    assert (tweakreg["updatehdr"], tweakreg["use2dhist"], tweakreg["residplot"]) == (False, True, "both")
    assert (find["threshold"], find["conv_width"], find["peakmax"]) == (4.0, 3.5, None)
    assert (drizzle["combine_type"], drizzle["resetbits"], drizzle["final_wht_type"]) == (
        "minmed",
        "4096",
        "EXP",
    )


@pytest.mark.parametrize("param", ALL, ids=ids)
def test_complete(param: Param) -> None:
    assert param.label.strip()
    assert len(param.label) <= 45
    assert param.help.strip().endswith(".")
    assert len(re.findall(r"[.?:] |\.$", param.help)) >= 1
    assert len(param.help) >= 40
    assert param.level in ("basic", "all")
    assert param.semantic in SEMANTICS
    assert (param.kind is Kind.CHOICE) == bool(param.choices)
    assert all(sentence.strip().endswith(".") for sentence in param.choices.values())
    # the label becomes the comment of a file's line
    assert not set("\n\r#'\"") & set(param.label)


@pytest.mark.parametrize("param", ALL, ids=ids)
def test_default_fits_its_own_declaration(param: Param) -> None:
    default = check_value(param, param.default)
    assert type(default) is type(param.default)
    assert parse_value(param, format_value(param, param.default)) == param.default
    if isinstance(param.default, float | int) and not isinstance(param.default, bool):
        assert param.lo is None or param.default >= param.lo
        assert param.hi is None or param.default <= param.hi


@pytest.mark.parametrize("param", ALL, ids=ids)
def test_described(param: Param) -> None:
    text = describe(param)
    flat = " ".join(text.split())
    assert text.startswith(f"{param.name}: {param.label}\n")
    assert " ".join(param.help.split()) in flat
    assert all(
        choice in flat and " ".join(sentence.split()) in flat for choice, sentence in param.choices.items()
    )
    assert max(map(len, text.splitlines())) <= 120


def test_description_tells_unit_range_and_default() -> None:
    assert "in arcsec/pixel; above 0; default None" in describe(TASKS["astrodrizzle"].param("final_scale"))
    assert "0 to 1; default 1.0" in describe(TASKS["astrodrizzle"].param("final_pixfrac"))
    assert "yes/no; default no" in describe(TASKS["tweakreg"].param("updatehdr"))
    assert "default blank" in describe(TASKS["tweakreg"].param("refimage"))


@pytest.mark.parametrize("task", TASKS)
def test_conditions_name_parameters_that_exist(task: str) -> None:
    """Every condition can be worked out from the task's own values."""
    values = TASKS[task].defaults()
    for param in (*TASKS[task].params, *TASKS[task].extras):
        for condition in param.when:
            assert isinstance(condition.test(values), bool)
            assert condition.reason.endswith(".")


KINDS = {
    "str": Kind.STR, "bool": Kind.BOOL, "int": Kind.INT, "float": Kind.FLOAT, "choice": Kind.CHOICE,
    "int-or-None": Kind.INT_OR_NONE, "float-or-None": Kind.FLOAT_OR_NONE,
}  # fmt: skip


@pytest.fixture(scope="module")
def spec(shared_data: Path) -> dict[str, Any]:
    path = shared_data.parent / "spec" / "params.json"
    if not path.is_file():
        pytest.skip("the facts beside the project are not here")
    return json.loads(path.read_text("utf-8"))["tasks"]


@pytest.mark.shared
@pytest.mark.parametrize("task", TASKS)
def test_sections_as_in_drizzlepac(spec: dict[str, Any], task: str) -> None:
    theirs = [
        (section["title"], section["switch_parameter"], [each["name"] for each in section["parameters"]])
        for section in spec[task]["sections"]
    ]
    assert [(ours.title, ours.switch, list(ours.params)) for ours in TASKS[task].sections] == theirs


@pytest.mark.shared
@pytest.mark.parametrize("task", TASKS)
def test_parameters_as_in_drizzlepac(spec: dict[str, Any], task: str) -> None:
    facts = [each for section in spec[task]["sections"] for each in section["parameters"]]
    for fact, param in zip(facts, TASKS[task].params, strict=True):
        assert (param.name, param.section, param.kind) == (fact["name"], fact["section"], KINDS[fact["kind"]])
        assert param.default == fact["default"]
        assert isinstance(param.default, bool) == isinstance(fact["default"], bool)
        assert list(param.choices) == (fact["choices"] or [])
        assert param.switch == fact["section_switch"]
        for limit, ours in (("semantic_min", param.lo), ("semantic_max", param.hi)):
            assert fact.get(limit) in (None, ours) or param.name == "driz_cr_grow"
        # our own words, not theirs
        assert param.help != fact["explanation"]


NO_SUCH_NUMBER = {"crbit"}  # one flag is neither small nor large


@pytest.mark.parametrize("param", ALL, ids=ids)
def test_numbers_say_what_too_small_and_too_large_do(param: Param) -> None:
    is_amount = param.kind.is_number or param.semantic in ("pair", "dq-bits", "per-amp", "weight-scale")
    wanted = is_amount and param.name not in NO_SUCH_NUMBER
    assert bool(param.smaller) == bool(param.larger) == wanted
    for text in (param.smaller, param.larger) if wanted else ():
        assert text[0].isupper()
        assert text.endswith(".")
        assert text not in param.help


@pytest.mark.parametrize("task", TASKS)
def test_every_section_names_its_place_in_the_handbook(task: str) -> None:
    for section in TASKS[task].sections:
        assert re.match(r"\d\.\d [A-Z]", section.handbook)


@pytest.mark.parametrize("param", ALL, ids=ids)
def test_what_belongs_to_a_semantic_is_there(param: Param) -> None:
    assert (param.semantic == "pair") == all(param.parts)
    assert (param.semantic == "column") == bool(param.table)
    assert not param.table or param.table in TASKS[param.task]
    assert not param.writes or param.semantic == "filename"


def test_what_the_engine_does_not_read_says_so() -> None:
    """A parameter without effect has to be told from the others, and none may be forgotten by the engine."""
    root = Path(__file__).resolve().parents[3] / "core"
    source = "\n".join(
        path.read_text("utf-8")
        for part in ("align", "drizzle", "data", "runs")
        for path in (root / part).rglob("*.py")
    )
    drawn = {"ylimit"}  # the axis of the plots in window and report
    for param in ALL:
        bare = re.sub("^(driz_sep|final)_", "", param.name)
        names = {param.name, bare} - {""}
        read = any(re.search(rf"[\"'. ]{name}\b", source) for name in names)
        assert read != (param.theirs or param.name in drawn), param.name
