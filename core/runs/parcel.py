"""What travels when work is done in another process: a job on its way there, and what comes back.

Of a job only values travel. What belongs to a process - threads, progress, memory, writers in the background - stays,
and the job finds that of the other process in its place.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from core.errors import Cancelled, Refusal
from core.runs.background import Background
from core.runs.buffers import Buffers
from core.runs.progress import Progress
from core.runs.spread import Job, Threads, Workers


@dataclass(frozen=True, eq=False)
class Parcel:
    """What a piece of work brings back: its `value`, or why there is none, what it left in the job (`gained`), and how
    often it advanced the progress."""

    value: Any = None
    gained: Any = None
    refusal: Refusal | Cancelled | None = None
    units: int = 0


def pack(job: Job, workers: Workers) -> bytes:
    """The job as bytes; `workers` are those that it holds. Relative paths become absolute ones."""
    stream = io.BytesIO()
    _Packer(stream, workers).dump(job)
    return stream.getvalue()


def do(
    packed: bytes,
    work: Callable[[Any, Any], Any],
    item: object,
    threads: int,
    wanted: Callable[[], bool] = lambda: True,
) -> Parcel:
    """`work(job, item)` in this process, with so many threads; files that it writes are there when this returns.

    `wanted` is asked between blocks of rows; once it says no, the work ends.
    """
    progress = _Told(wanted)
    try:
        with Background(check=progress.check) as background:
            job: Job = _Unpacker(packed, Threads(threads), progress, background).load()
            value = work(job, item)
    except (Refusal, Cancelled) as refusal:
        return Parcel(refusal=refusal)
    return Parcel(value, job.gained(), None, progress.units)


class _Told(Progress):
    """Counts what is done, and stops when nobody wants it any more."""

    def __init__(self, wanted: Callable[[], bool]) -> None:
        super().__init__()
        self._wanted = wanted
        self.units = 0

    def check(self) -> None:
        if not self._wanted():
            self.cancel()
        super().check()

    def advance(self, count: int = 1) -> None:
        self.check()
        with self._lock:
            self.units += count


class _Packer(pickle.Pickler):
    def __init__(self, stream: io.BytesIO, workers: Workers) -> None:
        super().__init__(stream, protocol=5)
        self._workers = workers

    def persistent_id(self, found: Any) -> Any:
        """What stays here, by the name of what takes its place there."""
        if isinstance(found, Progress):
            return "progress"
        if found is self._workers or isinstance(found, Threads):
            return "workers"
        if isinstance(found, Background):
            return "background"
        return ("buffers", found.size) if isinstance(found, Buffers) else None

    def reducer_override(self, found: Any) -> Any:
        if isinstance(found, PurePath) and not found.is_absolute():
            # the other process may have been started in another folder
            return Path, (str(Path(found).absolute()),)
        return NotImplemented


class _Unpacker(pickle.Unpickler):
    def __init__(self, packed: bytes, workers: Workers, progress: Progress, background: Background) -> None:
        super().__init__(io.BytesIO(packed))
        self._here = {"workers": workers, "progress": progress, "background": background}

    def persistent_load(self, name: Any) -> Any:
        return Buffers(name[1]) if isinstance(name, tuple) else self._here[name]
