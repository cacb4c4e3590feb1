"""Histogram, residuals, vectors: the values shown are those of the alignment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from core.align.results import Alignment, Offset, PeakStatus
from ui.lane import Lane
from ui.tables import error_figures
from ui.views.chart import ChartView, plain
from ui.views.histogram import HistogramView
from ui.views.paper import _on_paper, _size, image_of_chart
from ui.views.peakwords import second_peak
from ui.views.residuals import Residuals, ResidualView, default_limit, running_median
from ui.views.vectors import KEYS, VectorView, arrow_lines

VIEWS = (HistogramView, ResidualView, VectorView)


def shown(qtbot: QtBot, kind: type, alignment: Alignment, place: int = 1) -> ChartView:
    view = kind()
    qtbot.addWidget(view)
    view.resize(1000, 800)
    view.show()
    view.show_image(alignment.images[place], alignment)
    view.grab()
    return view


def double_click(qtbot: QtBot, widget: QWidget, at: QPoint) -> None:
    """As the window system sends it: the second press is the double click. QTest sends one press more."""
    button = Qt.MouseButton.LeftButton
    qtbot.mouseClick(widget, button, pos=at)
    there, no = QPointF(at), Qt.KeyboardModifier.NoModifier
    second = QMouseEvent(
        QEvent.Type.MouseButtonDblClick, there, widget.mapToGlobal(there), button, button, no
    )
    QApplication.sendEvent(widget, second)
    qtbot.mouseRelease(widget, button, pos=at)


@pytest.mark.parametrize("kind", VIEWS)
def test_no_plot_is_explained(qtbot: QtBot, kind: type, alignment: Alignment) -> None:
    view = kind()
    qtbot.addWidget(view)
    assert "No alignment yet" in view.stack.message
    view.show_image(alignment.images[0], alignment)
    assert "is the reference" in view.stack.message
    view.show_image(alignment.images[2], alignment)
    assert "FAILED" in view.stack.message
    assert "Increase tolerance." in view.stack.message
    view.show_image(alignment.images[1], alignment)
    assert view.stack.message == ""
    view.clear("Gone.")
    assert view.stack.message == "Gone."


@pytest.mark.parametrize("kind", VIEWS)
def test_long_names_are_elided_with_a_tooltip_and_the_picture_is_written(
    qtbot: QtBot, kind: type, alignment: Alignment, tmp_path: Path
) -> None:
    name = "an_exposure_with_a_very_long_name_" * 6 + "flt.fits"
    view = kind()
    qtbot.addWidget(view)
    view.resize(500, 400)
    view.show_image(replace(alignment.images[1], path=Path(name)), alignment)
    view.show()
    assert name in view.title.toolTip()
    assert view.title.width() <= 500
    view.save_png(tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 2000


@pytest.mark.parametrize("kind", VIEWS)
@pytest.mark.parametrize("kept", [False, True])
def test_a_picture_has_every_axis_and_every_panel(
    qtbot: QtBot, kind: type, alignment: Alignment, kept: bool
) -> None:
    """The inside of a plot is drawn after the axes, and must not cover them; axes kept for the screen come too."""
    view = shown(qtbot, kind, alignment)
    qtbot.wait(50)
    view.keep_axes(kept)
    image, size = image_of_chart(view, 1.0), _size(view)
    assert view.axes_are_kept is kept
    ground = image.pixelColor(2, 2)
    for plot in view.plots:
        places = [plot.getViewBox(), plot.getAxis("left"), plot.getAxis("bottom")]
        for item in places:
            box = _on_paper(view, item.sceneBoundingRect(), size).toRect().adjusted(2, 2, -2, -2)
            seen = {
                image.pixelColor(x, y).name()
                for x in range(box.left(), box.right(), 2)
                for y in range(box.top(), box.bottom(), 2)
            }
            assert len(seen - {ground.name()}) > 2, item


class TestHistogram:
    def test_bins_stand_at_their_offsets(self, qtbot: QtBot, alignment: Alignment, offset: Offset) -> None:
        view = shown(qtbot, HistogramView, alignment)
        box = view.image.mapRectToParent(view.image.boundingRect())
        assert (box.left(), box.top(), box.width(), box.height()) == (-12.5, -12.5, 25.0, 25.0)
        levels = view.image.image
        row, column = np.unravel_index(levels.argmax(), levels.shape)
        assert (column - 12, row - 12) == (8, -5)

    def test_marks_stand_on_zero_chosen_and_second_peak(self, qtbot: QtBot, alignment: Alignment) -> None:
        view = shown(qtbot, HistogramView, alignment)
        places = [tuple(float(v[0]) for v in item.getData()) for item in (view.zero, view.second)]
        assert places == [(0.0, 0.0), (-6.0, 4.0)]
        assert tuple(view.peak.pos()) == (8.1, -4.8)

    def test_title_tells_peak_significance_and_status(self, qtbot: QtBot, alignment: Alignment) -> None:
        view = shown(qtbot, HistogramView, alignment)
        words = plain(view.figures.text())
        for part in (
            "200 pairs",
            "x +8.10, y \u22124.80 px",
            "+324.0, \u2212192.0 mas",
            "195.0",
            "Status: good",
        ):
            assert part in words

    def test_the_panel_tells_both_peaks_their_ratio_and_the_edge(
        self, qtbot: QtBot, alignment: Alignment
    ) -> None:
        view = shown(qtbot, HistogramView, alignment)
        words = plain(view.facts.text())
        for part in (
            "Chosen peak200 pairs",
            "x +8.10, y \u22124.80 px+324.0, \u2212192.0 mas",
            "Second peak40 pairsx \u22126, y +4 px",
            "Ratio5 : 1",
            "To the edge4 bins",
            "Significance195.0",
            "Status: good",
        ):
            assert part in words, words
        assert view.facts.isVisible()
        assert not view.figures.isVisible()
        view.resize(500, 500)
        assert view.figures.isVisible(), "a narrow window has no room beside the plot"
        assert not view.facts.isVisible()

    def test_a_very_wide_one_is_stretched_in_the_worker_and_loses_no_peak(
        self, qtbot: QtBot, alignment: Alignment, offset: Offset, lane: Lane, stretched_in: set[str]
    ) -> None:
        radius = 1600
        counts = np.zeros((2 * radius + 1, 2 * radius + 1), dtype=np.int64)
        counts[radius - 5, radius + 8], counts[radius + 901, radius - 1401] = 200, 40
        wide = replace(alignment.images[1], offset=replace(offset, histogram=counts, radius=radius))
        view = HistogramView(lane.run)
        qtbot.addWidget(view)
        view.resize(1000, 800)
        view.show()
        view.show_image(wide, alignment)
        view.clear("Gone.")
        view.show_image(alignment.images[0], alignment)
        qtbot.waitUntil(lambda: not lane.is_busy)
        assert "reference" in view.stack.message, "an answer that was overtaken is not shown"
        view.show_image(wide, alignment)
        qtbot.waitUntil(lambda: not view.stack.message)
        assert stretched_in == {"views_0"}
        levels = view.image.image
        assert max(levels.shape) <= 1500
        place = view.image.mapRectToParent(view.image.boundingRect())
        bins = place.width() / levels.shape[1]
        rows, columns = np.nonzero(levels > levels.min())
        shown = {
            (place.left() + bins * (c + 0.5), place.top() + bins * (r + 0.5))
            for r, c in zip(rows, columns, strict=True)
        }
        for x, y in ((8, -5), (-1401, 901)):
            assert min(max(abs(a - x), abs(b - y)) for a, b in shown) <= bins / 2

    def test_axes_are_in_pixels_and_mas(self, qtbot: QtBot, alignment: Alignment) -> None:
        view = shown(qtbot, HistogramView, alignment)
        assert view.plot.getAxis("bottom").scale == 1.0
        assert view.plot.getAxis("top").scale == pytest.approx(40.0)
        assert view.plot.getAxis("right").scale == pytest.approx(40.0)

    def test_mouse_reads_a_bin_and_a_click_names_it(self, qtbot: QtBot, alignment: Alignment) -> None:
        view = shown(qtbot, HistogramView, alignment)
        qtbot.wait(100)  # axes take their place when they are painted
        box = view.plot.getViewBox()
        scene = box.mapViewToScene(pg.Point(-6.2, 4.3))
        at = view.area.mapFromScene(scene)
        qtbot.mouseMove(view.area.viewport(), QPoint(5, 5))
        qtbot.wait(50)  # pyqtgraph drops moves that follow each other within 10 ms
        qtbot.mouseMove(view.area.viewport(), at)
        qtbot.waitUntil(lambda: "40 pairs" in view.readout.text())
        assert view.readout.text().startswith("x \u22126, y +4 px")
        with qtbot.waitSignal(view.peak_clicked) as heard:
            qtbot.mouseClick(view.area.viewport(), Qt.MouseButton.LeftButton, pos=at)
        assert heard.args == [-6.0, 4.0]

    def test_keys_move_the_ring_and_take_what_lies_below(self, qtbot: QtBot, alignment: Alignment) -> None:
        view = shown(qtbot, HistogramView, alignment)
        start = view.peak.pos()
        qtbot.keyClick(view.area, Qt.Key.Key_Left)
        qtbot.keyClick(view.area, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
        assert (view.peak.pos().x(), view.peak.pos().y()) == (start.x() - 1.0, start.y() + 5.0)
        qtbot.keyClick(view.area, Qt.Key.Key_Escape)
        assert view.peak.pos() == start
        with qtbot.assertNotEmitted(view.peak_clicked):
            qtbot.keyClick(view.area, Qt.Key.Key_Space)
        qtbot.keyClick(view.area, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
        with qtbot.waitSignal(view.peak_clicked) as heard:
            qtbot.keyClick(view.area, Qt.Key.Key_Space)
        assert heard.args == [start.x() - 5.0, start.y()]

    @pytest.mark.parametrize(
        ("status", "word"), [(PeakStatus.EDGE, "searchrad"), (PeakStatus.NO_DATA, "no pairs")]
    )
    def test_doubtful_peaks_come_with_advice(
        self, qtbot: QtBot, alignment: Alignment, offset: Offset, status: PeakStatus, word: str
    ) -> None:
        view = HistogramView()
        qtbot.addWidget(view)
        view.show_image(replace(alignment.images[1], offset=replace(offset, status=status)), alignment)
        assert word in plain(view.figures.text())

    def test_switched_off_histogram_tells_the_given_offset(
        self, qtbot: QtBot, alignment: Alignment, offset: Offset
    ) -> None:
        view = HistogramView()
        qtbot.addWidget(view)
        off = replace(offset, status=PeakStatus.NOT_USED, x=3.0, y=-1.0)
        view.show_image(replace(alignment.images[1], offset=off), alignment)
        assert "use2dhist is off" in view.stack.message
        assert "+3.00" in view.stack.message

    def test_second_peak_is_not_a_shoulder_of_the_first(self, offset: Offset) -> None:
        assert second_peak(offset) == (-6, 4)
        alone = np.zeros_like(offset.histogram)
        alone[3, 3] = 7
        assert second_peak(replace(offset, histogram=alone, x=-9.2, y=-8.9)) is None
        assert second_peak(replace(offset, histogram=alone)) == (-9, -9), "the person chose another place"


class TestResiduals:
    def test_every_match_is_in_every_panel_with_its_own_values(
        self, qtbot: QtBot, alignment: Alignment
    ) -> None:
        view = shown(qtbot, ResidualView, alignment)
        image = alignment.images[1]
        assert image.fit is not None
        assert image.matches is not None
        at = image.matches.reference
        x = alignment.reference.u[at] + 1.0 - 51.0
        y = alignment.reference.v[at] + 1.0 - 41.0
        expected = [(x, image.fit.rx), (y, image.fit.rx), (x, image.fit.ry), (y, image.fit.ry)]
        for items, (across, up) in zip(view.points, expected, strict=True):
            pairs = [np.column_stack(item.getData()) for item in items]
            drawn = np.vstack(pairs)
            wanted = np.column_stack([across, up])
            assert np.array_equal(drawn[np.lexsort(drawn.T)], wanted[np.lexsort(wanted.T)]), (
                "a panel shows other values than the fit's"
            )

    def test_clipped_matches_are_hollow_and_chips_differ(self, qtbot: QtBot, alignment: Alignment) -> None:
        view = shown(qtbot, ResidualView, alignment)
        items = [item for item in view.points[0] if len(item.getData()[0])]
        hollow = [item for item in items if item.hollow]
        assert sum(len(item.getData()[0]) for item in hollow) == 6
        filled = {item.colour.name() for item in items if not item.hollow}
        assert len(filled) == 2

    def test_clipped_matches_beyond_the_plot_stand_at_its_rim(
        self, qtbot: QtBot, alignment: Alignment
    ) -> None:
        view = shown(qtbot, ResidualView, alignment)
        fit = alignment.images[1].fit
        assert fit is not None
        x, d = view.beyond[0].getData()
        assert view.beyond[0].matches.tolist() == np.flatnonzero(fit.rx > 0.5).tolist()
        low, high = view.plots[0].viewRange()[1]
        assert len(x) == 6
        assert (d < high).all()
        assert (d > low).all()
        assert "beyond" in plain(view.figures.text())
        view.set_limit(1.0)
        assert len(view.beyond[0].getData()[0]) == 0

    def test_a_low_window_keeps_its_room_for_the_points(self, qtbot: QtBot, alignment: Alignment) -> None:
        view = shown(qtbot, ResidualView, alignment)
        named = [plot.getAxis("bottom").label.isVisible() for plot in view.plots]
        size = view.size()
        view.resize(480, 250)
        qtbot.waitUntil(lambda: view.height() < 300)
        assert not any(plot.getAxis("bottom").label.isVisible() for plot in view.plots)
        view.resize(size)
        qtbot.waitUntil(lambda: view.size() == size)
        assert [plot.getAxis("bottom").label.isVisible() for plot in view.plots] == named == [True] * 4

    def test_a_single_selected_star_gets_its_ring(self, qtbot: QtBot, alignment: Alignment) -> None:
        view = shown(qtbot, ResidualView, alignment)
        before = view.grab().toImage()
        view.selection.set([20])
        after = view.grab().toImage()
        x, d = (float(value[0]) for value in view.rings[0].getData())
        at = view.area.mapFromScene(view.plots[0].getViewBox().mapViewToScene(pg.Point(x, d)))
        at = view.area.mapTo(view, at)
        box = QRect(at - QPoint(9, 9), at + QPoint(9, 9))
        assert before.copy(box) != after.copy(box)

    def test_rms_and_n_are_those_of_the_used_matches(self, qtbot: QtBot, alignment: Alignment) -> None:
        view = shown(qtbot, ResidualView, alignment)
        fit = alignment.images[1].fit
        assert fit is not None
        assert "294 of 300" in view.title.text()
        words = plain(view.figures.text())
        assert f"rms x {fit.rms_x:.4f} px ({fit.rms_x * 40:.2f} mas)" in words
        assert f"rms y {fit.rms_y:.4f} px" in words
        assert "6 clipped" in words

    def test_ylimit_is_honoured_and_panels_share_their_limits(
        self, qtbot: QtBot, alignment: Alignment
    ) -> None:
        view = shown(qtbot, ResidualView, alignment)
        residuals = Residuals.of(alignment.images[1], alignment)
        assert residuals is not None
        for limit, expected in ((0.25, 0.25), (None, default_limit(residuals))):
            view.set_limit(limit)
            for plot in view.plots:
                assert plot.viewRange()[1] == pytest.approx([-expected, expected])
                assert plot.viewRange()[0] == pytest.approx(view.plots[0].viewRange()[0])
        assert default_limit(residuals) < 0.2, "clipped matches must not set the range"

    def test_running_median_follows_a_wave_and_ignores_an_outlier(self) -> None:
        x = np.linspace(0, 2 * np.pi, 2000)
        d = np.sin(x)
        d[777] = 1000.0
        at, median = running_median(x, d)
        assert np.abs(median - np.sin(at)).max() < 0.06
        assert running_median(x[:59], d[:59])[0].size == 0

    def test_click_selects_a_star_and_a_double_click_names_its_match(
        self, qtbot: QtBot, alignment: Alignment
    ) -> None:
        view = shown(qtbot, ResidualView, alignment)
        fit = alignment.images[1].fit
        assert fit is not None
        match = int(np.argmax(np.where(fit.used, fit.ry, -1)))
        panel = view.plots[2]
        x = Residuals.of(alignment.images[1], alignment).x[match]
        at = view.area.mapFromScene(panel.getViewBox().mapViewToScene(pg.Point(x, fit.ry[match])))
        qtbot.mouseClick(view.area.viewport(), Qt.MouseButton.LeftButton, pos=at)
        assert view.selection.places.tolist() == [match]
        with qtbot.waitSignal(view.star_clicked) as heard:
            double_click(qtbot, view.area.viewport(), at)
        assert heard.args == [match]


class TestVectors:
    def test_shafts_are_the_residuals_times_the_factor(self, qtbot: QtBot, alignment: Alignment) -> None:
        view = shown(qtbot, VectorView, alignment)
        residuals = Residuals.of(alignment.images[1], alignment)
        assert residuals is not None
        for item, chip in zip(view.arrows, (1, 2), strict=True):
            x, y = (values.reshape(-1, 6) for values in item.getData())
            chosen = residuals.used & (residuals.extver == chip)
            assert x[:, 0] == pytest.approx(residuals.x[chosen])
            assert x[:, 1] - x[:, 0] == pytest.approx(residuals.dx[chosen] * view.box.factor)
            assert y[:, 1] - y[:, 0] == pytest.approx(residuals.dy[chosen] * view.box.factor)

    def test_arrow_heads_are_at_the_tip_and_symmetric(self) -> None:
        x, y = arrow_lines(np.zeros(1), np.zeros(1), np.array([3.0]), np.array([4.0]))
        tip = np.array([3.0, 4.0])
        strokes = np.array([[x[3], y[3]], [x[5], y[5]]]) - tip
        assert (x[2], y[2]) == (x[4], y[4]) == (3.0, 4.0)
        lengths = np.hypot(*strokes.T)
        assert lengths[0] == pytest.approx(lengths[1])
        assert (strokes @ tip < 0).all()

    def test_slider_lengthens_and_the_key_keeps_the_scale(self, qtbot: QtBot, alignment: Alignment) -> None:
        view = shown(qtbot, VectorView, alignment)
        before = view.box.factor
        view.length.setFocus()
        for _ in range(4):
            qtbot.keyClick(view.length, Qt.Key.Key_PageUp)
        assert view.box.factor == pytest.approx(before * 10 ** (view.length.value() / 20))
        assert view.box.factor > before
        value, length = view.box.key()
        assert value in KEYS
        assert length == pytest.approx(value * view.box.factor / view.box.viewPixelSize()[0])
        assert length <= 140.0

    def test_clipped_matches_are_shown_when_asked_for(self, qtbot: QtBot, alignment: Alignment) -> None:
        view = shown(qtbot, VectorView, alignment)
        assert view.clipped.getData()[0] is None or len(view.clipped.getData()[0]) == 0
        qtbot.mouseClick(view.show_clipped, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
        assert len(view.clipped.getData()[0]) == 6 * 6


def test_errors_of_the_fit_are_told_where_they_are_known(qtbot: QtBot, alignment: Alignment) -> None:
    image = alignment.images[1]
    assert image.fit is not None
    assert "Errors of the fit" not in plain(shown(qtbot, VectorView, alignment).figures.text())
    known = replace(image.fit, covariance=np.diag([4e-6, 9e-6, 1e-12, 1e-12]))
    errors = known.errors
    changed = replace(alignment, images=(alignment.images[0], replace(image, fit=known)))
    words = plain(shown(qtbot, VectorView, changed).figures.text())
    assert f"shift ± {errors.x:.4f}, {errors.y:.4f} px" in words
    assert errors.x == pytest.approx(2e-3, rel=1e-6)
    assert "scale ± 1.0·10\u22126" in words
    tips = error_figures(known)
    assert tips[0] == "± 0.002 px (standard error)"
    assert error_figures(image.fit)[0] == ""
    assert tips[4].startswith(f"robust {known.robust_rms[0]:.4f} px")
