"""Cleaned copies of exposures, while other programs are at work on them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.dq import parse_bits
from core.data.exposure import open_exposure
from core.drizzle.crclean import Replaced, write_clean
from core.errors import Refusal


def test_an_exposure_replaced_meanwhile_is_not_mixed_into_its_cleaned_copy(
    copies: Callable[..., list[Path]],
) -> None:
    first, second, _ = copies()
    exposure = open_exposure(first)
    images = {chip.extver: chip.read() for chip in exposure.chips}
    out = first.with_name("crclean.fits")

    def check() -> None:
        if second.exists():
            shutil.copystat(first, second)
            os.replace(second, first)

    with pytest.raises(Refusal, match="Another program changed the file"):
        write_clean(exposure, out, images, {}, check)
    assert not out.exists()
    write_clean(open_exposure(first), out, images, {}, check)
    assert open_exposure(out).chips[0].read().tobytes() == images[exposure.chips[0].extver].tobytes()


@pytest.mark.parametrize("packed", [False, True])
def test_only_flagged_pixels_are_replaced(copies: Callable[..., list[Path]], packed: bool) -> None:
    """Also in a file whose checksums do not allow to change bytes alone; made rows are those of whole arrays."""
    path = copies()[0]
    if packed:
        with fits.open(path, mode="update", checksum=True):
            pass
    exposure = open_exposure(path)
    rng, hits, out = np.random.default_rng(3), [], path.with_name("crclean.fits")
    for chip in exposure.chips:
        good = (rng.random(chip.shape) > 0.03).astype(np.uint8)
        good[0], good[-1, -1] = 0, 0
        blotted = rng.normal(7.0, 1.0, chip.shape).astype(np.float32)
        hits.append((Replaced.of(chip, blotted, good), good, blotted))
    reset = parse_bits("4096+64")
    images = {hit.chip.extver: hit.image() for hit, _, _ in hits}
    flags = {hit.chip.extver: hit.flags(reset, 8192) for hit, _, _ in hits}
    write_clean(exposure, out, images, flags)
    for made, (hit, good, blotted) in zip(open_exposure(out).chips, hits, strict=True):
        expected = np.where(good == 0, blotted, hit.chip.read())
        assert made.read().tobytes() == expected.tobytes()
        old = hit.chip.read_dq() & np.uint16(0xFFFF & ~(4096 | 64))
        np.testing.assert_array_equal(made.read_dq(), np.where(good == 0, old | 8192, old))
        assert hit.image().whole().tobytes() == expected.tobytes()
