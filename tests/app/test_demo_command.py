"""`drizzledesk demo --headless`: the whole job from nothing to pictures, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from app.cli import main

PICTURES = {"histogram.png", "residuals.png", "vectors.png", "blink.png", "products.png"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    folder = tmp_path_factory.mktemp("demo") / "run"
    environment = {
        key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")
    }
    environment.pop("QT_QPA_PLATFORM", None)
    command = [sys.executable, "-m", "app", "demo", "--dir", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=500), folder


def test_without_a_screen_it_says_so_and_ends_well(demo) -> None:
    done, folder = demo
    assert done.returncode == 0, done.stderr
    if sys.platform.startswith("linux"):
        assert "There is no screen here" in done.stderr
    assert str(folder) in done.stdout


def test_every_view_is_pictured(demo) -> None:
    _, folder = demo
    assert {path.name for path in (folder / "views").glob("*.png")} >= PICTURES


def test_every_image_is_aligned_to_half_a_milliarcsecond(demo) -> None:
    report = json.loads((demo[1] / "demo_report.json").read_text())
    assert [image["status"] for image in report["tweakreg"]["images"]] == ["REFERENCE", "ALIGNED", "ALIGNED"]
    assert len(report["truth_mas"]) == 3
    assert max(report["truth_mas"].values()) < 0.5
    assert report["trouble"] == ""
    assert report["pictures"]


def test_products_hold_what_they_should(demo) -> None:
    _, folder = demo
    science, weight = (fits.getdata(folder / f"demo_drz_{kind}.fits") for kind in ("sci", "wht"))
    context = fits.getdata(folder / "demo_drz_ctx.fits")
    assert science.shape == weight.shape == context.shape
    assert 115 < np.percentile(weight, 99.5) < 125  # three exposures of 40 s
    assert set(np.unique(context)) <= set(range(64))  # six chips
    assert np.isfinite(science[weight > 0]).all()
    assert ((weight > 0) == (context != 0)).all()
    for root in ("ibc301qrq", "ibc304v3q", "ibc307qyq"):
        assert (folder / f"{root}_crclean.fits").exists()
        assert {(folder / f"{root}_sci{chip}_crmask.fits").exists() for chip in (1, 2)} == {True}


def test_a_folder_with_other_files_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    real = tmp_path / "ibc301qrq_flt.fits"
    real.write_bytes(b"years of work")
    assert main(["demo", "--headless", "--dir", str(tmp_path)]) == 1
    assert real.read_bytes() == b"years of work"
    assert [path.name for path in tmp_path.iterdir()] == ["ibc301qrq_flt.fits"]
    assert "--dir" in capsys.readouterr().err
