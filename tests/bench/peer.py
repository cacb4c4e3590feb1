"""Runs drizzlepac for the benches and the tests of peers: python peer.py JOB.json RESULT.json (see common.py).

drizzlepac writes into the folder it runs in, and tells its step times only in its log. Its import is not part of
any run's time.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path

from common import Run, peak_mb, serve
from drizzlepac import astrodrizzle, tweakreg

STEP = re.compile(r"^(?:\[INFO\s*\])?\s{2,}([A-Z][\w .]*?)\s{3,}([\d.]+) sec", re.MULTILINE)


def one_run(run: Run) -> Run:
    """One task in its folder; an exception becomes the "error" of the result."""
    folder = Path(run["folder"])
    os.chdir(folder)
    error = ""
    start = time.perf_counter()
    with (
        (folder / "peer.log").open("w") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        try:
            if run["task"] == "tweakreg":
                quiet = {"interactive": False, "see2dplot": False, "residplot": "No plot"}
                tweakreg.TweakReg(
                    run["files"],
                    imagefindcfg=run["imagefind"],
                    **{"updatehdr": True, "shiftfile": True, **quiet, **run["parameters"]},
                )
            else:
                astrodrizzle.AstroDrizzle(run["files"], **run["parameters"])
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"
    seconds = time.perf_counter() - start
    log_text = "\n".join(_text(folder / name) for name in ("peer.log", "astrodrizzle.log"))
    steps = {name: float(value) for name, value in STEP.findall(log_text) if name != "Total"}
    return {
        "seconds": seconds,
        "error": error,
        "steps": steps,
        "aligned": _aligned(folder / "shifts.txt"),
        "peak_mb": peak_mb(),
    }


def _aligned(shifts: Path) -> list[str]:
    """The files of which the shift file does not say nan."""
    lines = [line.split() for line in _text(shifts).splitlines() if line and not line.startswith("#")]
    return [words[0] for words in lines if "nan" not in words]


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


if __name__ == "__main__":
    serve(one_run)
