"""How long excluding a star takes in the window, and how long the window is deaf, on full-size data with many matches.

    python tests/bench/bench_refit.py [--files FOLDER] [--threshold T]

FOLDER holds *_flt.fits that were simulated before; without it three WFC3/UVIS exposures are simulated. With each plot
in front, and the table of matches below, one star is excluded and restored again, three times; the best is printed, for
another program may take the processor away. Then limits of source finding are moved with the whole chip in view.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtWidgets import QApplication

from app.console import table
from core.simulate import Scene, simulate
from ui.main import make_application
from ui.warmup import warm_up
from ui.watch import LoopWatch
from ui.window import MainWindow

VIEWS = ("residuals", "vectors", "pair", "histogram")


def until(application: QApplication, done: Callable[[], bool], seconds: float = 300.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise RuntimeError("the window does not come to rest")
        application.processEvents()
        time.sleep(0.001)


def is_at_rest(window: MainWindow) -> bool:
    return not (
        window.files.is_reading
        or window.runner.is_running
        or window.lane.is_busy
        or window.quick.is_busy
        or not window.live.is_at_rest
    )


def one_change(
    application: QApplication, window: MainWindow, press: Callable[[], object]
) -> tuple[float, float]:
    """Milliseconds from the key to the drawn result, and the worst gap of a 5 ms timer."""
    changed: list[float] = []
    start = time.perf_counter()

    def heard() -> None:
        changed.append(time.perf_counter())

    window.align.refitted.connect(heard)
    watch = LoopWatch()
    until(application, lambda: time.perf_counter() - start > 0.1)
    watch.reset()
    start = time.perf_counter()
    press()
    until(application, lambda: bool(changed))
    until(application, lambda: is_at_rest(window))
    end = time.perf_counter()
    until(application, lambda: time.perf_counter() - end > 0.1)
    watch.stop()
    window.align.refitted.disconnect(heard)
    return 1e3 * (changed[0] - start), 1e3 * watch.worst


def refits(application: QApplication, window: MainWindow) -> list[tuple[str, str, str]]:
    rows = []
    window.foot.setCurrentWidget(window.match_table)
    for view in VIEWS:
        window.views.show(view)
        until(application, lambda: is_at_rest(window))
        for name, action in (("exclude", window.choices.exclude_), ("restore", window.choices.restore_)):
            taken = []
            for round_ in range(3):
                window.views.selection.set([10 + round_])
                if name == "restore":
                    window.choices.exclude_.trigger()
                until(application, lambda: is_at_rest(window))
                taken.append(one_change(application, window, action.trigger))
            rows.append(
                (f"{name}, {view}", f"{min(t for t, _ in taken):.0f}", f"{min(g for _, g in taken):.0f}")
            )
    return rows


def finding(application: QApplication, window: MainWindow) -> list[tuple[str, str, str]]:
    """From a moved limit to the marks that are painted."""
    window.views.show("sources")
    until(application, lambda: is_at_rest(window))
    view, state = window.views.sources, window.params.states["imagefindpars"]
    rows = []
    for name, value in (
        ("threshold", "90"), ("threshold", "4"), ("threshold", "1"), ("peakmax", "20000"), ("noise", "robust"),
        ("conv_width", "3"),
    ):  # fmt: skip
        before = view.found
        watch = LoopWatch()
        start = time.perf_counter()
        state.edit(name, value)
        until(application, lambda before=before: view.found is not before)
        view.image.canvas.repaint()
        first = 1e3 * (time.perf_counter() - start)
        until(application, lambda: window.live._asked is None)
        whole = 1e3 * (time.perf_counter() - start)
        until(application, lambda: is_at_rest(window))
        watch.stop()
        everywhere = 1e3 * (time.perf_counter() - start)
        rows.append(
            (
                f"{name} {value}",
                f"{first:.0f}, chip {whole:.0f}, all {everywhere:.0f}",
                f"{1e3 * watch.worst:.0f}",
            )
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--files", type=Path)
    parser.add_argument("--threshold", type=float, default=15.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if arguments.files is not None:
            files = sorted(arguments.files.glob("*_flt.fits"))
        else:
            files = list(simulate(Scene(size="full"), Path(name)).files)
        application = make_application()
        window = MainWindow(files)
        window.resize(1280, 800)
        window.show()
        warm_up()
        until(application, lambda: is_at_rest(window))
        window.params.assign("imagefindpars", threshold=arguments.threshold, peakmax=50000.0)
        window.align.align()
        until(application, lambda: is_at_rest(window))
        image = window.show_.image()
        count = len(image.matches) if image is not None and image.matches is not None else 0
        print(table((f"{count} matches", "ms", "worst gap, ms"), refits(application, window)))
        print(
            table(
                ("moved, whole chip in view", "ms to the marks", "worst gap, ms"),
                finding(application, window),
            )
        )
        window.close()


if __name__ == "__main__":
    main()
