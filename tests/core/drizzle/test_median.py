"""The median step on small stacks whose answer is plain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.drizzle.median import Layer, MedianParams, make_median, mean_weight, median_units
from core.errors import Refusal
from core.params import TASKS
from core.runs.progress import Progress
from core.runs.spread import Threads

DEFAULTS = TASKS["astrodrizzle"].defaults()


def layer(image: np.ndarray, weight: np.ndarray) -> Layer:
    return Layer(
        "one",
        lambda start, stop: image[start:stop],
        lambda start, stop: weight[start:stop],
        mean_weight(weight),
        100.0,
        0.0,
        9.0,
    )


def combine(images: np.ndarray, weights: np.ndarray | None = None, **values: Any) -> np.ndarray:
    images = np.asarray(images, np.float32)
    weights = np.full(images.shape, 100.0, np.float32) if weights is None else weights.astype(np.float32)
    params = MedianParams.of(DEFAULTS.replaced(**values))
    layers = [layer(i, w) for i, w in zip(images, weights, strict=True)]
    return make_median(layers, images.shape[1:], params)


def constant(*levels: float) -> np.ndarray:
    return np.stack([np.full((6, 8), level) for level in levels])


def test_one_image_is_its_own_median() -> None:
    assert np.array_equal(combine(constant(5.0)), constant(5.0)[0])


def test_two_images_give_their_mean_when_they_agree() -> None:
    assert np.allclose(combine(constant(5.0, 5.1)), 5.05)


def test_a_cosmic_ray_in_one_of_two_is_left_out() -> None:
    images = constant(5.0, 5.0)
    images[1, 3, 4] = 500.0
    assert combine(images)[3, 4] == 5.0


def test_cosmic_rays_in_two_of_three_are_left_out() -> None:
    images = constant(5.0, 5.0, 5.0)
    images[:2, 3, 4] = 500.0, 700.0
    assert combine(images)[3, 4] == 5.0


def test_growing_takes_the_faint_halo_too() -> None:
    images = constant(5.0, 5.0, 5.0)
    images[:2, 3, 4] = 500.0, 700.0
    # 3.5 sigma of the three images together: more than the second limit, less than the first
    images[:2, 3, 5] = 5.0 + 2 * 3.5 * np.sqrt(3 * 500.0 + 27.0) / 300.0
    assert combine(images, combine_grow=1)[3, 5] == 5.0
    assert combine(images, combine_grow=0)[3, 5] > 5.0


def test_pixels_bad_in_all_images_are_0_or_filled() -> None:
    images = constant(5.0, 6.0, 7.0)
    images[2, 2, 2] = 0.0
    weights = np.full(images.shape, 100.0)
    weights[:, 2, :] = 0.0
    for kind in ("minmed", "median", "mean"):
        assert (combine(images, weights, combine_type=kind)[2] == 0.0).all()
    # fault 14: drizzlepac fills only the first column of imedian and imean, and nothing of iminmed
    for kind in ("iminmed", "imedian", "imean"):
        filled = combine(images, weights, combine_type=kind)[2]
        assert filled[2] == 6.0
        assert (np.delete(filled, 2) == 7.0).all()


def test_thresholds_are_taken_as_they_are() -> None:
    # fault 15: drizzlepac multiplies them once for every image
    images = constant(5.0, 6.0, 20.0)
    assert np.allclose(combine(images, combine_type="mean", combine_hthresh=20.0), 5.5)
    assert np.allclose(combine(images, combine_type="mean", combine_lthresh=6.0), 13.0)


def test_nsigma_that_is_not_two_numbers_is_refused() -> None:
    # fault 17: drizzlepac takes "4" and stops at the median with an IndexError
    assert MedianParams.of(DEFAULTS.replaced(combine_nsigma="4,2")).nsigma == (4.0, 2.0)
    for text in ("", "4", "4 3 2", "four", "4 -3", "nan"):
        with pytest.raises(Refusal, match="combine_nsigma"):
            MedianParams.of(DEFAULTS.replaced(combine_nsigma=text))


def test_rejecting_everything_is_refused() -> None:
    with pytest.raises(Refusal, match="combine_nlow"):
        combine(constant(1.0, 2.0), combine_type="median", combine_nlow=1, combine_nhigh=1)


def test_blocks_and_threads_change_nothing() -> None:
    rng = np.random.default_rng(1)
    images = rng.gamma(1.0, 5.0, (4, 300, 200)).astype(np.float32)
    weights = np.full(images.shape, 50.0, np.float32)
    layers = [layer(i, w) for i, w in zip(images, weights, strict=True)]
    results = []
    for bufsize, count in ((0.01, 1), (0.1, 2), (4.0, 1)):
        params = MedianParams.of(DEFAULTS.replaced(combine_bufsize=bufsize))
        progress = Progress()
        with progress.step("median", median_units((300, 200), params)):
            results.append(make_median(layers, (300, 200), params, workers=Threads(count), progress=progress))
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])
