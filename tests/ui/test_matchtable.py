"""The table of matches: values, sorting, selection shared with the plots, quick with very many rows."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from core.align.results import Alignment, Fit, ImageResult, Matches, Sources, Status
from core.data.chipwcs import ChipWCS
from ui.matchtable import COLUMNS, STATE, MatchTable
from ui.views.matched import Residuals, State, chip_means, groups_of, magnitude_steps
from ui.views.residuals import ResidualView
from ui.views.selection import Selection


def made(count: int, shift_of_chip_2: float = 0.0) -> Alignment:
    """An image of `count` matches on two chips; the first three excluded, the next four clipped."""
    random = np.random.default_rng(3)
    u, v = random.uniform(0, 4000, count), random.uniform(0, 4000, count)
    extver = np.where(v < 2000, 1, 2)
    flux = random.uniform(1.0, 1e4, count)
    flux[10] = -5.0
    sources = Sources(u, v, u, v, flux, np.arange(1, count + 1), extver, u, v)
    rx, ry = random.normal(0, 0.02, count), random.normal(0, 0.02, count)
    rx += np.where(extver == 2, shift_of_chip_2, 0.0)
    why = np.zeros(count, np.int8)
    why[:3], why[3:7] = 2, 1
    fit = Fit(
        "shift", np.eye(2), np.zeros(2), 0.0, 1.0, (1.0, 1.0), 0.0, 0.02, 0.02, why == 0, rx, ry, why=why
    )
    places = np.arange(count)
    image = ImageResult(
        Path("b_flt.fits"), Status.ALIGNED, sources=sources, matches=Matches(places, places), fit=fit
    )
    scale = 0.04 / 3600.0
    frame = ChipWCS(np.ones(2), np.zeros(2), np.diag([-scale, scale]), (4000, 4000))
    return Alignment(frame, "a_flt.fits", sources, (image,), {})


@pytest.fixture
def table(qtbot) -> MatchTable:
    table = MatchTable(Selection())
    qtbot.addWidget(table)
    table.resize(900, 300)
    table.show()
    return table


def column(table: MatchTable, title: str) -> list[str]:
    place = list(COLUMNS).index(title)
    return [table.model.text(row, place) for row in range(table.model.rowCount())]


def test_values_are_those_of_the_matches(table):
    alignment = made(50)
    image = alignment.images[0]
    table.show_image(image, alignment)
    assert column(table, "match") == [str(n) for n in range(1, 51)]
    assert column(table, "x")[7] == f"{image.sources.x[7] + 1.0:.2f}"
    assert column(table, "dx [px]")[7] == f"{image.fit.rx[7]:+.4f}".replace("-", "\u2212")
    mas = np.hypot(image.fit.rx[7], image.fit.ry[7]) * 40.0
    assert column(table, "d [mas]")[7] == f"{mas:.2f}"
    assert column(table, "state")[:8] == ["excluded"] * 3 + ["clipped"] * 4 + ["used"]
    assert column(table, "mag")[10] == "", "a negative flux has no magnitude"
    assert "50 matches" in table.label.text()
    assert "3 excluded" in table.label.text()


def test_sorting_by_a_click_keeps_what_is_selected(qtbot, table):
    alignment = made(50)
    table.show_image(alignment.images[0], alignment)
    table.selection.set([4, 20, 33])
    header = table.view.horizontalHeader()
    place = list(COLUMNS).index("d [px]")
    middle = header.sectionViewportPosition(place) + header.sectionSize(place) // 2
    for ascending in (True, False):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(middle, 8))
        lengths = [float(text) for text in column(table, "d [px]")]
        assert lengths == sorted(lengths, reverse=not ascending)
        rows = table.view.selectionModel().selectedRows()
        assert {int(table.model.order[row.row()]) for row in rows} == {4, 20, 33}
        assert table.selection.places.tolist() == [4, 20, 33]


def test_a_row_clicked_is_selected_everywhere(qtbot, table):
    alignment = made(50)
    view = ResidualView(table.selection)
    qtbot.addWidget(view)
    view.show_image(alignment.images[0], alignment)
    table.show_image(alignment.images[0], alignment)
    table.view.sortByColumn(STATE, Qt.SortOrder.DescendingOrder)
    cell = table.view.visualRect(table.model.index(1, 2)).center()
    qtbot.mouseClick(table.view.viewport(), Qt.MouseButton.LeftButton, pos=cell)
    assert table.selection.places.tolist() == [1]
    assert all(ring.matches.tolist() == [1] for ring in view.rings)
    assert view.rings[0].getData()[1].tolist() == [alignment.images[0].fit.rx[1]]


def test_an_image_without_a_fit_says_so(table):
    alignment = made(20)
    table.show_image(replace(alignment.images[0], fit=None), alignment)
    assert table.model.rowCount() == 0
    assert "no fit" in table.label.text()


def test_20000_rows_are_shown_sorted_and_selected_at_once(qtbot, table):
    """Each within what the window may be deaf; the best of three counts, the processors are shared."""
    alignment = made(20_000)

    def select_all() -> None:
        table.view.selectAll()

    def select_every_second() -> None:
        table.selection.set(np.arange(0, 20_000, 40))

    steps = {
        "show": lambda: table.show_image(alignment.images[0], alignment),
        "sort": lambda: table.view.sortByColumn(7, Qt.SortOrder.DescendingOrder),
        "select scattered": select_every_second,
        "select all": select_all,
    }
    for name, step in steps.items():
        spent = []
        for _ in range(3):
            table.selection.clear()
            begun = time.perf_counter()
            step()
            table.grab()
            spent.append(time.perf_counter() - begun)
        assert min(spent) < 0.1, f"{name}: {min(spent) * 1000:.0f} ms"
    assert len(table.selection) == 20_000


def test_states_and_colours_group_all_matches_once():
    residuals = Residuals.of(made(400).images[0], made(400))
    for by_magnitude in (False, True):
        groups = groups_of(residuals, by_magnitude)
        together = np.concatenate([group.matches for group in groups])
        assert sorted(together.tolist()) == list(range(400))
        assert {group.state for group in groups} == set(State)
        assert groups[-1].state is State.USED, "used ones are drawn on top"
    steps = magnitude_steps(residuals)
    assert np.bincount(steps).max() - np.bincount(steps).min() <= 1
    assert steps[10] == 5, "without a magnitude a star counts as faint"
    assert residuals.magnitude[steps == 0].max() <= residuals.magnitude[steps == 1].min()


def test_a_chip_that_is_off_by_itself_is_told(qtbot):
    for shift, off in ((0.0, [False, False]), (0.3, [False, True])):
        alignment = made(400, shift)
        residuals = Residuals.of(alignment.images[0], alignment)
        assert [mean.is_off for mean in chip_means(residuals)] == off
        view = ResidualView()
        qtbot.addWidget(view)
        view.show_image(alignment.images[0], alignment)
        assert ("off&nbsp;by&nbsp;itself" in view.figures.text()) == any(off)
    used = residuals.used & (residuals.extver == 2)
    mean = chip_means(residuals)[1]
    assert (mean.dx, mean.count) == (pytest.approx(residuals.dx[used].mean()), int(used.sum()))
