"""How fast source finding answers a moved parameter, on full UVIS exposures: python tests/bench/bench_live.py.

One chip is 4096 x 2051 pixels; a set is three exposures, six chips, on all processors.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from common import print_table

from core.align.find import find
from core.align.live import prepare, renewed, select
from core.align.profile import profile
from core.align.settings import FindParams
from core.data.exposure import open_exposure
from core.runs.spread import Threads
from core.simulate import Scene, simulate

START = FindParams(threshold=100.0, peakmax=50000.0)
MOVES: list[tuple[str, dict[str, Any]]] = [
    ("threshold 100 to 90", {"threshold": 90.0}),
    ("threshold 20", {"threshold": 20.0}),
    ("threshold 4 (default)", {"threshold": 4.0}),
    ("threshold 1", {"threshold": 1.0}),
    ("peakmax", {"peakmax": 20000.0}),
    ("fluxmin", {"fluxmin": 5000.0}),
    ("sharp and round limits", {"use_sharp_round": True, "sharphi": 0.8}),
    ("noise robust", {"noise": "robust"}),
    ("conv_width 3 (convolves)", {"conv_width": 3.0}),
]


def timed(work: Callable[[], Any], rounds: int = 3) -> float:
    """The median time in ms."""
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        taken.append(1e3 * (time.perf_counter() - start))
    return float(np.median(taken))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exptime", type=float, default=40.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-live-") as scratch:
        truth = simulate(Scene(size="full", exptime=arguments.exptime), Path(scratch))
        chips = [chip for path in truth.files for chip in open_exposure(path).chips]
        find(chips[0], START)
        one, all_of_them = Threads(1), Threads()
        begin = time.perf_counter()
        ready = all_of_them.map(lambda chip: prepare(chip, START, workers=one), chips)
        print(
            f"six chips prepared in {time.perf_counter() - begin:.2f} s, {sum(p.nbytes for p in ready) / 1e6:.0f} MB"
        )
        rows = [row(name, change, ready) for name, change in MOVES]
        print_table(("moved", "sources (of candidates), one chip", "one chip ms", "six chips ms"), rows)
        chosen = select(ready[0], START)
        k = int(np.nonzero(chosen.kept)[0][0])
        print(f"profile of a source: {timed(lambda: profile(ready[0], chosen.x[k], chosen.y[k])):.1f} ms")
        print(f"find, for comparison: {timed(lambda: find(chips[0], START)):.0f} ms a chip")


def row(name: str, change: dict[str, Any], ready: list[Any]) -> list[str]:
    """Each time is that of moving to the new value from the beginning's."""
    params = replace(START, **change)
    pool, single = Threads(), Threads(1)
    times = []
    for _ in range(3):
        select(ready[0], START)
        times.append(timed(lambda: select(renewed(ready[0], params, workers=pool), params, pool), 1))
    whole = []
    for _ in range(3):
        for one in ready:
            select(one, START)
        whole.append(
            timed(
                lambda: pool.map(lambda p: select(renewed(p, params, workers=single), params, single), ready),
                1,
            )
        )
    chosen = select(renewed(ready[0], params), params)
    return [
        name,
        f"{chosen.kept.sum()} ({len(chosen)})",
        f"{np.median(times):.0f}",
        f"{np.median(whole):.0f}",
    ]


if __name__ == "__main__":
    main()
