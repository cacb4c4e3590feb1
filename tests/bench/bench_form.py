"""How long a form takes to appear, and a keystroke in it to be handled.

Run by hand: python tests/bench/bench_form.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.params import TASKS
from ui import style
from ui.panels.panel import Panel
from ui.panels.state import FormState, History

TYPED = "0.62518347"


def build(task: str) -> tuple[float, Panel]:
    """Seconds until every parameter of the task has its row and is painted, and the panel."""
    begun = time.perf_counter()
    panel = Panel([FormState(TASKS[task], History())])
    panel.resize(380, 700)
    panel.all.setChecked(True)
    panel.show()
    panel.grab()
    return time.perf_counter() - begun, panel


def keystrokes(panel: Panel, name: str) -> list[float]:
    """Seconds for each character typed into a field, until everything that follows from it is shown."""
    panel.form.reveal(panel.states[0], name)
    QApplication.processEvents()
    editor = next(box.rows[name] for box in panel.form.boxes if name in box.rows).editor
    editor.selectAll()
    took = []
    for sign in TYPED:
        begun = time.perf_counter()
        QTest.keyClicks(editor, sign)
        QApplication.processEvents()
        took.append(time.perf_counter() - begun)
    return took


def searching(panel: Panel) -> float:
    """Seconds for the filter to follow a word in the search."""
    panel.search.setText("cosmic")
    begun = time.perf_counter()
    panel.apply_filter()
    QApplication.processEvents()
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    QApplication.instance() or QApplication([])
    style.switch().start("light")
    fields = {"astrodrizzle": "final_pixfrac", "tweakreg": "tolerance", "imagefindpars": "threshold"}
    for task, name in fields.items():
        times, keys, filters = [], [], []
        for _ in range(rounds):
            seconds, panel = build(task)
            times.append(seconds)
            keys += keystrokes(panel, name)
            filters.append(searching(panel))
            panel.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            panel.close()
            QApplication.processEvents()
        print(
            f"{task:14s} {len(TASKS[task].names):3d} parameters: built in {1e3 * min(times):.0f} ms (first "
            f"{1e3 * times[0]:.0f}), keystroke {1e3 * statistics.median(keys):.1f} ms (worst {1e3 * max(keys):.1f}), "
            f"search {1e3 * statistics.median(filters):.0f} ms"
        )


if __name__ == "__main__":
    main()
