"""Weights of type IVM beside drizzlepac live: computed maps of ACS/WFC and WFC3/IR, and maps of one's own."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.drizzle.results import DrizzleResult
from tests.hst_exposures import CAMERAS, write_set
from tests.peers.live import STEPS_OFF, Job, run_drizzlepac, run_ours

pytestmark = pytest.mark.peers
pytest.importorskip("drizzlepac")

PARAMS = {
    **STEPS_OFF, "output": "test", "final_wht_type": "IVM", "final_bits": "16", "static": False, "final_wcs": True,
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
    jobs: list[Job] = []
    given = {}
    for name in SCALES:
        write_flat(references / f"{name}_pfl.fits", CAMERAS["wfc"].shape, 2)
        given[name] = make(name, base / name / "peer")
        shutil.copytree(base / name / "peer", base / name / "ours")
        jobs.append(Job(base / name / "peer", given[name], {**PARAMS, "final_scale": SCALES[name]}))
    run_drizzlepac(jobs, environment={"testref": f"{references}/"})
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("testref", f"{references}/")
        for job, name in zip(jobs, SCALES, strict=True):
            made[name] = run_ours(base / name / "ours", job.given, job.params), job.folder
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
