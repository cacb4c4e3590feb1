"""What a command loads before it does anything: a third of a short run is imports."""

from __future__ import annotations

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
