"""What we save loads strictly in TEAL with equal values, and what TEAL ships and saves loads in ours."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.params import TASKS, Kind, ParamSet, format_cfg, parse_cfg, read_cfg, write_cfg
from core.params.cfg.quoting import unquote
from core.params.paramset import same
from tests.param_strategies import AWKWARD, sets, whole_sets

pytestmark = pytest.mark.peers
drizzlepac = pytest.importorskip("drizzlepac")
pytest.importorskip("stsci.tools.teal")

RANDOM = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


# every parameter is drawn in each example, and ConfigObj takes seconds for some texts with many quotes
WHOLE = settings(parent=RANDOM, max_examples=30)


@pytest.fixture(scope="module")
def teal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """TEAL with an empty home and working directory, so that no stray file of the user takes part."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("HOME", str(home))
        patch.chdir(home)
        from stsci.tools import teal as module

        yield module


def values_of(loaded: Any, task: str) -> dict[str, Any]:
    """The values that TEAL holds, by name."""
    return {
        param.name: (loaded[param.section] if param.section else loaded)[param.name]
        for param in TASKS[task].params
    }


def assert_equal(theirs: dict[str, Any], ours: ParamSet) -> None:
    for name, value in theirs.items():
        assert same(value, ours[name]), name


def load(teal: ModuleType, path: Path) -> Any:
    return teal.load(str(path))  # strict


def shipped(task: str) -> Path:
    return Path(drizzlepac.__file__).parent / "pars" / f"{task}.cfg"


@pytest.mark.parametrize("task", TASKS)
def test_shipped_file_opens_in_ours(teal: ModuleType, task: str, tmp_path: Path) -> None:
    loaded = read_cfg(shipped(task), strict=True)
    assert loaded.set == TASKS[task].defaults()
    assert all("noise" in note for note in loaded.notes)
    copy = tmp_path / f"{task}.cfg"
    copy.write_bytes(shipped(task).read_bytes())
    assert_equal(values_of(load(teal, copy), task), loaded.set)


@pytest.mark.parametrize("task", TASKS)
@RANDOM
@given(data=st.data())
def test_what_we_save_loads_in_teal(teal: ModuleType, task: str, tmp_path: Path, data: st.DataObject) -> None:
    ours = data.draw(sets(task))
    write_cfg(ours, tmp_path / "ours.cfg")
    assert_equal(values_of(load(teal, tmp_path / "ours.cfg"), task), ours)


@pytest.mark.parametrize("task", TASKS)
@RANDOM
@given(data=st.data())
def test_what_teal_saves_opens_in_ours(
    teal: ModuleType, task: str, tmp_path: Path, data: st.DataObject
) -> None:
    """TEAL saves a random set in its own way; both then read the same.

    Not always what was saved: TEAL writes a no-break space without quotes and loses it.
    """
    wanted = data.draw(sets(task))
    write_cfg(TASKS[task].defaults(), tmp_path / "start.cfg")
    theirs = load(teal, tmp_path / "start.cfg")
    for param in TASKS[task].params:
        (theirs[param.section] if param.section else theirs)[param.name] = wanted[param.name]
    theirs.saveParList(filename=str(tmp_path / "theirs.cfg"))
    try:
        again = load(teal, tmp_path / "theirs.cfg")
    except KeyError:
        # with a no-break space before a quote TEAL writes a line that it cannot read itself; ours opens the file
        assert any("\xa0" in str(value) for value in wanted.values())
        assert read_cfg(tmp_path / "theirs.cfg").notes
        return
    assert_equal(values_of(again, task), read_cfg(tmp_path / "theirs.cfg", strict=True).set)


@pytest.mark.parametrize("task", TASKS)
@WHOLE
@given(data=st.data())
def test_every_parameter_goes_both_ways(
    teal: ModuleType, task: str, tmp_path: Path, data: st.DataObject
) -> None:
    """All 191 parameters with random values: ours, TEAL strictly, TEAL's own saving, ours again; nothing differs."""
    ours = data.draw(whole_sets(task))
    write_cfg(ours, tmp_path / "ours.cfg")
    theirs = load(teal, tmp_path / "ours.cfg")
    assert_equal(values_of(theirs, task), ours)
    if any("\xa0" in value for value in ours.values() if isinstance(value, str)):
        return  # TEAL writes a no-break space without quotes and loses it (the test above)
    theirs.saveParList(filename=str(tmp_path / "theirs.cfg"))
    again = read_cfg(tmp_path / "theirs.cfg", strict=True)
    assert_equal(values_of(theirs, task), again.set)
    assert not again.kept


@pytest.mark.parametrize("task", ["tweakreg", "astrodrizzle"])
@WHOLE
@given(data=st.data())
def test_what_we_save_is_what_the_task_would_run_with(
    teal: ModuleType, task: str, tmp_path: Path, data: st.DataObject
) -> None:
    """Every parameter drawn, saved by ours, loaded by TweakReg and AstroDrizzle themselves, stopped before the work."""
    from drizzlepac import astrodrizzle, tweakreg

    ours = data.draw(whole_sets(task))
    write_cfg(ours, tmp_path / "ours.cfg")
    caught: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tweakreg, "run", caught.append)
        patch.setattr(astrodrizzle, "run", lambda configobj, **_: caught.append(configobj))
        run = {"tweakreg": tweakreg.TweakReg, "astrodrizzle": astrodrizzle.AstroDrizzle}[task]
        run("a_flt.fits", configobj=str(tmp_path / "ours.cfg"))
    assert_equal(values_of(caught[0], task), ours.replaced(input="a_flt.fits"))


@pytest.mark.parametrize("task", TASKS)
def test_kept_entries_are_comments_for_teal(teal: ModuleType, task: str, tmp_path: Path) -> None:
    """What an older file held and nobody understood rides along where TEAL's strict loader passes over it."""
    lines = ("mine = 'a, b' # c", "[NO SUCH SECTION]", "other = %(x)s", "third = '''a", "b'''")
    loaded = parse_cfg("\n".join([f"_task_name_ = {task}", *lines, ""]))
    assert len(loaded.kept) == 3
    write_cfg(loaded.set, tmp_path / "kept.cfg", loaded.kept)
    assert_equal(values_of(load(teal, tmp_path / "kept.cfg"), task), TASKS[task].defaults())
    assert [e.text for e in read_cfg(tmp_path / "kept.cfg", strict=True).kept] == ["a, b", "%(x)s", "a\nb"]


@pytest.mark.parametrize("task", TASKS)
def test_same_lines_but_for_the_comments(teal: ModuleType, task: str, tmp_path: Path) -> None:
    """A file of ours that TEAL loads and saves again changes in nothing but comments."""
    ours = format_cfg(TASKS[task].defaults())
    (tmp_path / "ours.cfg").write_text(ours)
    load(teal, tmp_path / "ours.cfg").saveParList(filename=str(tmp_path / "again.cfg"))
    again = (tmp_path / "again.cfg").read_text()

    def bare(text: str) -> list[str]:
        lines = [line.partition("#")[0] for line in text.splitlines() if not line.startswith("#")]
        # TEAL puts a title with a comma in quotes, the shipped files do not
        return [line.replace('"', "") if line.startswith("[") else line for line in lines]

    assert bare(again) == bare(ours)
    assert parse_cfg(again, strict=True).set == TASKS[task].defaults()


@pytest.mark.parametrize("task", TASKS)
def test_every_choice_is_known_to_both(teal: ModuleType, task: str, tmp_path: Path) -> None:
    for param in TASKS[task].params:
        for choice in param.choices if param.kind is Kind.CHOICE else ():
            write_cfg(TASKS[task].defaults().replaced(**{param.name: choice}), tmp_path / "one.cfg")
            assert values_of(load(teal, tmp_path / "one.cfg"), task)[param.name] == choice


@pytest.mark.parametrize(
    ("line", "accepted"),
    [
        ("expand_refcat = yes", True), ("expand_refcat = ON", True), ("expand_refcat = 1", True),
        ("expand_refcat = y", False), ("expand_refcat = ''", False), ("expand_refcat = None", False),
        ("[OBJECT MATCHING PARAMETERS]\nminobj = 007", True), ("[OBJECT MATCHING PARAMETERS]\nminobj = 3.0", False),
        ("[OBJECT MATCHING PARAMETERS]\nminobj = None", False), ("[OBJECT MATCHING PARAMETERS]\nsearchrad = 2", True),
        ("[OBJECT MATCHING PARAMETERS]\nsearchrad = abc", False),
        ("[CATALOG FITTING PARAMETERS]\nylimit = INDEF", True), ("[CATALOG FITTING PARAMETERS]\nylimit =", True),
        ("[CATALOG FITTING PARAMETERS]\nresidplot = No plot", True),
        ("[CATALOG FITTING PARAMETERS]\nfitgeometry = RSCALE", False), ("[ UPDATE HEADER ]\nwcsname = X", True),
        ("[Update Header]\nwcsname = X", False), ("updatewcs = no", False), ("wcsname = X", False),
        ("input = a,b", False), ("; comment", False), ("input = a\ninput = b", False),
    ],
)  # fmt: skip
def test_strict_means_the_same(teal: ModuleType, tmp_path: Path, line: str, accepted: bool) -> None:
    """Both strict readers accept and refuse the same lines, and read the accepted ones alike."""
    path = tmp_path / "one.cfg"
    path.write_text(f"_task_name_ = tweakreg\n{line}\n")
    if accepted:
        assert_equal(values_of(load(teal, path), "tweakreg"), read_cfg(path, strict=True).set)
        return
    for reader in (lambda: load(teal, path), lambda: read_cfg(path, strict=True)):
        assert _refuses(reader)
    assert read_cfg(path).notes


def _refuses(reader: Callable[[], object]) -> bool:
    try:
        reader()
    except Exception:  # TEAL's own error paths raise AttributeError, KeyError, RuntimeError
        return True
    return False


@given(st.text(AWKWARD.replace("\n", "").replace("%", ""), max_size=14))
@settings(max_examples=3000, deadline=None)
def test_right_sides_as_configobj_reads_them(right: str) -> None:
    """Where ConfigObj reads one text, ours reads the same; where it reads a list or fails, ours says it is odd.

    Except when quotes and a comma in the comment made ConfigObj take the comment for a part of the value.
    """
    from stsci.tools import configobj

    if right.lstrip().startswith(("'''", '"""')):
        return
    try:
        theirs = configobj.ConfigObj([f"a = {right}"], interpolation=False)["a"]
    except configobj.ConfigObjError:
        theirs = None
    ours, odd = unquote(right)
    if isinstance(theirs, str):
        assert (ours, odd) == (theirs, "")
    else:
        assert odd or set("'\"") & set(right.partition("#")[2])


INJURIES = [
    "=", "[", "]", "[[", "]]", "#", ";", '"', "'", "'''", '"""', "\n", "\r\n", ",", "%", "\\", "None", "INDEF", "yes",
    "nan", "-", "\u2028", " ", "\t", "[X]\n", "input", "True", "1", "1.0", "é",
]  # fmt: skip


@pytest.mark.parametrize("task", TASKS)
def test_what_teal_accepts_opens_and_means_the_same(
    teal: ModuleType, task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Damaged files that TEAL's lenient loader, which TweakReg and AstroDrizzle use, takes all the same.

    Where a value differs, TEAL dropped it with a line in the terminal and ours took it, with a note that names it.
    """
    chance = random.Random(task)
    path, accepted = tmp_path / "injured.cfg", 0
    for _ in range(80):
        text = format_cfg(TASKS[task].defaults())
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text))
            cut = at if chance.random() < 0.6 else at + chance.randint(1, 8)
            text = text[:at] + (chance.choice(INJURIES) if cut == at else "") + text[cut:]
        path.write_bytes(text.encode())
        try:
            theirs = teal.load(str(path), strict=False)
        except Exception:  # refused, in one of TEAL's ways
            continue
        accepted += 1
        ours = read_cfg(path)
        for name, value in values_of(theirs, task).items():
            if not same(value, ours.set[name]):
                assert any(name in note for note in ours.notes), (name, text)
    assert accepted > 20
