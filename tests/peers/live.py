"""AstroDrizzle of drizzlepac in a process of its own, ours beside it, and the images of both."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from core.data.files import find_files, find_maps
from core.drizzle.results import DrizzleResult
from core.drizzle.session import astrodrizzle
from core.params import TASKS
from core.params.model import Kind

_CODE = """
import json, os, sys
{first}
from drizzlepac.astrodrizzle import AstroDrizzle
for folder, given, params in json.load(sys.stdin):
    os.chdir(folder)
    AstroDrizzle(given, **{{"preserve": False, "num_cores": 1, **params}})
"""
# stsci.skypac 1.0.12 asks spherical_geometry 1.4 for a method that it no longer has; without it drizzlepac falls back
# to localmin for `match`, not saying why
OLD_POLYGONS = """
from spherical_geometry.polygon import SphericalPolygon
if not hasattr(SphericalPolygon, "iter_polygons_flat"):
    SphericalPolygon.iter_polygons_flat = lambda self: iter(self._polygons)
"""
_TASK = TASKS["astrodrizzle"]
# first row and column, last two rows and columns: there drizzlepac takes a neighbour that it lacks for 0 and finds
# nothing (fault 18); the second pass and the box of the first reach one pixel further
INNER = np.s_[2:-3, 2:-3]
STEPS_OFF = dict.fromkeys(("driz_separate", "median", "blot", "driz_cr"), False)
LAST_ALONE = {**STEPS_OFF, "static": False, "skysub": False}
REAL = {
    "uvis": ("wfc3_uvis_2013fy27_visit02", "*_flc.fits"),
    "ir": ("wfc3_ir_ers_f140w", "*_flt.fits.gz"),
    "cluster": ("omega_cen_simulated", "*_flt.fits"),
}
Given = str | Sequence[str]


@dataclass(frozen=True)
class Job:
    """One run: the folder, what is given in it (names, or a text as the user writes it), the parameters."""

    folder: Path
    given: Given
    params: Mapping[str, Any]


def run_drizzlepac(
    jobs: Iterable[Job], *, first: str = "", environment: Mapping[str, str] | None = None
) -> None:
    """Run all jobs in one process, for starting takes longer than a small run; `first` is code before its import."""
    told = [(str(job.folder), job.given, dict(job.params)) for job in jobs]
    done = subprocess.run(
        [sys.executable, "-c", _CODE.format(first=first)],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        env={**os.environ, "MPLBACKEND": "Agg", **(environment or {})},
    )
    assert done.returncode == 0, done.stderr[-3000:]


def run_ours(folder: Path, given: Given, params: Mapping[str, Any]) -> DrizzleResult:
    """The same through our engine, in this process, at home in the folder."""
    values = {
        name: str(value) if _TASK.param(name).kind is Kind.STR else value for name, value in params.items()
    }
    wanted = _TASK.defaults().replaced(**{"preserve": False, **values})
    with contextlib.chdir(folder):
        if not isinstance(given, str):
            return astrodrizzle([folder / name for name in given], wanted, folder=folder)
        maps = find_maps(given, folder=folder)
        return astrodrizzle(find_files(given, folder=folder), wanted, folder=folder, ivm=maps)


def take(shared: Path, name: str, folder: Path, count: int | None = None, *, still: bool = True) -> list[str]:
    """Unpacked copies of the first exposures of a set in a new folder, as their names. `still`: without the flag of a
    moving target, with which both programs lay target on target."""
    folder.mkdir(parents=True)
    where, pattern = REAL[name]
    names = []
    for path in sorted((shared / where).glob(pattern))[:count]:
        copy = folder / path.name.removesuffix(".gz")
        copy.write_bytes(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
        if still and fits.getval(copy, "MTFLAG", ignore_missing_simple=True) not in ("", "F", False):
            fits.setval(copy, "MTFLAG", value="F")
        names.append(copy.name)
    return names


def image(path: Path, ext: object = 0) -> np.ndarray:
    """An extension, float64."""
    with fits.open(path, memmap=False) as hdus:
        return np.asarray(hdus[ext].data, np.float64)


@dataclass(frozen=True)
class Folders:
    """Where both programs left their images."""

    ours: Path
    peer: Path

    def names(self, pattern: str) -> list[str]:
        """Files of drizzlepac; there are some."""
        found = sorted(path.name for path in self.peer.glob(pattern))
        assert found, f"drizzlepac made no {pattern}"
        return found

    def both(self, name: str, ext: object = 0) -> tuple[np.ndarray, np.ndarray]:
        """An image of ours and of drizzlepac's."""
        mine, theirs = (image(folder / name, ext) for folder in (self.ours, self.peer))
        assert mine.shape == theirs.shape
        return mine, theirs

    def hand_masks(self, folder: Path) -> None:
        """drizzlepac's masks of cosmic rays for a run of the last step alone in `folder`: they have neither faults of
        ours nor differ at the edges."""
        for mask in self.peer.glob("*_crmask.fits"):
            shutil.copyfile(mask, folder / mask.name)


def assert_close(mine: np.ndarray, theirs: np.ndarray, tolerance: float, share: float = 0.999) -> None:
    """At least `share` of the pixels differ by no more than `tolerance`."""
    differ = np.abs(mine - theirs)
    assert (differ <= tolerance).mean() >= share, np.quantile(differ, [0.5, 0.99, 0.999, 1.0])


def assert_weights(mine: np.ndarray, theirs: np.ndarray, few: float = 0.0) -> None:
    """The same weights but for a part `few`; a few slivers at corners are sums of products that cancel: there 1e-5 of
    a typical weight counts."""
    some = theirs != 0
    assert ((mine != 0) != some).mean() <= few
    typical = np.median(np.abs(theirs[some]))
    assert (~np.isclose(mine, theirs, rtol=1e-5, atol=1e-5 * typical)).mean() <= few
