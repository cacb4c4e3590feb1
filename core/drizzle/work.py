"""How drizzling and blotting are cut into pieces of work: a fixed cut, so that results and progress never
depend on the number of threads."""

from __future__ import annotations

from core.data.chipwcs import ChipWCS

TILE_ROWS = 256


def work_units(frame: ChipWCS) -> int:
    """How often drizzling one chip onto `frame` advances the progress."""
    return -(-frame.naxis[1] // TILE_ROWS)


def blot_units(wcs: ChipWCS) -> int:
    """How often blotting to the chip `wcs` advances the progress."""
    return -(-wcs.naxis[1] // TILE_ROWS)
