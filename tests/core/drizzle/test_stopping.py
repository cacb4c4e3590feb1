"""Stopping a run at any moment: within half a second, nothing half-made left; also when the process is killed."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.drizzle.session import astrodrizzle
from core.errors import Cancelled
from core.params import TASKS
from core.runs.progress import Progress, Report
from core.simulate import Truth
from tests.killing import ROOT, victims

Copies = Callable[..., list[Path]]
VALUES = {
    "output": "f606w", "build": True, "driz_cr_corr": True, "driz_sep_bits": "64,32", "final_bits": "64,32",
}  # fmt: skip
PARAMS = TASKS["astrodrizzle"].defaults().replaced(**VALUES)
SLOW = 0.5
"""Seconds between asking and stopping, at most."""


def digests(folder: Path) -> dict[str, str]:
    """Data of all FITS files of a run, by name; the exposures too."""
    found = {}
    for path in sorted(folder.rglob("*.fits")):
        with fits.open(path) as hdus:
            data = b"".join(hdu.data.tobytes() for hdu in hdus if hdu.data is not None and hdu.is_image)
        found[str(path.relative_to(folder))] = hashlib.sha256(data).hexdigest()
    return found


def check_whole(folder: Path) -> None:
    """No file of the run is half a file, none has a name of its own making."""
    assert not [path.name for path in folder.rglob("*.part")]
    for path in folder.rglob("*.fits"):
        with fits.open(path) as hdus:
            last = hdus[-1].fileinfo()
            assert path.stat().st_size == last["datLoc"] + last["datSpan"], path.name


@pytest.fixture(scope="module")
def undisturbed(aligned: Truth, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], int]:
    """What a run leaves that nobody disturbs, and how often it says how far it is: its moments are told by that, for
    seconds are others when the machine has more to do."""
    folder, said = tmp_path_factory.mktemp("undisturbed"), list[Report]()
    files = [Path(shutil.copy(path, folder)) for path in aligned.files]
    astrodrizzle(files, PARAMS, folder=folder, progress=Progress(said.append, interval=0.0))
    return digests(folder), len(said)


def stopped_after(files: list[Path], reports: int, seconds: float) -> float | None:
    """Cancel a run so many seconds after so many reports; how long it took to stop, None when it was done before."""
    asked = [0.0]

    def cancel() -> None:
        asked[0] = time.perf_counter()
        progress.cancel()

    timer, left = threading.Timer(seconds, cancel), itertools.count(reports, -1)

    def count(_: Report) -> None:
        if next(left) == 0:
            timer.start()

    progress = Progress(count, interval=0.0)
    try:
        astrodrizzle(files, PARAMS, folder=files[0].parent, progress=progress)
    except Cancelled:
        return time.perf_counter() - asked[0]
    finally:
        timer.cancel()
    return None


def test_a_run_stops_at_any_moment(copies: Copies, undisturbed: tuple[dict[str, str], int]) -> None:
    expected, reports = undisturbed
    files = copies()
    rng = np.random.default_rng(4)
    moments = zip(rng.uniform(0.02, 0.95, 8), rng.uniform(0.0, 0.04, 8), strict=True)
    took = [stopped_after(files, int(part * reports), seconds) for part, seconds in moments]
    slow = [one for one in took if one is not None]
    assert len(slow) >= 6
    assert max(slow) < SLOW
    check_whole(files[0].parent)
    astrodrizzle(files, PARAMS, folder=files[0].parent)
    assert digests(files[0].parent) == expected


CODE = """
import json, sys
from pathlib import Path
from core.drizzle.session import astrodrizzle
from core.params import TASKS
from core.runs.progress import Progress
def work(values, *names, said=lambda report: print(report.step, flush=True)):
    files = [Path(name) for name in names]
    params = TASKS["astrodrizzle"].defaults().replaced(**json.loads(values))
    astrodrizzle(files, params, folder=files[0].parent, progress=Progress(said, interval=0.0))
"""
# as the key does, after so many reports; a signal from outside could come too late on a busy machine
INTERRUPTED = (
    CODE
    + """
import itertools, os, signal
left = itertools.count(int(sys.argv[1]), -1)
def interrupt(_):
    if next(left) == 0:
        os.kill(os.getpid(), signal.SIGINT)
work(*sys.argv[2:], said=interrupt)
"""
)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs kill -9")
def test_a_killed_run_damages_nothing_and_the_next_ends_well(
    copies: Copies, undisturbed: tuple[dict[str, str], int]
) -> None:
    """The shortest of what `tests/bench/bench_kills.py` does fifty times."""
    expected, reports = undisturbed
    files = copies()
    folder = files[0].parent
    with victims(CODE, json.dumps(VALUES), *files) as run:
        for part in np.random.default_rng(5).uniform(0.05, 0.95, 5):
            with run.killed(int(part * reports)):
                pass
            for path in files:
                with fits.open(path) as hdus:
                    assert [hdu.data is not None for hdu in hdus[1:7]] == [True] * 6
    assert run.late <= 2  # of five, on a busy machine
    astrodrizzle(files, PARAMS, folder=folder)
    check_whole(folder)
    assert digests(folder) == expected


def test_an_interrupt_from_the_keyboard_leaves_nothing_half_made(
    copies: Copies, undisturbed: tuple[dict[str, str], int]
) -> None:
    files = copies()
    given = [str(undisturbed[1] // 2), json.dumps(VALUES), *map(str, files)]
    command = [sys.executable, "-c", INTERRUPTED, *given]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode != 0
    assert "KeyboardInterrupt" in done.stderr
    check_whole(files[0].parent)
