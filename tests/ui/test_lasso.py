"""The lasso in plots and on images, and the two exposures side by side: one selection everywhere."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from tests.ui.test_alive import aligned, at_plot, rest, window  # noqa: F401
from ui.views.lasso import within

LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NO = Qt.KeyboardModifier.NoModifier


def draw(qtbot, widget: QWidget, corners: list[QPoint], keys=NO) -> None:
    """Press, move along the corners, release: as a hand does."""
    qtbot.mousePress(widget, LEFT, keys, corners[0])
    for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        for share in (0.5, 1.0):
            here = QPointF(start) + QPointF(end - start) * share
            move = QMouseEvent(QEvent.Type.MouseMove, here, widget.mapToGlobal(here), LEFT, LEFT, keys)
            QApplication.sendEvent(widget, move)
            qtbot.wait(15)  # pyqtgraph drops moves that follow each other within 10 ms
    qtbot.mouseRelease(widget, LEFT, keys, corners[0])


def settled(qtbot, place) -> None:
    """The plot has taken its place: axes take theirs only when they are painted."""
    seen = []

    def at_rest() -> bool:
        seen.append(place())
        return len(seen) > 20 and all(one == seen[-1] for one in seen[-10:])

    qtbot.waitUntil(at_rest)


class TestWithin:
    def test_a_hollow_shape_holds_what_it_encloses(self):
        """A U: what lies between its arms is outside."""
        corners = np.array([(0, 0), (9, 0), (9, 9), (6, 9), (6, 3), (3, 3), (3, 9), (0, 9)], float)
        x = np.array([1.0, 4.5, 4.5, 8.0, -1.0, 4.5])
        y = np.array([8.0, 8.0, 1.0, 8.0, 1.0, 9.5])
        assert within(x, y, corners).tolist() == [True, False, True, True, False, False]

    def test_it_is_what_a_slow_way_finds(self):
        random = np.random.default_rng(3)
        corners = random.uniform(0, 1, (40, 2))
        x, y = random.uniform(-0.1, 1.1, (2, 300))

        def inside(px: float, py: float) -> bool:
            turns = 0
            for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
                if (ay > py) != (by > py) and px < ax + (py - ay) * (bx - ax) / (by - ay):
                    turns += 1
            return turns % 2 == 1

        assert within(x, y, corners).tolist() == [inside(*at) for at in zip(x, y, strict=True)]

    @pytest.mark.parametrize("count", [0, 1, 2])
    def test_a_line_holds_nothing(self, count):
        corners = np.arange(2.0 * count).reshape(-1, 2)
        assert not within(np.arange(5.0), np.arange(5.0), corners).any()

    def test_stars_that_are_not_there_are_never_inside(self):
        square = np.array([(0, 0), (4, 0), (4, 4), (0, 4)], float)
        assert within(np.array([np.nan, 2.0]), np.array([np.nan, 2.0]), square).tolist() == [False, True]


class TestPlots:
    def test_a_lasso_is_drawn_and_added_to(self, qtbot, aligned):  # noqa: F811
        view, plot = aligned.views.vectors, aligned.views.vectors.plot
        aligned.views.show("vectors")
        aligned.foot.setCurrentWidget(aligned.match_table)
        view.area.setFocus()
        qtbot.keyClick(view.area, Qt.Key.Key_L)
        assert aligned.pick.action.isChecked()
        settled(qtbot, lambda: at_plot(view, plot, 0.0, 0.0))
        before = plot.viewRange()
        triangle = [(-300.0, -300.0), (200.0, -300.0), (-300.0, 200.0)]
        draw(qtbot, view.area.viewport(), [at_plot(view, plot, *corner) for corner in triangle])
        assert plot.viewRange() == before, "the plot must not move"
        shown = view._residuals
        chosen = set(aligned.views.selection.places.tolist())
        slack = 3.0 * view.box.viewPixelSize()[0]
        depth = np.minimum(
            np.minimum(shown.x + 300.0, shown.y + 300.0), (-100.0 - shown.x - shown.y) / 2**0.5
        )
        assert (
            set(np.flatnonzero(depth > slack).tolist())
            <= chosen
            <= set(np.flatnonzero(depth > -slack).tolist())
        )
        assert len(chosen) > 10
        rows = aligned.match_table.view.selectionModel().selectedRows()
        assert {int(aligned.match_table.model.order[row.row()]) for row in rows} == chosen
        other = [(250.0, 250.0), (450.0, 250.0), (450.0, 450.0), (250.0, 450.0)]
        draw(qtbot, view.area.viewport(), [at_plot(view, plot, *corner) for corner in other], CTRL)
        more = set(aligned.views.selection.places.tolist())
        assert chosen < more
        aligned.views.selection.set(sorted(chosen))
        draw(qtbot, view.area.viewport(), [at_plot(view, plot, *corner) for corner in other], SHIFT)
        assert set(aligned.views.selection.places.tolist()) == more, "Shift adds as Ctrl does"
        qtbot.keyClick(view.area, Qt.Key.Key_L)
        draw(qtbot, view.area.viewport(), [at_plot(view, plot, *corner) for corner in triangle])
        assert plot.viewRange() != before, "without the lasso a drag moves the plot"
        assert set(aligned.views.selection.places.tolist()) == more

    def test_clipped_stars_at_the_rim_are_within_reach(self, qtbot, aligned):  # noqa: F811
        view = aligned.views.residuals
        aligned.views.show("residuals")
        aligned.pick.action.setChecked(True)
        panel = view.plots[0]
        settled(qtbot, lambda: at_plot(view, panel, 0.0, 0.0))
        (x0, x1), (low, high) = panel.viewRange()
        far = view._residuals.dx > high
        assert far.any(), "the scene has no star beyond the plot: the test shows nothing"
        strip = [(x0, high - 0.06 * (high - low)), (x1, high - 0.06 * (high - low)), (x1, high), (x0, high)]
        strip = [(x * 0.999, y) for x, y in strip]
        draw(qtbot, view.area.viewport(), [at_plot(view, panel, *corner) for corner in strip])
        assert set(np.flatnonzero(far)) <= set(aligned.views.selection.places.tolist())


class TestImages:
    def test_on_the_image_of_the_sources(self, qtbot, aligned):  # noqa: F811
        view = aligned.views.sources
        aligned.views.show("sources")
        rest(qtbot, aligned)
        qtbot.waitUntil(lambda: view.image.frame is not None)
        canvas = view.image.canvas
        canvas.setFocus()
        qtbot.keyClick(canvas, Qt.Key.Key_L)
        before = canvas.state
        corners = [(100.0, 60.0), (300.0, 60.0), (300.0, 200.0), (100.0, 200.0)]
        draw(qtbot, canvas, [canvas.to_widget(*corner).toPoint() for corner in corners])
        assert canvas.state == before, "the image must not move"
        image, chosen = aligned.show_.image(), aligned.views.selection.places
        stars = image.matches.image[chosen]
        assert len(stars) > 3
        assert (image.sources.extver[stars] == 1).all()
        slack = 3.0 / canvas.state.zoom
        x, y = image.sources.x[stars] + 1.0, image.sources.y[stars] + 1.0
        assert x.min() > 100.0 - slack
        assert x.max() < 300.0 + slack
        assert y.min() > 60.0 - slack
        assert y.max() < 200.0 + slack
        assert [group for group in canvas._marks if group.legend == "selected"]

    def test_side_by_side_shows_one_star_in_both(self, qtbot, aligned):  # noqa: F811
        """The place on the reference's chip is where the reference's own catalog has that star."""
        view, image = aligned.views.pair, aligned.show_.image()
        aligned.views.show("pair")
        rest(qtbot, aligned)
        assert view.beside.currentText().startswith("ibc301qrq_flt.fits (REFERENCE")
        aligned.views.selection.set([3, 40, 90])
        rest(qtbot, aligned)
        for match in (3, 40, 90):
            assert view.match == match
            for side, shown, sources, row in zip(
                view.sides,
                view.images,
                (image.sources, aligned.session.alignment.reference),
                (image.matches.image[match], image.matches.reference[match]),
                strict=True,
            ):
                assert side.extver == sources.extver[row]
                there = (sources.x[row] + 1.0, sources.y[row] + 1.0)
                assert (side.places[0][match], side.places[1][match]) == pytest.approx(there, abs=1e-4)
                state = shown.canvas.state
                assert (state.x, state.y) == pytest.approx(there, abs=1e-4)
                assert state.zoom >= 7.9
            assert f"Match {match + 1} " in view.title.text()
            qtbot.mouseClick(view.steps[1], LEFT)
            rest(qtbot, aligned)
        assert view.match == 3, "after the last comes the first"

    def test_a_lasso_leaves_the_images_where_they_are_and_adds(self, qtbot, aligned):  # noqa: F811
        view = aligned.views.pair
        aligned.views.show("pair")
        rest(qtbot, aligned)
        canvas = view.images[0].canvas
        canvas.fit()
        aligned.pick.action.setChecked(True)
        before, taken = canvas.state, []
        for left, keys in ((0.2, NO), (0.55, SHIFT)):
            shares = ((left, 0.3), (left + 0.25, 0.3), (left + 0.25, 0.7), (left, 0.7))
            draw(
                qtbot,
                canvas,
                [QPoint(int(canvas.width() * x), int(canvas.height() * y)) for x, y in shares],
                keys,
            )
            rest(qtbot, aligned)
            taken.append(set(aligned.views.selection.places.tolist()))
            assert canvas.state == before
        assert 1 < len(taken[0]) < len(taken[1])
        assert taken[0] < taken[1]
        assert f"{len(taken[1])} stars are selected" in view.words.text()
        aligned.pick.action.setChecked(False)
        qtbot.mouseClick(view.steps[1], LEFT)
        rest(qtbot, aligned)
        assert view.match == min(taken[1])
        assert canvas.state.zoom >= 7.9

    def test_both_move_together_and_a_click_selects_in_either(self, qtbot, aligned):  # noqa: F811
        view = aligned.views.pair
        aligned.views.show("pair")
        aligned.views.selection.set([40])
        rest(qtbot, aligned)
        left, right = (shown.canvas for shown in view.images)
        left.pan_by(30.0, 20.0)
        sky = [
            shown.frame.wcs.pix_to_sky(
                np.array([shown.canvas.state.x - 1.0]), np.array([shown.canvas.state.y - 1.0])
            )
            for shown in view.images
        ]
        assert np.allclose(sky[0], sky[1], atol=1e-4 / 3600.0)
        x, y = (float(each[40]) for each in view.sides[1].places)
        aligned.views.selection.clear()
        rest(qtbot, aligned)
        right.fit()
        qtbot.mouseClick(right, LEFT, pos=right.to_widget(x, y).toPoint())
        assert aligned.views.selection.places.tolist() == [40]
        rest(qtbot, aligned)
        view.setFocus()
        aligned.choices.exclude_.trigger()
        rest(qtbot, aligned)
        assert aligned.show_.image().fit.why[40] == 2
        assert "excluded" in view.title.text()
        assert "excluded" in [group.legend for group in right._marks]

    def test_without_an_alignment_it_says_what_to_do(self, qtbot, window):  # noqa: F811
        window.views.show("pair")
        assert "Press Align" in window.views.pair.stack.message


def test_sources_and_pair_go_out_as_numbers(qtbot, aligned, tmp_path):  # noqa: F811
    (tmp_path / "out").mkdir()
    aligned.ask.answers["save"] = tmp_path / "out"
    for view in ("sources", "pair"):
        aligned.views.show(view)
        rest(qtbot, aligned)
        aligned.export.refresh()
        assert aligned.actions_["export_csv"].isEnabled()
        assert not aligned.actions_["export_svg"].isEnabled()
        aligned.actions_["export_csv"].trigger()
        rest(qtbot, aligned)
    with (tmp_path / "out" / "ibc304v3q_flt_sources.csv").open() as file:
        rows = list(csv.DictReader(file))
    found = aligned.views.sources.found
    assert len(rows) == len(found)
    kept = [row for row in rows if row["became"] == "found"]
    assert len(kept) == found.kept.sum()
    assert [float(row["x_fits"]) for row in kept] == pytest.approx(found.x[found.kept] + 1.0, abs=1e-4)
    with (tmp_path / "out" / "ibc304v3q_flt_pair.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["dx_px"]) for row in rows] == pytest.approx(aligned.show_.image().fit.rx, abs=1e-5)
