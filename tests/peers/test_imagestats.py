"""Ours against stsci.imagestats: the same numbers, to the last digit of float32."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.imagestats import Clipping, image_statistics
from core.runs.spread import Threads

pytestmark = pytest.mark.peers
imagestats = pytest.importorskip("stsci.imagestats")

CLIPPINGS = [
    Clipping(0),
    Clipping(3),
    Clipping(5, 4.0, 4.0),
    Clipping(2, 2.0, 3.0, binwidth=0.01),
    Clipping(3, lower=-2.0, upper=50.0),
]


def synthetic(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    image = rng.normal(3.0, 2.0, (700, 900)).astype(np.float32)
    image[::17, ::13] *= 50
    return image


def assert_same(image: np.ndarray, clipping: Clipping) -> None:
    peer = imagestats.ImageStats(
        image,
        fields="npix,mean,stddev,median,mode",
        nclip=clipping.rounds,
        lsig=clipping.lower_sigma,
        usig=clipping.upper_sigma,
        lower=clipping.lower,
        upper=clipping.upper,
        binwidth=clipping.binwidth,
    )
    ours = image_statistics(image, clipping, median=True, mode=True, workers=Threads(2))
    assert ours.npix == peer.npix
    assert ours.mean == pytest.approx(peer.mean, rel=1e-7, abs=1e-9)
    assert ours.stddev == pytest.approx(peer.stddev, rel=2e-7)
    assert ours.bins == len(peer.histogram)
    # of all pixels, not of those inside the limits, is what the peer takes without clipping
    if clipping.rounds or clipping.lower is None:
        assert ours.median == peer.median
    assert ours.mode == pytest.approx(peer.mode, abs=1e-4 * peer.stddev)


@pytest.mark.parametrize(("seed", "clipping"), list(itertools.product((1, 2), CLIPPINGS)))
def test_synthetic_pixels(seed: int, clipping: Clipping) -> None:
    assert_same(synthetic(seed), clipping)


@pytest.mark.shared
@pytest.mark.parametrize("clipping", CLIPPINGS)
def test_real_pixels(shared_data: Path, clipping: Clipping) -> None:
    for path in sorted((shared_data / "wfc3_uvis_2013fy27_visit02").glob("*_flc.fits"))[:3]:
        with fits.open(path, memmap=False) as hdus:
            assert_same(np.asarray(hdus["SCI", 1].data, np.float32), clipping)
