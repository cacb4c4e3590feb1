"""Stopping a run at any moment: within half a second, nothing half-made left; also when the process is killed."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
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
from core.params import TASKS, ParamSet
from core.runs.progress import Progress
from core.simulate import Truth

Copies = Callable[..., list[Path]]
PARAMS = (
    TASKS["astrodrizzle"]
    .defaults()
    .replaced(output="f606w", build=True, driz_cr_corr=True, driz_sep_bits="64,32", final_bits="64,32")
)
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
def undisturbed(aligned: Truth, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], float]:
    """What a run leaves that nobody disturbs, and the seconds it takes once all kernels are compiled."""
    for name in ("warm", "undisturbed"):
        folder = tmp_path_factory.mktemp(name)
        files = [Path(shutil.copy(path, folder)) for path in aligned.files]
        start = time.perf_counter()
        astrodrizzle(files, PARAMS, folder=folder)
        seconds = time.perf_counter() - start
    return digests(folder), seconds


def stopped_after(files: list[Path], seconds: float, params: ParamSet = PARAMS) -> float | None:
    """Cancel a run after so many seconds; how long it took to stop, None when it was done before."""
    progress, asked = Progress(), [0.0]

    def cancel() -> None:
        asked[0] = time.perf_counter()
        progress.cancel()

    timer = threading.Timer(seconds, cancel)
    timer.start()
    try:
        astrodrizzle(files, params, folder=files[0].parent, progress=progress)
    except Cancelled:
        return time.perf_counter() - asked[0]
    finally:
        timer.cancel()
    return None


def test_a_run_stops_at_any_moment(copies: Copies, undisturbed: tuple[dict[str, str], float]) -> None:
    expected, seconds = undisturbed
    files = copies()
    rng = np.random.default_rng(4)
    took = [stopped_after(files, moment * seconds) for moment in rng.uniform(0.05, 0.95, 8)]
    slow = [one for one in took if one is not None]
    assert len(slow) >= 4
    assert max(slow) < SLOW
    check_whole(files[0].parent)
    astrodrizzle(files, PARAMS, folder=files[0].parent)
    assert digests(files[0].parent) == expected


def test_a_killed_run_damages_nothing_and_the_next_ends_well(
    copies: Copies, undisturbed: tuple[dict[str, str], float]
) -> None:
    """The shortest of what `tests/bench/bench_kills.py` does fifty times."""
    expected, seconds = undisturbed
    files = copies()
    folder = files[0].parent
    rng = np.random.default_rng(5)
    for moment in rng.uniform(0.1, 1.0, 5):
        process = started(files)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(moment * seconds)
        process.kill()
        process.wait()
        for path in files:
            with fits.open(path) as hdus:
                assert [hdu.data is not None for hdu in hdus[1:7]] == [True] * 6
    astrodrizzle(files, PARAMS, folder=folder)
    check_whole(folder)
    assert digests(folder) == expected


CODE = """
import sys
from pathlib import Path
from core.drizzle.session import astrodrizzle
from tests.core.drizzle.test_stopping import PARAMS
files = [Path(name) for name in sys.argv[1:]]
print("begins", flush=True)
astrodrizzle(files, PARAMS, folder=files[0].parent)
"""


def started(files: list[Path]) -> subprocess.Popen[str]:
    """A run in a process of its own."""
    root = Path(__file__).resolve().parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", CODE, *map(str, files)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=root)


def test_an_interrupt_from_the_keyboard_leaves_nothing_half_made(
    copies: Copies, undisturbed: tuple[dict[str, str], float]
) -> None:
    files = copies()
    process = started(files)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.5 * undisturbed[1])
    process.send_signal(signal.SIGINT)
    assert process.wait(10) != 0
    check_whole(files[0].parent)
