"""The same exposures in electrons and in electrons per second give the same products."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.drizzle.results import DrizzleResult
from core.drizzle.session import astrodrizzle
from core.params import TASKS

Copies = Callable[..., list[Path]]


def per_second(path: Path) -> None:
    with fits.open(path, mode="update", memmap=False) as hdus:
        time = hdus[0].header["EXPTIME"]
        for hdu in hdus:
            if hdu.name in ("SCI", "ERR"):
                hdu.data = (hdu.data / np.float32(time)).astype(np.float32)
                hdu.header["BUNIT"] = "ELECTRONS/S"


def run(files: list[Path], **values: object) -> DrizzleResult:
    params = TASKS["astrodrizzle"].defaults().replaced(preserve=False, static=False, **values)
    return astrodrizzle(files, params, folder=files[0].parent)


@pytest.mark.parametrize("weights", ["EXP", "ERR"])
def test_products_do_not_depend_on_the_unit(copies: Copies, weights: str) -> None:
    # drizzlepac weights rates by (EXPTIME / ERR)^2 with ERR in e-/s, that is EXPTIME^2 times the inverse variance
    # of the rate, which favours long exposures; ours are the inverse variance whatever the unit
    counts = run(copies("counts"), final_wht_type=weights)
    rates = copies("rates")
    for path in rates:
        per_second(path)
    rate = run(rates, final_wht_type=weights)
    for one, other in ((counts.weight, rate.weight), (counts.science, rate.science)):
        mine, theirs = fits.getdata(one), fits.getdata(other)
        seen = np.isfinite(mine) & np.isfinite(theirs)
        assert np.array_equal(np.isfinite(mine), np.isfinite(theirs))
        near = np.isclose(mine[seen], theirs[seen], rtol=1e-4, atol=1e-4 * np.nanstd(mine))
        assert near.mean() > 0.9999  # a pixel at the very limit of a cosmic ray may fall either way
    assert fits.getval(counts.science, "BUNIT") == fits.getval(rate.science, "BUNIT") == "ELECTRONS/S"
