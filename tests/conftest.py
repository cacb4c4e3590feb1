"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real and simulated exposures kept beside the project; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the data beside the project are not here")
    return SHARED
