"""`drizzledesk demo`: the main job on simulated exposures with known truth, in the window or without a screen."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from app.console import ConsoleProgress
from app.screen import screen_problem
from core.data.safe import write_text
from core.errors import Refusal
from core.simulate import Scene, simulate

OURS = ".drizzledesk-demo"  # marks a folder that the demonstration may fill again


def run(arguments: argparse.Namespace) -> int:
    """Simulate, then open the window; without a screen do the whole job offscreen and leave pictures."""
    problem = "" if arguments.headless else screen_problem()
    headless = arguments.headless or bool(problem)
    if problem:
        print(f"{problem} Running the whole job without a window.", file=sys.stderr)
    folder = _folder(arguments.dir)
    print(f"Simulating three WFC3/UVIS exposures of a globular cluster in {folder}", file=sys.stderr)
    with ConsoleProgress() as progress:
        truth = simulate(Scene(seed=arguments.seed, size=arguments.size), folder, progress=progress)
    if headless:
        from app.headless import run_headless

        return run_headless(truth, folder)
    from ui.main import open_window

    return open_window(truth.files, demo=True, argv=sys.argv[:1])


def _folder(chosen: Path | None) -> Path:
    """The folder to fill: a new one, an empty one, or one that an earlier demonstration filled.

    The exposures have the names of the Handbook's real ones, so a folder with anything else in it is refused.
    """
    if chosen is None:
        return Path(tempfile.mkdtemp(prefix="drizzledesk-demo-"))
    try:
        chosen.mkdir(parents=True, exist_ok=True)
        taken = any(chosen.iterdir()) and not (chosen / OURS).exists()
        if not taken:
            write_text("Made by `drizzledesk demo`; it may be overwritten by the next one.\n", chosen / OURS)
    except OSError as error:
        raise Refusal(
            f"The folder cannot be used: {error.strerror}.", file=chosen, advice="another --dir, or none."
        ) from error
    if taken:
        raise Refusal(
            "The folder holds other files, which the demonstration might overwrite.",
            file=chosen,
            subject="--dir",
            advice="a new folder, or none: then one is made.",
        )
    return chosen.resolve()
