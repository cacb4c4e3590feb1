"""Source finding on made-up chips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from core.align.candidates import widened
from core.align.daokernel import make_kernel
from core.align.find import REASONS, electrons_per_unit, find_in
from core.align.noise import CLIPPING, noise
from core.align.settings import FindParams
from core.data.exposure import Chip
from core.data.imagestats import image_statistics
from core.errors import Refusal
from core.kernels import find as kernels
from core.runs.buffers import Buffers
from core.runs.spread import Threads

PARAMS = FindParams(threshold=10.0)
SIZE = 1 << 20  # bytes, more than a chip of 300 x 300 needs beside its pixels


def field(
    n: int = 60,
    seed: int = 1,
    size: int = 300,
    sigma: float = 0.85,
    peaks: tuple[float, float] = (400, 3000),
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An image of stars at least 12 pixels apart, and their positions."""
    rng = np.random.default_rng(seed)
    places: list[np.ndarray] = []
    while len(places) < n:
        place = rng.uniform(12, size - 12, 2)
        if all(np.hypot(*(place - other)) > 12 for other in places):
            places.append(place)
    x, y = np.array(places).reshape(-1, 2).T
    ys, xs = np.mgrid[:size, :size]
    image = np.full((size, size), 10.0)
    for px, py in places:
        image += rng.uniform(*peaks) * np.exp(-0.5 * ((xs - px) ** 2 + (ys - py) ** 2) / sigma**2)
    image = rng.poisson(image) + rng.normal(0, 3.0, image.shape)
    return image.astype(np.float32), x, y


def nearest(catalog: object, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Distance from each true star to the nearest source."""
    return np.hypot(catalog.x[None] - x[:, None], catalog.y[None] - y[:, None]).min(axis=1)


def test_all_stars_are_found_where_they_are() -> None:
    image, x, y = field()
    catalog = find_in(image, PARAMS)
    assert len(catalog) == len(x)
    assert nearest(catalog, x, y).max() < 0.1
    assert np.all(np.diff(catalog.y) >= 0)
    assert catalog.number.tolist() == list(range(1, len(x) + 1))
    assert catalog.threshold == pytest.approx(10.0 * catalog.sigma)


def test_the_fits_positions_are_finer_than_daofinds() -> None:
    image, x, y = field(n=150, size=500, peaks=(5000, 30000))
    catalog = find_in(image, PARAMS)
    d = (catalog.x[None] - x[:, None]) ** 2 + (catalog.y[None] - y[:, None]) ** 2
    i = d.argmin(axis=1)
    rough = np.hypot(catalog.x[i] - x, catalog.y[i] - y)
    fine = np.hypot(catalog.fine_x[i] - x, catalog.fine_y[i] - y)
    assert np.median(fine) < 0.6 * np.median(rough)


def test_expected_errors_are_about_those_that_are_made() -> None:
    image, x, y = field(n=150, size=500)
    catalog = find_in(image, PARAMS)
    d = (catalog.x[None] - x[:, None]) ** 2 + (catalog.y[None] - y[:, None]) ** 2
    i = d.argmin(axis=1)
    pulls = (catalog.fine_x[i] - x) / catalog.error[i]
    assert 0.4 < 1.4826 * np.median(np.abs(pulls)) < 1.6


def test_nan_do_not_spread() -> None:
    """Fault: drizzlepac's convolution makes a whole kernel of NaN out of each, and loses the stars there."""
    image, x, y = field()
    clean = find_in(image, PARAMS)
    holed = image.copy()
    holed[::25, ::25] = np.nan
    holed[5, 40:60] = np.inf
    catalog = find_in(holed, PARAMS)
    far = np.array(
        [np.hypot((px + 12.5) % 25 - 12.5, (py + 12.5) % 25 - 12.5) > 5 for px, py in zip(x, y, strict=True)]
    )
    assert far.sum() > 20
    assert nearest(catalog, x[far], y[far]).max() < 0.1
    assert len(catalog) <= len(clean)
    assert np.isfinite(catalog.flux).all()


def test_an_image_of_nan_has_no_sources() -> None:
    assert len(find_in(np.full((50, 50), np.nan, np.float32), PARAMS)) == 0


def test_one_star_is_one_star() -> None:
    """Fault 6: drizzlepac wants two objects in a chip, else "no objects found" and a crash."""
    image, *_ = field(n=1)
    assert len(find_in(image, PARAMS)) == 1
    blank, *_ = field(n=0)
    assert len(find_in(blank, PARAMS)) == 0


def test_an_image_smaller_than_the_kernel_has_no_sources() -> None:
    image = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    assert len(find_in(image, PARAMS)) == 0


def test_masked_pixels_show_no_sources() -> None:
    image, x, y = field()
    good = np.ones(image.shape, bool)
    good[:, :150] = False
    catalog = find_in(image, PARAMS, good=good)
    assert (catalog.x > 148).all()
    assert nearest(catalog, x[x > 156], y[x > 156]).max() < 0.1


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ({"peakmax": 1000.0}, kernels.PEAK_HIGH),
        ({"peakmin": 1000.0}, kernels.PEAK_LOW),
        ({"fluxmin": 6000.0}, kernels.FLUX_LOW),
        ({"fluxmax": 6000.0}, kernels.FLUX_HIGH),
        ({"use_sharp_round": True, "sharplo": 0.52}, kernels.SHARPNESS),
        ({"use_sharp_round": True, "roundhi": 0.0}, kernels.ROUNDNESS),
    ],
)
def test_limits_reject_and_the_reason_is_kept(limit: dict[str, object], reason: int) -> None:
    image, *_ = field()
    everything = find_in(image, PARAMS)
    catalog = find_in(image, replace(PARAMS, **limit))
    assert 0 < len(catalog) < len(everything)
    lost = catalog.rejected.reason == reason
    assert lost.sum() == len(everything) - len(catalog)
    assert reason in REASONS
    for name, bound in limit.items():
        if name in ("peakmax", "fluxmax"):
            assert (getattr(catalog, name[:4]) < bound).all()
        if name in ("peakmin", "fluxmin"):
            assert (getattr(catalog, name[:4]) > bound).all()


def test_a_flux_limit_of_zero_counts_as_not_set() -> None:
    image, *_ = field()
    assert len(find_in(image, replace(PARAMS, fluxmax=0.0, fluxmin=0.0))) == len(find_in(image, PARAMS))


def test_close_pairs_lose_the_fainter_wherever_they_lie_in_y() -> None:
    """drizzlepac compares only neighbours in y: a pair with a third source between them in y survives."""
    table = np.zeros((4, kernels.N_COLUMNS))
    table[:, :2] = [[10.0, 10.0], [200.0, 10.5], [11.0, 11.0], [12.5, 12.0]]
    table[:, kernels.BOX_SUM] = [5.0, 1.0, 9.0, 7.0]
    reason = np.zeros(4, np.int8)
    from core.align.candidates import drop_duplicates

    drop_duplicates(table, reason, 2.0)
    # the brightest takes both its neighbours with it
    assert reason.tolist() == [kernels.DUPLICATE, kernels.KEPT, kernels.KEPT, kernels.DUPLICATE]


def test_threads_and_blocks_do_not_change_a_bit() -> None:
    image, *_ = field(n=100, size=400)
    one, four = (find_in(image, PARAMS, workers=Threads(n)) for n in (1, 4))
    for name in ("x", "y", "flux", "sharp", "round2", "fine_x"):
        assert np.array_equal(getattr(one, name), getattr(four, name))


def test_single_bright_pixels_are_known() -> None:
    image, *_ = field(sigma=0.5)
    image[50, 50] += 3000.0
    catalog = find_in(image, PARAMS)
    hot = np.hypot(catalog.x - 50, catalog.y - 50) < 1
    assert catalog.lone[hot].all()
    assert not catalog.lone[~hot].any()


def test_noise_estimates() -> None:
    rng = np.random.default_rng(3)
    image = rng.normal(50.0, 5.0, (400, 400)).astype(np.float32)
    assert noise(image, "handbook") == pytest.approx(1.5 * 5.0, rel=0.02)
    assert noise(image, "drizzlepac") == pytest.approx(np.sqrt(2 * 50.0), rel=0.01)
    assert noise(image, "robust") == pytest.approx(5.0, rel=0.02)
    image[::9, ::9] = np.nan
    assert noise(image, "handbook") == pytest.approx(1.5 * 5.0, rel=0.02)
    assert np.isnan(noise(np.full((3, 3), np.nan, np.float32), "robust"))


def test_clipping_lets_values_come_back_but_not_outliers() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(0, 1, 100_000).astype(np.float32)
    values[:100] = 500.0
    stats = image_statistics(values, CLIPPING, mode=True)
    assert stats.mean == pytest.approx(0.0, abs=0.02)
    assert stats.stddev == pytest.approx(1.0, abs=0.1)
    assert stats.mode == pytest.approx(0.0, abs=0.3)


def test_a_noise_of_zero_is_refused() -> None:
    with pytest.raises(Refusal, match="comes out as 0"):
        find_in(np.zeros((60, 60), np.float32), PARAMS)
    image, x, _ = field()
    assert len(find_in(image, replace(PARAMS, computesig=False, skysigma=5.0))) == len(x)


@pytest.mark.parametrize(
    ("values", "parameter"),
    [
        ({"ratio": 0.0}, "ratio"),
        ({"conv_width": 0.0}, "conv_width"),
        ({"nsigma": -1.0}, "nsigma"),
        ({"computesig": False, "skysigma": 0.0}, "skysigma"),
        ({"computesig": False, "skysigma": None}, "skysigma"),
    ],
)
def test_values_that_find_nothing_are_refused(values: dict[str, object], parameter: str) -> None:
    with pytest.raises(Refusal) as caught:
        FindParams(**values).checked()
    assert caught.value.subject == parameter


def test_the_kernel_measures_heights_and_ignores_the_sky() -> None:
    kernel = make_kernel(FindParams())
    assert kernel.weights.shape == (5, 5)
    assert kernel.weights.sum() == pytest.approx(0.0, abs=1e-12)
    assert (kernel.weights * kernel.gauss).sum() == pytest.approx(1.0, abs=1e-12)
    turned = make_kernel(FindParams(ratio=0.5, theta=90.0, conv_width=5.0))
    assert turned.gauss.shape[0] > turned.gauss.shape[1]


def test_no_threshold_means_sigma_squared() -> None:
    image, *_ = field()
    catalog = find_in(image, replace(PARAMS, threshold=None))
    assert catalog.threshold == pytest.approx(catalog.sigma**2)


@pytest.mark.parametrize(
    ("bunit", "electrons"),
    [("ELECTRONS", 1.0), ("ELECTRONS/S", 40.0), ("COUNTS", 1.5), ("COUNTS/S", 60.0), ("", 1.0)],
)
def test_photons_are_counted_in_electrons(bunit: str, electrons: float) -> None:
    chip = Chip(
        path=Path("x"), extver=1, ccdchip=1, shape=(1, 1), wcs=None, bunit=bunit, gain=1.5, read_noise=3.0,
        exptime=40.0, header=None, has_err=False, has_dq=False,
    )  # fmt: skip
    assert electrons_per_unit(chip) == electrons
    assert electrons_per_unit(replace(chip, gain=float("nan"), exptime=0.0)) == 1.0


def test_fluxes_are_the_handbooks() -> None:
    """Sum over a circle of radius conv_width without the sky; drizzlepac sums the kernel's box, sky included."""
    image, *_ = field(n=60, size=300)
    catalog = find_in(image, PARAMS)
    assert len(catalog) > 30
    level = float(np.median(image))
    ys, xs = np.mgrid[: image.shape[0], : image.shape[1]]
    for k in range(len(catalog)):
        distance = np.hypot(xs - catalog.x[k], ys - catalog.y[k])
        inside, around = (distance <= PARAMS.conv_width + d for d in (-0.5, 0.5))
        least, most = sorted(float((image[m] - level).sum()) for m in (inside, around))
        assert least - 60 < catalog.flux[k] < most + 60
    wide = find_in(image, replace(PARAMS, conv_width=5.0, nsigma=1.0, threshold=8.0))
    assert np.median(wide.flux) > 0
    shifted = find_in(image + np.float32(1000.0), PARAMS)
    assert len(shifted) == len(catalog)
    assert shifted.flux == pytest.approx(catalog.flux, abs=1.0)


@pytest.mark.parametrize("shape", [(2, 2), (3, 40), (60, 50)])
def test_marks_are_widened_as_scipys_maximum_filter_does(shape: tuple[int, int]) -> None:
    marks = np.random.default_rng(1).random(shape) < 0.02
    np.testing.assert_array_equal(widened(marks, 4), ndimage.maximum_filter(marks, size=9, mode="constant"))


def test_chips_one_after_the_other_are_found_in_the_same_memory() -> None:
    """Whatever another chip left there: the catalogs are those of memory of their own, masks and NaN included."""
    room = Buffers(SIZE)
    good = np.ones((300, 300), bool)
    good[:, :150] = False
    for seed in (1, 2, 3):
        image, *_ = field(seed=seed)
        image[40 * seed : 40 * seed + 3] = np.nan
        for mask in (None, good):
            alone = find_in(image, PARAMS, good=mask)
            shared = find_in(image, PARAMS, good=mask, room=room)
            for name in ("x", "y", "flux", "fine_x", "fine_y", "error"):
                assert np.array_equal(getattr(alone, name), getattr(shared, name))
    # no more was ever in use than one chip takes, and all of it was given back
    assert 300 * 300 * 5 <= room.most < 300 * 300 * 5 + 2 * 4096
    room.take((SIZE,), np.uint8)
    assert room.most == SIZE
