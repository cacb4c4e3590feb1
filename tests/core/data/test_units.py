"""Factors between counts and electrons, in all or per second."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.data.exposure import open_exposure
from core.data.units import effective_gain, to_electrons, to_rate


@pytest.mark.parametrize(
    ("bunit", "gain", "electrons", "rate"),
    [
        ("ELECTRONS", 1.0, 1.0, 1 / 40),
        ("ELECTRONS/S", 1.0, 40.0, 1.0),
        ("COUNTS", 1.56, 1.56, 1.56 / 40),
        ("COUNTS/S", 1.56, 62.4, 1.56),
    ],
)
def test_factors(exposure_file: Path, bunit: str, gain: float, electrons: float, rate: float) -> None:
    chip = replace(open_exposure(exposure_file).chips[0], bunit=bunit)
    assert effective_gain(chip) == pytest.approx(gain)
    assert to_electrons(chip) == pytest.approx(electrons)
    assert to_rate(chip) == pytest.approx(rate)
