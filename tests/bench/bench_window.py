"""How long the window is deaf while it aligns, applies and drizzles: a 5 ms timer's worst gap, on full-size data.

    python tests/bench/bench_window.py [--size small] [--files FOLDER]

Simulates three WFC3/UVIS exposures, or copies those of FOLDER, opens the window offscreen, presses Align, Apply and
Drizzle as the demonstration does, and prints the gaps. Kernels are compiled before (`python -m app.prepare`).
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from app.console import table
from app.prepare import prepare
from core.simulate import Scene, simulate
from ui.demo import run_demo
from ui.main import make_application
from ui.warmup import warm_up
from ui.watch import LoopWatch
from ui.window import MainWindow


class Watched:
    """Notes the worst gap of every step that the window reports."""

    def __init__(self, watch: LoopWatch) -> None:
        self.watch, self.step, self.rows = watch, "before", []
        self.start = time.perf_counter()

    def heard(self, report: object) -> None:
        if report.step != self.step:
            self.note(report.step)

    def changed(self) -> None:
        """A run began or ended; what follows the last one is the taking of pictures."""
        if self.step != "at rest":
            self.note("at rest")

    def note(self, following: str) -> None:
        now = time.perf_counter()
        worst, late = f"{1000 * self.watch.worst:.0f}", str(self.watch.late)
        self.rows.append((self.step, f"{now - self.start:.2f}", worst, late))
        self.step, self.start = following, now
        self.watch.reset()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", choices=("small", "full"), default="full")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", type=Path)
    arguments = parser.parse_args()
    prepare()
    with tempfile.TemporaryDirectory() as name:
        if arguments.files is not None:
            files = [Path(shutil.copy(each, name)) for each in sorted(arguments.files.glob("*_flt.fits"))]
        else:
            files = list(simulate(Scene(seed=arguments.seed, size=arguments.size), Path(name)).files)
        application = make_application()
        window = MainWindow(files)
        window.show()
        warm_up()
        watch = LoopWatch()
        watched = Watched(watch)
        window.runner.reported.connect(watched.heard)
        window.runner.changed.connect(watched.changed)

        def done(outcome: object) -> None:
            watched.note("end")
            print(table(("step", "seconds", "worst gap, ms", "gaps over 100 ms"), watched.rows))
            print(outcome.trouble or "the whole job was done")
            application.quit()

        demo = run_demo(window, Path(name) / "views", done)
        application.exec()
        demo.deleteLater()
        window.close()


if __name__ == "__main__":
    main()
