"""Cleaned copies of exposures, while other programs are at work on them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.data.exposure import open_exposure
from core.drizzle.crclean import write_clean
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
