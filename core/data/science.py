"""Where the science pixels of a file are: in SCI extensions, or in the primary array of a plain image.

Plain images are what drizzling writes without `build`: `*_single_sci.fits`, `*_drz_sci.fits`.
"""

from __future__ import annotations

from typing import Any

from astropy.io import fits


def is_plain(hdus: fits.HDUList) -> bool:
    """Whether the pixels are in the primary array and there is no SCI extension behind it."""
    return hdus[0].header.get("NAXIS", 0) == 2 and not any(hdu.name == "SCI" for hdu in hdus[1:])


def science_of(hdus: fits.HDUList) -> list[Any]:
    """The SCI extensions in the file's order, or the primary HDU of a plain image; empty without pixels."""
    if is_plain(hdus):
        return [hdus[0]]
    return [hdu for hdu in hdus[1:] if hdu.name == "SCI"]
