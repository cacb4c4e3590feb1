"""The start of everything: what the bootstrap decides, without network."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "packaging" / "bootstrap.py"


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", str(tmp_path / ".venv"))
    monkeypatch.setattr(module, "STAMP", str(tmp_path / ".venv" / "stamp.json"))
    (tmp_path / ".venv").mkdir()
    return module


def test_standard_library_only() -> None:
    names = {n.names[0].name for n in ast.walk(ast.parse(SCRIPT.read_text())) if isinstance(n, ast.Import)}
    assert names <= set(sys.stdlib_module_names)


def test_no_arguments_explains_itself() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True)
    assert done.returncode == 2
    assert "demo" in done.stderr


def test_an_old_python_is_named(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 1))
    with pytest.raises(SystemExit):
        bootstrap.check_python()
    assert "needs Python 3.11" in capsys.readouterr().err


def test_missing_libraries_name_packages(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    def absent(name: str) -> None:
        if name == "libEGL.so.1":
            raise OSError(name)

    monkeypatch.setattr(bootstrap.ctypes, "CDLL", absent)
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    with pytest.raises(SystemExit):
        bootstrap.check_libraries()
    told = capsys.readouterr().err
    assert "apt-get install libegl1" in told
    assert "dnf install libglvnd-egl" in told


def test_second_start_installs_nothing(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []

    class Done:
        returncode = 0

    monkeypatch.setattr(bootstrap.subprocess, "run", lambda command, **_: (calls.append(command), Done())[1])
    bootstrap.install({"test", "dev", "peers"})
    assert len(calls) == 1
    bootstrap.install({"test", "dev", "peers"})
    bootstrap.install({"test"})
    bootstrap.install(set())
    assert len(calls) == 1
    Path(bootstrap.STAMP).write_text(json.dumps({"pins": "other"}))
    bootstrap.install(set())
    assert len(calls) == 2


def test_more_extras_are_installed_when_asked(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    class Done:
        returncode = 0

    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_, **__: Done())
    bootstrap.install(set())
    assert not bootstrap.is_set_up(bootstrap.wanted_setup({"peers"}))


def test_the_engine_is_compiled_once(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []

    class Done:
        returncode = 0

    monkeypatch.setattr(bootstrap.subprocess, "run", lambda command, **_: (calls.append(command), Done())[1])
    bootstrap.install(set())
    bootstrap.compile_engine()
    bootstrap.compile_engine()
    assert [command[1:] for command in calls[1:]] == [["-m", "app.prepare"]]


def test_extras_add_up(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    class Done:
        returncode = 0

    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_, **__: Done())
    bootstrap.install({"peers"})
    bootstrap.install({"test", "dev"})
    assert bootstrap.is_set_up(bootstrap.wanted_setup({"peers", "test", "dev"}))


def test_a_failed_installation_leaves_no_stamp(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    class Failed:
        returncode = 1

    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_, **__: Failed())
    with pytest.raises(SystemExit):
        bootstrap.install(set())
    assert not Path(bootstrap.STAMP).exists()
    assert "start again" in capsys.readouterr().err


def test_constraints_pin_every_dependency() -> None:
    import re
    import tomllib

    project = tomllib.loads((SCRIPT.parents[1] / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    wanted = [name for group in groups for name in group]
    pinned = {
        re.sub(r"[-_.]+", "-", line.split("==")[0]).lower()
        for line in (SCRIPT.parent / "constraints.txt").read_text().splitlines()
        if "==" in line and not line.startswith("#")
    }
    names = {re.sub(r"[-_.]+", "-", re.split(r"[\s<>=!\[;]", text)[0]).lower() for text in wanted}
    assert names <= pinned


@pytest.mark.parametrize(("there", "workers"), [(1, 0), (2, 2), (4, 4), (64, 4)])
def test_the_tests_run_in_several_processes(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, there: int, workers: int
) -> None:
    """Whole files each, and what a person says comes last, so that it counts."""
    commands: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "processors", lambda: there)
    monkeypatch.setattr(bootstrap, "start", commands.append)
    monkeypatch.chdir(Path.cwd())  # it goes to the project's folder
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    bootstrap.run_tests(["-n", "0"], peers=True)
    spread = ["-n", str(workers), "--dist", "loadfile"] if workers else []
    assert commands == [["-m", "pytest", *spread, "-n", "0"]]
