"""How fast source finding answers a moved parameter, on full UVIS exposures: python tests/bench/bench_live.py.

    python tests/bench/bench_live.py [--files FOLDER] [--exptime S]

One chip is 4096 x 2051 pixels; a set is three exposures, six chips, on all processors. `view` is what the window asks
about first: the 820 x 340 pixels of a view at 1:1, and of the whole chip in view its middle 2 million pixels. FOLDER
holds *_flt.fits that were simulated before.
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
from core.align.glimpse import Box, glimpse
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
    parser.add_argument("--files", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-live-") as scratch:
        if arguments.files is not None:
            files = sorted(arguments.files.glob("*_flt.fits"))
        else:
            files = list(simulate(Scene(size="full", exptime=arguments.exptime), Path(scratch)).files)
        chips = [chip for path in files for chip in open_exposure(path).chips]
        find(chips[0], START)
        one, all_of_them = Threads(1), Threads()
        begin = time.perf_counter()
        ready = all_of_them.map(lambda chip: prepare(chip, START, workers=one), chips)
        print(
            f"six chips prepared in {time.perf_counter() - begin:.2f} s, {sum(p.nbytes for p in ready) / 1e6:.0f} MB"
        )
        first = timed(lambda: ready[1].statistics.noise("robust"), 1)
        rows = [row(name, change, ready) for name, change in MOVES]
        heads = (
            "moved",
            "sources (of candidates), one chip",
            "view ms",
            "middle ms",
            "one chip ms",
            "six chips ms",
        )
        print_table(heads, rows)
        print(f"the first robust noise of a chip: {first:.0f} ms (worked out ahead while the hand rests)")
        chosen = select(ready[0], START)
        k = int(np.nonzero(chosen.kept)[0][0])
        print(f"profile of a source: {timed(lambda: profile(ready[0], chosen.x[k], chosen.y[k])):.1f} ms")
        print(f"find, for comparison: {timed(lambda: find(chips[0], START)):.0f} ms a chip")


def row(name: str, change: dict[str, Any], ready: list[Any]) -> list[str]:
    """Each time is that of moving to the new value from the beginning's."""
    params = replace(START, **change)
    pool, single = Threads(), Threads(1)
    shape = ready[0].data.shape
    boxes = (
        Box.around(2048.0, 1025.0, 820.0, 340.0, shape, 2_000_000),
        Box.around(2048.0, 1025.0, 5000.0, 2100.0, shape, 2_000_000),
    )
    ready[0].sky(params)  # the noise is worked out ahead
    parts = [timed(lambda box=box: glimpse(ready[0], params, box, pool)) for box in boxes]
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
        *(f"{part:.0f}" for part in parts),
        f"{np.median(times):.0f}",
        f"{np.median(whole):.0f}",
    ]


if __name__ == "__main__":
    main()
