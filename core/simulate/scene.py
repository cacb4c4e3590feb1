"""What to simulate: one frozen value that, with its seed, decides every pixel."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.errors import Refusal
from core.simulate.instrument import FULL, SMALL

# The exposures of Handbook example 7.1: one target at three rolls over half a year
ROOTS = ("ibc301qrq", "ibc304v3q", "ibc307qyq")
ROLLS = (105.0, 200.0, 280.0)
DATES = (55210.63245333, 55297.40811729, 55386.17320518)
TARGET = (201.6928333333, -47.47905555556)

# Thresholds of `imagefindpars` (in sigma) that find a few hundred well-exposed stars on a small scene of 40 s
# and some two thousand on a full one, by the noise estimate; stars that peak above PEAKMAX are near saturation
THRESHOLDS = {"handbook": 200.0, "drizzlepac": 1000.0, "robust": 600.0}
PEAKMAX = 50000.0


@dataclass(frozen=True)
class Scene:
    """A set of simulated WFC3/UVIS exposures of a globular cluster, as in Handbook example 7.1.

    Attributes
    ----------
    seed : decides stars, pointing errors, cosmic rays, defects and noise
    size : "small" (two chips of 1024 x 512 beside the gap) or "full" (4096 x 2051)
    n_exposures : how many; they take the three rolls in turn
    exptime : seconds
    density : factor on the number of stars
    sky : e-/s per pixel
    cr_rate : cosmic rays per cm2 and s, over the exposure and 45 s of reading out
    cr_exptime : seconds of cosmic rays, or None for `exptime`
    max_shift : largest pointing error in arcsec; the smallest is a fifth of it
    roll_error : standard deviation of the roll error in degrees
    scale_error : standard deviation of the relative scale error
    dither : standard deviation of the intended offsets of all exposures but the first, arcsec per axis
    noise : photon and read noise
    defects : hot, warm, over-subtracted pixels and bad columns
    rolls : PA_V3 in degrees, used in turn
    target : RA, Dec in degrees
    """

    seed: int = 1
    size: str = "small"
    n_exposures: int = 3
    exptime: float = 40.0
    density: float = 1.0
    sky: float = 0.08
    cr_rate: float = 1.2
    cr_exptime: float | None = None
    max_shift: float = 0.5
    roll_error: float = 0.004
    scale_error: float = 1e-5
    dither: float = 0.8
    noise: bool = True
    defects: bool = True
    rolls: tuple[float, ...] = ROLLS
    target: tuple[float, float] = TARGET

    def __post_init__(self) -> None:
        self._require(self.size in ("small", "full"), "size", 'It must be "small" or "full".')
        self._require(1 <= self.n_exposures <= 99, "n_exposures", "It must be from 1 to 99.")
        self._require(self.exptime > 0, "exptime", "It must be above 0 s.")
        self._require(self.seed >= 0, "seed", "It must be 0 or a positive whole number.")
        self._require(len(self.rolls) > 0, "rolls", "At least one roll is needed.")
        for name in ("density", "sky", "cr_rate", "max_shift", "roll_error", "scale_error", "dither"):
            self._require(getattr(self, name) >= 0, name, "It must not be negative.")

    @property
    def naxis(self) -> tuple[int, int]:
        """Columns and rows of a chip."""
        return SMALL if self.size == "small" else FULL

    def root(self, index: int) -> str:
        """The rootname of exposure `index` (0-based)."""
        return ROOTS[index] if index < len(ROOTS) else f"ibc3{index:02d}s0q"

    def roll(self, index: int) -> float:
        """The intended PA_V3 of exposure `index` in degrees."""
        return self.rolls[index % len(self.rolls)]

    def expstart(self, index: int) -> float:
        """Start of exposure `index`, MJD."""
        turns, visit = divmod(index, len(DATES))
        return DATES[visit] + turns * (self.exptime + 180.0) / 86400.0

    def stream(self, *key: int) -> np.random.Generator:
        """Random numbers of their own for every purpose, so that no part depends on what another has drawn."""
        return np.random.default_rng([self.seed, *key])

    def find_settings(self, noise: str = "handbook") -> dict[str, float]:
        """`imagefindpars` values that suit this scene, by the name of the noise estimate."""
        if noise not in THRESHOLDS:
            raise Refusal(
                "No such noise estimate.", subject="noise", advice=f"One of {', '.join(THRESHOLDS)}."
            )
        return {"threshold": THRESHOLDS[noise], "peakmax": PEAKMAX}

    def as_dict(self) -> dict[str, Any]:
        """All values, for the record of the truth."""
        return asdict(self)

    @staticmethod
    def _require(good: bool, subject: str, what: str) -> None:
        if not good:
            raise Refusal(what, subject=subject)
