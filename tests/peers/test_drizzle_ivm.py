"""Weights of type IVM beside drizzlepac live: computed maps of ACS/WFC and WFC3/IR, and maps of one's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.files import find_files, find_maps
from core.drizzle.results import DrizzleResult
from core.drizzle.session import astrodrizzle
from core.params import TASKS
from tests.hst_exposures import CAMERAS, write_set

pytestmark = pytest.mark.peers
pytest.importorskip("drizzlepac")

PEER = """
import json, os, sys
from drizzlepac.astrodrizzle import AstroDrizzle
for folder, given, params in json.loads(sys.argv[1]):
    os.chdir(folder)
    AstroDrizzle(given, preserve=False, num_cores=1, **params)
"""
PARAMS = {
    "output": "test", "final_wht_type": "IVM", "final_bits": "16", "static": False, "driz_separate": False,
    "median": False, "blot": False, "driz_cr": False, "final_wcs": True,
}  # fmt: skip
SCALES = {"wfc": 0.04, "ir": 0.1, "own": 0.05}


def write_flat(path: Path, shape: tuple[int, int], chips: int) -> None:
    rows, columns = np.indices(shape)
    hdus = fits.HDUList([fits.PrimaryHDU()])
    for extver in range(1, chips + 1):
        flat = 1.0 + 0.1 * extver * np.sin(rows / 11.0) * np.cos(columns / 7.0)
        hdus.append(fits.ImageHDU(flat.astype(np.float32), name="SCI", ver=extver))
    hdus.writeto(path)


def make(name: str, folder: Path) -> str:
    """Exposures in `folder`; what both programs are given."""
    camera = CAMERAS["wfc" if name == "own" else name]
    files = write_set(camera, folder)
    for path in files:
        fits.setval(path, "PFLTFILE", value=f"testref${name}_pfl.fits")
    if name == "ir":
        for path in files:
            with fits.open(path, mode="update") as hdus:
                hdus["TIME"].data[30:40] = 25.0
    if name != "own":
        return ",".join(path.name for path in files)
    rng = np.random.default_rng(3)
    lines = []
    for path in files:
        hdus = fits.HDUList([fits.PrimaryHDU()])
        for extver in (1, 2):
            values = rng.uniform(0.01, 0.03, camera.shape).astype(np.float32)
            hdus.append(fits.ImageHDU(values, name="IVM", ver=extver))
        hdus.writeto(folder / path.name.replace("_flt", "_ivm"))
        lines.append(f"{path.name} {path.name.replace('_flt', '_ivm')}\n")
    (folder / "all.txt").write_text("".join(lines))
    return "@all.txt"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[DrizzleResult, Path]]:
    """Our result and the peer's folder for each case."""
    base = tmp_path_factory.mktemp("ivm")
    references = base / "references"
    references.mkdir()
    jobs, given = [], {}
    for name in SCALES:
        write_flat(references / f"{name}_pfl.fits", CAMERAS["wfc"].shape, 2)
        given[name] = make(name, base / name / "peer")
        shutil.copytree(base / name / "peer", base / name / "ours")
        jobs.append((str(base / name / "peer"), given[name], {**PARAMS, "final_scale": SCALES[name]}))
    environment = {**os.environ, "testref": f"{references}/"}
    done = subprocess.run(
        [sys.executable, "-c", PEER, json.dumps(jobs)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("testref", f"{references}/")
        for name, scale in SCALES.items():
            folder = base / name / "ours"
            params = TASKS["astrodrizzle"].defaults().replaced(preserve=False, **PARAMS, final_scale=scale)
            files = find_files(given[name], folder=folder)
            maps = find_maps(given[name], folder=folder)
            made[name] = astrodrizzle(files, params, folder=folder, ivm=maps), base / name / "peer"
    return made


@pytest.mark.parametrize("name", SCALES)
def test_weights_and_images(runs: dict[str, tuple[DrizzleResult, Path]], name: str) -> None:
    result, peer = runs[name]
    assert not result.warnings
    for path in (result.weight, result.science):
        mine, theirs = (np.asarray(fits.getdata(one), float) for one in (path, peer / path.name))
        seen = mine > 0 if path is result.weight else np.isfinite(mine) & np.isfinite(theirs)
        assert np.array_equal(mine > 0, theirs > 0) or path is not result.weight
        size = np.median(np.abs(theirs[seen]))
        assert np.allclose(mine[seen], theirs[seen], rtol=2e-5, atol=1e-5 * size)


@pytest.mark.parametrize("name", SCALES)
def test_the_header_tells_the_factor(runs: dict[str, tuple[DrizzleResult, Path]], name: str) -> None:
    result, peer = runs[name]
    assert result.science is not None
    mine, theirs = (fits.getval(one, "D001WTSC") for one in (result.science, peer / result.science.name))
    assert mine == pytest.approx(float(theirs), rel=1e-6)
