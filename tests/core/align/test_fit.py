"""The fit against made-up truth and against published results of tweakreg."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import erf

from core.align.fit import fit, radial_limit
from core.align.settings import FitParams
from core.errors import Refusal
from tests.placings import similarity

PUBLISHED = [
    ("align_mosaics", "shift160_flt.txt", "rscale"),
    ("align_mosaics", "shift657_flc.txt", "rscale"),
    ("align_to_catalogs", "Gaia_shifts.txt", "general"),
]


def stars(n: int = 200, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-2000, 2000, (n, 2))


def published_shifts(path: Path) -> dict[str, np.ndarray]:
    rows = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return {row[0].removesuffix(".fits"): np.array(row[1:], float) for row in rows}


@pytest.mark.parametrize(("folder", "shifts", "geometry"), PUBLISHED)
def test_published_pairs_give_published_shifts(
    shared_data: Path, folder: str, shifts: str, geometry: str
) -> None:
    home = shared_data / "published_tweakreg" / folder
    compared = 0
    for name, expected in published_shifts(home / shifts).items():
        path = home / f"{name}_catalog_fit.match"
        if not path.exists():
            continue
        text = path.read_text()
        table = np.array([line.split()[:8] for line in text.splitlines() if line[:1] == " "], float)
        made = fit(table[:, 2:4], table[:, :2], FitParams(fitgeometry=geometry, nclip=0))
        rot = (made.rot - expected[2] + 180.0) % 360.0 - 180.0
        assert made.shift == pytest.approx(expected[:2], abs=3e-6), name
        assert rot == pytest.approx(0.0, abs=2e-6), name
        assert made.scale == pytest.approx(expected[3], abs=6e-7), name
        assert [made.rms_x, made.rms_y] == pytest.approx(expected[4:], abs=2e-6), name
        header = [line[1:].split() for line in text.splitlines() if line.startswith("#")]
        scales = next(row for row in header if "scale:" in row)
        assert made.scale_xy == pytest.approx([float(v) for v in scales[-2:]], abs=2e-9)
        skew = next(row for row in header if "skew:" in row)[-1]
        assert made.skew == pytest.approx(float(skew), abs=2e-7)
        assert np.abs(np.column_stack([made.rx, made.ry]) - table[:, 6:8]).max() < 5e-6
        compared += 1
    assert compared >= 3


@pytest.mark.parametrize("geometry", ["shift", "rscale", "general"])
def test_exact_pairs_give_the_exact_transformation(geometry: str) -> None:
    uv = stars()
    matrix = {
        "shift": np.eye(2),
        "rscale": similarity(0.02, 1.0003),
        "general": np.array([[1.001, 2e-4], [-3e-4, 0.999]]),
    }[geometry]
    made = fit(uv @ matrix + [3.2, -1.7], uv, FitParams(fitgeometry=geometry))
    assert made.matrix == pytest.approx(matrix, abs=1e-12)
    assert made.shift == pytest.approx([3.2, -1.7], abs=1e-9)
    assert made.n_used == len(uv)


def test_rotation_and_scale_have_the_signs_of_the_shift_file() -> None:
    uv = stars()
    made = fit(uv @ similarity(359.99, 1.0001), uv, FitParams())
    assert made.rot == pytest.approx(359.99, abs=1e-9)
    assert made.turn == pytest.approx(-0.01, abs=1e-9)  # as people read it
    assert made.scale == pytest.approx(1.0001, abs=1e-12)
    assert made.skew == 0.0


def test_general_reports_scales_and_skew_by_row() -> None:
    uv = stars()
    matrix = np.array([[1.002, 0.001], [0.0005, 0.998]])
    made = fit(uv @ matrix, uv, FitParams(fitgeometry="general"))
    assert made.scale_xy == pytest.approx((np.hypot(1.002, 0.001), np.hypot(0.0005, 0.998)))
    rot_x, rot_y = np.degrees(np.arctan2(-0.001, 1.002)), np.degrees(np.arctan2(0.0005, 0.998))
    assert made.skew == pytest.approx(rot_y - rot_x)


def test_outliers_go_and_good_pairs_stay() -> None:
    rng = np.random.default_rng(5)
    uv = stars(300)
    xy = uv @ similarity(0.01, 1.0) + [1.0, 2.0] + rng.normal(0, 0.03, uv.shape)
    xy[::10] += rng.uniform(0.5, 1.0, xy[::10].shape)
    made = fit(xy, uv, FitParams(nclip=5))
    bad = np.zeros(300, bool)
    bad[::10] = True
    assert not made.used[bad].any()
    assert made.used[~bad].mean() > 0.97
    assert made.shift == pytest.approx([1.0, 2.0], abs=0.01)


def test_clipping_never_leaves_fewer_than_minobj() -> None:
    """Fault 8: drizzlepac's clipping knows no minimum."""
    uv = stars(20)
    xy = uv + np.random.default_rng(1).standard_cauchy(uv.shape) * 0.05
    made = fit(xy, uv, FitParams(nclip=20, sigma=0.2, minobj=15))
    assert made.n_used == 15


@pytest.mark.parametrize("sigma", [1.5, 2.0, 3.0])
def test_clipping_looks_at_all_pairs_and_comes_to_rest(sigma: float) -> None:
    """Fault 8: drizzlepac never looks again at what it dropped, and a small sigma eats up the pairs."""
    rng = np.random.default_rng(2)
    uv = stars(400)
    xy = uv + rng.normal(0, 0.02, uv.shape)
    xy[:40] += [6.0, 0.0]
    params = FitParams(fitgeometry="shift", nclip=60, sigma=sigma, minobj=5)
    made = fit(xy, uv, params)
    again = fit(xy, uv, FitParams(fitgeometry="shift", nclip=61, sigma=sigma, minobj=5))
    assert not made.used[:40].any()
    assert np.array_equal(made.used, again.used)
    length = np.hypot(made.rx, made.ry)
    assert length[made.used].max() < length[~made.used].min()
    assert made.used[40:].mean() == pytest.approx(erf(sigma / np.sqrt(2)) ** 2, abs=0.05)


def test_clipping_is_radial() -> None:
    """Fault 8: a residual of 2.9 sigma in both axes passes drizzlepac's square, not a circle."""
    assert radial_limit(3.0) == pytest.approx(np.sqrt(-2 * np.log(1 - erf(3 / np.sqrt(2)) ** 2)))
    rng = np.random.default_rng(8)
    n = 4000
    uv = stars(n)
    residual = rng.normal(0, 1, (n, 2)) * 0.02
    made = fit(uv + residual, uv, FitParams(fitgeometry="shift", nclip=1))
    length = np.hypot(made.rx, made.ry)
    assert length[made.used].max() < length[~made.used].min()
    assert (~made.used).mean() == pytest.approx(0.0054, abs=0.003)


def test_sigma_none_and_nclip_zero_clip_nothing() -> None:
    uv = stars(30)
    xy = uv.copy()
    xy[0] += 50.0
    assert fit(xy, uv, FitParams(sigma=None)).n_used == 30
    assert fit(xy, uv, FitParams(nclip=0)).n_used == 30


def test_covariance_says_how_the_parameters_scatter() -> None:
    rng = np.random.default_rng(4)
    uv = stars(60) + np.array([900.0, -300.0])
    found = []
    predicted = None
    for _ in range(400):
        made = fit(uv + rng.normal(0, 0.02, uv.shape), uv, FitParams(nclip=0))
        found.append([*made.shift, made.matrix[0, 0], made.matrix[1, 0]])
        predicted = made.covariance if predicted is None else predicted + made.covariance
    scatter = np.cov(np.array(found).T)
    assert np.sqrt(np.diag(scatter)) == pytest.approx(np.sqrt(np.diag(predicted / 400)), rel=0.12)
    assert scatter[0, 2] == pytest.approx(predicted[0, 2] / 400, rel=0.3)


def test_weights_make_good_positions_count() -> None:
    rng = np.random.default_rng(6)
    uv = stars(200)
    error = np.where(np.arange(200) < 20, 0.01, 0.3)
    trials = [fit_error(rng, uv, error, weighted) for weighted in (True, False) for _ in range(40)]
    assert np.mean(trials[:40]) < 0.25 * np.mean(trials[40:])


def fit_error(rng: np.random.Generator, uv: np.ndarray, error: np.ndarray, weighted: bool) -> float:
    xy = uv + rng.normal(0, 1, uv.shape) * error[:, None]
    made = fit(xy, uv, FitParams(nclip=0), error**2 if weighted else None)
    return float(np.hypot(*made.shift))


def test_too_few_or_collinear_pairs_are_refused() -> None:
    uv = stars(1)
    with pytest.raises(Refusal, match="pairs do not determine"):
        fit(uv, uv, FitParams())
    line = np.column_stack([np.arange(20.0), 2 * np.arange(20.0)])
    with pytest.raises(Refusal, match="in a line"):
        fit(line, line, FitParams(fitgeometry="general"))
    with pytest.raises(Refusal, match="one place"):
        fit(np.ones((20, 2)), np.ones((20, 2)), FitParams())
    with pytest.raises(Refusal, match="no geometry"):
        fit(line, line, FitParams(fitgeometry="shft"))


def test_a_mirrored_image_shows_in_the_determinant() -> None:
    uv = stars(50)
    made = fit(uv * [1.0, -1.0], uv, FitParams(fitgeometry="general"))
    assert np.linalg.det(made.matrix) == pytest.approx(-1.0)
    assert made.scale == pytest.approx(1.0)
