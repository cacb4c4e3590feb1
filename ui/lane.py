"""Lanes: where work runs so that the window never computes.

A lane is one thread that takes jobs in turn. The window has two: the engine's lane, for runs that the person
starts and stops, and a quick lane that reads and stretches images for the views while the engine is busy.

The signal that brings a result home belongs to the lane, a QObject of the GUI thread, and is connected to the
lane's own bound method: a lambda connected to an object of another thread would run in that thread. Progress is
not signalled at all but left in a mailbox that a timer of the GUI thread empties twenty times a second, because
a flood of queued signals freezes the window (100 000 of them: 0.28 s).
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from core.errors import Cancelled
from core.runs.progress import Progress, Report

Done = Callable[[Any], object]
Failed = Callable[[BaseException], object]
Watched = Callable[[Report], object]

MAILBOX_MS = 50
NOTES_KEPT = 2000


class Mailbox:
    """Reports on their way to the window: every note, but of mere progress only the newest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._notes: deque[Report] = deque(maxlen=NOTES_KEPT)
        self._newest: Report | None = None

    def put(self, report: Report) -> None:
        with self._lock:
            if report.note:
                self._notes.append(report)
            self._newest = report

    def empty(self) -> list[Report]:
        """What came since the last call, the newest progress last."""
        with self._lock:
            reports = list(self._notes)
            if self._newest is not None and not self._newest.note:
                reports.append(self._newest)
            self._notes.clear()
            self._newest = None
        return reports


@dataclass(eq=False)
class Job:
    """One piece of work given to a lane; `cancel` may be called at any time from the GUI thread."""

    number: int
    title: str
    key: str
    done: Done | None
    failed: Failed | None
    watched: Watched | None
    mailbox: Mailbox = field(default_factory=Mailbox)
    progress: Progress = field(init=False)
    future: Future[None] | None = None

    def __post_init__(self) -> None:
        self.progress = Progress(self.mailbox.put)

    def cancel(self) -> None:
        """Ask the job to stop; it ends with `Cancelled` at its next check, or before it begins.

        A job that ends without another check is told as done: what it wrote is written.
        """
        self.progress.cancel()


class Lane(QObject):
    """One worker thread and the way back to the GUI thread.

    Signals: `busy_changed(bool)`; `troubled(title, error)` for every error but a cancelling, before the job's
    own `failed` is called.
    """

    busy_changed = Signal(bool)
    troubled = Signal(str, object)
    _arrived = Signal(int, object, object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._jobs: dict[int, Job] = {}
        self._numbers = itertools.count(1)
        self._closed = False
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._timer = QTimer(self)
        self._timer.setInterval(MAILBOX_MS)
        self._timer.timeout.connect(self._drain)

    @property
    def is_closed(self) -> bool:
        """Whether the window is on its way out, and no job is taken any more."""
        return self._closed

    @property
    def is_busy(self) -> bool:
        """Whether any job waits, runs or has a result on its way."""
        return bool(self._jobs)

    def run(
        self,
        work: Callable[..., Any],
        *args: Any,
        done: Done | None = None,
        failed: Failed | None = None,
        progress: Watched | None = None,
        title: str = "",
        key: str = "",
        **named: Any,
    ) -> Job:
        """Run `work(*args, **named)` in the lane; `done(result)` or `failed(error)` follow in the GUI thread.

        With `progress` given, `work` gets a keyword `progress` too, the `core.runs.progress.Progress` that cancels
        it, and `progress` is called with `Report`s in the GUI thread. A job with a `key` replaces an older job of
        the same key, whose result is dropped. `failed` gets `Cancelled` when the job was cancelled; an error's
        traceback is text in `trace_of(error)`. Everything that `work` needs must be handed over: it runs in
        another thread and must touch neither widgets nor state of the window.
        """
        if self._closed:
            raise RuntimeError("The lane is closed.")
        if key:
            self.drop(key)
        job = Job(next(self._numbers), title, key, done, failed, progress)
        if progress is not None:
            named["progress"] = job.progress
        was_busy = self.is_busy
        self._jobs[job.number] = job
        job.future = self._pool.submit(self._work, job, work, args, named)
        self._timer.start()
        if not was_busy:
            self.busy_changed.emit(True)
        return job

    def drop(self, key: str) -> None:
        """Cancel the jobs of `key` and forget them: neither `done` nor `failed` will be called."""
        for job in [job for job in self._jobs.values() if job.key == key]:
            job.cancel()
            del self._jobs[job.number]

    def cancel(self) -> None:
        """Cancel every job of the lane; each ends with `Cancelled`."""
        for job in list(self._jobs.values()):
            job.cancel()

    def close(self, last: Callable[[], object] | None = None) -> None:
        """Cancel and forget all jobs and take no more; does not wait.

        `last` is still done in the lane, after the job that is running now; the program ends after it.
        """
        was_closed, self._closed = self._closed, True
        self.cancel()
        self._jobs.clear()
        self._timer.stop()
        if last is not None and not was_closed:
            # what waits ahead of it ends at its first check
            self._pool.submit(last)
        self._pool.shutdown(wait=False, cancel_futures=last is None)

    def _work(self, job: Job, work: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> None:
        """In the worker thread: do the work and send what came of it."""
        value, error = None, None
        try:
            job.progress.check()
            value = work(*args, **named)
        except BaseException as caught:
            error = _packed(caught)
        # The lane may be gone while the last job ends at the close of the program.
        with contextlib.suppress(RuntimeError):
            self._arrived.emit(job.number, value, error)

    def _deliver(self, number: int, value: object, error: BaseException | None) -> None:
        job = self._jobs.get(number)
        if job is None:  # dropped: a newer job took its place, or the lane was closed
            return
        self._report(job)
        del self._jobs[number]
        try:
            self._hand_over(job, value, error)
        finally:
            if not self.is_busy:
                self._timer.stop()
                self.busy_changed.emit(False)

    def _hand_over(self, job: Job, value: object, error: BaseException | None) -> None:
        if error is None:
            if job.done is not None:
                job.done(value)
            return
        if not isinstance(error, Cancelled):
            self.troubled.emit(job.title, error)
        if job.failed is not None:
            job.failed(error)

    def _drain(self) -> None:
        for job in list(self._jobs.values()):
            self._report(job)
        if not self._jobs:
            self._timer.stop()

    def _report(self, job: Job) -> None:
        for report in job.mailbox.empty():
            if job.watched is not None:
                job.watched(report)


def _packed(error: BaseException) -> BaseException:
    """The error with its traceback as text: the traceback itself would keep every array of the run alive."""
    text = "".join(traceback.format_exception(error))
    bare = error.with_traceback(None)
    bare.__context__ = bare.__cause__ = None
    with contextlib.suppress(AttributeError, TypeError):
        bare.trace_text = text  # type: ignore[attr-defined]
    return bare


def trace_of(error: BaseException) -> str:
    """The traceback of an error that came out of a lane, as text; "" if there is none."""
    return getattr(error, "trace_text", "")
