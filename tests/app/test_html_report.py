"""`drizzledesk tweakreg --report F.html`: a page with plots, made without a screen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def done(shared_data, tmp_path_factory) -> tuple[subprocess.CompletedProcess[str], Path]:
    folder = tmp_path_factory.mktemp("report")
    for source in (shared_data / "omega_cen_simulated").glob("*_flt.fits"):
        shutil.copyfile(source, folder / source.name)
    files = [path.name for path in sorted(folder.glob("*_flt.fits"))]
    bare = {
        key: value for key, value in os.environ.items() if not key.startswith(("QT_", "DISPLAY", "WAYLAND"))
    }
    command = ["tweakreg", *files, "-p", "threshold=200", "-p", "ylimit=0.2", "--quiet", "--report", "r.html"]
    run = subprocess.run(
        [sys.executable, "-c", "import sys; from app.cli import main; sys.exit(main())", *command],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**bare, "PYTHONPATH": str(ROOT)},
    )
    return run, folder / "r.html"


def test_the_command_ends_well_and_silently(done):
    run, page = done
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    assert page.exists()


def test_the_page_has_figures_plots_parameters_and_versions(done):
    text = done[1].read_text()
    assert text.count("data:image/png;base64,") == 6
    assert "http" not in text
    for words in (
        "REFERENCE",
        "ALIGNED",
        "ibc304v3q_flt.fits",
        "threshold",
        "200.0",
        "ylimit",
        "astropy",
        "numba",
    ):
        assert words in text
