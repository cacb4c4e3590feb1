"""What a run shows in a terminal: progress on standard error, one result table on standard output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from core.runs.progress import Progress, Report

if TYPE_CHECKING:
    from tqdm import tqdm


class ConsoleProgress:
    """Listens to a `Progress`: a bar a step on a terminal, plain lines for a log file, nothing when quiet.

    Failures of single files are kept: the command tells them at its end (`fail`), and only when the run ends without a
    result are they told here.
    """

    def __init__(self, *, quiet: bool = False, notes: bool = True) -> None:
        self._quiet = quiet
        self._notes = notes and not quiet
        self._bar: tqdm[None] | None = None
        self._step = ""
        self._failures: list[str] = []
        self.progress = Progress(self.listen)

    def __enter__(self) -> Progress:
        return self.progress

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_bar()
        if value is not None:
            fail([text for text in self._failures if str(value) not in text])

    def listen(self, report: Report) -> None:
        """Show one report; any thread may call it."""
        if report.note:
            self._tell(report)
            return
        if self._quiet:
            return
        if report.step != self._step:
            self._close_bar()
            self._step = report.step
            self._open_bar(report)
        if self._bar is not None:
            self._bar.total = report.total or None
            self._bar.n = report.done
            self._bar.refresh()

    def _open_bar(self, report: Report) -> None:
        if sys.stderr.isatty():
            from tqdm import tqdm  # a log file needs no bar

            self._bar = tqdm(total=report.total or None, desc=report.step, file=sys.stderr, leave=True)
        else:
            print(report.step, file=sys.stderr, flush=True)

    def _tell(self, report: Report) -> None:
        if report.level == "error":
            self._failures.append(report.note)
            return
        if not self._notes and report.level == "info":
            return
        lead = "" if report.level == "info" else f"{report.level}: "
        if self._bar is not None:
            self._bar.write(f"{lead}{report.note}", file=sys.stderr)
        else:
            print(f"{lead}{report.note}", file=sys.stderr, flush=True)

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A plain text table; columns whose cells are all numbers are set to the right."""
    cells = [list(heads), *[list(row) for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    numeric = [bool(rows) and all(_is_number(row[i]) for row in rows) for i in range(len(heads))]

    def line(row: Sequence[str]) -> str:
        parts = [c.rjust(w) if n else c.ljust(w) for c, w, n in zip(row, widths, numeric, strict=True)]
        return "  ".join(parts).rstrip()

    return "\n".join(line(row) for row in cells)


def _is_number(text: str) -> bool:
    if text in ("", "-"):
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def fail(lines: Sequence[str]) -> int:
    """Print one line per failure on standard error; the exit status."""
    for line in lines:
        print(f"drizzledesk: {line}", file=sys.stderr)
    return 1 if lines else 0
