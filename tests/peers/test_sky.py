"""Ours against drizzlepac's sky step alone, by the methods that compare overlaps.

What may differ: drizzlepac rounds the corners of an overlap to whole pixels and fills the polygon one pixel wider to
the right; we take the pixels whose centres lie inside. That is one row or column of an edge, a thousandth of the
pixels, and moves a median of 1e5 pixels by far less than its own error.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from tests.peers.live import OLD_POLYGONS, STEPS_OFF, Job, run_drizzlepac, run_ours
from tests.peers.test_astrodrizzle import Case, prepare

pytestmark = [pytest.mark.peers, pytest.mark.shared]
pytest.importorskip("drizzlepac")

ONLY_SKY = {"output": "sky", **STEPS_OFF, "driz_combine": False}
METHODS = [
    {"skymethod": "match"},
    {"skymethod": "globalmin+match"},
    {"skymethod": "globalmin", "skymask_cat": "list.txt"},
    # not the mean: among stars it hangs on single pixels of the edge, by 1.2e-3 e- here
    {"skymethod": "match", "skyclip": 3, "use_static": False, "sky_bits": "64,32"},
]


def skies(folder: Path) -> list[float]:
    found = []
    for path in sorted(folder.glob("*_flt.fits")):
        with fits.open(path) as hdus:
            found += [hdu.header["MDRIZSKY"] for hdu in hdus if hdu.name == "SCI"]
    return found


def list_masks(folder: Path) -> None:
    """A list that leaves the left half of chip 1 and the lower half of chip 2 out, in every exposure."""
    for extver in (1, 2):
        mask = np.ones((512, 1024), np.uint8)
        mask[:, :512] = extver != 1
        mask[:256] *= extver != 2
        fits.PrimaryHDU(mask).writeto(folder / f"m{extver}.fits")
    lines = [f"{path.name}{{'sci'}},m1.fits,m2.fits[0]" for path in sorted(folder.glob("*_flt.fits"))]
    (folder / "list.txt").write_text("\n".join(lines))


@pytest.fixture(scope="module")
def base(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """All methods through drizzlepac, in one process."""
    folder, jobs, names = tmp_path_factory.mktemp("skies"), [], []
    for number, values in enumerate(METHODS):
        peer = folder / str(number) / "peer"
        names = prepare(Case("sky", "cluster", {}), shared_data, peer)
        list_masks(peer)
        # the three were simulated with one sky
        for level, name in zip((0.0, 5.0, 11.0), names, strict=True):
            with fits.open(peer / name, mode="update", memmap=False) as hdus:
                for hdu in (hdu for hdu in hdus if hdu.name == "SCI"):
                    hdu.data = hdu.data + hdu.data.dtype.type(level)
        shutil.copytree(peer, peer.with_name("ours"))
        jobs.append(Job(peer, names, {**ONLY_SKY, **values}))
    run_drizzlepac(jobs, first=OLD_POLYGONS)
    return folder, names


@pytest.mark.parametrize("number", range(len(METHODS)), ids=lambda n: "-".join(map(str, METHODS[n].values())))
def test_matched_skies(number: int, base: tuple[Path, list[str]]) -> None:
    folder, values = base[0] / str(number), METHODS[number]
    run_ours(folder / "ours", base[1], {**ONLY_SKY, **values})
    ours, theirs = skies(folder / "ours"), skies(folder / "peer")
    assert max(theirs) > (10.5 if "match" in str(values["skymethod"]) else 0.0)
    assert ours == pytest.approx(theirs, abs=1e-3)
