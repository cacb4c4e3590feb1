"""Runs the engine for the benches: python ours.py JOB.json RESULT.json (see common.py).

The first run of a fresh installation compiles kernels; the benches therefore do one small run before.
"""

from __future__ import annotations

import time
from pathlib import Path

from common import Run, peak_mb, serve

from core.align.session import AlignSettings, tweakreg
from core.params import TASKS
from core.runs.progress import Progress


def one_run(run: Run) -> Run:
    """One task in its folder; an exception becomes the "error" of the result."""
    folder = Path(run["folder"])
    files = [folder / name for name in run["files"]]
    error, aligned = "", []
    progress = Progress()
    start = time.perf_counter()
    try:
        if run["task"] == "tweakreg":
            defaults = AlignSettings.defaults()
            settings = AlignSettings(
                defaults.tweakreg.replaced(**{"updatehdr": True, "shiftfile": True, **run["parameters"]}),
                defaults.imagefind.replaced(**run["imagefind"]),
                defaults.refimagefind,
            )
            alignment = tweakreg(files, settings, folder=folder, progress=progress)
            aligned = [image.name for image in alignment.images if image.status in ("REFERENCE", "ALIGNED")]
        else:
            # only here, so that the memory of an alignment is that of an alignment
            from core.drizzle.session import astrodrizzle

            params = TASKS["astrodrizzle"].defaults().replaced(**run["parameters"])
            astrodrizzle(files, params, folder=folder, progress=progress)
    except Exception as problem:
        error = f"{type(problem).__name__}: {problem}"
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "error": error,
        "steps": dict(progress.seconds),
        "aligned": aligned,
        "peak_mb": peak_mb(),
    }


if __name__ == "__main__":
    serve(one_run)
