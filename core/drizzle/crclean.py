"""The cleaned copies of the exposures (driz_cr_corr): blotted values where cosmic rays were, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.dq import Bits
from core.data.exposure import Chip, Exposure
from core.data.fitsfile import open_fits, quiet
from core.data.planes import plane
from core.data.safe import write_fits
from core.data.segments import Made, write_file
from core.data.splice import spliced
from core.kernels import stream as kernel

Images = Mapping[int, NDArray[np.float32] | Made]
Flags = Mapping[int, NDArray[np.uint16] | Made]
_NO_MASK = np.zeros((0, 0), np.uint8)


@dataclass(frozen=True, eq=False)
class Replaced:
    """The pixels of a chip that cosmic rays hit, and what the blotted image has there: all that a cleaned copy needs
    beside the exposure's own file. `at` counts along the rows."""

    chip: Chip
    at: NDArray[np.int64]
    values: NDArray[np.float32]

    @classmethod
    def of(cls, chip: Chip, blotted: NDArray[np.float32], good: NDArray[np.uint8]) -> Replaced:
        """`blotted` in the exposure's units; cosmic rays are where `good` is 0."""
        at = np.flatnonzero(good.reshape(-1) == 0)
        return cls(chip, at, blotted.reshape(-1)[at])

    def image(self) -> Made:
        """The chip with the blotted value at these pixels, and nowhere else."""
        source = plane(self.chip)

        def rows(start: int, stop: int, out: NDArray[np.float32]) -> None:
            source.read(start, stop, out)
            here = self._here(start, stop)
            out.reshape(-1)[self.at[here] - start * out.shape[1]] = self.values[here]

        return Made(self.chip.shape, np.dtype(np.float32), rows)

    def flags(self, reset: Bits | None, crbit: int) -> Made:
        """The chip's DQ flags without those of `reset`, with `crbit` at these pixels."""
        source = plane(self.chip, "DQ")
        cleared = 0 if reset is None else reset.allowed & 0xFFFF

        def rows(start: int, stop: int, out: NDArray[np.uint16]) -> None:
            source.read(start, stop, out)
            kernel.flag_rows(out, _NO_MASK, cleared, 0)
            out.reshape(-1)[self.at[self._here(start, stop)] - start * out.shape[1]] |= np.uint16(crbit)

        return Made(self.chip.shape, np.dtype(np.uint16), rows)

    def _here(self, start: int, stop: int) -> slice:
        """Those in these rows."""
        first, last = np.searchsorted(self.at, (start * self.chip.shape[1], stop * self.chip.shape[1]))
        return slice(int(first), int(last))


def write_clean(
    exposure: Exposure, path: Path, images: Images, flags: Flags, check: Callable[[], None] = lambda: None
) -> int | None:
    """Write the whole file of an exposure to `path`, with other pixels and flags, by EXTVER; all else stays. Gives the
    CRC-32 of its bytes where that is known.

    Pixels are in the exposure's units. `check` is called every few MB and may raise; `path` is then as it was.
    """
    arrays: dict[tuple[str, int], NDArray[Any] | Made] = {("SCI", n): image for n, image in images.items()}
    segments = spliced(exposure.path, {**arrays, **{("DQ", extver): one for extver, one in flags.items()}})
    if segments is None:
        write_fits(_copied(exposure, images, flags), path)
        return None
    return write_file(segments, path, check=check)


def _copied(exposure: Exposure, images: Images, flags: Flags) -> fits.HDUList:
    """The file where more than bytes change: checksums, flags that were in another file or one value for all."""
    with open_fits(exposure.path, whole=False) as hdus, quiet():
        copy = fits.HDUList([hdu.copy() for hdu in hdus])
    for extver, image in images.items():
        copy["SCI", extver].data = image.whole() if isinstance(image, Made) else image
    for extver, one in flags.items():
        array = one.whole() if isinstance(one, Made) else one
        # signed 16 bit, as HST's files have them
        try:
            copy["DQ", extver].data = array.view(np.int16)
        except KeyError:  # the flags are in another file, or there were none
            copy.append(fits.ImageHDU(array.view(np.int16), name="DQ", ver=extver))
    return copy
