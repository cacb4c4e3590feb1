"""The house rules that a machine can hold: import directions, layout, lint, types."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("app", "core", "ui", "resources")

# What each part may import of ours; the longest matching prefix counts, and a part may always import itself.
ALLOWED = {
    "app": {"core", "ui", "resources"},
    "ui": {"core", "resources"},
    "resources": set(),
    "core": {"core"},
    "core.errors": set(),
    "core.kernels": {"core.errors"},
    "core.runs": {"core.errors", "core.kernels"},
    "core.params": {"core.errors", "core.data.safe"},
    "core.data": {"core.errors", "core.kernels", "core.runs", "core.params", "core.__version__"},
    "core.align": {
        "core.errors",
        "core.kernels",
        "core.runs",
        "core.params",
        "core.data",
        "core.__version__",
    },
    "core.drizzle": {
        "core.errors",
        "core.kernels",
        "core.runs",
        "core.params",
        "core.data",
        "core.__version__",
    },
    "core.simulate": {
        "core.errors",
        "core.kernels",
        "core.runs",
        "core.params",
        "core.data",
        "core.__version__",
    },
}
QT_OR_PLOTS = {
    "PySide6",
    "PyQt5",
    "PyQt6",
    "PySide2",
    "shiboken6",
    "pyqtgraph",
    "matplotlib",
    "tkinter",
    "qtpy",
}


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, also inside functions and under TYPE_CHECKING, in the order of nesting."""
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def within(module: str, part: str) -> bool:
    return module == part or module.startswith(part + ".")


def part_of(module: str) -> str:
    return max((part for part in ALLOWED if within(module, part)), key=len)


def is_allowed(part: str, module: str) -> bool:
    return any(within(module, other) for other in ALLOWED[part] | {part})


@pytest.mark.parametrize("path", [p for package in PACKAGES for p in sources(package)], ids=module_name)
def test_imports_go_one_way(path: Path) -> None:
    part = part_of(module_name(path))
    for module in imports(path):
        if module.split(".")[0] in PACKAGES:
            assert is_allowed(part, module), f"{part} must not import {module}"


@pytest.mark.parametrize("path", sources("core"), ids=module_name)
def test_core_knows_no_qt_and_prints_nothing(path: Path) -> None:
    assert not {module.split(".")[0] for module in imports(path)} & QT_OR_PLOTS
    # fault 22: prompts in the terminal stop drizzlepac under any front end
    calls = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
    assert not [
        n for n in calls if isinstance(n.func, ast.Name) and n.func.id in ("print", "input", "eval", "exec")
    ]


def test_the_scanner_sees_every_kind_of_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the import test could not fail."""
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    made_up = tmp_path / "core" / "align" / "made_up.py"
    made_up.parent.mkdir(parents=True)
    made_up.write_text(
        "import PySide6.QtCore\nfrom . import fit\ndef f():\n    from core.drizzle import sky\n"
    )
    assert list(imports(made_up)) == ["PySide6.QtCore", "core.align.fit", "core.drizzle.sky"]
    assert part_of(module_name(made_up)) == "core.align"
    assert not is_allowed("core.align", "core.drizzle.sky")
    assert not is_allowed("core.kernels", "core.data.dq")
    assert is_allowed("core.align", "core.align.fit")


def test_importing_core_loads_no_qt() -> None:
    modules = [module_name(path) for path in sources("core")]
    code = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"loaded = {sorted(QT_OR_PLOTS)!r}\n"
        "bad = [m for m in loaded if m in sys.modules]\n"
        "assert not bad, bad\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_top_level_is_as_laid_down() -> None:
    listing = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in listing.stdout.splitlines()}
    shown = {name for name in top if not name.startswith(".")}
    assert shown == {
        "pyproject.toml",
        "app",
        "core",
        "ui",
        "resources",
        "tests",
        "packaging",
        "README.md",
        "LICENSE",
    }


def test_packaging_is_no_package() -> None:
    """It would shadow PyPI's `packaging` for whatever is started from the project's folder."""
    assert not (ROOT / "packaging" / "__init__.py").exists()


@pytest.mark.parametrize("package", ["app", "core", "ui"])
def test_files_stay_small(package: str) -> None:
    lengths = {module_name(path): len(path.read_text("utf-8").splitlines()) for path in sources(package)}
    # numba caches by file, so a family of kernels stays in one
    one_family = {"core.kernels.drizzle": 700}
    assert {name: n for name, n in lengths.items() if n > one_family.get(name, 400)} == {}


def test_ruff_has_nothing_to_say() -> None:
    pytest.importorskip("ruff")
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "."], capture_output=True, text=True, cwd=ROOT
        )
        assert done.returncode == 0, done.stdout


def test_mypy_is_strictly_content_with_core() -> None:
    pytest.importorskip("mypy")
    done = subprocess.run([sys.executable, "-m", "mypy"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout
