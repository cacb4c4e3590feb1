"""Exposures with other pixels and header values: the bytes that astropy's update leaves, or none."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.safe import rewrite_fits
from core.data.segments import write_file
from core.data.splice import spliced
from core.errors import Refusal

SKY = "Sky value computed by AstroDrizzle"


def changed_by_astropy(path: Path, flags: np.ndarray, image: np.ndarray, sky: float) -> bytes:
    def change(hdus: fits.HDUList) -> None:
        hdus["SCI", 1].header["MDRIZSKY"] = (sky, SKY)
        hdus["SCI", 2].data[...] = image
        hdus["DQ", 1].data[...] = flags.view(np.int16)

    rewrite_fits(path, change)
    return path.read_bytes()


@pytest.mark.parametrize("cards", [0, 60])
def test_the_bytes_are_those_of_astropy(exposure_file: Path, cards: int) -> None:
    """Also where the new card makes the header a block longer."""
    with fits.open(exposure_file, mode="update") as hdus:
        header = hdus["SCI", 1].header
        while cards and len(header) % 36 != 35:
            header.add_history("to fill the block")
        shape = hdus["SCI", 1].data.shape
    rng = np.random.default_rng(2)
    flags = rng.integers(0, 65535, shape).astype(np.uint16)
    image = rng.normal(0, 1, shape).astype(np.float32)
    segments = spliced(
        exposure_file, {("DQ", 1): flags, ("SCI", 2): image}, {("SCI", 1): {"MDRIZSKY": (1.25, SKY)}}
    )
    assert segments is not None
    ours = exposure_file.with_name("ours.fits")
    write_file(segments, ours)
    assert ours.read_bytes() == changed_by_astropy(exposure_file, flags, image, 1.25)


def test_where_more_than_bytes_would_change_nothing_is_spliced(exposure_file: Path) -> None:
    with fits.open(exposure_file) as hdus:
        shape = hdus["SCI", 1].data.shape
    flags = np.zeros(shape, np.uint16)
    assert spliced(exposure_file, {("DQ", 1): flags}) is not None
    assert spliced(exposure_file, {("DQ", 7): flags}) is None
    assert spliced(exposure_file, {("DQ", 1): flags[1:]}) is None
    assert spliced(exposure_file, {("SCI", 1): flags}) is None
    packed = exposure_file.with_name("a.fits.gz")
    packed.write_bytes(gzip.compress(exposure_file.read_bytes()))
    assert spliced(packed, {("DQ", 1): flags}) is None
    with fits.open(exposure_file, mode="update") as hdus:
        hdus["DQ", 1].add_checksum()
    assert spliced(exposure_file, {("DQ", 1): flags}) is None
    cut = exposure_file.with_name("cut.fits")
    whole = exposure_file.read_bytes()
    cut.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(Refusal, match="truncated"):
        spliced(cut, {("SCI", 1): flags.astype(np.float32)})


def test_a_file_that_another_program_put_in_its_place_is_not_mixed_in(exposure_file: Path) -> None:
    """Even one of the same size and date: its pixels are not those that the segments were taken of."""
    with fits.open(exposure_file) as hdus:
        flags = np.zeros(hdus["DQ", 1].data.shape, np.uint16)
    segments = spliced(exposure_file, {("DQ", 1): flags})
    assert segments is not None
    other = exposure_file.with_name("other.fits")
    shutil.copy2(exposure_file, other)
    os.replace(other, exposure_file)
    with pytest.raises(Refusal, match="Another program changed the file") as refusal:
        write_file(segments, exposure_file.with_name("ours.fits"))
    assert refusal.value.file == str(exposure_file)
    assert [one.name for one in exposure_file.parent.iterdir()] == [exposure_file.name]
