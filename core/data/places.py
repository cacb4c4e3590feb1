"""Where arrays lie in FITS files, and reading them from there.

Headers say it once, when a file is opened; astropy would read them again for every array, and hold the array twice to
turn its bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.onepass import Stamp, stamp_of
from core.errors import Refusal
from core.runs.buffers import Buffers

_CHUNK = 1 << 19  # pixels that are turned while they are in the processor's cache


@dataclass(frozen=True)
class Place:
    """Where an extension lies in its file: bytes to its header and to its array, bytes of the array without
    padding (0 where it is compressed), BITPIX, shape, whether the stored numbers are the pixels: an image without
    BSCALE, BZERO and compression."""

    header: int
    offset: int
    size: int
    bitpix: int
    shape: tuple[int, ...]
    plain: bool


def place_of(hdu: Any) -> Place:
    """The place of an HDU of an open file that is not packed."""
    info, header = hdu.fileinfo(), hdu.header
    shape = tuple(int(header[f"NAXIS{axis}"]) for axis in range(int(header.get("NAXIS", 0)), 0, -1))
    packed = isinstance(hdu, fits.CompImageHDU)
    plain = hdu.is_image and not packed and not {"BSCALE", "BZERO"} & set(header)
    size = 0 if packed else int(hdu.size)
    return Place(int(info["hdrLoc"]), int(info["datLoc"]), size, int(header["BITPIX"]), shape, plain)


def read_float32(
    path: Path, place: Place, stamp: Stamp, room: Buffers | None = None
) -> NDArray[np.float32] | None:
    """The pixels of a plain image of BITPIX -32, native byte order; None when the file is not that of `stamp` any more.

    Their memory is taken from `room`, if there is one.

    Raises `Refusal` when it cannot be read.
    """
    made: NDArray[np.float32] = (room or Buffers()).take(place.shape, np.float32)
    flat = made.reshape(-1)
    turning = np.empty(min(flat.size, _CHUNK), ">f4")
    try:
        if stamp_of(path) != stamp:
            return None
        with path.open("rb", buffering=0) as stream:
            stream.seek(place.offset)
            for start in range(0, flat.size, _CHUNK):
                piece = turning[: flat.size - start]
                fill(stream, piece, path)
                flat[start : start + piece.size] = piece
    except OSError:
        return None
    return made


def fill(stream: Any, flat: NDArray[Any], path: Path) -> None:
    """Read the bytes of a flat array from a stream; raises Refusal when there are not enough."""
    room = flat.view(np.uint8).data
    done = 0
    while done < len(room):
        try:
            count = stream.readinto(room[done:])
        except OSError as error:
            raise Refusal(f"Cannot read: {error.strerror or error}.", file=path) from error
        if not count:
            raise Refusal(
                "The file is truncated.", file=path, advice="Fetch the file again, or leave it out."
            )
        done += count
