"""Failures and false successes on simulated sets of every kind: the engine and drizzlepac on the same files.

    python tests/bench/bench_truth.py --sets 200

Each set is two small UVIS exposures at different rolls, with a pointing error up to 0.5" and a roll error of some
thousandths of a degree, 40 s or 500 s long, sparse to crowded (1/20 to 4 times the stars of the usual scene), with
hot pixels, and with cosmic rays from a tenth to ten times as many as the stars. The second is to be aligned to the
first. "false": the program says that it aligned an image that is more than `--limit` mas off. Both find with
drizzlepac's noise estimate and the same threshold; drizzlepac gets tolerance=3, without which it fails on half.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from common import Run, copies, print_table, run_in

from core.simulate import Scene, Truth, alignment_error, simulate

# stars above the threshold in a scene of density 1, and cosmic rays at the usual rate, by exposure time in s
STARS = {40.0: 680.0, 500.0: 950.0}
COSMICS = {40.0: 240.0, 500.0: 900.0}
MOST_COSMICS = 8000.0
CONTESTANTS = {
    "ours": ("ours.py", {}, {"noise": "drizzlepac"}),
    "drizzlepac, tolerance=3": ("peer.py", {"tolerance": 3.0}, {}),
}


@dataclass
class Score:
    """What became of the sets of one contestant: error in mas where it said ALIGNED, else None."""

    said: list[float | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def row(self, name: str, which: np.ndarray, limit: float) -> list[str]:
        said = [one for one, chosen in zip(self.said, which, strict=True) if chosen]
        off = np.array([one for one in said if one is not None])
        right = off[off <= limit]
        return [
            name,
            f"{len(right)}/{len(said)}",
            str(sum(one is None for one in said)),
            str(int((off > limit).sum())),
            f"{np.median(right):.3f}" if len(right) else "-",
            f"{right.max():.3f}" if len(right) else "-",
            f"{np.median(self.seconds):.2f}" if self.seconds else "-",
        ]


def scene_of(seed: int) -> tuple[Scene, float, float]:
    """The set of a seed, its density and how many cosmic rays come on a star."""
    rng = np.random.default_rng([77, seed])
    exptime = (40.0, 500.0)[seed % 2]
    density = float(10 ** rng.uniform(np.log10(0.05), np.log10(4.0)))
    ratio = float(10 ** rng.uniform(-1.0, 1.0))
    cosmics = min(ratio * STARS[exptime] * density, MOST_COSMICS)
    rate = 1.2 * cosmics / COSMICS[exptime]
    scene = Scene(seed=seed, n_exposures=2, exptime=exptime, density=density, cr_rate=rate)
    return scene, density, cosmics / (STARS[exptime] * density)


def batch(seeds: range, arguments: argparse.Namespace, scores: dict[str, Score]) -> None:
    """Simulate some sets, give copies to both, and add up what came out."""
    find = {"threshold": arguments.threshold, "peakmax": 50000.0}
    with tempfile.TemporaryDirectory(prefix="bench-truth-") as name:
        scratch = Path(name)
        truths = [simulate(scene_of(seed)[0], scratch / f"set-{seed}") for seed in seeds]

        def contest(who: str) -> list[tuple[float | None, float]]:
            script, parameters, more = CONTESTANTS[who]
            folders = [scratch / f"{script}-{seed}" for seed in seeds]
            runs: list[Run] = [
                {
                    "task": "tweakreg",
                    "folder": str(folder),
                    "files": copies(truth.files, folder),
                    "parameters": parameters,
                    "imagefind": {**find, **more},
                }
                for truth, folder in zip(truths, folders, strict=True)
            ]
            results = run_in(script, runs)
            return [judged(*one, arguments.limit) for one in zip(truths, folders, results, strict=True)]

        with ThreadPoolExecutor(2) as pool:
            for who, found in zip(CONTESTANTS, pool.map(contest, CONTESTANTS), strict=True):
                scores[who].said += [said for said, _ in found]
                scores[who].seconds += [seconds for _, seconds in found]


def judged(truth: Truth, folder: Path, result: Run, limit: float) -> tuple[float | None, float]:
    """The error of the second exposure if the program says that it is aligned, and the time."""
    files = [folder / path.name for path in truth.files]
    name = files[1].name
    if result["error"]:
        print(f"{folder}: {result['error']}", flush=True)
    if result["error"] or name not in result["aligned"]:
        return None, result["seconds"]
    off = alignment_error(truth, files, files[0])[name]
    if off > limit:
        print(f"false success in {folder}: {off:.1f} mas", flush=True)
    return off, result["seconds"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--first", type=int, default=5000, help="first seed")
    parser.add_argument("--batch", type=int, default=25)
    parser.add_argument("--threshold", type=float, default=100.0)
    parser.add_argument("--limit", type=float, default=5.0, help="mas")
    arguments = parser.parse_args()
    scores = {who: Score() for who in CONTESTANTS}
    last = arguments.first + arguments.sets
    for first in range(arguments.first, last, arguments.batch):
        start = time.perf_counter()
        batch(range(first, min(first + arguments.batch, last)), arguments, scores)
        done = len(scores["ours"].said)
        failed = {who: sum(said is None for said in score.said) for who, score in scores.items()}
        print(f"{done} sets, {time.perf_counter() - start:.0f} s, failed: {failed}", flush=True)
    told(scores, range(arguments.first, last), arguments.limit)


def told(scores: dict[str, Score], seeds: range, limit: float) -> None:
    """The table, by kind of set, and where the two differ."""
    drawn = [scene_of(seed) for seed in seeds]
    exptime = np.array([scene.exptime for scene, _, _ in drawn])
    density = np.array([d for _, d, _ in drawn])
    ratio = np.array([r for _, _, r in drawn])
    good = np.array([said is not None and said <= limit for said in scores["drizzlepac, tolerance=3"].said])
    kinds = {
        "all": np.ones(len(drawn), bool),
        "40 s": exptime == 40.0,
        "500 s": exptime == 500.0,
        "sparse (< 0.25)": density < 0.25,
        "crowded (> 1)": density > 1.0,
        "cosmic rays > 3 x stars": ratio > 3.0,
        "where drizzlepac is right": good,
    }
    rows = [
        score.row(f"{who}: {kind}", which, limit)
        for kind, which in kinds.items()
        for who, score in scores.items()
    ]
    print_table(("", "aligned and right", "failed", "false", "median mas", "max mas", "s a set"), rows)
    for number, seed in enumerate(seeds):
        said = {who: score.said[number] for who, score in scores.items()}
        if any(one is None or one > limit for one in said.values()):
            words = ", ".join(
                f"{who} {'failed' if one is None else f'{one:.2f} mas'}" for who, one in said.items()
            )
            print(
                f"seed {seed}: {exptime[number]:.0f} s, density {density[number]:.2f}, "
                f"{ratio[number]:.1f} cosmic rays a star: {words}"
            )


if __name__ == "__main__":
    main()
