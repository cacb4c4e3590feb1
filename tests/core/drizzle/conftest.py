"""Simulated exposures whose headers are right: what a good alignment leaves to the drizzle."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from astropy.io import fits

from core.simulate import Scene, Truth, simulate

SCENE = Scene(seed=11, size="small", density=0.6)


def correct_headers(truth: Truth) -> None:
    """Write the true CRVAL and CD into the exposures."""
    for exposure in truth.exposures:
        with fits.open(truth.folder / exposure.file, mode="update", memmap=False) as hdus:
            for hdu in (hdu for hdu in hdus if hdu.name == "SCI"):
                chip = exposure.chip(hdu.header["CCDCHIP"])
                hdu.header["CRVAL1"], hdu.header["CRVAL2"] = map(float, chip.true_crval)
                for i in (1, 2):
                    for j in (1, 2):
                        hdu.header[f"CD{i}_{j}"] = float(chip.true_cd[i - 1, j - 1])


@pytest.fixture(scope="session")
def aligned(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """Three exposures of a cluster with cosmic rays, noise and defects; do not change them."""
    truth = simulate(SCENE, tmp_path_factory.mktemp("aligned"))
    correct_headers(truth)
    return truth


@pytest.fixture(scope="session")
def ideal(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """The same stars and pointings without noise, defects and cosmic rays."""
    scene = replace(SCENE, noise=False, defects=False, cr_rate=0.0)
    truth = simulate(scene, tmp_path_factory.mktemp("ideal"))
    correct_headers(truth)
    return truth


@pytest.fixture
def copies(aligned: Truth, tmp_path: Path) -> Callable[[str], list[Path]]:
    """Fresh copies of the three exposures in a new folder."""

    def make(name: str = "data") -> list[Path]:
        folder = tmp_path / name
        folder.mkdir()
        return [Path(shutil.copy(path, folder)) for path in aligned.files]

    return make
