"""Where the DQ flags of an exposure are: in the file itself, or for WFPC2 in the file beside it (c1m of a c0m)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from astropy.io import fits

from core.data.fitsfile import open_fits
from core.data.instruments import Instrument, instruments


@dataclass(frozen=True)
class FlagFile:
    """The file and the EXTNAME of the flags; `shapes` (rows, columns) of those found there, by EXTVER."""

    path: Path
    name: str = "DQ"
    shapes: dict[int, tuple[int, ...]] = field(default_factory=dict)


def flag_file(path: Path, hdus: fits.HDUList, facts: Instrument) -> FlagFile:
    """The flags of the exposure `path`, which is open as `hdus`; a companion that is not there holds none.

    Raises `Refusal` when a companion is there and cannot be read.
    """
    own = _shapes(hdus, "DQ")
    beside = companion(path, facts)
    if own or beside is None:
        return FlagFile(path, "DQ", own)
    if not beside.is_file():
        return FlagFile(beside)
    with open_fits(beside) as flags:
        images = [hdu.name for hdu in flags[1:] if hdu.is_image]
        # WFPC2 calls them SCI there
        name = "DQ" if "DQ" in images or not images else images[0]
        return FlagFile(beside, name, _shapes(flags, name))


def companion(path: Path, facts: Instrument) -> Path | None:
    """The file beside `path` that holds its flags, by name (it need not be there); None when the file holds them."""
    if not facts.dq_companion:
        return None
    own, other = facts.dq_companion
    root, _, end = path.name.rpartition(f"_{own}.fits")
    return path.with_name(f"{root}_{other}.fits{end}") if root else None


def companions(path: Path) -> list[Path]:
    """What lies beside an exposure and holds its flags, by the rules of all instruments."""
    beside = {companion(path, facts) for facts in instruments().values()}
    return sorted(one for one in beside if one is not None and one.is_file())


def _shapes(hdus: fits.HDUList, name: str) -> dict[int, tuple[int, ...]]:
    return {int(hdu.ver): image_shape(hdu.header) for hdu in hdus if hdu.name == name and hdu.is_image}


def image_shape(header: fits.Header) -> tuple[int, ...]:
    """Rows and columns, also of HST's constant extensions (NAXIS = 0, NPIX1, NPIX2)."""
    count = int(header.get("NAXIS", 0))
    if count == 0 and "NPIX1" in header:
        return int(header["NPIX2"]), int(header["NPIX1"])
    return tuple(int(header[f"NAXIS{axis}"]) for axis in range(count, 0, -1))
