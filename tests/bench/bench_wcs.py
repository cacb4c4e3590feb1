"""Speed of chip coordinates against astropy.wcs, ns per pixel: `python tests/bench/bench_wcs.py FILE_flt.fits`."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from core.data.exposure import open_exposure
from core.data.wcsbook import write_wcs

COUNT = 1_000_000


def best(work: Callable[[], object], times: int = 5) -> float:
    """Shortest of some runs, in seconds."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def main(path: Path) -> None:
    opened = best(lambda: open_exposure(path))
    wcs = open_exposure(path).chips[0].wcs
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, wcs.naxis[0], COUNT), rng.uniform(0, wcs.naxis[1], COUNT)
    ra, dec = wcs.pix_to_sky(x, y)
    wcs.sky_to_pix(ra, dec)
    flat = wcs.linear()
    with warnings.catch_warnings(), fits.open(path) as hdus:
        warnings.simplefilter("ignore")
        peer = WCS(hdus["SCI", 1].header, hdus)
    ns = 1e9 / COUNT
    print(f"open_exposure {opened * 1e3:.1f} ms")
    for name, one in (("distorted", wcs), ("linear", flat)):
        out = best(lambda one=one: one.pix_to_sky(x, y)) * ns
        back = best(lambda one=one: one.sky_to_pix(ra, dec)) * ns
        print(f"{name}: pix_to_sky {out:.0f} ns, sky_to_pix {back:.0f} ns")
    print(f"astropy all_pix2world {best(lambda: peer.all_pix2world(x, y, 0), 2) * ns:.0f} ns")
    few = slice(0, COUNT // 10)
    inverse = best(lambda: peer.all_world2pix(ra[few], dec[few], 0, tolerance=1e-8), 1)
    print(f"astropy all_world2pix {inverse * ns * 10:.0f} ns")


def rewriting(path: Path) -> None:
    """Seconds to write a new WCS into a copy of the file."""
    copy = path.with_name(f"bench_{path.name}")
    copy.write_bytes(path.read_bytes())
    try:
        new = {chip.extver: chip.wcs for chip in open_exposure(copy).chips}
        start = time.perf_counter()
        write_wcs(copy, new, wcsname="BENCH")
        print(f"write_wcs {time.perf_counter() - start:.2f} s for {path.stat().st_size / 1e6:.0f} MB")
    finally:
        copy.unlink()


if __name__ == "__main__":
    for name in sys.argv[1:]:
        main(Path(name))
        rewriting(Path(name))
