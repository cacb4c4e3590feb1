"""The drizzle kernels against areas known exactly, and against themselves on other tiles and threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.drizzle import drop as drop_module
from core.drizzle.drop import Canvas, Drop, context_bit, drop_chip, settle
from core.drizzle.mapping import PixelMap
from core.kernels import drizzle as square
from core.kernels import profiles
from core.runs.progress import Progress
from core.runs.spread import Threads
from tests.placings import map_of_centers

KERNELS = ("square", "turbo", "point", "gaussian", "lanczos3", "tophat")


def turned(shape, angle=0.0, scale=1.0, shift=(0.0, 0.0), center=(30.0, 30.0), mirror=1.0) -> PixelMap:
    """A map that turns (radians), scales and shifts a chip about its middle onto `center` of the frame."""
    y, x = np.indices(shape, float)
    u, v = (x - shape[1] / 2) * scale, (y - shape[0] / 2) * scale * mirror
    c, s = np.cos(angle), np.sin(angle)
    at = np.dstack([c * u - s * v + center[0] + shift[0], s * u + c * v + center[1] + shift[1]])
    return map_of_centers(at)


def drizzle(data, weight, where, drop, shape=(61, 61), workers=None, bit=1):
    canvas = Canvas(np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.zeros(shape, np.int32), bit)
    drop_chip(data, weight, where, drop, canvas, workers=workers or Threads(1))
    settle(canvas, np.nan)
    return canvas.sci, canvas.wht, canvas.ctx


def clip(polygon, inside, cut):
    """One Sutherland-Hodgman step: a convex polygon cut by a half plane."""
    result = []
    for first, second in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if inside(first) != inside(second):
            result.append(cut(first, second))
        if inside(second):
            result.append(second)
    return result


def area_in_pixel(corners, i, j):
    """Area that a convex polygon has in the unit pixel around (i, j): clipped edge by edge, then the shoelace."""
    polygon = [tuple(corner) for corner in corners]
    for axis, bound, sign in ((0, i - 0.5, 1), (0, i + 0.5, -1), (1, j - 0.5, 1), (1, j + 0.5, -1)):

        def inside(p, axis=axis, bound=bound, sign=sign):
            return sign * (p[axis] - bound) >= 0

        def cut(p, q, axis=axis, bound=bound):
            t = (bound - p[axis]) / (q[axis] - p[axis])
            return tuple(p[k] + t * (q[k] - p[k]) for k in range(2))

        polygon = clip(polygon, inside, cut)
        if not polygon:
            return 0.0
    x, y = np.array(polygon).T
    return abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2


@settings(max_examples=60, deadline=None)
@given(
    angle=st.floats(-3.2, 3.2),
    scale=st.floats(0.15, 4.0),
    dx=st.floats(-1, 1),
    dy=st.floats(-1, 1),
    pixfrac=st.floats(0.1, 1.0),
    mirror=st.sampled_from((1.0, -1.0)),
)
def test_square_shares_are_areas(angle, scale, dx, dy, pixfrac, mirror):
    """One drop: the weight in every output pixel is the exact area of the overlap over that of the drop."""
    shape = (3, 3)
    where = turned(shape, angle, scale, (dx, dy), (15, 15), mirror)
    weight = np.zeros(shape, np.float32)
    weight[1, 1] = 1.0
    _, wht, _ = drizzle(np.ones(shape, np.float32), weight, where, Drop("square", pixfrac), (31, 31))
    x, y = where.x[2, 2], where.y[2, 2]  # the middle pixel's centre; the map is linear
    along_x = np.array([where.x[2, 3] - x, where.y[2, 3] - y]) * pixfrac / 2
    along_y = np.array([where.x[3, 2] - x, where.y[3, 2] - y]) * pixfrac / 2
    corners = [np.array([x, y]) + a * along_x + b * along_y for a, b in ((-1, 1), (1, 1), (1, -1), (-1, -1))]
    whole = (scale * pixfrac) ** 2
    expected = [[area_in_pixel(corners, i, j) / whole for i in range(31)] for j in range(31)]
    np.testing.assert_allclose(wht, expected, rtol=0, atol=1e-6)


def test_square_of_a_skewed_quadrilateral():
    """Four corners that no rotation makes: still the exact areas."""
    rng = np.random.default_rng(5)
    for _ in range(40):
        x = (
            np.array([[-0.1, 0.5, 1.1], [0.0, 0.55, 1.2], [-0.05, 0.6, 1.3]]) * 2.2
            + rng.normal(0, 0.08, (3, 3))
            + 5
        )
        y = (
            np.array([[0.0, 0.1, 0.0], [0.5, 0.55, 0.6], [1.1, 1.2, 1.05]]) * 2.2
            + rng.normal(0, 0.08, (3, 3))
            + 5
        )
        where = map_of_centers(np.dstack([x, y]))
        weight = np.zeros((3, 3), np.float32)
        weight[1, 1] = 1.0
        _, wht, _ = drizzle(np.ones((3, 3), np.float32), weight, where, Drop("square", 1.0), (14, 14))
        corners = [corner_of(where, a, b) for a, b in ((1.5, 2.5), (2.5, 2.5), (2.5, 1.5), (1.5, 1.5))]
        shares = np.array([[area_in_pixel(corners, i, j) for i in range(14)] for j in range(14)])
        np.testing.assert_allclose(wht, shares / shares.sum(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("angle", [0.12, -0.4, 0.7, 1.5, 2.6])
@pytest.mark.parametrize(("scale", "pixfrac"), [(1.0, 1.0), (0.7, 0.8), (2.1, 1.0)])
def test_all_ways_to_the_shares_agree(angle, scale, pixfrac, monkeypatch):
    """Four pixels around a lattice point, integrals along edges, rows of pixels, outlines: for every drop of a chip,
    and weights of bad pixels, the same; that each drop goes the way that suits it is only for speed."""
    rng = np.random.default_rng(3)
    shape = (43, 170)
    data = rng.normal(10, 3, shape).astype(np.float32)
    weight = np.where(rng.random(shape) < 0.1, 0, rng.uniform(1, 2, shape)).astype(np.float32)
    frame, at = (330, 400), (201.3, 160.7)
    where = turned(shape, angle, scale, center=at)
    turn, side, half = drop_module._layout(pixfrac, where)
    corner = turn & (square.ON_CORNER | square.LEFT_LOWEST)
    assert corner or scale < 1 or angle == 1.5 or angle == 0.12, "the ways are to be taken"
    ways = [(turn & 7, side), (turn & 7 | square.ANYHOW, side), (turn & 7 | square.ANYHOW, side + 1)]
    ways += [(turn & 7 | square.ANYHOW, 2)]  # too small for most: outlines
    ways += [(turn, side), (turn, side + 1)]
    made = []
    for way in ways:
        monkeypatch.setattr(drop_module, "_layout", lambda pixfrac, where, way=way: (*way, half))
        made.append(drizzle(data, weight, where, Drop("square", pixfrac), frame))
    for sci, wht, ctx in made[1:]:
        np.testing.assert_allclose(wht, made[0][1], rtol=0, atol=2e-6)
        np.testing.assert_allclose(sci[wht > 1e-2], made[0][0][wht > 1e-2], rtol=1e-4, atol=1e-4)
        np.testing.assert_array_equal(ctx, made[0][2])


@pytest.mark.parametrize(("kernel", "scale"), [("gaussian", 1.0), ("gaussian", 11.0), ("lanczos3", 0.6)])
def test_profiles_are_their_formula(kernel, scale):
    """A single drop, the form written out; at 11 frame pixels a chip pixel it is too wide for factors side by side."""
    shape = (3, 3)
    where = turned(shape, 0.3, scale, (0.21, -0.4), (80, 80))
    weight = np.zeros(shape, np.float32)
    weight[1, 1] = 2.0
    _, wht, _ = drizzle(np.ones(shape, np.float32), weight, where, Drop(kernel, 0.9, 1 / scale), (161, 161))
    code, reach, a, b, table = drop_module._profile(Drop(kernel, 0.9, 1 / scale))
    assert (code == profiles.GAUSSIAN) == (kernel == "gaussian")
    y, x = np.indices((161, 161), float)
    dx, dy = np.abs(x - where.x[2, 2]), np.abs(y - where.y[2, 2])
    if kernel == "gaussian":
        share = a * np.exp(-b * (dx**2 + dy**2))
    else:
        share = np.prod(
            [table[np.minimum(np.floor(d * a + 0.5).astype(int) + 1, 511)] for d in (dx, dy)], axis=0
        )

    expected = np.where((dx <= reach - 0.5) & (dy <= reach - 0.5), 2 * share, wht)
    np.testing.assert_allclose(wht, expected, rtol=1e-6, atol=1e-9 / scale**2)
    assert (wht[dx > reach + 1] == 0).all()


def corner_of(where: PixelMap, x: float, y: float):
    """The map at a FITS position of the chip, for step 1, by the bilinear formula written out."""
    i, j = int(x), int(y)
    s, t = x - i, y - j
    weights = np.array([[(1 - s) * (1 - t), s * (1 - t)], [(1 - s) * t, s * t]])
    return np.array(
        [(where.x[j : j + 2, i : i + 2] * weights).sum(), (where.y[j : j + 2, i : i + 2] * weights).sum()]
    )


@pytest.mark.parametrize("kernel", ["square", "turbo", "point"])
@pytest.mark.parametrize("scale", [1.0, 0.5, 1.7])
@pytest.mark.parametrize("pixfrac", [1.0, 0.6])
def test_flux_and_weight_are_kept(kernel, scale, pixfrac):
    """Sum of value times weight, and sum of weight, are those of the chip (`scale` output pixels a chip pixel)."""
    rng = np.random.default_rng(2)
    data = rng.normal(10, 3, (20, 24)).astype(np.float32)
    weight = rng.uniform(0.5, 2, data.shape).astype(np.float32)
    where = turned(data.shape, 0.03, scale, (0.31, -0.17))
    sci, wht, _ = drizzle(data, weight, where, Drop(kernel, pixfrac, 1 / scale))
    assert wht.sum() == pytest.approx(weight.sum(), rel=1e-6)
    flux = np.nansum(sci.astype(float) * wht) * scale**2
    assert flux == pytest.approx((data.astype(float) * weight).sum(), rel=1e-6)


def test_values_scale_with_the_pixel_area_and_the_time():
    data = np.full((20, 20), 12.0, np.float32)
    where = turned(data.shape, 0.0, 2.0)
    sci, wht, _ = drizzle(data, np.ones_like(data), where, Drop("square", 1.0, 0.5, 1 / 40, 3.0))
    inner = (slice(15, 45), slice(15, 45))
    np.testing.assert_allclose(sci[inner], 12.0 * 0.25 / 40, rtol=1e-6)
    np.testing.assert_allclose(wht[inner], 3.0 * 0.25, rtol=1e-6)


@pytest.mark.parametrize("kernel", KERNELS)
def test_threads_change_nothing(kernel):
    rng = np.random.default_rng(4)
    data = rng.normal(0, 5, (300, 310)).astype(np.float32)
    weight = rng.uniform(0, 2, data.shape).astype(np.float32)
    where = turned(data.shape, 0.7, 1.1, center=(210.0, 205.0))
    drop = Drop(kernel, 0.9, 1 / 1.1)
    runs = [drizzle(data, weight, where, drop, (420, 430), Threads(n)) for n in (1, 2, 5)]
    for other in runs[1:]:
        for one, two in zip(runs[0], other, strict=True):
            np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("angle", [-2.2, 0.02])
@pytest.mark.parametrize("kernel", KERNELS)
def test_tiles_do_not_show(kernel, angle, monkeypatch):
    """The cut into tiles is free: rows dropped one by one or all at once give the same."""
    rng = np.random.default_rng(4)
    data = rng.normal(0, 5, (100, 90)).astype(np.float32)
    weight = rng.uniform(0, 2, data.shape).astype(np.float32)
    where = turned(data.shape, angle, 1.3 if angle < 0 else 1.02, center=(80.0, 85.0))
    results = []
    for height in (1, 7, 1000):
        monkeypatch.setattr("core.drizzle.drop.TILE_ROWS", height)
        results.append(drizzle(data, weight, where, Drop(kernel, 1.0, 1 / 1.3), (170, 160)))
    for other in results[1:]:
        for one, two in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("kernel", KERNELS)
def test_bad_pixels_leave_no_trace(kernel):
    """Fault 20 of drizzlepac: there a pixel of weight 0 leaves its value where nothing good falls. Not here, and
    neither NaN nor infinity of a bad pixel gets out."""
    data = np.full((20, 20), 3.0, np.float32)
    weight = np.ones_like(data)
    weight[:, 8:12] = 0.0
    data[5, 9], data[6, 10], data[:, 8] = np.nan, np.inf, 1e9
    where = turned(data.shape, 0.0, 1.0, (0.3, 0.2))
    sci, wht, ctx = drizzle(data, weight, where, Drop(kernel, 0.5))
    assert np.isnan(sci[wht == 0]).all()
    assert (ctx[wht == 0] == 0).all()
    np.testing.assert_allclose(sci[wht > 1e-3], 3.0, rtol=1e-4)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_tiny_drop_is_a_point(kernel):
    rng = np.random.default_rng(8)
    data, weight = rng.normal(0, 1, (2, 20, 20)).astype(np.float32)
    where = turned(data.shape, 0.4, 1.2)
    point = drizzle(data, weight, where, Drop("point"))
    for one, two in zip(point, drizzle(data, weight, where, Drop(kernel, 0.001)), strict=True):
        np.testing.assert_array_equal(one, two)


def test_nothing_falls_outside():
    """Chips beside the frame, across its border, and positions that are not numbers."""
    data = np.ones((20, 20), np.float32)
    for center in ((-500.0, 30.0), (30.0, 1e7), (-3e12, 1e15)):
        for kernel in KERNELS:
            _, wht, _ = drizzle(data, data, turned(data.shape, 0.2, 1.0, center=center), Drop(kernel))
            assert not wht.any()
    where = turned(data.shape, 0.2, 1.0, center=(0.0, 60.0))
    where.x[3:9, 3:9] = np.nan
    for kernel in KERNELS:
        sci, wht, _ = drizzle(data, data, where, Drop(kernel))
        assert wht.any()
        assert np.isfinite(sci[wht > 0]).all()


def test_context_bits():
    assert [context_bit(n) for n in (1, 2, 32, 33)] == [1, 2, -(1 << 31), 1]
    data = np.ones((5, 5), np.float32)
    _, wht, ctx = drizzle(data, data, turned((5, 5)), Drop("square"), bit=context_bit(32))
    assert (ctx[wht > 0] == -(1 << 31)).all()
    assert (ctx[wht == 0] == 0).all()


def test_fine_frames_need_big_windows():
    """A chip pixel over hundreds of output pixels."""
    data = np.full((3, 4), 7.0, np.float32)
    where = turned((3, 4), 0.5, 60.0, center=(220.0, 220.0))
    for kernel in ("square", "turbo"):
        sci, wht, _ = drizzle(data, np.ones_like(data), where, Drop(kernel, 1.0, 1 / 60), (440, 440))
        assert wht.sum() == pytest.approx(12.0, rel=1e-4)
        np.testing.assert_allclose(sci[wht > 0], 7.0 / 3600, rtol=1e-5)


def test_progress_counts_tiles():
    seen = []
    progress = Progress(lambda report: seen.append(report.done), interval=0.0)
    progress.begin("drizzle", 3)
    data = np.ones((5, 5), np.float32)
    canvas = Canvas(np.zeros((600, 20), np.float32), np.zeros((600, 20), np.float32))
    drop_chip(data, data, turned((5, 5)), Drop("square"), canvas, workers=Threads(1), progress=progress)
    assert seen == [0, 1, 2, 3]
