"""Spreading row blocks over threads: kernels hold no GIL, and results do not depend on the number of threads.

Every block writes its own rows, so the order in which blocks run cannot change a value.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Protocol, TypeVar

from core.runs.progress import Progress

T = TypeVar("T")
R = TypeVar("R")


class Workers(Protocol):
    """Where independent pieces of work run: threads here, a cluster elsewhere."""

    count: int

    def map(self, work: Callable[[T], R], items: Iterable[T], progress: Progress | None = None) -> list[R]:
        """`work` of every item, results in the order of `items`; advances `progress` once an item."""
        ...


class Threads:
    """`Workers` on a thread pool of this process; `count` None or 0 means one per processor."""

    def __init__(self, count: int | None = None) -> None:
        self.count = count if count and count > 0 else (os.cpu_count() or 1)

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


def over_rows(
    work: Callable[[int, int], None],
    rows: int,
    height: int,
    workers: Workers,
    progress: Progress | None = None,
) -> None:
    """Run `work(start, stop)` for every block of rows; each call must write only its own rows."""
    workers.map(lambda block: work(*block), row_blocks(rows, height), progress)
