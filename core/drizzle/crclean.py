"""The cleaned copies of the exposures (driz_cr_corr): blotted values where cosmic rays were, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.exposure import Exposure
from core.data.fitsfile import open_fits, quiet
from core.data.safe import write_fits
from core.data.segments import write_file
from core.data.splice import spliced

Images = Mapping[int, NDArray[np.float32]]
Flags = Mapping[int, NDArray[np.uint16]]


def write_clean(
    exposure: Exposure, path: Path, images: Images, flags: Flags, check: Callable[[], None] = lambda: None
) -> int | None:
    """Write the whole file of an exposure to `path`, with other pixels and flags, by EXTVER; all else stays. Gives the
    CRC-32 of its bytes where that is known.

    Pixels are in the exposure's units. `check` is called every few MB and may raise; `path` is then as it was.
    """
    arrays = {("SCI", extver): image for extver, image in images.items()}
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
        copy["SCI", extver].data = image
    for extver, array in flags.items():
        # signed 16 bit, as HST's files have them
        try:
            copy["DQ", extver].data = array.view(np.int16)
        except KeyError:  # the flags are in another file, or there were none
            copy.append(fits.ImageHDU(array.view(np.int16), name="DQ", ver=extver))
    return copy
