"""Starts, pairs and clipping as drizzlepac makes them, beside drizzlepac itself on the same catalogs.

Whole published runs, from catalogs to the last digit, are in tests/core/align/test_published_table.py.
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from core.align.fit import fit
from core.align.settings import FitParams, MatchParams
from core.align.starts import Start, histogram, parabola_peak, start, truncated_histogram
from core.align.theirs import one_pass
from tests.core.align.published_runs import sources
from tests.placings import similarity

pytest.importorskip("drizzlepac")
pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

SEEDS = range(6)
RADII = (25.24, 13.0, 1.5)  # pixels


@contextlib.contextmanager
def silent() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)


def catalogs(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """1-based positions of an image and of a reference, from sparse to crowded, some of whose stars are listed twice;
    every third pair lies on a grid, so that distances and bins are hit exactly."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 900))
    uv = rng.uniform(1.0, 400.0, (n, 2))
    xy = (uv - 200.0) @ similarity(0.05, 1.0001) + 200.0 + rng.uniform(-2.0, 2.0, 2)
    xy = (xy + rng.normal(0.0, 0.2, xy.shape))[rng.random(n) < 0.8]
    uv = np.concatenate([uv[rng.random(n) < 0.7], uv[: n // 6] + np.array([0.3, 0.9])])
    rng.shuffle(xy)
    if seed % 3 == 0:
        xy, uv = np.round(xy * 4.0) / 4.0, np.round(uv * 4.0) / 4.0
    return xy, uv


@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_starts_are_drizzlepacs_to_the_last_bit(seed: int, radius: float) -> None:
    from drizzlepac import cdriz, imgclasses, tweakutils

    xy, uv = catalogs(seed)
    search = MatchParams(searchrad=radius, searchunits="pixels", tolerance=0.7)
    with silent():
        today = imgclasses._estimate_2dhist_shift(xy, uv, searchrad=radius)[:2]
        old = tweakutils.build_xy_zeropoint(xy, uv.copy(), searchrad=radius, interactive=False)
        counted = cdriz.arrxyzero(xy.astype(np.float32), uv.astype(np.float32), radius)
    made = start(sources(xy - 1.0), sources(uv - 1.0), replace(search, matching="drizzlepac"), 0.04)
    assert (made.x, made.y, made.tolerance) == (*today, 0.7)
    assert np.array_equal(histogram(xy, uv, radius, whole=True), imgclasses._xy_2dhist(xy, uv, radius))
    assert np.array_equal(truncated_histogram(xy, uv, radius), counted)
    made = start(sources(xy - 1.0), sources(uv - 1.0), replace(search, matching="drizzlepac 2"), 0.04)
    told = (*old[:2], 1.5) if old[3] is not None else (0.0, 0.0, 0.7)
    assert (made.x, made.y, made.tolerance) == pytest.approx(told, abs=1e-12)


@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_start_of_drizzlepac_3_0_with_its_parabola_of_today(seed: int, radius: float) -> None:
    """Its histogram does not run with the numpy of today: 2 r + 1 bins want a whole number, which was cut from it."""
    from drizzlepac import imgclasses

    xy, uv = catalogs(seed)
    reach = radius + 0.5
    d = (xy[:, None] - uv[None]).reshape(-1, 2)
    d = d[((d >= -reach) & (d < reach)).all(axis=1)]
    counts = np.histogram2d(d[:, 0], d[:, 1], int(2 * radius + 1), [[-reach, reach]] * 2)[0].T
    assert np.array_equal(histogram(xy, uv, radius, whole=False), counts)
    place = parabola_peak(counts)
    if place is not None and np.count_nonzero(counts) > 1:
        assert place == imgclasses._find_peak(counts, peak_fit_box=5, mask=counts > 0)[0]


@pytest.mark.parametrize("separation", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_pairs_are_those_of_xyxymatch(seed: int, separation: float) -> None:
    from stsci.stimage import xyxymatch

    xy, uv = catalogs(seed)
    for x, y, tolerance in ((0.25, -0.5, 1.0), (1.0, 1.0, 3.0), (-0.3, 0.7, 0.25)):
        found = xyxymatch(xy, uv, origin=(x, y), tolerance=tolerance, separation=separation)
        made = one_pass(sources(xy - 1.0), sources(uv - 1.0), Start(x, y, tolerance), separation)
        assert made.reference.tolist() == found["ref_idx"].tolist()
        assert made.image.tolist() == found["input_idx"].tolist()


@pytest.mark.parametrize("geometry", ["shift", "rscale", "general"])
@pytest.mark.parametrize("seed", SEEDS)
def test_clipping_per_axis_is_that_of_linearfit(seed: int, geometry: str) -> None:
    from drizzlepac import linearfit

    rng = np.random.default_rng(seed)
    n = int(rng.integers(6, 120))
    uv = rng.uniform(-900.0, 900.0, (n, 2))
    xy = uv @ similarity(0.02, 1.0002) + [5.0, -3.0] + rng.standard_t(2.0, (n, 2)) * [0.05, 0.2]
    numbers = np.arange(n)
    for nclip, sigma in ((0, 3.0), (3, 3.0), (5, 2.3), (8, 1.0), (n + 1, 1.5)):
        with silent(), contextlib.suppress(TypeError):
            told = None
            told = linearfit.iter_fit_all(
                xy.copy(), uv.copy(), numbers, numbers, mode=geometry, nclip=nclip, sigma=sigma, center=[0, 0]
            )
        made = fit(xy, uv, FitParams(geometry, nclip, sigma, 15, "per axis"))
        if told is None:  # its warning that nothing is clipped crashes
            assert nclip > n
            assert made.used.all()
            continue
        assert np.nonzero(made.used)[0].tolist() == told["img_indx"].tolist()
        assert made.shift == pytest.approx(np.array(told["offset"]), abs=1e-9)
        assert made.matrix == pytest.approx(np.array(told["fit_matrix"]), abs=1e-12)
        assert (made.rms_x, made.rms_y) == pytest.approx(tuple(told["rms"]), rel=1e-9)
