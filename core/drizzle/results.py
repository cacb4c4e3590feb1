"""What drizzling makes: frozen values for the window, the command line and the report."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_PRODUCT = re.compile(r"(_dr[zcw])?(_sci)?\.fits(\.gz)?$", re.IGNORECASE)


MADE, TAKEN, GIVEN = "done", "taken over", "as given"
"""What became of a step: done in the run, taken over from an earlier one because nothing changed, or not part of the
run, which worked on the files that were there."""


@dataclass(frozen=True)
class ChipFigures:
    """Figures of one chip: sky in input units, cosmic ray pixels flagged and their fraction of the good pixels, the
    same fraction before growing."""

    extver: int
    sky: float
    n_cr: int = 0
    cr_fraction: float = 0.0
    core_fraction: float = 0.0


@dataclass(frozen=True)
class ExposureFigures:
    """Figures and files of one exposure; a path is None, or missing, when that product was not made.

    `reason` says what was asked for and not done: the exposure was left out, or its flags could not be written.
    """

    path: Path
    chips: tuple[ChipFigures, ...]
    single_sci: Path | None = None
    single_wht: Path | None = None
    crclean: Path | None = None
    blots: dict[int, Path] = field(default_factory=dict)
    crmasks: dict[int, Path] = field(default_factory=dict)
    reason: str = ""

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True)
class DrizzleResult:
    """The run: per exposure figures, the final products and the median, the seconds of each step, and what became of
    each (`steps`, by title: MADE, TAKEN or GIVEN).

    With build on `science`, `weight` and `context` are the same file, read by extension; else three files.
    """

    exposures: tuple[ExposureFigures, ...]
    science: Path | None
    weight: Path | None
    context: Path | None
    median: Path | None
    products: tuple[Path, ...]
    seconds: dict[str, float]
    warnings: tuple[str, ...] = ()
    steps: dict[str, str] = field(default_factory=dict)


def phot_name(product: str | Path) -> str:
    """What a copy for photometry is called unless a name is given: f606w_drz.fits gives f606w_phot.fits."""
    return _PRODUCT.sub("", Path(product).name) + "_phot.fits"
