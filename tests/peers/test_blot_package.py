"""Blotting against the C code of the `drizzle` package: the geometries of its own tests, every interpolant.

Its tests blot images of a point, of points in the corners, at the edges and on a grid, and of noise, on the same
grid, shifted by whole pixels and fractions, turned and scaled.
"""

from __future__ import annotations

import numpy as np
import pytest

from core.kernels import blot as kernels

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]
resample = pytest.importorskip("drizzle.resample")

SHAPE, CHIP = (60, 80), (48, 64)
KINDS = {
    "nearest": kernels.NEAREST, "linear": kernels.LINEAR, "poly3": kernels.POLY3, "poly5": kernels.POLY5,
}  # fmt: skip


def grid(angle: float = 0.0, scale: float = 1.0, shift: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """Positions of the chip's pixels in the image, (rows, columns, 2), 0-based, all well inside it."""
    y, x = np.indices(CHIP, float)
    u, v = (x - 32) * scale, (y - 24) * scale
    c, s = np.cos(angle), np.sin(angle)
    return np.dstack([c * u - s * v + 40 + shift[0], s * u + c * v + 30 + shift[1]])


GEOMETRIES = {
    "half pixels": grid(scale=0.5),
    "whole shift": grid(scale=0.5, shift=(3.0, -2.0)),
    "fraction": grid(scale=0.5, shift=(0.3, -0.15)),
    "turned": grid(0.4, 0.5, (0.2, 0.1)),
    "half turn": grid(np.pi, 0.5, (0.3, 0.4)),
    "coarser": grid(0.05, 0.7, (0.2, 0.1)),
}


def images() -> dict[str, np.ndarray]:
    noise = np.random.default_rng(11).normal(10, 3, SHAPE).astype(np.float32)
    point, corners, dots = (np.zeros(SHAPE, np.float32) for _ in range(3))
    point[30, 40] = 100
    corners[[0, 0, -1, -1], [0, -1, 0, -1]] = 100
    dots[5::10, 5::10] = 100
    return {"noise": noise, "point": point, "corners": corners, "dots": dots}


def ours(image: np.ndarray, where: np.ndarray, interp: str) -> np.ndarray:
    out = np.empty(where.shape[:2], np.float32)
    x, y = (np.ascontiguousarray(where[..., k]) for k in (0, 1))
    kernels.resample(image, x, y, KINDS[interp], 1.0, np.float32(1.0), np.float32(0.0), out)
    return out


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("interp", KINDS)
def test_blot_image(geometry: str, interp: str) -> None:
    where = GEOMETRIES[geometry]
    for name, image in images().items():
        theirs = resample.blot_image(image, where, iscale=1.0, interp=interp)
        mine = ours(image, where, interp)
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=2e-7 * np.abs(image).max(), err_msg=name)
        assert np.abs(theirs).max() > 1 or name == "corners"


@pytest.mark.parametrize("interp", KINDS)
def test_the_whole_image_with_its_borders(interp: str) -> None:
    """Each pixel on itself, and moved by a fraction; the last row and column apart, where the package's poly5 reads
    another row, as drizzlepac's does."""
    y, x = np.indices(SHAPE, float)
    for dx, dy in ((0.0, 0.0), (0.37, 0.21)):
        where = np.dstack([x + dx, y + dy])
        for name, image in images().items():
            theirs = resample.blot_image(image, where, iscale=1.0, interp=interp)
            mine = ours(image, where, interp)
            inner = np.s_[:-3, :-1]
            np.testing.assert_allclose(
                mine[inner], theirs[inner], rtol=1e-6, atol=5e-7 * np.abs(image).max(), err_msg=name
            )


def test_the_factor_is_that_of_time_and_area() -> None:
    image, where = images()["noise"], GEOMETRIES["fraction"]
    theirs = resample.blot_image(image, where, iscale=40.0 / 0.8**2, interp="poly5")
    mine = np.empty(CHIP, np.float32)
    x, y = (np.ascontiguousarray(where[..., k]) for k in (0, 1))
    kernels.resample(image, x, y, kernels.POLY5, 1.0, np.float32(40.0 / 0.8**2), np.float32(0.0), mine)
    np.testing.assert_allclose(mine, theirs, rtol=1e-6)


def test_the_package_has_no_sinc() -> None:
    """drizzlepac's is broken (fault 14a), the package left it out: ours has no peer and is held to truth instead."""
    with pytest.raises(Exception, match="sinc"):
        resample.blot_image(images()["noise"], GEOMETRIES["fraction"], iscale=1.0, interp="sinc")
