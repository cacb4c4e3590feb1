"""Sets as a command line and as Python: both are run here, against what they would be given to."""

from __future__ import annotations

import ast
import shlex
import sys
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cli import commands_parser
from core.errors import Refusal
from core.params import TASKS, ParamSet, apply_assignments
from core.params.scripts import as_command, as_python
from tests.param_strategies import sets

AWKWARD = {"output": 'it\'s a "name", or `not` $HOME %(x)s #1 é', "final_pixfrac": 0.8, "final_wcs": True}


def run_command(text: str) -> tuple[list[str], dict[str, ParamSet]]:
    """What our own parser makes of the command: files and sets."""
    words = shlex.split(text)
    assert words[0] == "drizzledesk"
    parsed = commands_parser().parse_args(words[1:])
    names = ["tweakreg", "imagefindpars", "refimagefindpars"] if words[1] == "tweakreg" else ["astrodrizzle"]
    found = apply_assignments([TASKS[name].defaults() for name in names], parsed.assignments)
    return parsed.files, {each.task.name: each for each in found}


def run_python(text: str) -> dict[str, Any]:
    """Run a script against stand-ins with drizzlepac's signatures; what they were called with."""
    given: dict[str, Any] = {}

    def TweakReg(  # noqa: N802
        files=None, editpars=False, configobj=None, imagefindcfg=None, refimagefindcfg=None, **input_dict
    ):
        given.update(files=files, imagefindcfg=imagefindcfg, refimagefindcfg=refimagefindcfg, **input_dict)

    def AstroDrizzle(input=None, mdriztab=False, editpars=False, configobj=None, wcsmap=None, **input_dict):  # noqa: N802
        given.update(files=input, **input_dict)

    package, align, combine = ModuleType("drizzlepac"), ModuleType("tweakreg"), ModuleType("astrodrizzle")
    align.TweakReg, combine.AstroDrizzle = TweakReg, AstroDrizzle
    package.tweakreg, package.astrodrizzle = align, combine
    tree = ast.parse(text)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert {ast.unparse(call.func) for call in calls} <= {
        "tweakreg.TweakReg",
        "astrodrizzle.AstroDrizzle",
        "float",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "drizzlepac", package)
        exec(compile(tree, "script", "exec"), {})
    return given


def test_awkward_texts_survive_a_shell() -> None:
    wanted = TASKS["astrodrizzle"].defaults().replaced(**AWKWARD)
    files, found = run_command(as_command([wanted], ["a b_flt.fits", "c'd_flt.fits"]))
    assert files == ["a b_flt.fits", "c'd_flt.fits"]
    assert found["astrodrizzle"] == wanted


def test_source_finding_goes_along_with_its_prefix() -> None:
    tasks = [TASKS[name].defaults() for name in ("tweakreg", "imagefindpars", "refimagefindpars")]
    wanted = [
        tasks[0].replaced(nclip=5),
        tasks[1].replaced(threshold=200.0),
        tasks[2].replaced(threshold=9.0, noise="robust"),
    ]
    text = as_command(wanted)
    assert "imagefind.threshold=200.0" in text
    assert "refimagefind.threshold=9.0" in text
    assert list(run_command(text)[1].values()) == wanted


@pytest.mark.parametrize("task", ["tweakreg", "astrodrizzle"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_set_goes_through_the_command(task: str, data: st.DataObject) -> None:
    wanted = data.draw(sets(task))
    try:
        text = as_command([wanted])
    except Refusal:
        assert any(isinstance(v, str) and any(ord(c) < 32 for c in v) for v in wanted.values())
        return
    assert run_command(text)[1][task] == wanted


def test_source_finding_alone_is_refused() -> None:
    for make in (as_command, as_python):
        with pytest.raises(Refusal, match="does not run alone"):
            make([TASKS["imagefindpars"].defaults()])


def test_python_gives_both_source_finding_sets_whole() -> None:
    names = ("tweakreg", "imagefindpars", "refimagefindpars")
    wanted = [TASKS[name].defaults() for name in names]
    wanted[0] = wanted[0].replaced(updatehdr=True, descrip='it\'s "mine"\n')
    wanted[2] = wanted[2].replaced(threshold=9.0)
    text = as_python(wanted, ["a_flt.fits", "b_flt.fits"])
    given = run_python(text)
    assert given["files"] == ["a_flt.fits", "b_flt.fits"]
    assert given["imagefindcfg"] == {p.name: wanted[1][p.name] for p in TASKS["imagefindpars"].params}
    assert given["refimagefindcfg"]["threshold"] == 9.0
    assert {k: v for k, v in given.items() if k in wanted[0].task} == {
        "updatehdr": True,
        "descrip": 'it\'s "mine"\n',
    }
    assert "noise=handbook is known to DrizzleDesk only" in text


def test_a_custom_frame_is_named_only_when_it_is_on() -> None:
    """AstroDrizzle switches final_wcs on when any of its parameters is named."""
    off = TASKS["astrodrizzle"].defaults().replaced(final_scale=0.03)
    text = as_python([off])
    assert "final_scale" not in run_python(text)
    assert "# without effect while their switch is off: final_scale" in text
    assert run_python(as_python([off.replaced(final_wcs=True)]))["final_scale"] == 0.03


@given(drawn=sets("astrodrizzle"))
@settings(max_examples=60, deadline=None)
def test_any_set_goes_through_python(drawn: ParamSet) -> None:
    wanted = drawn.replaced(final_wcs=True, driz_sep_wcs=True)
    given = run_python(as_python([wanted]))
    assert given.pop("files") == wanted["input"]
    own = [param.name for param in TASKS["astrodrizzle"].extras]  # drizzlepac has no name for them
    assert not set(own) & set(given)
    back = TASKS["astrodrizzle"].defaults().replaced(input=wanted["input"], **given)
    assert back.reset(*own) == wanted.reset(*own) if own else back == wanted
