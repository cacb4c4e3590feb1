"""Cosmic rays of simulated exposures, ours and drizzlepac's against the truth; the whole table is tests/bench/
bench_cosmics.py."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.simulate import Scene, Truth, simulate
from tests.peers.live import Job, run_drizzlepac, run_ours

pytest.importorskip("drizzlepac")
pytestmark = pytest.mark.peers

BENCH = Path(__file__).resolve().parents[1] / "bench"
PARAMS = {
    "output": "cr",
    "driz_sep_bits": "64,32",
    "final_bits": "64,32",
    "driz_combine": False,
    "clean": False,
}


def flags_of(folder: Path, truth: Truth) -> dict[str, np.ndarray]:
    return {
        f"{path.name}_{extver}": fits.getdata(folder / path.name.replace("_flt", f"_sci{extver}_crmask")) == 0
        for path in truth.files
        for extver in (1, 2)
    }


def test_as_many_found_and_fewer_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The masks are the same away from the edges. There drizzlepac compares with neighbours of value 0 (fault 18):
    it misses cosmic rays, and where a flank of a star is steeper than the blot is high it flags that."""
    monkeypatch.syspath_prepend(str(BENCH))
    from score import EDGE, SHARES, cosmic_ray_counts

    scene = Scene(seed=2, cr_exptime=500.0, max_shift=0.0, roll_error=0.0, scale_error=0.0)
    truth = simulate(scene, tmp_path / "scene")
    names = [path.name for path in truth.files]
    folders = [tmp_path / "ours", tmp_path / "peer"]
    for folder in folders:
        folder.mkdir()
        for path in truth.files:
            shutil.copy(path, folder)
    run_ours(folders[0], names, PARAMS)
    run_drizzlepac([Job(folders[1], names, PARAMS)])
    ours, theirs = (flags_of(folder, truth) for folder in folders)
    inner = np.s_[EDGE:-EDGE, EDGE:-EDGE]
    differ = sum(np.count_nonzero(ours[key][inner] != theirs[key][inner]) for key in ours)
    assert differ <= 5  # pixels that lie on a limit
    counts = np.array([cosmic_ray_counts(truth, truth.files, flags).sum(axis=0) for flags in (ours, theirs)])
    for region in (0, 2):  # whole chip, edges alone
        for name, (up, down) in SHARES.items():
            mine, peers = counts[:, region, up] / counts[:, region, down]
            assert mine >= peers, (region, name)
    assert counts[0, 2, 5] / counts[0, 2, 4] > 0.97  # of the flags at the edges
    assert counts[1, 2, 5] / counts[1, 2, 4] < 0.97
