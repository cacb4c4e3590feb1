"""Live finding in the window: what is in view first, exclusions and missing flags as in the alignment, all chips."""

from __future__ import annotations

import re

import numpy as np
from astropy.io import fits

from core.align.find import find
from core.align.given import Given
from core.align.settings import FindParams
from tests.ui.test_alive import rest, window  # noqa: F401
from ui.controllers import live
from ui.views.canvas import ViewState


def found_in(window) -> int:  # noqa: F811
    return int(window.views.sources.found.kept.sum())


def test_what_is_in_view_comes_before_the_chip(qtbot, window, monkeypatch):  # noqa: F811
    view, shown = window.views.sources, []
    window.views.sources.image.canvas.set_state(ViewState(200.0, 150.0, 4.0))
    rest(qtbot, window)
    before = view.found
    true = view.show_part, view.show_found
    monkeypatch.setattr(view, "show_part", lambda found: (shown.append(("part", found)), true[0](found)))
    monkeypatch.setattr(
        view, "show_found", lambda found, *more: (shown.append(("chip", found)), true[1](found, *more))
    )
    window.params.assign("imagefindpars", threshold=20.0)
    rest(qtbot, window)
    assert [what for what, _ in shown] == ["part", "chip"]
    part, chip = (found for _, found in shown)
    x, y, wide, tall = view.image.canvas.seen()

    def inside(found) -> np.ndarray:
        return (abs(found.x + 1.0 - x) < wide / 2 - 1) & (abs(found.y + 1.0 - y) < tall / 2 - 1)

    assert inside(part).sum() == inside(chip).sum() > inside(before).sum()
    assert len(chip) > len(part) > len(before), "elsewhere the part still has what was known before"


def test_a_limit_is_judged_at_once_for_the_whole_chip(qtbot, window, monkeypatch):  # noqa: F811
    glances = []
    monkeypatch.setattr(live, "glance", lambda *given: glances.append(given))
    window.params.assign("imagefindpars", peakmax=3000.0)
    rest(qtbot, window)
    assert not glances
    assert window.views.sources.found.counts[3] > 0


def test_exclusions_of_the_other_form_count(qtbot, window, tmp_path):  # noqa: F811
    whole, chip = found_in(window), window.listing.current().exposure.chips[0]
    name = window.listing.current().path.name
    (tmp_path / "out.reg").write_text("image\n-circle(200,200,150)\n")
    (tmp_path / "list.txt").write_text(f"{name} out.reg\n")
    window.params.assign("tweakreg", exclusions=str(tmp_path / "list.txt"))
    rest(qtbot, window)
    given = Given.read(window.params.values("tweakreg"))
    mask = given.exclusions_of(window.listing.current().exposure)[0].mask()
    expected = len(find(chip, FindParams(threshold=200.0), good=mask))
    assert found_in(window) == expected < whole
    window.params.assign("tweakreg", exclusions=str(tmp_path / "missing.txt"))
    rest(qtbot, window)
    assert "missing.txt" in window.views.sources.words.text()
    window.actions_["undo"].trigger()
    window.actions_["undo"].trigger()
    rest(qtbot, window)
    assert found_in(window) == whole


def test_missing_flags_are_told_as_the_alignment_tells_them(qtbot, window):  # noqa: F811
    path = window.listing.current().path
    with fits.open(path, mode="update", memmap=False) as hdus:
        for number in reversed([n for n, hdu in enumerate(hdus) if hdu.name == "DQ"]):
            del hdus[number]
    window.files.reread()
    rest(qtbot, window)
    assert found_in(window) > 50
    window.params.assign("imagefindpars", dqbits="0")
    rest(qtbot, window)
    assert "dqbits" in window.views.sources.words.text()
    assert "1 cannot be searched" not in window.views.sources.all.text()
    assert "2 cannot be searched" in window.views.sources.all.text(), "the other exposures still are"


def test_the_numbers_of_all_chips(qtbot, window):  # noqa: F811
    expected = {
        (entry.path.name, chip.extver): len(find(chip, FindParams(threshold=200.0)))
        for entry in window.listing.good()
        for chip in entry.exposure.chips
    }
    text, table = window.views.sources.all.text(), window.views.sources.all.toolTip()
    assert "All 6 chips" in text
    assert f"<b>{sum(expected.values())} sources</b>" in text
    rows = dict(re.findall(r"<td>(\S+?)&nbsp;&nbsp;</td><td align='right'>(\d+)</td>", table))
    assert rows == {f"{name}&nbsp;[sci,{extver}]": str(count) for (name, extver), count in expected.items()}


def test_sources_of_a_catalog_are_not_those_found_here(qtbot, window, tmp_path):  # noqa: F811
    name = window.listing.current().path.name
    (tmp_path / "stars.txt").write_text("10 10 100\n20 30 200\n")
    (tmp_path / "cats.txt").write_text(f"{name} stars.txt stars.txt\n")
    window.params.assign("tweakreg", catfile=str(tmp_path / "cats.txt"))
    rest(qtbot, window)
    assert "catfile" in window.views.sources.words.text()
