"""Pixels read from where they lie: those of astropy, and never those of another file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data import places
from core.data.exposure import open_exposure
from core.data.onepass import stamp_of
from core.errors import Refusal

Write = Callable[..., Path]


@pytest.mark.parametrize("chunk", [1, 100, 1 << 19])
def test_pixels_are_those_of_astropy(
    exposure_file: Path, hdus: fits.HDUList, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_CHUNK", chunk)
    monkeypatch.setattr("core.data.exposure.read_data", None)  # astropy is not asked
    for number, chip in enumerate(open_exposure(exposure_file).chips, 1):
        pixels = chip.read()
        assert pixels.dtype == np.float32
        assert pixels.dtype.isnative
        np.testing.assert_array_equal(pixels, hdus["SCI", number].data)


def test_a_file_that_was_written_since_is_read_anew(
    exposure_file: Path, hdus: fits.HDUList, write: Write
) -> None:
    chip = open_exposure(exposure_file).chips[1]
    hdus[0].header.extend([("HISTORY", "a header that is blocks longer")] * 100)
    hdus["SCI", 2].data += 7.0
    write(hdus)
    assert chip.place is not None
    assert places.read_float32(exposure_file, *chip.place) is None
    np.testing.assert_array_equal(chip.read(), hdus["SCI", 2].data)


def test_other_numbers_go_through_astropy(hdus: fits.HDUList, write: Write) -> None:
    hdus["SCI", 1].data = np.arange(48 * 64).reshape(48, 64).astype(np.int16)
    hdus["SCI", 2].data = hdus["SCI", 2].data.astype(np.float64)
    chips = open_exposure(write(hdus)).chips
    assert [chip.place for chip in chips] == [None, None]
    assert chips[0].read()[1, 2] == 66.0


def test_a_file_that_is_gone_or_cut_is_refused(exposure_file: Path) -> None:
    chip = open_exposure(exposure_file).chips[1]
    assert chip.place is not None
    place = chip.place[0]
    os.truncate(exposure_file, place.offset + place.size - 1)
    with pytest.raises(Refusal, match="truncated"):
        places.read_float32(exposure_file, place, stamp_of(exposure_file))
    exposure_file.unlink()
    with pytest.raises(Refusal, match="no such file"):
        chip.read()
