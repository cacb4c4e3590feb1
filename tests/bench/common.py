"""What the benches share: runs in a process of their own, copies of exposures, tables.

A run is {"task", "folder", "files", "parameters", "imagefind"}; a result {"seconds", "error", "steps", "peak_mb",
"aligned", "process"}: `aligned` names the files that the program itself says it aligned, `peak_mb` is the peak
resident memory of the process with its children, `process` the wall time of the whole process, from
its start.
"""

from __future__ import annotations

import compileall
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


def as_installed() -> None:
    """Compile our modules to bytecode, as pip does with what it installs, drizzlepac here.

    A checkout has none until it is first run, and never any where PYTHONDONTWRITEBYTECODE is set: every start would
    then compile its part of 32 000 lines, a tenth of a second that no user of a package waits for.
    """
    for package in ("app", "core"):
        if not compileall.compile_dir(HERE.parents[1] / package, quiet=1):
            raise SystemExit(f"{package} cannot be compiled")


def run_in(script: str, runs: list[Run], environment: dict[str, str] | None = None) -> list[Run]:
    """Do `runs` with peer.py or ours.py in a fresh process; RuntimeError with its last words when it dies."""
    with tempfile.TemporaryDirectory() as scratch:
        job, result, words = (Path(scratch) / name for name in ("job.json", "result.json", "words.txt"))
        job.write_text(json.dumps(runs))
        command = [sys.executable, str(HERE / script), str(job), str(result)]
        start = time.perf_counter()
        with words.open("w") as stream:
            process = subprocess.Popen(
                command, stdout=stream, stderr=stream, env={**os.environ, **(environment or {})}, cwd=scratch
            )
            together = _watch(process)
        whole = time.perf_counter() - start
        if process.returncode or not result.exists():
            raise RuntimeError(f"{script} ended with {process.returncode}:\n{words.read_text()[-2000:]}")
        results = json.loads(result.read_text())
        return [{**one, "process": whole, "peak_mb": max(together, one["peak_mb"])} for one in results]


def _watch(process: subprocess.Popen[bytes]) -> float:
    """Wait for a process; the largest memory in MB that it and its children held together, shared pages once."""
    largest = 0.0
    while process.poll() is None:
        largest = max(largest, sum(_held(pid) for pid in [process.pid, *_children(process.pid)]))
        time.sleep(0.05)
    return largest


def _children(pid: int) -> list[int]:
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(child) for child in found]


def _held(pid: int) -> float:
    """Proportional set size in MB: pages shared by n processes count 1/n in each."""
    try:
        return _field(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")
    except OSError:
        return 0.0


def _field(path: Path, name: str) -> float:
    lines = path.read_text().splitlines()
    return next((int(line.split()[1]) / 1024.0 for line in lines if line.startswith(name)), 0.0)


def serve(one_run: Callable[[Run], Run]) -> None:
    """The other side of `run_in`."""
    job, result = sys.argv[1:3]
    Path(result).write_text(json.dumps([one_run(run) for run in json.loads(Path(job).read_text())]))


def peak_mb() -> float:
    """Peak resident memory of this process in MB.

    Not `getrusage`, where there is a choice: on Linux a new process inherits the peak of the one that started it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return _field(status, "VmHWM:")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024.0**2 if sys.platform == "darwin" else 1024.0
    )


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
