"""The cleaned copies of the exposures (driz_cr_corr): blotted values where cosmic rays were, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.dq import Bits, with_bits, without_bits
from core.data.exposure import Exposure
from core.data.fitsfile import open_fits, quiet
from core.drizzle.cosmic import cleaned


def cleaned_exposure(
    exposure: Exposure,
    blots: Mapping[int, NDArray[np.float32]],
    masks: Mapping[int, NDArray[np.uint8]],
    reset: Bits | None,
    crbit: int,
) -> fits.HDUList:
    """The whole file of an exposure with flagged pixels replaced, by EXTVER; blots in its units, masks 1 = good.

    The DQ of every chip keeps its flags, without those of `reset` and with `crbit` where a pixel was replaced.
    """
    with open_fits(exposure.path, whole=False) as hdus, quiet():
        copy = fits.HDUList([hdu.copy() for hdu in hdus])
    for chip in exposure.chips:
        good = masks[chip.extver]
        copy["SCI", chip.extver].data = cleaned(chip.read("SCI"), blots[chip.extver], good)
        flags = without_bits(chip.read_dq(), reset)
        flags = with_bits(flags, good == 0, crbit) if crbit else flags
        # signed 16 bit, as HST's files have them
        try:
            copy["DQ", chip.extver].data = flags.view(np.int16)
        except KeyError:  # the flags are in another file, or there were none
            copy.append(fits.ImageHDU(flags.view(np.int16), name="DQ", ver=chip.extver))
    return copy
