"""One run at a time: gives it to the engine's lane, shows its progress, tells its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.errors import Cancelled, Refusal
from core.runs.progress import Report
from ui.lane import Job, Lane, trace_of
from ui.logview import LogView
from ui.session import APPLY, PREVIEW, Session
from ui.warmup import settle


@dataclass(frozen=True)
class Brief:
    """An error in a few words, for where the Log, or a question, has the whole of it: `head` and `line`, which may be
    several, and the name of the action that helps ("" for none)."""

    head: str
    line: str = ""
    help: str = ""


class Runner(QObject):
    """Signals: `changed()` when a run begins or ends; `rested()` when one has ended, before what follows from it,
    which may be a question that waits for the person; `reported(Report)`; `refused(subject)` with the parameter
    that an error is about ("" if none); `concluded(text, level)` in a line how a run ended, last what matters most;
    `broke(Brief)` when one ended with an error."""

    changed = Signal()
    rested = Signal()
    reported = Signal(object)
    refused = Signal(str)
    concluded = Signal(str, str)
    broke = Signal(object)

    def __init__(self, lane: Lane, session: Session, log: LogView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lane, self.session, self.log = lane, session, log
        self._job: Job | None = None
        self._began = self._took = 0.0
        self._quiet = False
        self.step = ""
        self._settled: set[str] = set()
        self._done: Callable[[Any], object] | None = None
        self._failed: Callable[[BaseException], object] | None = None
        self._brief: Callable[[BaseException], Brief | None] | None = None

    @property
    def is_running(self) -> bool:
        return self._job is not None

    def start(
        self,
        title: str,
        work: Callable[..., Any],
        *args: Any,
        done: Callable[[Any], object],
        failed: Callable[[BaseException], object] | None = None,
        brief: Callable[[BaseException], Brief | None] | None = None,
        quiet: bool = False,
    ) -> None:
        """Begin a run; refused with a word in the log while another one is going on. The log does not tell begin
        and end of a `quiet` one. `brief` has shorter words for errors that `failed` asks about at length."""
        if self._job is not None:
            self.log.say(f"{title} not started: {self.session.running} is running.", "warning")
            return
        self._done, self._failed, self._began = done, failed, time.monotonic()
        self._brief = brief
        self._took = 0.0
        self.session.running = title
        self._quiet, self.step = quiet, ""
        if not quiet:
            self.log.say(f"{title} started.")
        self._job = self.lane.run(
            work, *args, done=self._ended, failed=self._broke, progress=self._watch, title=title
        )
        self.changed.emit()

    def stop(self) -> None:
        """Ask the run to stop; it ends at its next check."""
        if self._job is not None:
            self._job.cancel()
            self.reported.emit(Report("Stopping…"))

    @property
    def seconds(self) -> float:
        """How long the run takes, or took."""
        return self._took or time.monotonic() - self._began

    def conclude(self, text: str, level: str = "info") -> None:
        """Say in one line how the run ended."""
        self.concluded.emit(text, level)

    def _watch(self, report: Report) -> None:
        self.step = report.step or self.step
        self.log.report(report)
        self.reported.emit(report)

    def _ended(self, value: Any) -> None:
        title, done = self._close()
        if not self._quiet:
            self.log.say(f"{title} ended after {self.seconds:.1f} s.")
            self.conclude(f"{title} ended after {self.seconds:.1f} s.")
        self.rested.emit()
        if done is not None:
            done(value)
        if title not in self._settled:
            # the first run of a kind has loaded its kernels; they are here to stay
            self._settled.add(title)
            self.lane.run(settle)
        self.changed.emit()

    def _broke(self, error: BaseException) -> None:
        failed, short = self._failed, self._brief
        title, _ = self._close()
        if isinstance(error, Cancelled):
            self.log.say(f"{title} stopped.")
            self.conclude(f"{title} stopped.")
        else:
            told = tell(self.log, title, error)
            brief = short(error) if short is not None else None
            self.conclude(brief.head if brief else f"{title} failed. {told}", "error")
            self.broke.emit(brief or Brief(f"{APPLY if title == PREVIEW else title} failed", told))
        self.rested.emit()
        if failed is not None:
            failed(error)
        self.changed.emit()
        if isinstance(error, Refusal) and not self.is_running:
            self.refused.emit(error.subject)

    def _close(self) -> tuple[str, Callable[[Any], object] | None]:
        title, done = self.session.running, self._done
        self._took = time.monotonic() - self._began
        self._job, self._done, self._failed = None, None, None
        self.session.running = ""
        return title, done


def tell(log: LogView, title: str, error: BaseException) -> str:
    """An error as a line of the log: a refusal in its own words, anything else with its traceback at hand. Gives
    these words, without the title."""
    lead = f"{title}: " if title else ""
    if isinstance(error, Refusal):
        file = f" ({Path(error.file)})" if error.file else ""
        told = f"{error}{file}"
        log.say(f"{lead}{told}", "error")
    else:
        told = f"{type(error).__name__}: {error}"
        log.say(f"{lead}{told}", "error", trace_of(error))
    return told
