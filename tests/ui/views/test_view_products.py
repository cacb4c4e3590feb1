"""Products: three linked panes; the context tells which chips contributed."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from core.drizzle.results import ChipFigures, DrizzleResult, ExposureFigures
from ui.lane import Lane
from ui.views.canvas import ViewState
from ui.views.planes import contributors, read_plane, read_product
from ui.views.prepared import CONTEXT, IMAGE, WEIGHT
from ui.views.products import ProductView, context_words

SHAPE = (80, 100)


def header() -> fits.Header:
    scale = 0.04 / 3600.0
    made = fits.Header()
    made["BUNIT"] = "ELECTRONS/S"
    for key, value in (
        ("CTYPE1", "RA---TAN"), ("CTYPE2", "DEC--TAN"), ("CRPIX1", 51.0), ("CRPIX2", 41.0),
        ("CRVAL1", 201.69), ("CRVAL2", -47.47), ("CD1_1", -scale), ("CD1_2", 0.0), ("CD2_1", 0.0),
        ("CD2_2", scale),
    ):  # fmt: skip
        made[key] = value
    return made


def planes() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    science = np.random.default_rng(0).normal(0.1, 0.01, SHAPE).astype(np.float32)
    science[:, :10] = np.nan
    weight = np.full(SHAPE, 80.0, np.float32)
    context = np.full(SHAPE, 5, np.int32)
    weight[:, :10], context[:, :10] = 0.0, 0
    science[30, 70], weight[30, 70], context[30, 70] = 2.5, 120.0, 37
    return science, weight, context


def exposures(folder: Path) -> tuple[ExposureFigures, ...]:
    chips = ChipFigures(1, 0.0), ChipFigures(2, 0.0)
    return tuple(ExposureFigures(folder / f"{name}_flt.fits", chips) for name in ("one", "two", "three"))


@pytest.fixture
def built(tmp_path: Path) -> DrizzleResult:
    """One file with SCI, WHT and CTX whose header names the inputs."""
    primary = fits.PrimaryHDU()
    for number, name in enumerate(("ibc301qrq", "ibc304v3q", "ibc307qyq")):
        for chip in (1, 2):
            key = f"D{2 * number + chip:03d}DATA"
            primary.header[key] = f"{name}_flt.fits[sci,{chip}]"
    hdus = [
        fits.ImageHDU(data, header(), name=name)
        for data, name in zip(planes(), ("SCI", "WHT", "CTX"), strict=True)
    ]
    path = tmp_path / "f606w_drz.fits"
    fits.HDUList([primary, *hdus]).writeto(path)
    return DrizzleResult(exposures(tmp_path), path, path, path, None, (path,), {})


@pytest.fixture
def view(qtbot: QtBot, lane: Lane, built: DrizzleResult) -> ProductView:
    view = ProductView(lane.run)
    qtbot.addWidget(view)
    view.resize(1200, 700)
    view.show()
    view.show_result(built)
    qtbot.waitUntil(lambda: not lane.is_busy)
    return view


def test_each_pane_holds_its_plane(view: ProductView) -> None:
    for kind, plane in zip((IMAGE, WEIGHT, CONTEXT), planes(), strict=True):
        frame = view.panes[kind].canvas.frame
        assert frame is not None
        assert np.array_equal(frame.data, plane, equal_nan=plane.dtype.kind == "f")


def test_products_are_read_and_stretched_in_the_worker(
    qtbot: QtBot, lane: Lane, stretched_in: set[str], built: DrizzleResult
) -> None:
    view = ProductView(lane.run)
    qtbot.addWidget(view)
    view.show_result(built)
    qtbot.waitUntil(lambda: not lane.is_busy)
    view.bar.stretch.setCurrentText("sqrt")
    view.bar.stretch.activated.emit(1)
    qtbot.waitUntil(lambda: not lane.is_busy)
    frame = view.panes[IMAGE].canvas.frame
    assert frame is not None
    assert frame.look.stretch == "sqrt"
    assert stretched_in
    assert threading.current_thread().name not in stretched_in


def test_cursor_tells_science_weight_and_chips(view: ProductView, qtbot: QtBot) -> None:
    for kind in (IMAGE, WEIGHT, CONTEXT):
        canvas = view.panes[kind].canvas
        qtbot.mouseMove(canvas, canvas.to_widget(71.0, 31.0).toPoint())
        qtbot.waitUntil(lambda: "2.5 e\u2212/s" in view.readout.text())
        assert "RA 13:26:4" in view.readout.text()
        assert view.who.text() == (
            "weight 120 s   context 37: ibc301qrq_flt [sci,1], ibc304v3q_flt [sci,1], ibc307qyq_flt [sci,2]"
        )
        qtbot.mouseMove(canvas, canvas.to_widget(3.0, 31.0).toPoint())
        qtbot.waitUntil(lambda: "no data" in view.readout.text())
        assert "context 0: no exposure" in view.who.text()


def test_other_weights_are_not_called_seconds(
    view: ProductView, qtbot: QtBot, lane: Lane, built: DrizzleResult
) -> None:
    view.show_result(built, "IVM")
    qtbot.waitUntil(lambda: not lane.is_busy)
    frame = view.panes[WEIGHT].canvas.frame
    assert frame is not None
    assert frame.unit == ""


def test_panes_move_together(view: ProductView, qtbot: QtBot) -> None:
    first = view.panes[IMAGE].canvas
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Plus)
    qtbot.keyClick(first, Qt.Key.Key_Right)
    states = {pane.canvas.state for pane in view.panes.values()}
    assert states == {first.state}
    last = view.panes[CONTEXT].canvas
    qtbot.mousePress(last, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    qtbot.mouseMove(last, QPoint(140, 120))
    qtbot.mouseRelease(last, Qt.MouseButton.LeftButton, pos=QPoint(140, 120))
    assert {pane.canvas.state for pane in view.panes.values()} == {last.state}
    qtbot.keyClick(first, Qt.Key.Key_F)
    assert all(pane.canvas.is_fitted for pane in view.panes.values())


def test_one_product_alone(view: ProductView) -> None:
    view.choice.setCurrentText("Weight")
    assert [view.panes[kind].isVisible() for kind in (IMAGE, WEIGHT, CONTEXT)] == [False, True, False]
    view.choice.setCurrentText("Side by side")
    assert all(pane.isVisible() for pane in view.panes.values())


def test_a_new_result_of_the_same_size_keeps_the_view(
    view: ProductView, qtbot: QtBot, lane: Lane, built: DrizzleResult
) -> None:
    view.panes[IMAGE].canvas.set_state(ViewState(30.0, 20.0, 6.0), by_hand=True)
    view.show_result(built)
    qtbot.waitUntil(lambda: not lane.is_busy)
    assert {pane.canvas.state for pane in view.panes.values()} == {ViewState(30.0, 20.0, 6.0)}


def test_missing_products_are_explained(
    qtbot: QtBot, lane: Lane, built: DrizzleResult, tmp_path: Path
) -> None:
    view = ProductView(lane.run)
    qtbot.addWidget(view)
    assert "No products yet" in view.stack.message
    view.show_result(DrizzleResult((), None, None, None, None, (), {}))
    assert "step 7" in view.stack.message
    view.show_result(built)
    view.show_result(
        DrizzleResult((), None, None, None, None, (), {})
    )  # a step alone: the product stays in view
    qtbot.waitUntil(lambda: not lane.is_busy)
    assert view.panes[IMAGE].canvas.frame is not None
    gone = tmp_path / "gone_drz.fits"
    view.show_result(DrizzleResult(built.exposures, built.science, gone, None, None, (), {}))
    qtbot.waitUntil(lambda: not lane.is_busy)
    assert view.panes[IMAGE].canvas.frame is not None
    assert "gone_drz.fits" in view.panes[WEIGHT].canvas.accessibleDescription()
    assert "wrote no context" in view.panes[CONTEXT].canvas.accessibleDescription()


def test_separate_files_are_read_as_well(tmp_path: Path, built: DrizzleResult) -> None:
    path = tmp_path / "f606w_drz_wht.fits"
    fits.PrimaryHDU(planes()[1], header()).writeto(path)
    assert np.array_equal(read_plane(path, "WHT"), planes()[1])
    product = read_product(path, "WHT")
    assert product.wcs is not None
    assert product.wcs.crpix.tolist() == [51.0, 41.0]
    assert built.science is not None
    assert read_plane(built.science, "CTX").dtype == np.int32


def test_bits_are_named_by_the_header_or_by_the_run(tmp_path: Path, built: DrizzleResult) -> None:
    assert contributors(built)[5] == "ibc307qyq_flt [sci,2]"
    bare = tmp_path / "bare_drz.fits"
    fits.PrimaryHDU(planes()[0], header()).writeto(bare)
    names = contributors(DrizzleResult(exposures(tmp_path), bare, None, None, None, (), {}))
    assert names == tuple(f"{name}_flt [sci,{chip}]" for name in ("one", "two", "three") for chip in (1, 2))


def test_context_of_more_than_32_chips() -> None:
    names = [f"e{n}" for n in range(34)]
    assert context_words(np.array([1, 2], np.int32), names) == "1 2: e0, e33"
    assert context_words(np.int32(4), names[:2]) == "4: chip 3"


def test_picture_is_written(view: ProductView, tmp_path: Path) -> None:
    view.save_png(tmp_path / "p.png")
    assert (tmp_path / "p.png").stat().st_size > 5000
