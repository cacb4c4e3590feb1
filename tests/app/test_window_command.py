"""`drizzledesk FILES`: what is opened in the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.cli import main


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the window would be opened with."""
    given: dict[str, Any] = {}

    def open_window(files: list[Path], **options: Any) -> int:
        given.update(files=files, **options)
        return 0

    monkeypatch.setattr("app.window.screen_problem", lambda: "")
    monkeypatch.setattr("ui.main.open_window", open_window)
    return given


def test_a_session_file_is_opened_as_one(opened: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "run.drizzledesk"
    path.write_text("{}")
    assert main([str(path)]) == 0
    assert opened["session"] == path
    assert opened["files"] == []


def test_exposures_are_opened_without_one(opened: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "a_flt.fits").write_text("")
    assert main([str(tmp_path / "*_flt.fits")]) == 0
    assert opened["session"] is None
    assert opened["files"] == [tmp_path / "a_flt.fits"]
    assert opened["product"] == ""


def test_a_session_brings_its_own_exposures(
    opened: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.drizzledesk"
    path.write_text("{}")
    assert main([str(path), "a_flt.fits"]) == 1
    assert "Give the session file alone" in capsys.readouterr().err
    assert main([str(tmp_path / "none.drizzledesk")]) == 1
    assert "no such file" in capsys.readouterr().err
    assert opened == {}
