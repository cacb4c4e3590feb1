"""Work behind a run's back: files are written by threads of their own while the next step computes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from types import TracebackType

from core.errors import Cancelled


class Background:
    """Jobs on `threads` threads, at most `room` of them waiting or running; whoever submits more has to wait.

    The first error of a job is raised by the next `submit`, or by `wait`. Leaving the block waits for all jobs; when
    it is left by an exception, jobs that did not begin are dropped and running ones see `check` raise `Cancelled`.
    """

    def __init__(self, threads: int = 2, room: int = 6, check: Callable[[], None] = lambda: None) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="writer")
        self._places = threading.BoundedSemaphore(room)
        self._check = check
        self._dropped = threading.Event()
        self._lock = threading.Lock()
        self._jobs: set[Future[None]] = set()
        self._error: BaseException | None = None

    def check(self) -> None:
        """For jobs, between pieces of work: raises `Cancelled` when the run was stopped or has failed."""
        self._check()
        if self._dropped.is_set():
            raise Cancelled

    def submit(self, job: Callable[[], None]) -> Future[None]:
        """Have `job` done; waits while all places are taken. Raises the error of an earlier job, `Cancelled`."""
        while not self._places.acquire(timeout=0.05):
            self.check()
        self.raise_error()
        future = self._pool.submit(job)
        with self._lock:
            self._jobs.add(future)
        future.add_done_callback(self._done)
        return future

    def wait(self) -> None:
        """Until all jobs are done; raises the first error."""
        while True:
            with self._lock:
                job = next(iter(self._jobs), None)
            if job is None:
                break
            await_one(job)
        self.raise_error()

    def _done(self, future: Future[None]) -> None:
        error = None if future.cancelled() else future.exception()
        with self._lock:
            self._jobs.discard(future)
            self._error = self._error or error
        self._places.release()

    def raise_error(self) -> None:
        """Raise the first error of a job, if there is one."""
        if self._error is not None:
            raise self._error

    def __enter__(self) -> Background:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.wait()
            else:
                self._dropped.set()
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)


def await_one(future: Future[None]) -> None:
    """Until a job is done, well or not."""
    try:
        future.exception()
    except CancelledError:
        return
