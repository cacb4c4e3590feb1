"""What is done on the workers of a cluster (`core.runs.cluster`), in their processes."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from core.runs import parcel
from core.runs.alike import facts

_running: Counter[str] = Counter()
_lock = threading.Lock()
_UNWANTED = ("cancelled", "released", "forgotten")


def do(packed: bytes, work: Callable[[Any, Any], Any], item: object, key: str, state: Any) -> parcel.Parcel:
    """A piece of work: with all threads of the worker if it is the only one there, else with its share.

    `state` is the worker's, of Dask; `key` the name of `Workers.each` it belongs to, a hyphen and its number. It ends
    when the scheduler wants it no longer: once the client cancelled it, or is gone.
    """
    name = key.rpartition("-")[0]
    with _lock:
        _running[name] += 1
        threads = max(1, state.nthreads // _running.total())

    def wanted() -> bool:
        task = state.tasks.get(key)
        return task is not None and task.state not in _UNWANTED

    try:
        return parcel.do(packed, work, item, threads, wanted)
    finally:
        with _lock:
            _running[name] -= 1


def busy(name: str = "") -> int:
    """Pieces of work that this worker has in hand: of one `each`, or of all."""
    with _lock:
        return _running[name] if name else _running.total()


def made_ready(modules: Sequence[str]) -> dict[str, str]:
    """Import these; what `core.runs.alike.facts` tells of this process. Of another version some may be missing."""
    for name in modules:
        with contextlib.suppress(ImportError):
            import_module(name)
    return facts()


def size_of(path: Path) -> tuple[int, int] | None:
    """Bytes and modification time in ns of a file, None where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns


def missing(wanted: dict[str, tuple[int, int] | None], token: str) -> str:
    """What a worker does not see as the client does, "" when it sees all: files by path with their `size_of`, and the
    file `token` in the folder that is written to."""
    folder = Path(token).parent
    if not Path(token).exists():
        return f"does not see the folder {folder} as it is here."
    if not os.access(folder, os.W_OK):
        return f"may not write to {folder}."
    for path, size in wanted.items():
        found = size_of(Path(path))
        if found is None:
            return f"does not find {path}."
        if found != size:
            return f"finds another file as {path} than there is here."
    return ""
