"""What the rules have to know of the loaded exposures; plain values, so that they can be made and compared anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FlagFact:
    """One DQ flag of the detector: value, name, a sentence; `used` whether the detector sets it at all."""

    bit: int
    name: str
    text: str = ""
    used: bool = True

    @property
    def is_cosmic_ray(self) -> bool:
        return "cosmic ray" in self.name


@dataclass(frozen=True)
class DataFacts:
    """The loaded exposures as the rules see them. What is not known is empty or 0 and raises no problem.

    Attributes
    ----------
    names
        File names of the exposures, in the order of the list.
    detectors
        "WFC3/UVIS" and the like, each once.
    plate_scale
        Arcsec per pixel of the first exposure.
    flags
        The DQ flags of the first exposure's detector.
    has_cte
        Whether charge trails behind cosmic rays on that detector.
    extensions
        EXTVERs of its SCI extensions.
    wcs, wcsname
        Letters and names of the alternate WCSs of the first exposure, and the name of its primary one.
    root, kind
        The product's name without `output`, and "drz", "drc" or "drw".
    folder, existing
        Where products go, and the files that are there.
    table, table_fault
        The pipeline's table of parameters (MDRIZTAB) that the first exposure names, and why it cannot be had.
    lost
        By parameter the text and why the file that it names cannot be read.
    """

    names: tuple[str, ...] = ()
    detectors: tuple[str, ...] = ()
    plate_scale: float = 0.0
    flags: tuple[FlagFact, ...] = ()
    has_cte: bool = True
    extensions: frozenset[int] = frozenset()
    wcs: tuple[tuple[str, str], ...] = ()
    wcsname: str = ""
    root: str = ""
    kind: str = ""
    folder: str = ""
    existing: frozenset[str] = frozenset()
    table: str = ""
    table_fault: str = ""
    lost: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.names)

    def flag(self, bit: int) -> FlagFact | None:
        """The flag of this value, if the detector's flags are known."""
        return next((each for each in self.flags if each.bit == bit), None)


NO_DATA = DataFacts()
