"""What drizzling writes into its input exposures: the sky value and DQ flags, one atomic replacement a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.safe import rewrite_fits
from core.errors import Refusal


def update_exposure(
    path: str | Path,
    *,
    sky: Mapping[int, float] | None = None,
    dq: Mapping[int, NDArray[np.uint16]] | None = None,
    flags: str = "DQ",
) -> None:
    """Set MDRIZSKY (units of the pixels) in SCI headers and replace DQ arrays, by EXTVER.

    `dq` are whole arrays as `Chip.read_dq` gives them (uint16, rows and columns), with flags set or cleared, for the
    extensions named `flags`.
    Everything else in the file stays byte for byte.

    Raises
    ------
    Refusal
        The file cannot be read or replaced, or lacks an extension; it is then as it was.
    """
    if not sky and not dq:
        return

    def change(hdus: fits.HDUList) -> None:
        for extver, value in (sky or {}).items():
            header = _extension(hdus, "SCI", extver, path).header
            header["MDRIZSKY"] = (float(value), "Sky value computed by AstroDrizzle")
        for extver, array in (dq or {}).items():
            _set_flags(_extension(hdus, flags, extver, path), array, path)

    rewrite_fits(path, change)


def _extension(hdus: fits.HDUList, name: str, extver: int, path: str | Path) -> Any:
    try:
        return hdus[name, extver]
    except KeyError as error:
        raise Refusal("The extension is missing.", file=path, subject=f"{name},{extver}") from error


def _set_flags(hdu: Any, flags: NDArray[np.uint16], path: str | Path) -> None:
    if hdu.data is None:
        # a constant extension (NAXIS = 0, PIXVALUE) becomes a real one
        for key in ("NPIX1", "NPIX2", "PIXVALUE"):
            hdu.header.remove(key, ignore_missing=True)
        hdu.data = flags.astype(np.int16)
        return
    if hdu.data.shape != flags.shape:
        raise Refusal(
            f"The flags have {flags.shape[1]} x {flags.shape[0]} pixels, the extension has another size.",
            file=path,
            subject=f"{hdu.name},{hdu.ver}",
        )
    kind = hdu.data.dtype
    # the file's 16 bits are signed, with the highest flag as the sign
    hdu.data[...] = flags.view(np.int16) if kind.kind == "i" and kind.itemsize == 2 else flags.astype(kind)
    hdu.update_header()
