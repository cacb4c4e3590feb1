"""Memory of big arrays used again: a fresh array costs more time to come by than to fill."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Buffers:
    """Arrays to take and to give back; thread-safe. What is not given back is ordinary memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[NDArray[np.uint8]] = []

    def take(self, shape: tuple[int, ...], kind: DTypeLike) -> NDArray[Any]:
        """An array of any content, C order."""
        dtype = np.dtype(kind)
        size = int(np.prod(shape)) * dtype.itemsize
        block = self._fitting(size)
        if block is None:
            block = np.empty(size, np.uint8)
        return block[:size].view(dtype).reshape(shape)

    def _fitting(self, size: int) -> NDArray[np.uint8] | None:
        """The smallest block that is large enough, and not far too large."""
        with self._lock:
            places = [k for k, block in enumerate(self._free) if size <= block.nbytes <= 4 * size]
            if not places:
                return None
            return self._free.pop(min(places, key=lambda k: self._free[k].nbytes))

    def give(self, *arrays: NDArray[Any] | None) -> None:
        """Take arrays back that `take` made, or parts of them; nobody may use them after. None is nothing."""
        with self._lock:
            for array in arrays:
                block = None if array is None else array.base
                if not isinstance(block, np.ndarray) or block.dtype != np.uint8 or block.base is not None:
                    continue
                if not any(block is other for other in self._free):
                    self._free.append(block)

    def clear(self) -> None:
        """Let go of what is not in use."""
        with self._lock:
            self._free.clear()
