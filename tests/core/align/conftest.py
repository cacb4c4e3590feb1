"""Fixtures: made-up exposures and settings that find their stars."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.align.settings import AlignSettings

sys.path.insert(0, str(Path(__file__).parent))

from align_shots import Shot, Sky, write_shot


@pytest.fixture
def shoot(tmp_path: Path) -> Callable[..., list[Path]]:
    """Write shots of a sky (by default 150 stars) and return the paths."""

    def make(*shots: Shot, sky: Sky | None = None) -> list[Path]:
        return [write_shot(tmp_path, shot, sky or Sky.random(150)) for shot in shots]

    return make


@pytest.fixture
def settings() -> AlignSettings:
    """Defaults with a threshold that finds the stars, and no log file."""
    made = AlignSettings.defaults()
    return AlignSettings(
        made.tweakreg.replaced(runfile=""), made.imagefind.replaced(threshold=20.0), made.refimagefind
    )
