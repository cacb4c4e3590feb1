"""`drizzledesk photometry`."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import main
from tests.core.drizzle.test_photometry import SKY, digest, product


def test_copy_in_the_unit_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = product(tmp_path)
    before = digest(path)
    output = tmp_path / "other.fits"
    assert main(["photometry", str(path), "--unit", "e/s", "--output", str(output)]) == 0
    told = capsys.readouterr().out
    assert f"sky {SKY:.6g}  unit ELECTRONS/S  exptime 40  gain 40" in told
    assert str(output) in told
    assert output.is_file()
    assert digest(path) == before


def test_refusal_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = product(tmp_path, bunit="JANSKY")
    assert main(["photometry", str(path)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("drizzledesk: f_drz.fits: BUNIT: ")
    assert told.err.count("\n") == 1
