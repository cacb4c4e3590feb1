"""The kernels of the source finder against plain numpy and scipy; run with bounds checking too."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from core.kernels import find as kernels
from core.kernels.centroid import window_positions


def image(shape: tuple[int, int] = (40, 57), seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(10, 3, shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (1, 9), (13, 13)])
@pytest.mark.parametrize("size", [(40, 57), (6, 5), (1, 3)])
def test_convolution_is_scipys_with_a_mirrored_border(shape: tuple[int, int], size: tuple[int, int]) -> None:
    data, kernel = image(size), np.random.default_rng(2).normal(size=shape)
    kernel[0, 0] = 0.0
    out = np.empty(size, np.float32)
    for start in range(0, size[0], 3):
        kernels.convolve_rows(data, kernel, out, start, min(start + 3, size[0]))
    expected = ndimage.convolve(data.astype(float), kernel, mode="reflect")
    assert out == pytest.approx(expected, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("level", [0.0, 0.5, 1.5])
def test_boxes_are_those_of_scipys_labels(seed: int, level: float) -> None:
    conv = np.random.default_rng(seed).normal(size=(31, 44)).astype(np.float32)
    good = np.random.default_rng(seed + 50).random(conv.shape) > 0.1
    labels, n = ndimage.label((conv > level) & good, structure=np.ones((3, 3)))
    expected = sorted((s[0].start, s[0].stop, s[1].start, s[1].stop) for s in ndimage.find_objects(labels))
    boxes = kernels.label_boxes(conv, good, level)
    assert len(boxes) == n
    assert sorted(map(tuple, boxes.tolist())) == expected


def test_nothing_above_the_threshold_gives_no_box() -> None:
    conv = np.zeros((5, 5), np.float32)
    assert kernels.label_boxes(conv, np.ones((5, 5), bool), 1.0).shape == (0, 4)


def test_bad_pixels_take_the_mean_of_the_nearest_good_ones() -> None:
    data = np.arange(25, dtype=np.float32).reshape(5, 5)
    good = np.ones((5, 5), bool)
    good[2, 2] = good[0, 0] = False
    rows, columns = np.array([2, 0]), np.array([2, 0])
    filled = kernels.fill_bad(data, rows, columns, good, 2, -1.0)
    assert filled[0] == pytest.approx(np.mean([6, 7, 8, 11, 13, 16, 17, 18]))
    assert filled[1] == pytest.approx(np.mean([1, 5, 6]))
    none = np.zeros((5, 5), bool)
    assert kernels.fill_bad(data, rows, columns, none, 2, -1.0) == pytest.approx([-1.0, -1.0])


def star(x: float, y: float, sigma: float = 0.85, shape: tuple[int, int] = (31, 33)) -> np.ndarray:
    ys, xs = np.mgrid[: shape[0], : shape[1]]
    return (5.0 + 1000.0 * np.exp(-0.5 * ((xs - x) ** 2 + (ys - y) ** 2) / sigma**2)).astype(np.float32)


@pytest.mark.parametrize(("x", "y"), [(16.0, 15.0), (16.37, 14.81), (15.5, 15.5)])
def test_the_window_settles_on_the_star(x: float, y: float) -> None:
    out = np.empty((1, 2))
    begin = np.array([x + 0.2]), np.array([y - 0.15])
    window_positions(star(x, y), *begin, 5.0, 1.19, 0.35, out, 0, 1)
    assert out[0] == pytest.approx([x, y], abs=1e-3)


def test_the_window_gives_up_near_the_edge_and_far_from_its_beginning() -> None:
    out = np.empty((2, 2))
    data = star(1.0, 15.0) + star(16.0, 15.0)
    window_positions(data, np.array([1.0, 15.0]), np.array([15.0, 14.0]), 10.0, 1.19, 0.35, out, 0, 2)
    assert np.isnan(out).all()


def test_every_candidate_gets_a_verdict_even_at_the_edges() -> None:
    rng = np.random.default_rng(3)
    data = rng.normal(0, 5, (30, 30)).astype(np.float32)
    data[0, 0] = data[29, 15] = data[15, 29] = data[3, 3] = 500.0
    data[10:13, 10:13] = 300.0
    gauss = np.exp(-0.5 * (np.arange(-2, 3)[:, None] ** 2 + np.arange(-2, 3) ** 2) / 1.49**2)
    inside = np.ones((5, 5), bool)
    good = np.ones(data.shape, bool)
    boxes = kernels.label_boxes(data, good, 50.0)
    table, reason = np.empty((len(boxes), kernels.N_COLUMNS)), np.full(len(boxes), -1, np.int8)
    measured = np.full(len(boxes), -1, np.int8)
    limits = np.array([-np.inf, 400.0, -np.inf, np.inf, 0.2, 1.0, -1.0, 1.0])
    kernels.measure(
        data, data, good, boxes, 50.0, gauss, inside, 0.0, 2.2, 2.2, 0.0, 3.5, table, measured, 0, len(boxes)
    )  # fmt: skip
    kernels.judge(table, measured, limits, False, reason)
    assert sorted(reason.tolist()).count(kernels.EDGE) == 3
    assert (reason == kernels.PEAK_HIGH).sum() == 1
    kept = table[reason == kernels.KEPT]
    assert kept[0, :2] == pytest.approx([11.0, 11.0], abs=0.1)
    assert np.isfinite(table[:, :2]).all()
