"""The headers of a run with updatehdr, made ahead with the WCS that they have now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
from astropy.io import fits

from core.data.ahead import Ahead
from core.data.chipwcs import ChipWCS
from core.data.science import science_of
from core.data.wcsbook import update_wcs
from core.params import ParamSet


def headers_ahead(files: Sequence[Path], values: ParamSet) -> AbstractContextManager[Ahead | None]:
    """What `core.align.apply` may take up; nothing where no header is to be written, or headerlets may go into files.

    The first file is usually the reference, which is not written.
    """
    if not values["updatehdr"] or values["headerlet"]:
        return nullcontext()
    change = _with_present_wcs(values)
    return Ahead({path.resolve(): change for path in files[1:]})


def _with_present_wcs(values: ParamSet) -> Callable[[fits.HDUList], None]:
    def change(hdus: fits.HDUList) -> None:
        update_wcs(
            hdus,
            {int(hdu.ver): _linear(hdu.header) for hdu in science_of(hdus)},
            wcsname=values["wcsname"],
            reusename=values["reusename"],
            rms_ra=0.0,
            rms_dec=0.0,
            nmatch=0,
        )

    return change


def _linear(header: fits.Header) -> ChipWCS:
    """CRPIX, CRVAL and CD of a header: as much of its WCS as is written. KeyError without a CD matrix."""
    return ChipWCS(
        crpix=np.array([header["CRPIX1"], header["CRPIX2"]], float),
        crval=np.array([header["CRVAL1"], header["CRVAL2"]], float),
        cd=np.array([[header[f"CD{i}_{j}"] for j in (1, 2)] for i in (1, 2)], float),
        naxis=(0, 0),
    )
