"""The tables under the views: figures, remarks that can be read, copying."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.align.results import Alignment, Catalog, Fit, ImageResult, Status
from core.data.chipwcs import ChipWCS
from tests.ui_standins import no_sources
from ui.outcomes import outcome_of
from ui.tables import AlignTable


@pytest.fixture
def table(qtbot) -> AlignTable:
    used, residuals = np.array([True, True, False]), np.zeros(3)
    fit = Fit(
        "rscale", np.eye(2), np.array([-2.08, 6.33]), 359.9, 1.000002, (1.0, 1.0), 0.0, 0.011, 0.012,
        used, residuals, residuals,
    )  # fmt: skip
    images = (
        ImageResult(Path("/d/a_flt.fits"), Status.REFERENCE),
        ImageResult(Path("/d/b_flt.fits"), Status.ALIGNED, fit=fit),
        ImageResult(Path("/d/c_flt.fits"), Status.FAILED, "Only 3 matches.", "a larger tolerance."),
    )
    frame = ChipWCS(np.ones(2), np.zeros(2), np.eye(2), (1, 1))
    table = AlignTable()
    qtbot.addWidget(table)
    table.show_alignment(Alignment(frame, "a_flt.fits", no_sources(), images, {}))
    return table


def row(table: AlignTable, number: int) -> list[str]:
    return table.text_of_row(number)


def test_figures_of_a_fit(table):
    assert row(table, 1)[:2] == ["b_flt.fits", "ALIGNED"]
    assert row(table, 1)[4:11] == ["2", "-2.0800", "+6.3300", "-0.10000", "1.000002", "0.0110", "0.0120"]


def test_how_a_fit_was_made_is_told_with_it(table):
    image = ImageResult(Path("/d/d_flt.fits"), Status.ALIGNED, manner="Clipped otherwise.")
    frame = ChipWCS(np.ones(2), np.zeros(2), np.eye(2), (1, 1))
    table.show_alignment(Alignment(frame, "", no_sources(), (image,), {}))
    assert "Clipped otherwise." in row(table, 0)


def test_without_a_fit_the_remark_takes_their_place(table):
    assert table.item(2, 2).text() == "Only 3 matches. Try: a larger tolerance."
    assert table.columnSpan(2, 2) == table.columnCount() - 2


def test_the_remark_leaves_the_figures_that_are_known(table):
    some = Catalog(1, *[np.zeros(4)] * 7, np.arange(4))
    image = ImageResult(Path("/d/d_flt.fits"), Status.FAILED, "Too few matches.", catalogs=(some,))
    frame = ChipWCS(np.ones(2), np.zeros(2), np.eye(2), (1, 1))
    alignment = Alignment(frame, "", no_sources(), (image,), {})
    table.show_alignment(alignment)
    assert row(table, 0)[2:4] == ["4", "Too few matches."]
    assert outcome_of(alignment)[0] == "0 of 1 image aligned, 1 failed"


def test_another_alignment_leaves_no_spans_behind(table):
    table.show_alignment(None)
    assert table.rowCount() == 0
    assert table.columnSpan(2, 2) == 1


def test_choosing_a_row_tells_the_file_and_being_told_is_silent(qtbot, table):
    heard = []
    table.chosen.connect(heard.append)
    table.choose(Path("/d/b_flt.fits"))
    assert heard == []
    assert {index.row() for index in table.selectedIndexes()} == {1}
    table.selectRow(2)
    assert heard[-1] == Path("/d/c_flt.fits")


def test_copy_gives_headings_and_values(table):
    table.selectRow(1)
    lines = table.text_of_selection().split("\n")
    assert len(lines) == 2
    assert lines[0].startswith("image\tstatus\tsources")
    assert lines[1].startswith("b_flt.fits\tALIGNED")


def test_an_empty_last_column_takes_what_is_left(qtbot, table):
    remarked = sum(table.columnWidth(place) for place in range(table.columnCount()))
    last = table.columnCount() - 1
    table.resize(remarked, 200)
    table.show()
    table.item(2, 2).setText("")
    table.fit_columns()
    head = table.horizontalHeader()
    others = sum(table.columnWidth(place) for place in range(last))
    table.resize(others + head.minimumSectionSize() + 8, 200)
    qtbot.waitUntil(lambda: head.sectionSize(last) < head.sectionSizeHint(last))
    assert table.horizontalScrollBar().maximum() == 0
