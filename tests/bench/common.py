"""What the benches share: runs in a process of their own, copies of exposures, tables.

A run is {"task", "folder", "files", "parameters", "imagefind"}; a result {"seconds", "error", "steps", "peak_mb",
"aligned", "process"}: `aligned` names the files that the program itself says it aligned, `peak_mb` is the peak
resident memory of the process so far and of its largest child, `process` the wall time of the whole process, from
its start.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
Run = dict[str, Any]


def run_in(script: str, runs: list[Run], environment: dict[str, str] | None = None) -> list[Run]:
    """Do `runs` with peer.py or ours.py in a fresh process; RuntimeError with its last words when it dies."""
    with tempfile.TemporaryDirectory() as scratch:
        job, result = Path(scratch) / "job.json", Path(scratch) / "result.json"
        job.write_text(json.dumps(runs))
        command = [sys.executable, str(HERE / script), str(job), str(result)]
        start = time.perf_counter()
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, **(environment or {})}, cwd=scratch
        )
        if done.returncode or not result.exists():
            raise RuntimeError(f"{script} ended with {done.returncode}:\n{done.stderr[-2000:]}")
        whole = time.perf_counter() - start
        return [{**one, "process": whole} for one in json.loads(result.read_text())]


def serve(one_run: Callable[[Run], Run]) -> None:
    """The other side of `run_in`."""
    job, result = sys.argv[1:3]
    Path(result).write_text(json.dumps([one_run(run) for run in json.loads(Path(job).read_text())]))


def peak_mb() -> float:
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(one).ru_maxrss for one in who) / 1024.0


def copies(files: Sequence[Path], folder: Path) -> list[str]:
    """Copy exposures into `folder`, which is made; their names."""
    folder.mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copy(file, folder)).name for file in files]


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as they need, the first to the left, the others to the right."""
    lines = [heads, *rows]
    widths = [max(len(line[k]) for line in lines) for k in range(len(heads))]
    for number, line in enumerate(lines):
        cells = [line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))]
        print("  ".join(cells))
        if number == 0:
            print("  ".join("-" * w for w in widths))
