"""Handbook example 7.1 at full size: time, memory, alignment and cosmic rays against the truth, ours and drizzlepac.

    nice python tests/bench/bench_full.py [--size small] [--cores 1 2] [--repeat 3]

Every task of every program runs in a process of its own. "wall" is the task's own time, without importing the
program but, for ours, with loading compiled kernels; "process" is the whole process from its start. Our kernels
are compiled once, on a small scene, before. Of repeated runs the one with the least total time is shown.
drizzlepac aligns with tolerance=3, without which it loses images (see bench_alignment.py).
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from common import Run, copies, print_table, run_in
from score import cosmic_ray_score

from core.simulate import Scene, Truth, alignment_error, simulate

FIND = {"threshold": 2000.0, "peakmax": 50000.0}
BITS = {"driz_sep_bits": "64,32", "final_bits": "64,32"}
DRIZZLE = {"output": "f606w", "driz_cr_corr": True, "build": True, "preserve": False, **BITS}

# drizzlepac's step, and ours beginning with these words
STEPS = (
    ("Initialization", ("init", "open", "read")),
    ("Static Mask", ("static",)),
    ("Subtract Sky", ("sky", "subtract")),
    ("Separate Drizzle", ("separate", "drizzle sep")),
    ("Create Median", ("median", "create")),
    ("Blot", ("blot",)),
    ("Driz_CR", ("cosmic", "driz_cr", "flag")),
    ("Final Drizzle", ("final", "combine", "drizzle")),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=("small", "full"), default="full")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--cores", type=int, nargs="+", default=[os.cpu_count() or 1], help="drizzlepac's num_cores"
    )
    parser.add_argument("--repeat", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-full-") as scratch:
        base = Path(scratch)
        warm_up(base)
        truth = simulate(Scene(seed=arguments.seed, size=arguments.size), base / "scene")
        results = {"ours": best("ours.py", truth, base, None, arguments.repeat)}
        for cores in arguments.cores:
            results[f"drizzlepac, {cores} cores"] = best("peer.py", truth, base, cores, arguments.repeat)
    print_table(("s", *results, "ratio"), rows(list(results.values())))


def warm_up(base: Path) -> None:
    """Compile our kernels."""
    truth = simulate(Scene(seed=99), base / "warm")
    for result in job("ours.py", truth, base / "warm-run", None):
        if result["error"]:
            raise SystemExit(f"ours: {result['error']}")


def best(script: str, truth: Truth, base: Path, cores: int | None, repeat: int) -> list[Run]:
    """tweakreg and astrodrizzle, the quickest of `repeat` times; the first result also tells the alignment error."""
    tries = []
    for number in range(repeat):
        folder = base / f"{Path(script).stem}-{cores}-{number}"
        both = job(script, truth, folder, cores)
        for result in both:
            if result["error"]:
                print(f"{script}: {result['error']}")
        files = [folder / path.name for path in truth.files]
        both[1] |= cosmic_ray_score(truth, files)
        both[0]["worst"] = max(alignment_error(truth, files, files[0]).values())
        for path in folder.iterdir():
            path.unlink() if path.is_file() else None
        tries.append(both)
    return min(tries, key=lambda both: sum(result["seconds"] for result in both))


def job(script: str, truth: Truth, folder: Path, cores: int | None) -> list[Run]:
    """Align and drizzle copies of the exposures, each task in its own process."""
    shared = {"folder": str(folder), "files": copies(truth.files, folder)}
    peer = script == "peer.py"
    aligning = {"tolerance": 3.0} if peer else {}
    finding = FIND if peer else {**FIND, "noise": "drizzlepac"}
    drizzling = {**DRIZZLE, **({"num_cores": cores} if peer else {})}
    runs = [
        {**shared, "task": "tweakreg", "parameters": aligning, "imagefind": finding},
        {**shared, "task": "astrodrizzle", "parameters": drizzling},
    ]
    return [run_in(script, [run])[0] for run in runs]


def rows(results: list[list[Run]]) -> list[list[str]]:
    """Ours first; the ratio is drizzlepac's best over ours."""
    lines = []
    for number, task in enumerate(("tweakreg", "astrodrizzle")):
        lines.append(line(f"{task}, process", [both[number]["process"] for both in results]))
        lines.append(line(f"{task}, wall", [both[number]["seconds"] for both in results]))
    for title, words in STEPS:
        lines.append(line(f"  {title}", [step(both[1]["steps"], title, words) for both in results]))
    lines.append(line("tweakreg, peak MB", [both[0]["peak_mb"] for both in results], digits=0))
    lines.append(line("astrodrizzle, peak MB", [both[1]["peak_mb"] for both in results], digits=0))
    lines.append(line("worst image, mas", [both[0]["worst"] for both in results], digits=3))
    for name, title in (
        ("recall 5", "CR found, > 5 sigma"),
        ("recall 20", "CR found, > 20 sigma"),
        ("purity", "flags right"),
    ):
        lines.append([*line(title, [both[1][name] for both in results], digits=4)[:-1], ""])
    return lines


def step(steps: dict[str, float], title: str, words: tuple[str, ...]) -> float:
    """Seconds of a step by drizzlepac's title, or of ours that begin with one of `words`; NaN if there is none."""
    if title in steps:
        return steps[title]
    found = [seconds for name, seconds in steps.items() if name.lower().startswith(words)]
    return sum(found) if found else float("nan")


def line(title: str, values: list[float], digits: int = 2) -> list[str]:
    ratio = min(values[1:]) / values[0] if values[0] else float("nan")
    return [title, *(f"{value:.{digits}f}" for value in values), f"{ratio:.2f}"]


if __name__ == "__main__":
    main()
