"""What drizzling writes into its input exposures: the sky value and DQ flags, one atomic replacement a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.safe import rewrite_fits
from core.data.segments import write_file
from core.data.splice import spliced
from core.errors import Refusal

_SKY = "Sky value computed by AstroDrizzle"


def update_exposure(
    path: str | Path,
    *,
    sky: Mapping[int, float] | None = None,
    dq: Mapping[int, NDArray[np.uint16]] | None = None,
    flags: str = "DQ",
    check: Callable[[], None] = lambda: None,
) -> int | None:
    """Set MDRIZSKY (units of the pixels) in SCI headers and replace DQ arrays, by EXTVER.

    `dq` are whole arrays as `Chip.read_dq` gives them (uint16, rows and columns), with flags set or cleared, for the
    extensions named `flags`.
    Everything else in the file stays byte for byte, and the new file is on the disk before it takes the name of the
    old one. `check` is called every few MB and may raise: the file is then as it was.
    Gives the CRC-32 of the new file's bytes where that was found on the way; None where not, or nothing was written.

    Raises
    ------
    Refusal
        The file cannot be read or replaced, or lacks an extension; it is then as it was.
    """
    if not sky and not dq:
        return None

    cards = {("SCI", extver): {"MDRIZSKY": (float(value), _SKY)} for extver, value in (sky or {}).items()}
    segments = spliced(Path(path), {(flags, extver): array for extver, array in (dq or {}).items()}, cards)
    if segments is not None:
        return write_file(segments, path, check=check, durable=True)

    def change(hdus: fits.HDUList) -> None:
        for extver, value in (sky or {}).items():
            header = _extension(hdus, "SCI", extver, path).header
            header["MDRIZSKY"] = (float(value), _SKY)
        for extver, array in (dq or {}).items():
            _set_flags(_extension(hdus, flags, extver, path), array, path)

    rewrite_fits(path, change)
    return None


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
