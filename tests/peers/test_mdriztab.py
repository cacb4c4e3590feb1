"""The pipeline's table beside drizzlepac's reader of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.drizzle.pipeline import pipeline_values
from core.params import TASKS, ParamSet
from tests.mdriztab import COLUMNS, write_exposures, write_table

pytestmark = pytest.mark.peers
mdzhandler = pytest.importorskip("drizzlepac.mdzhandler")
DEFAULTS: ParamSet = TASKS["astrodrizzle"].defaults()


def same(mine: object, theirs: object) -> bool:
    if isinstance(theirs, float):
        return mine == pytest.approx(theirs, rel=1e-7)
    # combine_type = MEDIAN: choices are written in small letters
    return (mine or "") == (theirs or "") or str(mine).lower() == str(theirs).lower()


@pytest.mark.parametrize(
    ("cards", "count"),
    [
        ({"FILTER": "F606W"}, 1),
        ({"FILTER": "F606W"}, 4),
        ({"FILTER": "F475W"}, 2),
        ({"FILTER": "F814W"}, 1),
        ({"FILTER": "F814W"}, 3),
    ],
)
def test_every_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cards: dict[str, object], count: int
) -> None:
    monkeypatch.setenv("iref", f"{tmp_path}/")
    write_table(tmp_path / "t_mdz.fits")
    files = write_exposures(tmp_path, "iref$t_mdz.fits", count, **cards)
    theirs = mdzhandler.getMdriztabParameters([str(path) for path in files])
    mine = pipeline_values(files, DEFAULTS)
    assert set(theirs) >= {"skysub", "crbit", "rdnoise", "driz_sep_bits", "final_ra"}
    for name, value in theirs.items():
        if name == "combine_nlow" and value is None:
            continue  # an integer that cannot be blank: kept, and told
        assert same(mine.params[name], value), name


def test_fault_14b(tmp_path: Path) -> None:
    only = {name: (form, [cells[0], cells[4]]) for name, (form, cells) in COLUMNS.items()}
    write_table(tmp_path / "t.fits", only)
    files = write_exposures(tmp_path, str(tmp_path / "t.fits"), 1, FILTER="F606W")
    # one exposure, a row for three: drizzlepac takes that of F475W
    assert mdzhandler.getMdriztabParameters([str(path) for path in files])["skystat"] == "median"
    assert pipeline_values(files, DEFAULTS).params["skystat"] == "mode"
