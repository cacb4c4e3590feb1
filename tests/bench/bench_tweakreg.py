"""The whole command tweakreg, from start to exit, ours and drizzlepac's, on three full UVIS exposures, in one run.

    nice python tests/bench/bench_tweakreg.py [--scene FOLDER] [--repeat 3] [--cases handbook deep default]

Each program is a process of its own on fresh copies of the exposures, which it aligns and whose headers it updates;
drizzlepac with tolerance=3, without which it loses images. "handbook" is threshold 2000, "deep" threshold 100 (some
15 000 stars an image), "default" threshold 4 (200 000 detections), at which drizzlepac asks for 369 GiB: it is run
under a limit of memory, to show how it ends. Both are compiled to bytecode, as pip installs them. Peak memory is the
resident set of the process; of repeated runs the quickest is shown, the programs taking turns. FOLDER holds a
simulated scene, else one is made.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common import as_installed, copies, print_table

from core.simulate import Scene, Truth, alignment_error, simulate

THRESHOLDS = {"handbook": 2000.0, "deep": 100.0, "default": 4.0}
LIMIT = 8 << 30  # bytes of address space for drizzlepac where it asks for more than there is

PEER = """
import sys
from drizzlepac import tweakreg
tweakreg.TweakReg(
    sys.argv[2:], imagefindcfg={"threshold": float(sys.argv[1]), "peakmax": 50000.0}, updatehdr=True, shiftfile=True,
    tolerance=3.0, interactive=False, see2dplot=False, residplot="No plot",
)
"""


@dataclass(frozen=True)
class Ended:
    """How a process ended: wall seconds, processor seconds, peak MB, exit status, its last words."""

    seconds: float
    processor: float
    peak_mb: float
    status: int
    words: str


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scene", type=Path, help="folder of a simulated scene with its truth")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--cases", nargs="+", choices=tuple(THRESHOLDS), default=list(THRESHOLDS))
    arguments = parser.parse_args()
    as_installed()
    with tempfile.TemporaryDirectory(prefix="bench-tweakreg-") as scratch:
        base = Path(scratch)
        truth = (
            Truth.load(arguments.scene) if arguments.scene else simulate(Scene(size="full"), base / "scene")
        )
        ours(truth, base / "warm", 2000.0)  # compiles the kernels, if that was not done
        rows = [row for case in arguments.cases for row in compared(truth, base, case, arguments.repeat)]
    heads = ("case", "program", "wall s", "cpu s", "peak MB", "worst mas", "ratio", "of memory", "end")
    print_table(heads, rows)


def compared(truth: Truth, base: Path, case: str, repeat: int) -> list[list[str]]:
    """Two rows of the table; the ratios are drizzlepac's over ours."""
    threshold = THRESHOLDS[case]
    mine, theirs = [], []
    for number in range(repeat):
        mine.append(ours(truth, base / f"ours-{number}", threshold))
        if case != "default":
            theirs.append(peer(truth, base / f"peer-{number}", threshold))
        elif not number:
            theirs.append(peer(truth, base / "peer", threshold, limit=LIMIT))
    us, them = (min(runs, key=lambda run: run[0].seconds) for runs in (mine, theirs))
    good = them[0].status == 0
    speed = f"{them[0].seconds / us[0].seconds:.1f}" if good else ""
    memory = f"{them[0].peak_mb / us[0].peak_mb:.1f}" if good else ""
    return [row(case, "ours", *us, speed, memory), row("", "drizzlepac", *them, "", "")]


def row(case: str, program: str, run: Ended, worst: float, speed: str, memory: str) -> list[str]:
    figures = [f"{run.seconds:.2f}", f"{run.processor:.2f}", f"{run.peak_mb:.0f}", f"{worst:.3f}"]
    return [case, program, *figures, speed, memory, "ok" if run.status == 0 else f"fails: {run.words[:60]}"]


def ours(truth: Truth, folder: Path, threshold: float) -> tuple[Ended, float]:
    """The command as a person types it; what goes wrong ends the bench."""
    files = copies(truth.files, folder)
    values = {"updatehdr": "yes", "shiftfile": "yes", "wcsname": "TWEAK"}
    values |= {"threshold": f"{threshold:g}", "peakmax": "50000", "noise": "drizzlepac"}
    assignments = [word for name, value in values.items() for word in ("-p", f"{name}={value}")]
    ended = run([sys.executable, "-m", "app", "tweakreg", *files, *assignments], folder)
    if ended.status:
        raise SystemExit(f"ours ended with {ended.status}: {ended.words}")
    return ended, worst_error(truth, folder)


def peer(truth: Truth, folder: Path, threshold: float, limit: int = 0) -> tuple[Ended, float]:
    files = copies(truth.files, folder)
    ended = run([sys.executable, "-c", PEER, f"{threshold:g}", *files], folder, limit)
    return ended, worst_error(truth, folder)


def worst_error(truth: Truth, folder: Path) -> float:
    """Of the images but the first, which is the reference, in mas; the folder is emptied."""
    files = [folder / path.name for path in truth.files]
    worst = max(alignment_error(truth, files, files[0]).values())
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
    return worst


def run(command: Sequence[str], folder: Path, limit: int = 0) -> Ended:
    """A process from its start to its end; `limit` bytes of address space for it, 0 for all there is."""

    def limited() -> None:
        if limit:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    os.sync()  # nothing of the copying is left to be written
    with tempfile.TemporaryFile("w+") as words:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=words, stderr=words, preexec_fn=limited)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        words.seek(0)
        lines = [line.strip() for line in words.read().splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    return Ended(
        seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6, process.returncode, last
    )


if __name__ == "__main__":
    main()
