"""Read-outs: the values shown are those of the data, at FITS positions."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.chipwcs import ChipWCS
from core.errors import Refusal
from ui.views.prepared import CONTEXT, MASK, contributions, local_sky, prepare
from ui.views.readout import context_bits, sky_words, value_words, words_at


def test_value_is_that_of_the_pixel_under_the_fits_position() -> None:
    data = np.arange(12, dtype=np.float32).reshape(3, 4)
    frame = prepare("a", data, unit="e-")
    assert value_words(frame, 1.0, 1.0) == "0 e-"
    assert value_words(frame, 4.0, 3.0) == "11 e-"
    assert value_words(frame, 2.49, 1.51) == "5 e-"
    assert value_words(frame, 0.49, 1.0) == value_words(frame, 1.0, 3.51) == "outside"


def test_nan_mask_and_context_are_told_in_words() -> None:
    assert value_words(prepare("a", np.full((2, 2), np.nan, np.float32)), 1, 1) == "no data"
    mask = prepare("m", np.array([[1, 0]], np.uint8), kind=MASK)
    assert [value_words(mask, x, 1) for x in (1, 2)] == ["good", "flagged"]
    context = prepare("c", np.array([[37, 0]], np.int32), kind=CONTEXT)
    assert [value_words(context, x, 1) for x in (1, 2)] == ["3 chips", "0 chips"]


def test_context_bits_are_those_of_the_handbook_also_past_chip_32() -> None:
    assert context_bits(np.int32(1 + 4 + 32)) == [0, 2, 5]
    assert context_bits(np.int32(-(2**31))) == [31]
    assert context_bits(np.array([0, 3], np.int32)) == [32, 33]
    planes = np.array([[[1, -1]], [[2, 0]]], np.int32)
    assert contributions(planes).tolist() == [[2, 32]]


def test_sky_words_round_without_sixty_seconds() -> None:
    assert sky_words(359.99999999999, -0.00000001).startswith("RA 00:00:00.0000  Dec \u221200:00:00.000")
    assert sky_words(201.6821267139, -47.46661075341) == (
        "RA 13:26:43.7104  Dec \u221247:27:59.799   (201.682127, \u221247.466611)"
    )
    assert sky_words(float("nan"), 0.0) == "no sky position"


def test_position_is_that_of_the_chip_wcs(frame_wcs: ChipWCS) -> None:
    frame = prepare("a", np.zeros((80, 100), np.float32), wcs=frame_wcs)
    assert sky_words(201.69, -47.47) in words_at(frame, 51.0, 41.0)


def test_orientation_at_the_middle(frame_wcs: ChipWCS) -> None:
    local = local_sky(frame_wcs, (80, 100))
    assert local is not None
    assert local.scale == pytest.approx(0.04, rel=1e-5)
    assert local.north == pytest.approx([0.0, 1.0], abs=1e-4)
    assert local.east == pytest.approx([-1.0, 0.0], abs=1e-4)


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(Refusal, match="not an image"):
        prepare("spectrum", np.zeros(10, np.float32))
