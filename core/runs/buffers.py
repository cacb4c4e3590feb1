"""Memory of big arrays used again: a fresh array costs more time to come by than to fill."""

from __future__ import annotations

import contextlib
import math
import threading
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_ALIGN = 4096
_STEP = 8 << 20


class _Ahead:
    """A stretch of memory that a thread is fetching."""

    def __init__(self, size: int, touched: int) -> None:
        self.stretch = np.empty(size, np.uint8)
        self._touched = touched
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._touch, name="memory", daemon=True)
        self._thread.start()

    def _touch(self) -> None:
        for start in range(0, self._touched, _STEP):
            if self._stop.is_set():
                break
            self.stretch[start : min(start + _STEP, self._touched)] = 0

    def taken(self) -> NDArray[np.uint8]:
        """The stretch, which nobody writes to any more."""
        self._stop.set()
        self._thread.join()
        return self.stretch


_ahead: list[_Ahead] = []


def fetch_ahead(size: int, touched: int) -> None:
    """Have a stretch of `size` bytes ready for the next `Buffers`, its first `touched` bytes really there.

    A thread of its own does that, so that it costs nothing while the program is busy with something else.
    """
    if size:
        with contextlib.suppress(MemoryError):  # `Buffers` comes to it again
            _ahead[:] = [_Ahead(size, min(size, touched))]


def _stretch(size: int) -> NDArray[np.uint8]:
    """At least `size` bytes; none where the system does not give so many at once."""
    found = _ahead.pop().taken() if _ahead else None
    if found is not None and found.size >= size:
        return found
    try:
        return np.empty(size, np.uint8)
    except MemoryError:
        return np.empty(0, np.uint8)


class Buffers:
    """Arrays to take and to give back; thread-safe. What is not given back is never used again.

    They are cut from one stretch of `size` bytes, always as near to its beginning as there is room, so that of the
    stretch no more is ever touched than was in use at one time. What does not fit is ordinary memory, and all is
    where the system refuses the stretch.
    """

    def __init__(self, size: int = 0) -> None:
        self.size = size
        self._lock = threading.Lock()
        self._stretch = _stretch(size) if size else np.empty(0, np.uint8)
        self._first: int = self._stretch.ctypes.data
        self._free = [(0, size)] if self._stretch.size else []
        self._used: dict[int, int] = {}
        self.most = 0
        """Bytes of the stretch that were ever in use."""

    def take(self, shape: tuple[int, ...], kind: DTypeLike) -> NDArray[Any]:
        """An array of any content, C order."""
        dtype = np.dtype(kind)
        size = math.prod(shape) * dtype.itemsize
        start = self._cut(whole_pages(size))
        if start is None:
            return np.empty(shape, dtype)
        return self._stretch[start : start + size].view(dtype).reshape(shape)

    def _cut(self, size: int) -> int | None:
        """Where the first free piece of `size` bytes begins; it is in use then."""
        with self._lock:
            for number, (start, length) in enumerate(self._free):
                if 0 < size <= length:
                    rest = [(start + size, length - size)] if length > size else []
                    self._free[number : number + 1] = rest
                    self._used[start] = size
                    self.most = max(self.most, start + size)
                    return start
        return None

    def give(self, *arrays: NDArray[Any] | None) -> None:
        """Take arrays back that `take` made, or views of them that begin where they do; nobody may use them after.

        Other arrays, and None, are nothing.
        """
        with self._lock:
            for array in arrays:
                start = -1 if array is None else int(array.ctypes.data) - self._first
                size = self._used.pop(start, 0)
                if size:
                    self._free = _joined(sorted([*self._free, (start, size)]))


def whole_pages(size: int) -> int:
    """The bytes of a stretch that an array of `size` bytes takes up."""
    return -(-size // _ALIGN) * _ALIGN


def _joined(pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted pieces (start, length), those that touch made one."""
    found: list[tuple[int, int]] = []
    for start, length in pieces:
        if found and found[-1][0] + found[-1][1] == start:
            found[-1] = (found[-1][0], found[-1][1] + length)
        else:
            found.append((start, length))
    return found
