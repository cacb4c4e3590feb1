"""Where the intermediate images of a run live: FITS files in its folder, or arrays in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.fitsfile import open_fits, quiet
from core.data.safe import write_fits
from core.errors import Refusal

Array = NDArray[Any]


class Workspace:
    """Stores arrays by file name; `in_memory` keeps them as arrays and writes nothing.

    Files are written whole or not at all (`core.data.safe`), so that a cancelled run leaves only complete ones.
    """

    def __init__(self, folder: Path, *, in_memory: bool = False) -> None:
        self.folder = folder
        self.in_memory = in_memory
        self._arrays: dict[str, Array] = {}
        self.written: dict[str, Path] = {}

    def put(
        self, name: str, array: Array, header: fits.Header | None = None, *, compress: bool = False
    ) -> Path | None:
        """Keep `array` under `name`; the path of the file, or None in memory.

        `compress` writes a tile-compressed image (extension 1), whose floats are quantised.
        """
        if self.in_memory:
            self._arrays[name] = array
            return None
        path = self.folder / name
        with quiet():
            if compress:
                hdus = fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(array, header)])
            else:
                hdus = fits.HDUList([fits.PrimaryHDU(array, header)])
            write_fits(hdus, path)
        self.written[name] = path
        return path

    def get(self, name: str) -> Array:
        """The array of `name`, C order, native byte order."""
        if name in self._arrays:
            return self._arrays[name]
        path = self.folder / name
        with open_fits(path, whole=False) as hdus, quiet():
            data = next((hdu.data for hdu in hdus if hdu.data is not None), None)
        if data is None:
            raise Refusal(
                "The intermediate file holds no image.", file=path, advice="Delete it and run again."
            )
        return np.ascontiguousarray(data, dtype=data.dtype.newbyteorder("="))

    def rows(self, name: str) -> Callable[[int, int], NDArray[np.float32]]:
        """A function that gives rows [start, stop) as float32; may be called from several threads.

        Of a plain file only these rows are read, so a stack of images needs no more memory than its blocks.
        """
        plain = None if name in self._arrays else self._plain(name)
        if plain is None:
            array = self.get(name)
            return lambda start, stop: array[start:stop].astype(np.float32, copy=False)
        path, offset, columns = plain

        def read(start: int, stop: int) -> NDArray[np.float32]:
            count = (stop - start) * columns
            rows = np.fromfile(path, ">f4", count, offset=offset + 4 * columns * start)
            return rows.reshape(-1, columns).astype(np.float32)

        return read

    def _plain(self, name: str) -> tuple[Path, int, int] | None:
        """Path, byte offset and columns of an uncompressed float32 image, else None."""
        path = self.folder / name
        with open_fits(path, whole=False) as hdus:
            header, info = hdus[0].header, hdus[0].fileinfo()
            if header.get("BITPIX") != -32 or header.get("NAXIS") != 2 or "BSCALE" in header:
                return None
            return path, int(info["datLoc"]), int(header["NAXIS1"])

    def has(self, name: str) -> bool:
        return name in self._arrays or (self.folder / name).is_file()

    def path(self, name: str) -> Path | None:
        """The file of `name` if it was written, or recalled, in this run."""
        return self.written.get(name)

    def recalled(self, name: str) -> None:
        """Say that the file of an earlier run of this session serves again."""
        self.written[name] = self.folder / name

    def clean(self, keep: Collection[str] = ()) -> None:
        """Delete the files that were written or recalled, but those to `keep`, and forget the arrays."""
        for name, path in list(self.written.items()):
            if name not in keep:
                path.unlink(missing_ok=True)
                del self.written[name]
        self._arrays.clear()
