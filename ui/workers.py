"""Where Drizzle works: threads of this machine, or the workers of a Dask scheduler."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.runs.cluster import Cluster
    from core.runs.progress import Progress
    from core.runs.spread import Workers

_LOOK = 0.05


@contextmanager
def workers_at(address: str, threads: int | None, progress: Progress) -> Iterator[Workers | None]:
    """The workers of the scheduler at `address`, until the end of the block; None without an address: threads.

    For the worker lane. A person who stops need not wait for a scheduler that does not answer. Raises Refusal,
    Cancelled.
    """
    if not address:
        yield None
        return
    from core.runs.cluster import open_cluster

    progress.note(f"Drizzle works on the cluster {address}.")
    pool = ThreadPoolExecutor(1, thread_name_prefix="cluster")
    opening = pool.submit(open_cluster, address, threads=threads)
    pool.shutdown(wait=False)
    try:
        while not opening.done():
            progress.check()
            with suppress(TimeoutError):
                opening.exception(_LOOK)
    except BaseException:
        opening.add_done_callback(_close)
        raise
    with opening.result() as cluster:
        for warning in cluster.warnings:
            progress.warn(warning)
        yield cluster


def _close(opening: Future[Cluster]) -> None:
    """Close a cluster that came too late."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
