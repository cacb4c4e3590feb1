"""Exposures and tiles of the output on a Dask cluster: `Workers` whose `each` goes to processes of other machines.

The scheduler is Dask's; `distributed` is the extra `cluster` and imported by nothing else. Of the person it is required
that the workers run this DrizzleDesk and see the exposures and the output folder under the same paths. Arrays between
the steps travel as the intermediate files in that folder, tiles of the median and of the final image by Dask.

Dask does the work of a worker that is lost again on another one. That is safe: a piece of work changes nothing that it
reads, and what it writes are whole files under names of its own (`core.data.safe`).
"""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from core.errors import Refusal
from core.runs import onworker, parcel
from core.runs.alike import differences, facts
from core.runs.progress import Progress
from core.runs.spread import Job, Threads

J = TypeVar("J", bound=Job)
T = TypeVar("T")
R = TypeVar("R")
SUBJECT = "--scheduler"
_LOOK = 0.05  # seconds between two looks at the person's wish to stop
_PULSE = 2.0
_ALONE = 30.0  # seconds without any worker
_GRACE = 0.4
_GONE = (OSError, TimeoutError, CancelledError)
_ROOMY = {"distributed.admin.large-graph-warning-threshold": "4GB"}  # headers of hundreds of exposures


class Cluster:
    """`Workers` on the workers of a Dask scheduler; a context manager, closed at the end of its block.

    `warnings` say what should be known of the workers: versions that differ from this process's.
    """

    def __init__(self, client: Any, title: str, *, threads: int | None = None, own: Any = None) -> None:
        self._client, self._own = client, own
        self._threads = Threads(threads)
        self.title = title
        self.count = self._threads.count
        self.places = max(2, sum(_ask(client, client.scheduler.ncores, 5.0).values()))
        self.warnings: tuple[str, ...] = ()

    def map(self, work: Callable[[T], R], items: Iterable[T], progress: Progress | None = None) -> list[R]:
        """See `Threads.map`: blocks of rows stay in this process."""
        return self._threads.map(work, items, progress)

    def each(
        self, work: Callable[[J, T], R], job: J, items: Iterable[T], progress: Progress | None = None
    ) -> Iterator[R]:
        """See `core.runs.spread.Workers.each`; items are done in any order, and the first are begun at once.

        When the caller goes no further - an error, Stop - what has not begun is dropped, and what runs on the workers
        ends within some tenths of a second.

        Raises
        ------
        Refusal
            That of a worker, as it was raised there; the scheduler or all workers are lost, or several of them by the
            same piece of work.
        """
        name = f"drizzledesk-{work.__name__.strip('_')}-{uuid.uuid4().hex[:12]}"
        submit = self._client.submit
        held = submit(_same, parcel.pack(job, self), key=f"{name}-job", pure=False)
        keys = {f"{name}-{number}": item for number, item in enumerate(items)}
        futures = [submit(_do, held, work, item, key, key=key, pure=False) for key, item in keys.items()]
        return self._results(futures, held, job, progress or Progress(), name)

    def _results(
        self, futures: list[Any], held: Any, job: Job, progress: Progress, name: str
    ) -> Iterator[Any]:
        futures.reverse()
        try:
            while futures:
                found = self._result(futures[-1], progress)
                futures.pop().release()
                job.gain(found.gained)
                yield found.value
        finally:
            if futures:
                self._client.cancel([*futures, held], force=True)
                self._let_end(name)

    def _result(self, future: Any, progress: Progress) -> parcel.Parcel:
        """What a piece of work brought back, once it is there."""
        self._await(future, progress)
        try:
            found: parcel.Parcel = future.result()
        except CancelledError as error:
            raise self._lost("The connection to the scheduler was lost.") from error
        except Exception as error:
            if type(error).__name__ != "KilledWorker":
                raise
            what = "Workers were lost one after the other by the same piece of work"
            raise self._lost(f"{what} (the last was {_last_worker(error)}).") from error
        if found.refusal is not None:
            raise found.refusal
        progress.advance(found.units)
        return found

    def _await(self, future: Any, progress: Progress) -> None:
        """Until `future` is done, asking whether to stop and whether anybody is there."""
        done = threading.Event()
        future.add_done_callback(lambda _: done.set())
        pulse = seen = time.monotonic()
        while not done.wait(_LOOK):
            progress.check()
            now = time.monotonic()
            if now - pulse < _PULSE:
                continue
            pulse = now
            try:
                seen = now if _ask(self._client, self._client.scheduler.ncores, 0.3) else seen
            except _GONE:  # busy, or gone: then Dask ends the future
                continue
            if now - seen > _ALONE:
                raise self._lost(f"It has had no workers for {_ALONE:.0f} seconds.")

    def _let_end(self, name: str) -> None:
        """Wait for the workers to leave what was cancelled, but not long."""

        def ask() -> None:
            limit = time.monotonic() + _GRACE
            while time.monotonic() < limit and any(
                self._client.run(onworker.busy, name, on_error="ignore").values()
            ):
                time.sleep(_LOOK / 2)

        asking = threading.Thread(target=_quietly(ask), name="cluster", daemon=True)
        asking.start()
        asking.join(_GRACE)

    def ready(self, paths: Sequence[Path], folder: Path) -> None:
        """See that every worker finds these files as they are here, and may write to `folder`; raises Refusal."""
        wanted = {str(path.absolute()): onworker.size_of(path.absolute()) for path in paths}
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".drizzledesk-") as token:
            found = self._everywhere(onworker.missing, wanted, str(Path(token.name).absolute()))
        for worker, problem in found.items():
            if problem:
                raise Refusal(
                    f"The worker {worker} {problem}",
                    subject=SUBJECT,
                    advice="Put exposures and products on a disk that all workers see under the same path, and may "
                    "write to.",
                )

    def _everywhere(self, work: Callable[..., R], *values: object) -> dict[str, R]:
        """What `work` gives on every worker, by address; once more where one was just lost. Raises Refusal."""
        try:
            found: dict[str, R] = self._client.run(work, *values)
        except _GONE:
            time.sleep(1.0)
            try:
                found = self._client.run(work, *values)
            except _GONE as error:
                raise self._lost(f"Not all of its workers answer ({error}).") from error
        return found

    def _lost(self, what: str) -> Refusal:
        return Refusal(
            f"The cluster {self.title} cannot go on. {what}",
            subject=SUBJECT,
            advice="Look into the logs of its workers; one that needs more memory than it has is killed. Then run "
            "again: nothing half-written was left.",
        )

    def compare(self) -> None:
        """Refuse workers that run another DrizzleDesk, and note those whose libraries differ.

        They import then what is imported here: later that would keep the first pieces back, and could not be stopped.
        """
        engine = sorted(name for name in sys.modules if name.startswith("core."))
        try:
            found = self._everywhere(onworker.made_ready, engine)
        except Exception as error:  # a worker's error at unpacking comes as a text
            if not isinstance(error, ImportError) and "ModuleNotFoundError" not in str(error):
                raise
            raise Refusal(
                f"Its workers cannot run DrizzleDesk ({error}).",
                subject=SUBJECT,
                advice="Start them with this version of DrizzleDesk installed: `dask worker` of the same environment.",
            ) from error
        self.warnings = differences(found, facts(), SUBJECT)

    def close(self) -> None:
        """End the connection, and a cluster of one's own with its processes."""
        self._client.close(timeout=2)
        if self._own is not None:
            self._own.close(timeout=5)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_cluster(where: str, *, threads: int | None = None, timeout: float = 10.0) -> Cluster:
    """The cluster whose scheduler is at the address `where`; "local" or "local:N": N worker processes of this machine.

    `threads` are for what is done in this process. `timeout`, in seconds, is waited for the scheduler and for a first
    worker.

    Raises
    ------
    Refusal
        The extra is not installed, the address cannot be read, nobody answers, there are no workers, or they run
        another DrizzleDesk.
    """
    distributed = _distributed()
    text = where.strip()
    processes = _processes(text)
    own = None
    try:
        if processes:
            own = _local_cluster(distributed, processes)
        client = distributed.Client(
            own or _address(text), timeout=timeout, set_as_default=False, direct_to_workers=bool(own) or None
        )
    except (OSError, TimeoutError, ValueError) as error:
        if own is not None:
            own.close(timeout=5)
        raise _silent(text, timeout, error) from error
    try:
        client.wait_for_workers(1, timeout=timeout)
        cluster = Cluster(client, text, threads=threads, own=own)
        cluster.compare()
        return cluster
    except BaseException as error:
        client.close(timeout=2)
        if own is not None:
            own.close(timeout=5)
        if not isinstance(error, TimeoutError):
            raise
        raise Refusal(
            f"The scheduler at {text} has no workers (none came within {timeout:.0f} s).",
            subject=SUBJECT,
            advice=f"Start some: `dask worker {_address(text)}`, on each machine.",
        ) from error


def check_address(where: str) -> None:
    """Refuse a text that cannot be where a cluster is; see `open_cluster`."""
    if not _processes(where.strip()):
        _address(where.strip())


def _distributed() -> Any:
    try:
        import dask
        import distributed
    except ImportError as error:
        raise Refusal(
            "Working on a cluster needs Dask's distributed, which is not installed.",
            subject=SUBJECT,
            advice='Install the extra: `pip install "drizzledesk[cluster]"`, in a checkout `pip install -e '
            '".[cluster]"`. Or leave --scheduler out: threads of this machine do the same.',
        ) from error
    dask.config.set(_ROOMY)
    for name in ("distributed", "distributed.client", "distributed.scheduler"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what is wrong is told by refusals
    return distributed


def _local_cluster(distributed: Any, processes: int) -> Any:
    with _without_interrupt():
        return distributed.LocalCluster(
            n_workers=processes,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            memory_limit=None,  # they share that of the machine, as threads do
            silence_logs=logging.CRITICAL,
        )


@contextmanager
def _without_interrupt() -> Iterator[None]:
    """Let Ctrl-C wait for the end of the block, and never reach the processes that are started in it: a terminal sends
    it to all, and it is this process that ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it would come with the first process, and let the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _processes(text: str) -> int:
    """N of local:N, one per processor for local alone, 0 for an address; raises Refusal."""
    match = re.fullmatch(r"local(?::(.*))?", text)
    if match is None:
        return 0
    if match[1] is None:
        return os.cpu_count() or 1
    if not match[1].isdecimal() or not 0 < int(match[1]) <= 1024:
        raise Refusal(
            f"'{match[1]}' is no number of worker processes.",
            subject=SUBJECT,
            advice="Give for example local:2.",
        )
    return int(match[1])


def _address(text: str) -> str:
    """With the protocol, tcp unless another is given; raises Refusal."""
    if not re.fullmatch(r"([a-z]+://)?[^\s/:]+:\d+|([a-z]+://)?\[[0-9a-fA-F:]+\]:\d+", text):
        raise Refusal(
            f"'{text}' is no address of a scheduler.",
            subject=SUBJECT,
            advice="Give host:port, as `dask scheduler` prints it (tcp://10.0.0.5:8786), or local, or local:2.",
        )
    return text if "://" in text else f"tcp://{text}"


def _silent(text: str, timeout: float, error: Exception) -> Refusal:
    reason = str(error).strip().splitlines()
    told = f" ({reason[0]})" if reason and "imed out" not in reason[0] else ""
    return Refusal(
        f"No scheduler answers at {text} within {timeout:.0f} s{told}.",
        subject=SUBJECT,
        advice="Start one there with `dask scheduler`, look at its port and at firewalls, or use --scheduler local.",
    )


def _ask(client: Any, question: Any, timeout: float) -> Any:
    """The answer of the scheduler; raises OSError, TimeoutError."""
    return client.sync(question, callback_timeout=timeout)


def _last_worker(error: Exception) -> str:
    return str(getattr(getattr(error, "last_worker", None), "address", "unknown"))


def _quietly(work: Callable[[], None]) -> Callable[[], None]:
    """`work`, whose failure nobody needs to hear of: the cluster is being left."""

    def run() -> None:
        try:
            work()
        except Exception:
            return

    return run


def _same(packed: bytes) -> bytes:
    return packed


def _do(packed: bytes, work: Callable[[Any, Any], Any], item: object, key: str) -> parcel.Parcel:
    """A piece of work, on a worker."""
    from distributed import get_worker

    return onworker.do(packed, work, item, key, get_worker().state)
