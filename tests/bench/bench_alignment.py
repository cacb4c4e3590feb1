"""Alignment of simulated exposures against the truth: the engine and drizzlepac on the same files.

    python tests/bench/bench_alignment.py --seeds 20 --threshold 2000

Each seed gives three small exposures of a cluster with pointing errors up to 0.5". An image counts as aligned
when its header, after the run, is within `--limit` mas (rms over both chips) of where the truth puts it relative
to the reference. "said so" counts the images that the program itself reports as aligned; "wrong" those of them
that are not.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from common import Run, copies, print_table, run_in

from core.simulate import Scene, Truth, alignment_error, simulate


def contestants(arguments: argparse.Namespace) -> dict[str, tuple[str, Run, Run]]:
    """Name -> script, parameters of tweakreg, parameters of imagefindpars."""
    find = {"threshold": arguments.threshold, "peakmax": arguments.peakmax}
    return {
        "ours, defaults": ("ours.py", {}, {**find, "noise": "drizzlepac"}),
        "ours, noise=handbook": ("ours.py", {}, Scene().find_settings("handbook")),
        "drizzlepac, defaults": ("peer.py", {}, find),
        "drizzlepac, tolerance=3": ("peer.py", {"tolerance": 3.0}, find),
    }


def row(name: str, results: list[Run], errors: list[float], said: list[bool], limit: float) -> list[str]:
    """One line of the table over all images that are not the reference."""
    off = np.array(errors)
    good = off < limit
    wrong = int((np.array(said) & ~good).sum())
    seconds = np.array([result["seconds"] for result in results])
    return [
        name,
        f"{good.sum()}/{len(off)}",
        f"{sum(said)}",
        f"{wrong}",
        f"{np.median(off[good]):.3f}" if good.any() else "-",
        f"{off[good].max():.3f}" if good.any() else "-",
        f"{np.median(seconds):.2f}",
        f"{seconds.max():.2f}",
        f"{sum(bool(result['error']) for result in results)}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20, help="number of sets")
    parser.add_argument("--first", type=int, default=1000, help="first seed")
    parser.add_argument(
        "--threshold", type=float, default=2000.0, help="sigma, with drizzlepac's noise estimate"
    )
    parser.add_argument("--peakmax", type=float, default=50000.0)
    parser.add_argument("--max-shift", type=float, default=0.5, help="largest pointing error in arcsec")
    parser.add_argument("--limit", type=float, default=5.0, help="mas up to which an image counts as aligned")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-alignment-") as scratch:
        seeds = range(arguments.first, arguments.first + arguments.seeds)
        truths = [
            simulate(Scene(seed=seed, max_shift=arguments.max_shift), Path(scratch) / f"scene-{seed}")
            for seed in seeds
        ]
        before = [e for truth in truths for e in others(truth, truth.folder)]
        print(
            f"{len(before)} images off by {min(before):.0f} to {max(before):.0f} mas, median {np.median(before):.0f}"
        )
        rows = [
            contest(name, *how, truths, Path(scratch), arguments.limit)
            for name, how in contestants(arguments).items()
        ]
    heads = ("", "aligned", "said so", "wrong", "median mas", "max mas", "s a set", "s max", "crashed")
    print_table(heads, rows)


def contest(
    name: str, script: str, parameters: Run, find: Run, truths: list[Truth], scratch: Path, limit: float
) -> list[str]:
    """Align copies of all sets and compare with the truth."""
    label = "".join(c if c.isalnum() else "-" for c in name)
    folders = [scratch / f"{label}-{number}" for number in range(len(truths))]
    runs = [
        {
            "task": "tweakreg",
            "folder": str(folder),
            "files": copies(truth.files, folder),
            "parameters": parameters,
            "imagefind": find,
        }
        for truth, folder in zip(truths, folders, strict=True)
    ]
    warm = {
        **runs[0],
        "folder": str(scratch / f"{label}-warm"),
        "files": copies(truths[0].files, scratch / f"{label}-warm"),
    }
    results = run_in(script, [warm, *runs])[1:]
    errors, said = [], []
    for truth, folder, result in zip(truths, folders, results, strict=True):
        errors += others(truth, folder)
        said += [path.name in result["aligned"] and not result["error"] for path in truth.files[1:]]
    return row(name, results, errors, said, limit)


def others(truth: Truth, folder: Path) -> list[float]:
    """The errors in mas of all files in `folder` but the reference, the first."""
    files = [folder / path.name for path in truth.files]
    errors = alignment_error(truth, files, files[0])
    return [errors[path.name] for path in files[1:]]


if __name__ == "__main__":
    main()
