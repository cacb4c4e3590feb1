"""What a command loads before it does anything: a third of a short run is imports."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# each takes 50 to 300 ms and is needed by some runs only, which import it where they use it
HEAVY = {
    "astropy.coordinates",
    "astropy.table",
    "astropy.time",
    "astropy.wcs",
    "asdf",
    "matplotlib",
    "pyqtgraph",
    "PySide6",
    "regions",
    "scipy.ndimage",
    "scipy.optimize",
    "scipy.linalg",
    "scipy.sparse",
    "scipy.spatial",
    "scipy.special",
    "stwcs",
    "tqdm",
}


def loaded(code: str) -> set[str]:
    """The modules of a fresh Python after `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module", ["core.align.session", "core.drizzle.session", "app.tweakreg", "app.astrodrizzle"]
)
def test_a_run_loads_nothing_heavy_that_it_may_not_need(module: str) -> None:
    assert not HEAVY & loaded(f"import {module}")


def test_the_command_line_itself_loads_neither_arrays_nor_fits() -> None:
    names = loaded("import app.cli\napp.cli.commands_parser()")
    assert not {"numpy", "numba", "astropy", "scipy"} & names


def test_copying_can_begin_before_numba_is_imported() -> None:
    assert "numba" not in loaded("import app.tweakreg")


def test_a_whole_alignment_loads_nothing_heavy(simulated, copied, find_stars, tmp_path) -> None:
    """Not for its kernels either: numba would import scipy.linalg to look for a BLAS."""
    words = [*map(str, copied(simulated.files, tmp_path)), *find_stars, "-p", "updatehdr=yes", "--quiet"]
    names = loaded(
        f"from app import cli\nsys.argv = {['drizzledesk', 'tweakreg', *words, '--dir', str(tmp_path)]}\n"
        "assert cli.main() == 0"
    )
    assert "numba" in names
    assert not HEAVY & names
    assert not {name for name in names if name.startswith(("ui.", "core.drizzle.", "core.simulate."))}


def test_without_blas_numba_still_works_and_scipy_stays_whole() -> None:
    code = """
from app.lean import numba_without_blas
numba_without_blas()
assert not {"scipy.linalg", "scipy.linalg.cython_blas"} & set(sys.modules)
import numpy as np
from core.kernels.match import close_pairs
assert len(close_pairs(np.zeros((3, 2)), np.arange(3), 1.0)) == 3
from scipy.linalg import cython_blas, inv
assert inv(np.eye(2)).trace() == 2.0
"""
    loaded(code)


def test_no_kernel_multiplies_matrices_by_blas() -> None:
    words = re.compile(r"np\.(dot|vdot|linalg|inner|outer|matmul|convolve|correlate)| @ ")
    for path in (ROOT / "core" / "kernels").glob("*.py"):
        code = [line for line in path.read_text().splitlines() if not line.lstrip().startswith(("#", "@"))]
        assert not [line for line in code if words.search(line)], path.name


def test_a_command_of_its_own_process_leaves_the_collector_off_the_libraries() -> None:
    code = """
import gc, sys
from app import cli
sys.argv = ["drizzledesk", "params", "tweakreg", "--diff"]
assert cli.main() == 0
assert gc.isenabled()
sys.argv = []
assert gc.get_freeze_count() > 1000
"""
    loaded(code)


def test_a_table_of_wcs_history_is_made_without_the_table_library() -> None:
    code = "from core.data import wcsarchive as w\nw._table_hdu(w._empty_table(4), 2)"
    assert "astropy.table" not in loaded(code)
