"""Scenes that several tests look at, simulated once."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.simulate import Scene, Truth, simulate


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """The small demonstration scene, with everything on."""
    return simulate(Scene(seed=11), tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """Few stars and nothing else: no noise, cosmic rays or defects."""
    scene = Scene(seed=5, density=0.15, noise=False, cr_rate=0.0, defects=False, n_exposures=2)
    return simulate(scene, tmp_path_factory.mktemp("clean"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "made" / "on the way"
