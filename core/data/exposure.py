"""Exposures: what the engine knows of one flt or flc file, read once, pixels read when needed.

Files are opened with memmap off, read and closed: a mapped file keeps its handle and cannot be replaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS


@dataclass(frozen=True, eq=False)
class Chip:
    """One SCI extension with its companions.

    `extver` is the EXTVER, `ccdchip` the CCDCHIP (or extver); `shape` (rows, columns); `bunit` upper case,
    one of ELECTRONS, ELECTRONS/S, COUNTS, COUNTS/S; `gain` e-/DN and `read_noise` e- (quadratic mean over the
    amplifiers that read the chip); `exptime` seconds; `header` the SCI header.
    """

    path: Path
    extver: int
    ccdchip: int
    shape: tuple[int, int]
    wcs: ChipWCS
    bunit: str
    gain: float
    read_noise: float
    exptime: float
    header: fits.Header
    has_err: bool
    has_dq: bool

    @property
    def is_rate(self) -> bool:
        """Whether the pixels are per second."""
        return self.bunit.endswith("/S")

    @property
    def in_electrons(self) -> bool:
        return self.bunit.startswith("ELECTRON")

    def read(self, name: str = "SCI") -> NDArray[np.float32]:
        """The pixels of extension `name` of this chip, float32 (rows, columns), C order, native byte order.

        Raises `Refusal` when the extension is missing or cannot be read.
        """
        raise NotImplementedError

    def read_dq(self) -> NDArray[np.uint16]:
        """The DQ flags as uint16, zeros when the file has no DQ extension."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Exposure:
    """One file: its primary header and chips in the order of EXTVER."""

    path: Path
    rootname: str
    suffix: str
    instrument: str
    detector: str
    filters: str
    exptime: float
    expstart: float
    expend: float
    primary: fits.Header
    chips: tuple[Chip, ...]

    @property
    def name(self) -> str:
        """The file's name, as shown to people."""
        return self.path.name

    @property
    def stem(self) -> str:
        """The name without .fits(.gz): the root of the names of intermediate files, "ibc301qrq_flt"."""
        return self.path.name.removesuffix(".gz").removesuffix(".fits")


def open_exposure(path: str | Path) -> Exposure:
    """Read the headers of one exposure.

    Raises
    ------
    Refusal
        The file is missing, not FITS, truncated, lacks a SCI or DQ extension, a WCS, EXPTIME or BUNIT ...;
        the refusal names the file, the keyword or extension and what to try.
    """
    raise NotImplementedError
