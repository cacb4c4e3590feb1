"""Arrays of exposures by blocks of rows, as they lie in the file: what steps read that go over all pixels.

`Chip.read` makes an array of the whole chip; over blocks of rows several threads read and turn bytes at once, in
memory that is there already.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.exposure import Chip
from core.data.fitsfile import open_fits
from core.data.onepass import is_packed
from core.data.places import Place as Place
from core.data.places import fill as fill
from core.data.places import place_of
from core.kernels import stream as kernel
from core.runs.spread import Threads, Workers, over_rows

FOREIGN = sys.byteorder == "little"
"""Whether this machine's byte order is not that of FITS."""
_ROWS = 128
_FLOAT: np.dtype[Any] = np.dtype(np.float32)
_FLAGS: np.dtype[Any] = np.dtype(np.uint16)
_BITPIX = {"SCI": -32, "ERR": -32, "DQ": 16}


def places(path: Path) -> dict[tuple[str, int], Place]:
    """The extensions of a file by (name, EXTVER), the first of each; empty for a gzip file.

    Raises Refusal where the file cannot be read. Remembered until the file is written.
    """
    stat = path.stat()
    return _places(path, stat.st_size, stat.st_mtime_ns, stat.st_ino)


@lru_cache(maxsize=64)
def _places(path: Path, size: int, written: int, number: int) -> dict[tuple[str, int], Place]:
    if is_packed(path):
        return {}
    found: dict[tuple[str, int], Place] = {}
    with open_fits(path, whole=False) as hdus:
        for hdu in hdus:
            found.setdefault((hdu.name, int(hdu.ver)), place_of(hdu))
    return found


@dataclass(frozen=True, eq=False)
class Plane:
    """SCI, ERR or DQ of a chip: float32 or uint16 (rows, columns).

    Either lies in the file, `place` then tells where, or is in memory as `values`: of gzip files, scaled numbers,
    constant extensions.
    """

    path: Path
    shape: tuple[int, int]
    kind: np.dtype[Any]
    place: Place | None
    values: NDArray[Any] | None = None

    def rows(self, start: int, stop: int) -> NDArray[Any]:
        """Rows [start, stop) in an array of their own, native byte order; any thread. Raises Refusal."""
        out = np.empty((stop - start, self.shape[1]), self.kind)
        self.read(start, stop, out)
        return out

    def read(self, start: int, stop: int, out: NDArray[Any]) -> None:
        """Fill `out`, C-contiguous rows of the plane's type, with rows [start, stop)."""
        if self.values is not None:
            out[...] = self.values[start:stop]
            return
        assert self.place is not None
        flat = out.reshape(-1)
        with self.path.open("rb", buffering=0) as stream:
            stream.seek(self.place.offset + start * self.shape[1] * self.kind.itemsize)
            fill(stream, flat, self.path)
        turn(flat, flat)

    def whole(self, out: NDArray[Any] | None = None, *, workers: Workers | None = None) -> NDArray[Any]:
        """All rows, into `out` if given, by blocks over the threads of `workers`."""
        array = np.empty(self.shape, self.kind) if out is None else out
        over_rows(
            lambda start, stop: self.read(start, stop, array[start:stop]),
            self.shape[0],
            _ROWS,
            workers or Threads(1),
        )
        return array


def plane(chip: Chip, name: str = "SCI") -> Plane:
    """The plane `name` ("SCI", "ERR", "DQ") of a chip; a chip without DQ has zeros. Raises Refusal."""
    bitpix, kind = _BITPIX[name], _FLAGS if name == "DQ" else _FLOAT
    if name == "DQ" and not chip.has_dq:
        return Plane(chip.path, chip.shape, kind, None, np.zeros(chip.shape, kind))
    path, extname = (
        (chip.path, name) if name != "DQ" or chip.flags is None else (chip.flags.path, chip.flags.name)
    )
    place = places(path).get((extname, chip.extver))
    if place is not None and place.plain and place.bitpix == bitpix and place.shape == chip.shape:
        return Plane(path, chip.shape, kind, place)
    values = chip.read_dq() if name == "DQ" else chip.read(name)
    return Plane(chip.path, chip.shape, kind, None, values)


def turn(source: NDArray[Any], out: NDArray[Any]) -> None:
    """Copy flat numbers between the file's byte order and the machine's; `out` may be `source`."""
    size = source.dtype.itemsize
    if FOREIGN and size == 4:
        kernel.turn_words(source.view(np.uint32), out.view(np.uint32))
    elif FOREIGN and size == 2:
        kernel.turn_halves(source.view(np.uint16), out.view(np.uint16))
    elif out is not source:
        np.copyto(out.view(np.uint8), source.view(np.uint8))
