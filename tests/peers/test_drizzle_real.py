"""Real exposures beside drizzlepac live: each kernel with each kind of weight, each median with each interpolant."""

from __future__ import annotations

import gzip
import itertools
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from core.data.files import find_files, find_maps
from core.drizzle.session import astrodrizzle
from core.params import TASKS

pytestmark = [pytest.mark.peers, pytest.mark.shared]
pytest.importorskip("drizzlepac")

PEER = """
import json, os, sys
from drizzlepac.astrodrizzle import AstroDrizzle
for folder, given, params in json.loads(sys.argv[1]):
    os.chdir(folder)
    AstroDrizzle(given, preserve=False, num_cores=1, **params)
"""
KERNELS = ("square", "point", "turbo", "gaussian", "lanczos3")
WEIGHTS = ("EXP", "ERR", "IVM")
LAST = dict.fromkeys(("static", "driz_separate", "median", "blot", "driz_cr", "skysub"), False)
BITS = {"driz_sep_bits": "64,32,512", "final_bits": "64,32,512"}
FOLDERS = {"uvis": ("wfc3_uvis_2013fy27_visit02", "*_flc.fits"), "ir": ("wfc3_ir_ers_f140w", "*_flt.fits.gz")}


@dataclass(frozen=True)
class Case:
    """A run of both programs on `count` exposures."""

    data: str
    count: int
    params: dict[str, Any]

    @property
    def name(self) -> str:
        told = [
            str(v)
            for k, v in self.params.items()
            if k in ("final_kernel", "final_wht_type", "combine_type", "blot_interp")
        ]
        return "-".join([self.data, *told])


FINAL = [
    Case("uvis", 2, {**LAST, **BITS, "final_kernel": kernel, "final_wht_type": weights, "final_pixfrac": 0.8})
    for kernel, weights in itertools.product(KERNELS, WEIGHTS)
] + [
    Case("ir", 2, {**LAST, **BITS, "final_kernel": kernel, "final_wht_type": weights})
    for kernel, weights in itertools.product(KERNELS, ("EXP",))
]
STEPS = [
    Case(
        data,
        4,
        {**BITS, "combine_type": kind, "blot_interp": interp, "driz_combine": False, "driz_cr_corr": False},
    )
    for data in FOLDERS
    for kind, interp in (("minmed", "poly5"), ("median", "linear"), ("mean", "poly3"), ("median", "nearest"))
]
SUMS = [
    Case(data, 3, {**BITS, "combine_type": "sum", "blot": False, "driz_cr": False, "driz_combine": False})
    for data in FOLDERS
]


def prepare(case: Case, shared: Path, folder: Path) -> str:
    """Copies of the exposures with inverse variance maps beside them, in a list."""
    folder.mkdir(parents=True)
    pattern = FOLDERS[case.data]
    rng = np.random.default_rng(4)
    lines = []
    for path in sorted((shared / pattern[0]).glob(pattern[1]))[: case.count]:
        copy = folder / path.name.removesuffix(".gz")
        copy.write_bytes(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
        fits.setval(copy, "MTFLAG", value="F")
        shape = fits.getdata(copy, ("SCI", 1)).shape
        values = rng.uniform(0.01, 0.03, shape).astype(np.float32)
        made = copy.with_name(copy.name.replace("_fl", "_ivm"))
        fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(values, name="IVM")]).writeto(made)
        lines.append(f"{copy.name} {made.name}\n")
    (folder / "all.txt").write_text("".join(lines))
    return "@all.txt"


@pytest.fixture(scope="module")
def base(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All cases through drizzlepac, in one process."""
    folder = tmp_path_factory.mktemp("real")
    jobs = []
    for case in (*FINAL, *STEPS, *SUMS):
        given = prepare(case, shared_data, folder / case.name / "peer")
        shutil.copytree(folder / case.name / "peer", folder / case.name / "ours")
        jobs.append((str(folder / case.name / "peer"), given, {"output": "x", **case.params}))
    done = subprocess.run(
        [sys.executable, "-c", PEER, json.dumps(jobs)],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def ours(base: Path, case: Case) -> tuple[Path, Path]:
    """Run ours; the folders of ours and of the peer."""
    folder = base / case.name / "ours"
    params = TASKS["astrodrizzle"].defaults().replaced(output="x", preserve=False, **case.params)
    astrodrizzle(
        find_files("@all.txt", folder=folder), params, folder=folder, ivm=find_maps("@all.txt", folder=folder)
    )
    return folder, base / case.name / "peer"


@pytest.mark.parametrize("case", FINAL, ids=lambda case: case.name)
def test_kernels_and_weights(base: Path, case: Case) -> None:
    mine, theirs = ours(base, case)
    name = next(theirs.glob("x_dr?_sci.fits")).name
    weights = [fits.getdata(folder / name.replace("_sci", "_wht")).astype(float) for folder in (mine, theirs)]
    full = np.median(weights[1][weights[1] > 0])
    few = 2e-3 if case.params["final_kernel"] == "lanczos3" else 0.0  # steps of a table: another entry
    assert (~np.isclose(*weights, rtol=1e-5, atol=1e-5 * full)).mean() <= few
    images = [fits.getdata(folder / name).astype(float) for folder in (mine, theirs)]
    seen = (weights[0] != 0) & (weights[1] != 0) & (np.abs(weights[1]) > 1e-3 * full)
    noise = 3.0 / fits.getval(mine / name, "EXPTIME")
    assert (~np.isclose(images[0][seen], images[1][seen], rtol=1e-5, atol=1e-3 * noise)).mean() <= few


@pytest.mark.parametrize("case", STEPS, ids=lambda case: case.name)
def test_medians_and_interpolants(base: Path, case: Case) -> None:
    mine, theirs = ours(base, case)
    exptime = fits.getval(next(mine.glob("*_fl[tc].fits")), "EXPTIME")
    for pattern, unit in (
        ("*_med.fits", 1.0 / exptime),
        ("*_blt.fits", 1.0 / exptime if case.data == "ir" else 1.0),
    ):
        names = sorted(path.name for path in theirs.glob(pattern))
        assert names
        for name in names:
            images = [fits.getdata(folder / name).astype(float) for folder in (mine, theirs)]
            near = np.isclose(*images, rtol=1e-5, atol=3e-3 * unit)
            # borders of the median: poly5 reads the wrong row there, poly3 makes NaN, nearest and linear read beyond
            assert near.mean() > 0.998, name
    inner = np.s_[2:-3, 2:-3]  # fault 18
    for name in sorted(path.name for path in theirs.glob("*_crmask.fits")):
        masks = [fits.getdata(folder / name)[inner] for folder in (mine, theirs)]
        assert (masks[1] == 0).any()
        assert (masks[0] != masks[1]).mean() <= 1e-3


@pytest.mark.parametrize("case", SUMS, ids=lambda case: case.name)
def test_sums(base: Path, case: Case) -> None:
    mine, theirs = ours(base, case)
    weights = [fits.getdata(path) for path in sorted(theirs.glob("*_single_wht.fits"))]
    # fault 20 is in the separate images too: data of bad pixels where there is no weight, and a sum takes them
    seen = np.min(weights, axis=0) > 0
    images = [fits.getdata(folder / "x_med.fits").astype(float) for folder in (mine, theirs)]
    assert np.allclose(images[0][seen], images[1][seen], rtol=1e-5, atol=1e-5)
    assert (images[0] != images[1])[~seen].any()
