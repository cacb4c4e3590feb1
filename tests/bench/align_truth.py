"""Alignment of many simulated sets against their truth: run by hand, `python tests/bench/align_truth.py [SETS]`.

drizzlepac 3.11 with `tolerance=3` on 30 exposures of this kind: median 0.19 mas, 0.08 to 0.38; with its default
tolerance it fails on half of them.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from core.align.results import Status
from core.align.session import AlignSettings, align, apply
from core.simulate import Scene, alignment_error, simulate


def settings(noise: str, threshold: float) -> AlignSettings:
    made = AlignSettings.defaults()
    find = made.imagefind.replaced(threshold=threshold, peakmax=50000.0, noise=noise)
    return AlignSettings(made.tweakreg, find, made.refimagefind)


def main(sets: int, size: str) -> None:
    cases = [("drizzlepac", 2000.0), ("handbook", 200.0), ("handbook", 50.0), ("handbook", 4.0)]
    errors: dict[tuple[str, float], list[float]] = {case: [] for case in cases}
    failed: dict[tuple[str, float], int] = dict.fromkeys(cases, 0)
    seconds: dict[tuple[str, float], float] = dict.fromkeys(cases, 0.0)
    for seed in range(1, sets + 1):
        with tempfile.TemporaryDirectory() as name:
            truth = simulate(Scene(seed=seed, size=size), Path(name))
            files = sorted(Path(name).glob("*_flt.fits"))
            originals = {file: file.read_bytes() for file in files}
            for case in cases:
                for file, content in originals.items():
                    file.write_bytes(content)
                begin = time.perf_counter()
                alignment = align(files, settings(*case))
                seconds[case] += time.perf_counter() - begin
                failed[case] += sum(image.status is Status.FAILED for image in alignment.images)
                apply(alignment, settings(*case))
                found = alignment_error(truth, files, files[0])
                errors[case] += [found[i.name] for i in alignment.images if i.status is Status.ALIGNED]
    for case in cases:
        e = np.array(errors[case])
        print(
            f"{case[0]:>10} threshold {case[1]:6.0f}: {len(e)} aligned, {failed[case]} failed, "
            f"median {np.median(e):.3f} mas, {e.min():.3f} to {e.max():.3f}, {seconds[case] / sets:.2f} s a set"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 6, sys.argv[2] if len(sys.argv) > 2 else "small")
