"""Spreading work: blocks of rows over threads, exposures and tiles of the output over the places that there are.

Kernels hold no GIL. Every block writes its own rows, so the order in which blocks run, and how many at a time, cannot
change a value.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Protocol, TypeVar

from core.runs.progress import Progress


class Job:
    """What the pieces of work of `Workers.each` share: values that can be pickled, beside `Workers`, `Progress`,
    `Buffers` and `Background`, of which another process has its own."""

    def gained(self) -> Any:
        """In another process: what the work left in the job beside its result; asked when its files are written."""
        return None

    def gain(self, found: Any) -> None:
        """Take over what the work left in a copy of this job."""


J = TypeVar("J", bound=Job)
T = TypeVar("T")
R = TypeVar("R")
_TILE_BYTES = 64 << 20  # of the rows that come back at once; more, and a stopped run would be waited for


class Workers(Protocol):
    """Where independent pieces of work are done: `Threads`, or a cluster (`core.runs.cluster`).

    Small pieces, blocks of rows of arrays that all of them see, go through `map` and never leave the process. Whole
    ones, an exposure or a tile of the output, go through `each`.

    Attributes
    ----------
    count : threads of this process
    places : pieces of `each` that are done side by side; 1 means here, one after the other, with all threads on it
    """

    count: int
    places: int

    def map(self, work: Callable[[T], R], items: Iterable[T], progress: Progress | None = None) -> list[R]:
        """`work` of every item, results in the order of `items`; advances `progress` once an item."""
        ...

    def each(
        self, work: Callable[[J, T], R], job: J, items: Iterable[T], progress: Progress | None = None
    ) -> Iterator[R]:
        """`work(job, item)` of every item; the results in the order of `items`, each when it is asked for.

        `work` is a function or method that can be found by its name; it writes nothing but whole files, and leaves
        the `job` as it is. Job, items and results can be pickled; where they must be, it is done when this is called.
        The pieces advance the job's own progress, which is the `progress` that is given here; arrays that come back
        may be read-only. Raises what `work` raises for the first item that fails.
        """
        ...

    def ready(self, paths: Sequence[Path], folder: Path) -> None:
        """See that these files can be read, and `folder` be written, wherever `each` works; raises Refusal."""
        ...


class Threads:
    """`Workers` on a thread pool of this process; `count` None or 0 means one per processor."""

    places = 1

    def __init__(self, count: int | None = None) -> None:
        self.count = count if count and count > 0 else (os.cpu_count() or 1)

    def each(
        self, work: Callable[[J, T], R], job: J, items: Iterable[T], progress: Progress | None = None
    ) -> Iterator[R]:
        for item in items:
            yield work(job, item)

    def ready(self, paths: Sequence[Path], folder: Path) -> None:
        """Nothing to see to: all happens here."""

    def map(self, work: Callable[[T], R], items: Iterable[T], progress: Progress | None = None) -> list[R]:
        def one(item: T) -> R:
            if progress is not None:
                progress.check()
            result = work(item)
            if progress is not None:
                progress.advance()
            return result

        todo = list(items)
        if self.count == 1 or len(todo) < 2:
            return [one(item) for item in todo]
        with ThreadPoolExecutor(self.count, thread_name_prefix="engine") as pool:
            futures = [pool.submit(one, item) for item in todo]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:  # also for an interrupt from the keyboard: what has not begun is not begun
                for future in futures:
                    future.cancel()
        return [future.result() for future in futures if not future.cancelled()]


def row_blocks(rows: int, height: int) -> list[tuple[int, int]]:
    """Half-open row ranges [start, stop) of at most `height` rows that cover 0..rows."""
    height = max(1, height)
    return [(start, min(start + height, rows)) for start in range(0, rows, height)]


def tiles(rows: int, step: int, row_bytes: int, workers: Workers) -> list[tuple[int, int]]:
    """The tiles of the output, half-open ranges of rows, that go through `Workers.each`.

    All rows are one tile where all threads work on it; elsewhere there is one for each place, or several so that none
    is large. They begin at multiples of `step` rows of `row_bytes` bytes each.
    """
    if workers.places < 2:
        return [(0, rows)]
    count = workers.places * max(1, -(-rows * row_bytes // (_TILE_BYTES * workers.places)))
    return row_blocks(rows, step * max(1, -(-rows // (count * step))))


def over_rows(
    work: Callable[[int, int], None],
    rows: int,
    height: int,
    workers: Workers,
    progress: Progress | None = None,
    *,
    first: int = 0,
) -> None:
    """Run `work(start, stop)` for every block of the rows [first, first + rows); each call must write only its own."""
    blocks = [(first + start, first + stop) for start, stop in row_blocks(rows, height)]
    workers.map(lambda block: work(*block), blocks, progress)
