"""Killed at any moment, fifty times: no exposure damaged, the next run ends well. And stopped: how long that takes.

    nice python tests/bench/bench_kills.py [--kills 50] [--stops 30] [--size full] [--exposures FOLDER]

Runs of astrodrizzle on one set of exposures are killed (SIGKILL) at random moments, one after the other on what the one
before left; after each, every exposure must be whole and hold the pixels that it had, its flags those of before or
after. Then one run must make what an undisturbed one makes. Stops are asked for at random moments of runs in this
process.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from astropy.io import fits
from bench_astrodrizzle import OURS, PARAMETERS, ROOT, aligned

from core.drizzle.session import astrodrizzle
from core.errors import Cancelled
from core.params import TASKS
from core.runs.progress import Progress


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--stops", type=int, default=30)
    parser.add_argument("--size", choices=("small", "full"), default="small")
    parser.add_argument(
        "--exposures", type=Path, help="folder of aligned *_flt.fits, instead of simulated ones"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scratch", type=Path)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="bench-kills-", dir=arguments.scratch) as name:
        base = Path(name)
        source = arguments.exposures or aligned(base / "scene", arguments.size)
        command(copies(source, base / "warm")).wait()
        start = time.perf_counter()
        whole = copies(source, base / "undisturbed")
        command(whole).wait()
        seconds = time.perf_counter() - start
        expected = digests(base / "undisturbed")
        print(f"an undisturbed run takes {seconds:.1f} s and leaves {len(expected)} files")
        if arguments.kills:
            kill(source, base / "killed", expected, seconds, arguments.kills, rng)
        if arguments.stops:
            stop(source, base / "stopped", seconds, arguments.stops, rng)


def kill(
    source: Path, folder: Path, expected: dict[str, str], seconds: float, count: int, rng: random.Random
) -> None:
    files = copies(source, folder)
    before = {path.name: digests(folder)[path.name] for path in files}
    killed = changed = left = 0
    for _ in range(count):
        process = command(files)
        time.sleep(rng.uniform(0.2, 1.3 * seconds))
        process.kill()
        killed += process.wait() != 0
        now = digests(folder, whole=False)
        for path in files:
            assert now[path.name] in (before[path.name], expected[path.name]), f"{path.name} is damaged"
            changed += now[path.name] != before[path.name]
        left += len(list(folder.rglob("*.part")))
    assert command(files).wait() == 0
    found = digests(folder)
    assert found == expected, [name for name in expected if found.get(name) != expected[name]]
    parts = [path.name for path in folder.rglob("*.part")]
    print(
        f"{killed} of {count} runs were killed before their end: no exposure damaged ({changed} times one was found "
        f"complete with its new flags); {left} unfinished files seen, {len(parts)} left after the next run, whose "
        f"{len(found)} files are those of an undisturbed one"
    )


def stop(source: Path, folder: Path, seconds: float, count: int, rng: random.Random) -> None:
    params = TASKS["astrodrizzle"].defaults()
    values = {name: value == "yes" if value in ("yes", "no") else value for name, value in PARAMETERS.items()}
    took = []
    files = copies(source, folder)
    for _ in range(count):
        progress, asked = Progress(), [0.0]

        def cancel(progress: Progress = progress, asked: list[float] = asked) -> None:
            asked[0] = time.perf_counter()
            progress.cancel()

        timer = threading.Timer(rng.uniform(0.0, max(0.5, seconds - 1.0)), cancel)
        timer.start()
        try:
            astrodrizzle(files, params.replaced(**values), folder=folder, progress=progress)
        except Cancelled:
            took.append(time.perf_counter() - asked[0])
        finally:
            timer.cancel()
        assert not list(folder.rglob("*.part"))
    took.sort()
    middle, slowest = took[len(took) // 2], took[-1]
    print(f"{len(took)} of {count} runs stopped: median {middle:.3f} s, slowest {slowest:.3f} s after asking")


def copies(source: Path, folder: Path) -> list[Path]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return [Path(shutil.copy(path, folder)) for path in sorted(source.glob("*_flt.fits"))]


def command(files: list[Path]) -> subprocess.Popen[bytes]:
    values = [word for name, value in PARAMETERS.items() for word in ("-p", f"{name}={value}")]
    names = [path.name for path in files]
    return subprocess.Popen(
        [sys.executable, "-c", OURS, "astrodrizzle", *names, *values, "--quiet"],
        cwd=files[0].parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )


def digests(folder: Path, *, whole: bool = True) -> dict[str, str]:
    """Pixels of the files of a run by name, or of the exposures alone; a file cut short raises."""
    found = {}
    for path in sorted(folder.rglob("*.fits") if whole else folder.glob("*_flt.fits")):
        with fits.open(path, memmap=False) as hdus:
            total = hashlib.sha256()
            for hdu in hdus:
                if hdu.is_image and hdu.data is not None:
                    total.update(hdu.data.tobytes())
            last = hdus[-1].fileinfo()
            assert path.stat().st_size == last["datLoc"] + last["datSpan"], f"{path.name} is cut short"
        found[str(path.relative_to(folder))] = total.hexdigest()
    return found


if __name__ == "__main__":
    main()
