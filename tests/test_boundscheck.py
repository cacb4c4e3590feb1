"""The kernels once more with bounds checking: numba does not look at indices otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_kernels_stay_within_their_arrays(tmp_path: Path) -> None:
    """A cache of its own, for a kernel compiled without the checks would be taken from the usual one; hardly optimised,
    which takes a sixth less and leaves the checks as they are."""
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_OPT": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/core/kernels"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout


def test_bounds_checking_really_is_on(tmp_path: Path) -> None:
    code = (
        "import numba, numpy as np\n"
        "@numba.njit\n"
        "def f(a, i): return a[i]\n"
        "try: f(np.zeros(3), 7)\n"
        "except IndexError: raise SystemExit(0)\n"
        "raise SystemExit(1)\n"
    )
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0
