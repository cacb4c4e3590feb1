"""Where the intermediate images of a run live: FITS files in its folder, or arrays in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.fitsfile import open_fits, quiet
from core.data.planes import places
from core.data.safe import write_fits
from core.data.segments import read_past_cache, write_hdus
from core.drizzle.stamps import Stamp, stamp_of
from core.errors import Refusal
from core.runs.background import Background, await_one
from core.runs.buffers import Buffers

Array = NDArray[Any]
Header: TypeAlias = fits.Header | Callable[[], fits.Header] | None
_TYPES: dict[int, np.dtype[Any]] = {-32: np.dtype(np.float32), 8: np.dtype(np.uint8)}


@dataclass(eq=False)
class _Held:
    """An array that is in memory still; `writing` until its file is there, `lent` while somebody reads it."""

    array: Array
    writing: Future[None] | None
    lent: bool = False


class Workspace:
    """Stores arrays by file name; `in_memory` keeps them as arrays and writes nothing.

    Files are written whole or not at all (`core.data.segments`), so that a cancelled run leaves only complete ones.
    `stamps` tell by name those that this run has written. With a `background` they are written while the run goes on.
    The newest arrays stay in memory, `room` bytes of them, so that the next step need not read what was just written;
    arrays taken from `buffers` go back there.
    """

    def __init__(self, folder: Path, *, in_memory: bool = False) -> None:
        self.folder = folder
        self.in_memory = in_memory
        self.background: Background | None = None
        self.buffers = Buffers()
        self.room = 0
        self.written: dict[str, Path] = {}
        self.stamps: dict[str, Stamp] = {}
        self._strange: set[str] = set()
        self._arrays: dict[str, Array] = {}
        self._held: dict[str, _Held] = {}

    def __getstate__(self) -> dict[str, Any]:
        """For another process, which sees the files and none of the arrays: what is to be written is written then."""
        self.wait()
        nothing: dict[str, Any] = {
            name: {} for name in ("written", "stamps", "_arrays", "_held") if name in self.__dict__
        }
        return {**self.__dict__, **nothing}

    def put(
        self,
        name: str,
        array: Array,
        header: Header = None,
        *,
        compress: bool = False,
        more: Callable[[], fits.ImageHDU] | None = None,
    ) -> Path | None:
        """Keep `array` under `name`; the path of the file, or None in memory. Nobody may change the array after.

        `header` may be a function that makes one. `compress` writes a tile-compressed image (extension 1). `more`
        makes an extension that comes after a plain image, in the file only.
        """
        if self.in_memory:
            self._arrays[name] = array
            return None
        path = self.folder / name
        self._drop(name)
        self.stamps.pop(name, None)
        self._strange.discard(name)
        writing = self.do(lambda: self.stamp(name, _write(path, array, header, compress, more, self.check)))
        self.written[name] = path
        if writing is not None:
            self._held[name] = _Held(array, writing)
        self.shrink(self.room)
        return path

    def stamp(self, name: str, crc: int | None) -> None:
        """Say that the file of `name` is whole now; `crc` is the checksum of its bytes, None to have it read."""
        self.stamps[name] = stamp_of(self.folder / name, crc)

    def do(self, job: Callable[[], None]) -> Future[None] | None:
        """Have `job` done in the background, or at once without one (None)."""
        if self.background is None:
            job()
            return None
        return self.background.submit(job)

    def check(self) -> None:
        """For jobs, between pieces of work: raises `Cancelled` when the run stops."""
        if self.background is not None:
            self.background.check()

    def wait(self) -> None:
        """Until all files are written; raises the first error."""
        if self.background is not None:
            self.background.wait()

    def shrink(self, room: int) -> None:
        """Keep no more than `room` bytes of arrays that are in files too, the newest and those that are lent."""
        free = [name for name, held in self._held.items() if not held.lent]
        while free and sum(held.array.nbytes for held in self._held.values()) > room:
            self._drop(free.pop(0))

    def let_go(self, *names: str) -> None:
        """Keep these no longer in memory beside their files: nobody reads them any more. Their memory may be used
        for other arrays from now on."""
        for name in names:
            self._drop(name)

    def give_back(self, name: str) -> None:
        """Say that nobody reads the array now; it stays in memory as long as there is room."""
        if name in self._held:
            self._held[name].lent = False
            self.shrink(self.room)

    def _drop(self, name: str) -> None:
        held = self._held.pop(name, None)
        if held is not None:
            self._await(held)
            self.buffers.give(held.array)

    def _await(self, held: _Held) -> None:
        if held.writing is not None and self.background is not None:
            await_one(held.writing)
            # the background may hear of its end later than this thread does
            error = None if held.writing.cancelled() else held.writing.exception()
            if error is not None:
                raise error
            self.background.raise_error()

    def get(self, name: str) -> Array:
        """The array of `name`, C order, native byte order; not to be changed, not read after `let_go`."""
        known = self._lend(name)
        if known is None:
            known = self._read(name)
            self._held[name] = _Held(known, None, lent=True)
        return known

    def take(self, name: str) -> Array:
        """The array of `name` to do with as one likes; its file is written."""
        held = self._held.pop(name, None)
        if held is None:
            return self._arrays[name].copy() if name in self._arrays else self._read(name)
        self._await(held)
        return held.array

    def _lend(self, name: str) -> Array | None:
        """The array if it is in memory, which must then stay there until it is let go."""
        if name in self._held:
            self._held[name].lent = True
        return self._known(name)

    def _known(self, name: str) -> Array | None:
        """The array if it is in memory."""
        if name in self._arrays:
            return self._arrays[name]
        return self._held[name].array if name in self._held else None

    def _read(self, name: str) -> Array:
        path = self.folder / name
        plain = self._plain(name)
        if plain is not None:
            offset, shape, kind = plain
            array = self.buffers.take(shape, kind)
            read_past_cache(path, offset, array.reshape(-1))
            return array
        with open_fits(path, whole=False) as hdus, quiet():
            data = next((hdu.data for hdu in hdus if hdu.data is not None), None)
        if data is None:
            raise Refusal(
                "The intermediate file holds no image.", file=path, advice="Delete it and run again."
            )
        return np.ascontiguousarray(data, dtype=data.dtype.newbyteorder("="))

    def rows(self, name: str) -> Callable[[int, int], NDArray[np.float32]]:
        """A function that gives rows [start, stop) as float32, until `let_go`; may be called from several threads.

        Of a plain file only these rows are read, so a stack of images needs no more memory than its blocks.
        """
        known = self._lend(name)
        plain = self._plain(name) if known is None else None
        if plain is None or plain[2] != np.float32:
            array = self.get(name)
            return lambda start, stop: array[start:stop].astype(np.float32, copy=False)
        path, (offset, (_, columns), _) = self.folder / name, plain

        def read(start: int, stop: int) -> NDArray[np.float32]:
            rows = np.empty((stop - start, columns), np.float32)
            read_past_cache(path, offset + 4 * columns * start, rows.reshape(-1))
            return rows

        return read

    def _plain(self, name: str) -> tuple[int, tuple[int, int], np.dtype[Any]] | None:
        """Byte offset, shape and type of an uncompressed image in the primary array, else None."""
        path = self.folder / name
        if not path.is_file():
            raise Refusal(
                "The intermediate file is missing.", file=path, advice="Run again from its step on."
            )
        first = next(iter(places(path).values()), None)
        if first is None or not first.plain or len(first.shape) != 2 or first.bitpix not in _TYPES:
            return None
        return first.offset, (first.shape[0], first.shape[1]), _TYPES[first.bitpix]

    def has(self, name: str) -> bool:
        return self._known(name) is not None or (self.folder / name).is_file()

    def path(self, name: str) -> Path | None:
        """The file of `name` if it was written, or recalled, in this run."""
        return self.written.get(name)

    def recalled(self, name: str, *, ours: bool = True) -> None:
        """Say that a file which is there serves again. `ours`: as an earlier run of this program left it; otherwise
        another program or person made it or changed it, and it is not to be deleted."""
        self.written[name] = self.folder / name
        (self._strange.discard if ours else self._strange.add)(name)

    def clean(self, keep: Collection[str] = ()) -> list[str]:
        """Delete the files that were written, or recalled as ours, but those to `keep`, and forget the arrays.

        The names of the files that stay because they are not ours.
        """
        self.wait()
        stay = {*keep, *self._strange}
        for name, path in list(self.written.items()):
            if name not in stay:
                path.unlink(missing_ok=True)
                del self.written[name]
        self._arrays.clear()
        self._held.clear()
        return sorted(self._strange - set(keep))


def _write(
    path: Path,
    array: Array,
    header: Header,
    compress: bool,
    more: Callable[[], fits.ImageHDU] | None,
    check: Callable[[], None],
) -> int | None:
    """The file of an array, and its checksum where that is known; headers are made one at a time (`quiet`), the pixels
    written beside each other."""
    with quiet():
        made = header() if callable(header) else header
        if compress:
            # without loss: what is made of these images must not depend on how they are kept
            packed = fits.CompImageHDU(array, made, compression_type="GZIP_2", quantize_level=0.0)
            write_fits(fits.HDUList([fits.PrimaryHDU(), packed]), path)
            return None
        extension = [] if more is None else [more()]
    return write_hdus(fits.HDUList([fits.PrimaryHDU(array, made), *extension]), path, check=check)
