"""astrodrizzle as a command, from start to exit, ours and drizzlepac's: wall time, processor time, memory, per step.

    nice python tests/bench/bench_astrodrizzle.py [--size small] [--repeat 3] [--scaling 3 6 12 24] [--cores 1 2]

Every run is a process of its own on fresh exposures, aligned before; imports, loading of compiled kernels and writing
count. Files of both are the same: cleaned exposures, masks, separate images, blots, product, copies of the exposures.
"peak" is the largest sum of resident memory over the processes of a run, looked at every 20 ms. With --scaling the
three exposures are repeated under other names. Best of the repeats by wall time; they take turns.

drizzlepac leaves 18 files more: masks that we do not write (single_mask, final_mask, skymatch_mask; 150 MB).

What limits each step of ours, on two processors (EPYC with AVX-512) and a disk of 1 to 2 GB/s; seconds of a quiet run
of three full WFC3/UVIS exposures, 4.0-4.6 in all:

Start             0.8  Python: importing numpy, astropy and numba, on one processor; memory is fetched meanwhile
Static mask       0.2  arithmetic: some eight passes over a chip for its clipped statistics
Sky               0.25 the same, with a median
Separate drizzle  0.5  arithmetic of the turbo kernel, 0.06 a chip; a fifth is getting memory from the system
Median            0.3  reading back the separate images that did not stay in memory, at the speed of the disk
Blot              0.3  arithmetic of poly5, 36 multiplications a pixel; 0.05 a chip
Cosmic rays       0.4  memory, eight arrays of a chip passed by once each, and the disk: 0.5 GB of cleaned exposures
Final drizzle     1.0  arithmetic of the square kernel, 0.06 a chip; blending headers in Python beside it, 0.5; then
                       the product, 0.28 GB, at the speed of the disk
Updating          0.25 the disk: 0.5 GB must be on it before exposures take their names

Memory, 0.75 GB at the peak, in the final drizzle: science, weight and context of the frame 0.28, a chip with its weight
0.07, masks of cosmic rays 0.05, scratch of two tiles 0.02, 0.05 between them; the separate drizzle has taken as much,
two images being written and two being made. Python with what it has imported 0.14, code of numba's compiler 0.07.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench_full import STEPS, step
from common import as_installed, print_table

from core.align.session import AlignSettings, apply, tweakreg
from core.simulate import Scene, simulate

ROOT = Path(__file__).resolve().parents[2]
OURS = "import sys; from app.cli import main; sys.exit(main())"
PARAMETERS = {
    "output": "f606w",
    "driz_sep_bits": "64,32",
    "final_bits": "64,32",
    "build": "yes",
    "driz_cr_corr": "yes",
}
PEER = """
import sys
from drizzlepac import astrodrizzle
astrodrizzle.AstroDrizzle(sys.argv[2:], output="f606w", driz_sep_bits="64,32", final_bits="64,32", build=True,
                          driz_cr_corr=True, num_cores=int(sys.argv[1]))
"""
PEER_STEP = re.compile(r"^(?:\[INFO\s*\])?\s{2,}([A-Z][\w .]*?)\s{3,}([\d.]+) sec", re.MULTILINE)
Result = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=("small", "full"), default="full")
    parser.add_argument(
        "--exposures", type=Path, help="folder of aligned *_flt.fits, instead of simulated ones"
    )
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--scaling", type=int, nargs="*", default=[], help="numbers of exposures")
    parser.add_argument(
        "--cores", type=int, nargs="*", default=[1, 2], help="drizzlepac's num_cores; none: not run"
    )
    parser.add_argument("--scratch", type=Path, help="where to work; its disk is part of what is measured")
    arguments = parser.parse_args()
    as_installed()
    with tempfile.TemporaryDirectory(prefix="bench-astrodrizzle-", dir=arguments.scratch) as name:
        base = Path(name)
        warm = aligned(base / "warm", "small")
        ours(warm, base / "run", 3)
        source = warm if arguments.size == "small" else arguments.exposures or aligned(base / "full", "full")
        if arguments.repeat:
            compare(source, base / "run", arguments.repeat, arguments.cores)
        if arguments.scaling:
            scale(source, base / "run", arguments.scaling)


def compare(source: Path, folder: Path, repeat: int, cores: list[int]) -> None:
    """One table: whole commands and steps."""
    runs = {"ours": lambda: ours(source, folder, 3)}
    runs |= {f"drizzlepac, {n} core": lambda n=n: theirs(source, folder, n) for n in cores}
    results: dict[str, list[Result]] = {title: [] for title in runs}
    for _ in range(repeat):
        for title, run in runs.items():
            results[title].append(run())
    best = [min(tries, key=lambda one: one["wall"]) for tries in results.values()]
    rows = [row(title, [one[key] for one in best], digits) for title, key, digits in WHOLE]
    for title, words in STEPS:
        rows.append(row("  " + title, [step(one["steps"], title, words) for one in best]))
    rows.append(row("  Updating", [step(one["steps"], "-", ("updat",)) for one in best]))
    rows.append(row("files", [one["files"] for one in best], 0))
    print_table(("", *runs, *(["ratio"] if cores else [])), rows)
    print("walls:", {title: [round(one["wall"], 2) for one in tries] for title, tries in results.items()})


WHOLE = (
    ("wall, s", "wall", 2),
    ("processor, s", "processor", 2),
    ("peak, MB", "peak", 0),
    ("written, MB", "written", 0),
)


def scale(source: Path, folder: Path, numbers: list[int]) -> None:
    """Time and memory against the number of exposures; OrIg_files and all."""
    rows = []
    for number in numbers:
        one = ours(source, folder, number)
        rows.append([str(number), f"{one['wall']:.2f}", f"{one['wall'] / number:.2f}", f"{one['peak']:.0f}"])
    print_table(("exposures", "wall, s", "s each", "peak, MB"), rows)


def row(title: str, values: list[float], digits: int = 2) -> list[str]:
    """The ratio is the peer's best over ours."""
    cells = [title, *(f"{value:.{digits}f}" for value in values)]
    return [*cells, f"{min(values[1:]) / values[0]:.2f}"] if len(values) > 1 else cells


def aligned(folder: Path, size: str) -> Path:
    """Simulated exposures after tweakreg; kernels of the alignment are compiled on the way."""
    scene = Scene(seed=1, size=size)
    files = list(simulate(scene, folder).files)
    defaults = AlignSettings.defaults()
    find = defaults.imagefind.replaced(**scene.find_settings())
    settings = AlignSettings(defaults.tweakreg, find, defaults.refimagefind)
    apply(tweakreg(files, settings, folder=folder), settings)
    return folder


def ours(source: Path, folder: Path, number: int) -> Result:
    fresh(source, folder, number)
    files = sorted(path.name for path in folder.glob("*_flt.fits"))
    values = [word for name, value in PARAMETERS.items() for word in ("-p", f"{name}={value}")]
    command = [sys.executable, "-c", OURS, "astrodrizzle", *files, *values, "--quiet", "--report", "r.json"]
    result = watched(command, folder)
    report = json.loads((folder / "r.json").read_text())
    return finished(result, folder, report["seconds"])


def theirs(source: Path, folder: Path, cores: int) -> Result:
    fresh(source, folder, 3)
    files = sorted(path.name for path in folder.glob("*_flt.fits"))
    result = watched([sys.executable, "-c", PEER, str(cores), *files], folder)
    text = "\n".join(path.read_text(errors="replace") for path in folder.glob("*.log"))
    return finished(result, folder, {name: float(value) for name, value in PEER_STEP.findall(text)})


def fresh(source: Path, folder: Path, number: int) -> None:
    """Copies of the exposures, repeated under other names where there are too few; on the disk."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = sorted(source.glob("*_flt.fits"))
    for k in range(number):
        path = files[k % len(files)]
        name = path.name if k < len(files) else path.name.replace("ibc3", f"ib{k:02d}")
        shutil.copy(path, folder / name)
    os.sync()


def finished(result: Result, folder: Path, steps: dict[str, float]) -> Result:
    made = list(folder.rglob("*.fits"))
    size = sum(path.stat().st_size for path in made) / 1e6
    shutil.rmtree(folder)
    return {**result, "steps": steps, "written": size, "files": len(made)}


def watched(command: list[str], folder: Path) -> Result:
    """Run a command in a folder; RuntimeError with its last words when it fails."""
    words = folder / "words.txt"
    before = os.times()
    start = time.perf_counter()
    with words.open("w") as stream:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, stdout=stream, stderr=stream, cwd=folder, env=environment)
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, sum(resident(pid) for pid in family(process.pid)))
            time.sleep(0.02)
    wall = time.perf_counter() - start
    after = os.times()
    if process.returncode:
        raise RuntimeError(f"{command[:3]} ended with {process.returncode}:\n{words.read_text()[-2000:]}")
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall": wall, "processor": used, "peak": peak}


def family(pid: int) -> list[int]:
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in found for one in family(int(child)))]


def resident(pid: int) -> float:
    """MB in memory."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, IndexError):
        return 0.0


if __name__ == "__main__":
    main()
