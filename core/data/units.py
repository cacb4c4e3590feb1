"""Factors between the units of the pixels: counts or electrons, in all or per second.

The engine drizzles electrons per second. Handbook 7.1 and drizzlepac call the factor to electrons the effective
gain: 1 for ACS and WFC3, whose calibrated images are in electrons already.
"""

from __future__ import annotations

from core.data.exposure import Chip


def to_electrons(chip: Chip) -> float:
    """Factor from the chip's pixels to electrons over the whole exposure."""
    return effective_gain(chip) * (chip.exptime if chip.is_rate else 1.0)


def to_rate(chip: Chip) -> float:
    """Factor from the chip's pixels to electrons per second."""
    return effective_gain(chip) / (1.0 if chip.is_rate else chip.exptime)


def effective_gain(chip: Chip) -> float:
    """Electrons for one unit of the pixels: 1 for images in electrons, else the gain."""
    return 1.0 if chip.in_electrons else chip.gain
