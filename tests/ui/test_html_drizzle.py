"""The page that `astrodrizzle --report F.html` writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.astrodrizzle import _report
from core.drizzle.coverage import Coverage
from core.drizzle.diagnostics import CosmicRate, Diagnostics, Remark
from core.drizzle.results import ChipFigures, DrizzleResult, ExposureFigures
from core.drizzle.starwidth import Width
from core.params import TASKS
from ui.htmldrizzle import drizzle_page

EVIL = "<script src=//x>&\"'"
DEFAULTS = TASKS["astrodrizzle"].defaults()


@pytest.fixture
def result() -> DrizzleResult:
    good = ExposureFigures(Path("ia_flt.fits"), (ChipFigures(1, 4.25, 77, 0.0125, 0.01), ChipFigures(2, 4.5)))
    bad = ExposureFigures(Path(f"{EVIL}_flt.fits"), (), reason=f"It is truncated {EVIL}")
    science = Path(f"{EVIL}_drz_sci.fits")
    return DrizzleResult(
        (good, bad), science, science, None, None, (science,), {"Blot": 1.25}, (EVIL,), {"Blot": "done"}
    )


def test_the_page_tells_the_run_and_escapes_all_of_it(result: DrizzleResult) -> None:
    found = Diagnostics(
        (CosmicRate("ia_flt.fits", 0.01, 0.0125, (0.001, 0.002), "more than expected"),),
        Coverage((0.25, 0.75), 0.001, None),
        Width(0.08, 600),
        None,
        (Remark("final_pixfrac", f"too small {EVIL}"),),
    )
    text = drizzle_page(result, DEFAULTS.replaced(output=EVIL, final_pixfrac=0.5), found, 512.4)
    assert "<script" not in text
    for told in (
        "1 of 2 exposures", "ia_flt.fits", "SCI,2", "4.25", "77", "1.250", "It is truncated &lt;script", "more than",
        "25.0 % by 1, 75.0 % by 2", "0.100 %", "0.0800″ from 600", "final_pixfrac", "too small &lt;", "1.25", "done",
        "512 MB", "astropy", "DrizzleDesk",
    ):  # fmt: skip
        assert told in text, told
    assert "Stars in the product" not in text
    assert "all as the defaults" in drizzle_page(result, DEFAULTS, None)


@pytest.mark.parametrize(("name", "page"), [("r.html", True), ("r.HTM", True), ("r.json", False)])
def test_the_name_says_what_is_written(result: DrizzleResult, tmp_path: Path, name: str, page: bool) -> None:
    _report(tmp_path / name, result, DEFAULTS, None, None)
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>") == page
    assert page or json.loads(text)["task"] == "astrodrizzle"
