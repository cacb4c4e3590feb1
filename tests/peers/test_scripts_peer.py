"""The Python that we write is understood by drizzlepac itself: its own loader ends with our values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.params import TASKS, ParamSet
from core.params.paramset import same
from core.params.scripts import as_python

pytestmark = pytest.mark.peers
pytest.importorskip("drizzlepac")
PSETS = {"imagefindpars": "_SOURCE FINDING PARS_", "refimagefindpars": "_REF IMAGE SOURCE FINDING PARS_"}


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Run a script with drizzlepac's tasks stopped short of their work; the configuration they would run with."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    from drizzlepac import astrodrizzle, tweakreg

    caught: list[Any] = []
    monkeypatch.setattr(tweakreg, "run", caught.append)
    monkeypatch.setattr(astrodrizzle, "run", lambda configobj, **_: caught.append(configobj))

    def run(text: str) -> Any:
        caught.clear()
        exec(compile(text, "script", "exec"), {})
        return caught[0]

    return run


def differing(config: Any, wanted: ParamSet, section: str | None = None) -> list[str]:
    """Names whose value in drizzlepac's configuration is not ours."""
    found = []
    for param in wanted.task.params:
        place = section if section is not None else param.section
        value = (config[place] if place else config)[param.name]
        if not same(value, wanted[param.name]):
            found.append(param.name)
    return found


def stray(folder: Path, task: str) -> None:
    """A parameter file that drizzlepac would pick up from the working folder."""
    (folder / f"stray_{task}.cfg").write_text(f"_task_name_ = {task}\nthreshold = 77.0\nconv_width = 9.0\n")


def test_tweakreg_with_both_source_finding_sets(ran: Any, tmp_path: Path) -> None:
    """Stray files in the folder, which change drizzlepac's results, do not change these."""
    sets = [
        TASKS["tweakreg"]
        .defaults()
        .replaced(searchrad=3.0, ylimit=0.2, descrip='it\'s "mine", #1', wcsname="A"),
        TASKS["imagefindpars"].defaults().replaced(threshold=200.0, peakmax=50000.0),
        TASKS["refimagefindpars"].defaults().replaced(threshold=9.0, use_sharp_round=True),
    ]
    for task in PSETS:
        stray(tmp_path, task)
    config = ran(as_python(sets, ["a_flt.fits", "b_flt.fits"]))
    assert differing(config, sets[0]) == ["input"]
    assert config["input"] == ["a_flt.fits", "b_flt.fits"]
    for each in sets[1:]:
        assert differing(config, each, PSETS[each.task.name]) == []


def test_astrodrizzle_keeps_its_frame_switched_off(ran: Any) -> None:
    wanted = (
        TASKS["astrodrizzle"].defaults().replaced(final_scale=0.03, final_pixfrac=0.8, driz_cr_snr="5.0 4.0")
    )
    config = ran(as_python([wanted]))
    assert differing(config, wanted) == ["final_scale"]
    assert config["STEP 7a: CUSTOM WCS FOR FINAL OUTPUT"]["final_wcs"] is False
    on = wanted.replaced(final_wcs=True, final_fillval=float("nan"), output="a, b")
    assert differing(ran(as_python([on])), on) == []
