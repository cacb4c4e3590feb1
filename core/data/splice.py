"""A FITS file with some arrays and header values changed and every other byte as it was."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from astropy.io import fits
from numpy.typing import NDArray

from core.data.fitsfile import open_fits, quiet
from core.data.onepass import stamp_of
from core.data.planes import Place, places
from core.data.segments import Made, Piece, Segment

Key = tuple[str, int]
"""(EXTNAME, EXTVER)."""
Cards = Mapping[str, tuple[float, str]]
"""Values and comments by keyword."""
_SUMS = (b"CHECKSUM=", b"DATASUM =")


def spliced(
    path: Path, arrays: Mapping[Key, NDArray[Any] | Made], cards: Mapping[Key, Cards] | None = None
) -> list[Segment] | None:
    """The segments of the changed file; None where more than bytes would have to change.

    `arrays` are float32, or int16 or uint16 (as their 16 bits), of the shapes that the file has. None for gzip files,
    scaled or compressed arrays, other types or sizes, headers with checksums: `core.data.safe.rewrite_fits` knows
    them all. Raises Refusal for a damaged file; writing them does when another program changed the file meanwhile.
    """
    with open_fits(path):  # a damaged file is refused by its own name
        stamp = stamp_of(path)  # before anything is learned of the file
    known, changed = places(path), dict(cards or {})
    if any(key not in known for key in (*arrays, *changed)):
        return None
    if not all(_fits(known[key], array) for key, array in arrays.items()):
        return None
    at, found = 0, list[Segment]()
    for key in sorted({*arrays, *changed}, key=lambda one: known[one].header):
        place = known[key]
        header = _bytes(path, place.header, place.offset)
        if any(sums in header for sums in _SUMS):
            return None
        found += [Piece(path, at, place.header - at, stamp), _with_cards(header, changed.get(key))]
        at = place.offset
        if key in arrays:
            found.append(arrays[key])
            at += place.size
    found.append(Piece(path, at, stamp[0] - at, stamp))
    return found


def _fits(place: Place, array: NDArray[Any] | Made) -> bool:
    bitpix = {"f4": -32, "i2": 16, "u2": 16}.get(array.dtype.str[1:])
    native = array.dtype.isnative and (isinstance(array, Made) or array.flags.c_contiguous)
    return place.plain and native and (bitpix, array.shape) == (place.bitpix, place.shape)


def _bytes(path: Path, start: int, stop: int) -> bytes:
    with path.open("rb") as stream:
        stream.seek(start)
        return stream.read(stop - start)


def _with_cards(header: bytes, cards: Cards | None) -> bytes:
    if not cards:
        return header
    with quiet():
        new = fits.Header.fromstring(header.decode("latin-1"))
        for key, (value, comment) in cards.items():
            new[key] = (float(value), comment)
        return bytes(new.tostring(sep="", endcard=True, padding=True).encode("latin-1"))
