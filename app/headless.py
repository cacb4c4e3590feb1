"""The demonstration without a screen: the window is opened offscreen and its own actions are pressed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from app.console import ConsoleProgress, fail, table
from app.reports import write_report
from core.runs.report import peak_rss_mb
from core.simulate import Truth, alignment_error

REPORT = "demo_report.json"


def run_headless(truth: Truth, folder: Path) -> int:
    """Align, Apply, Drizzle offscreen; leave products, the report and a PNG of every view in `folder`."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from ui.demo import run_demo
    from ui.main import make_application
    from ui.window import MainWindow

    application = make_application()
    window = MainWindow(truth.files)
    outcomes: list[Any] = []

    def finished(outcome: Any) -> None:
        outcomes.append(outcome)
        application.quit()

    console = ConsoleProgress(notes=False)
    window.runner.reported.connect(console.listen)
    window.show()
    demo = run_demo(window, folder / "views", finished)
    application.exec()
    outcome = outcomes[0] if outcomes else demo.outcome
    figures = report(window, truth, outcome)
    write_report(figures, folder / REPORT)
    window.close()
    tell(figures, folder)
    return fail([outcome.trouble] if outcome.trouble else [])


def report(window: Any, truth: Truth, outcome: Any) -> dict[str, Any]:
    """Both tasks' reports, the pictures, and how far each image ended from the truth, in mas."""
    from core.align.report import report as of_alignment
    from core.drizzle.report import report as of_drizzling

    session = window.session
    figures: dict[str, Any] = {"task": "demo", "tweakreg": None, "astrodrizzle": None, "truth_mas": {}}
    if session.alignment is not None:
        figures["tweakreg"] = of_alignment(session.alignment)
        figures["truth_mas"] = alignment_error(truth, truth.files, session.alignment.reference_name)
    if session.result is not None:
        figures["astrodrizzle"] = of_drizzling(session.result, peak_rss_mb=peak_rss_mb())
    figures["pictures"] = [str(path) for path in outcome.pictures]
    figures["trouble"] = outcome.trouble
    figures["peak_rss_mb"] = peak_rss_mb()
    return figures


def tell(figures: dict[str, Any], folder: Path) -> None:
    """The result in one table, and where everything lies."""
    rows = [(name, f"{error:.3f}") for name, error in figures["truth_mas"].items()]
    if rows:
        print(table(("image", "mas_from_truth"), rows))
    products = (figures["astrodrizzle"] or {}).get("products", [])
    print(f"products: {', '.join(Path(path).name for path in products) or 'none'}")
    print(f"views:    {len(figures['pictures'])} pictures in {folder / 'views'}")
    print(f"report:   {folder / REPORT}")
    print(f"folder:   {folder}")
    sys.stdout.flush()
