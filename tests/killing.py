"""Work in another process that is killed in its midst, again and again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_HOST = """
import os, sys, traceback
{code}
for _ in sys.stdin:
    child = os.fork()
    if not child:
        try:
            work(*sys.argv[1:])
        except BaseException:
            traceback.print_exc()
        os._exit(0)
    print("started", child, flush=True)
    print("ended", os.WTERMSIG(os.waitpid(child, 0)[1]), flush=True)
"""


class Victims:
    """Runs of `work`, one after the other, each a copy of one process: what it imports takes longer than the work.

    `late` counts those that had come to their end before they could be killed."""

    def __init__(self, host: subprocess.Popen[str]) -> None:
        assert host.stdin is not None
        assert host.stdout is not None
        self._commands, self._said = host.stdin, host.stdout
        self.late = 0

    @contextmanager
    def killed(self, lines: int) -> Iterator[None]:
        """Start the work and wait until it has said so many lines; it is killed when the block is left.

        Raises AssertionError when the work does not say so much."""
        self._commands.write("go\n")
        self._commands.flush()
        child = heard = 0
        while heard < lines or not child:
            words = self._line()
            assert words[:1] != ["ended"], "the work has not said so much"
            child, heard = (int(words[1]), heard) if words[:1] == ["started"] else (child, heard + 1)
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            while (words := self._line())[:1] != ["ended"]:
                pass
        self.late += int(words[1]) != signal.SIGKILL

    def _line(self) -> list[str]:
        line = self._said.readline()
        assert line, "the process that starts the work is gone"
        return line.split()


@contextmanager
def victims(code: str, *arguments: str | Path) -> Iterator[Victims]:
    """A process that has run `code`, which defines `work`; `arguments` are what that is called with, as text.

    Only on systems that can fork. `work` may say lines; none of them begins with "started" or "ended"."""
    command = [sys.executable, "-c", _HOST.format(code=textwrap.dedent(code)), *map(str, arguments)]
    # the project's folder is named: the current one counts for `-c` alone
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as host:
        yield Victims(host)
