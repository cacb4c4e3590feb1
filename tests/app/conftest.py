"""Simulated exposures for the command line, good and bad ones, and a way to run it."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from app.cli import main
from core.simulate import Scene, Truth, simulate

SCENE = Scene(seed=3, size="small")
AWAY = (SCENE.target[0], SCENE.target[1] + 0.02)  # 72 arcsec to the north: the next field


@dataclass(frozen=True)
class Done:
    """A command that has run: exit status, and the lines of standard output and error."""

    status: int
    out: list[str]
    err: list[str]

    def told(self, name: str) -> list[str]:
        """The failures that name a file."""
        return [line for line in self.err if line.startswith("drizzledesk: ") and name in line]


def drizzledesk(*arguments: str | Path) -> Done:
    """Run `drizzledesk` in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main([str(argument) for argument in arguments])
    return Done(status, out.getvalue().splitlines(), err.getvalue().splitlines())


def digests(paths: Iterable[Path]) -> dict[str, str]:
    return {str(path): hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in paths}


@pytest.fixture(scope="session")
def command() -> Callable[..., Done]:
    return drizzledesk


@pytest.fixture(scope="session")
def sha256() -> Callable[[Iterable[Path]], dict[str, str]]:
    return digests


@pytest.fixture(scope="session")
def find_stars() -> list[str]:
    """Assignments that find the stars of the scene."""
    return [part for name, value in SCENE.find_settings().items() for part in ("-p", f"{name}={value}")]


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """Three exposures of a cluster with errors in their headers; do not change them."""
    return simulate(SCENE, tmp_path_factory.mktemp("simulated"))


@pytest.fixture(scope="session")
def away(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exposure of another field."""
    scene = Scene(seed=4, size="small", n_exposures=1, target=AWAY)
    return simulate(scene, tmp_path_factory.mktemp("away")).files[0]


def take(files: Iterable[Path], folder: Path) -> list[Path]:
    """Copies of files in a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copy(path, folder)) for path in files]


@pytest.fixture(scope="session")
def copied() -> Callable[[Iterable[Path], Path], list[Path]]:
    return take


def spoil(good: Path, folder: Path) -> dict[str, Path]:
    """Bad exposures made of a good one, by what is bad about them."""
    made = {kind: folder / f"{kind}_flt.fits" for kind in ("text", "cut", "nosci", "nodq", "dark")}
    made["text"].write_text("This is no exposure.\n")
    made["cut"].write_bytes(good.read_bytes()[:-300_000])
    for kind, name in (("nosci", "SCI"), ("nodq", "DQ")):
        with fits.open(good) as hdus:
            fits.HDUList([hdu for hdu in hdus if hdu.name != name]).writeto(made[kind])
    with fits.open(good) as hdus:
        rng = np.random.default_rng(5)
        for hdu in (hdu for hdu in hdus if hdu.name == "SCI"):
            hdu.data = rng.normal(3.0, 3.5, hdu.data.shape).astype(np.float32)
        hdus.writeto(made["dark"])
    return made


@pytest.fixture(scope="session")
def spoilt() -> Callable[[Path, Path], dict[str, Path]]:
    return spoil


def one_line_and_unchanged(bad: dict[str, Any], kind: str) -> str:
    """The one line that tells of a bad exposure, which is as it was. `bad`: the command `done`, the exposures by what
    is bad about them (`kinds`), digests `before` and `after`."""
    path = bad["kinds"][kind]
    told = bad["done"].told(path.name)
    assert len(told) == 1, bad["done"].err
    assert sum(path.name in line and "Try" in line for line in bad["done"].err) == 1, bad["done"].err
    assert bad["after"][str(path)] == bad["before"][str(path)]
    return str(told[0])


@pytest.fixture(scope="session")
def line_of() -> Callable[[dict[str, Any], str], str]:
    return one_line_and_unchanged


def refused_and_nothing_replaced(done: Done, before: dict[str, str], word: str = "") -> None:
    """The command ended with one line, which has `word` in it; `before`: digests of what must be as it was."""
    assert done.status == 1
    assert len(done.told(word)) == 1, done.err
    assert digests(map(Path, before)) == before


@pytest.fixture(scope="session")
def refused() -> Callable[..., None]:
    return refused_and_nothing_replaced


@pytest.fixture(params=["a file", "not writable"])
def unwritable(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder called "products" in which no product can be written."""
    folder = tmp_path / "products"
    if request.param == "a file":
        folder.write_text("no folder")
    else:

        def denied(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("core.data.outfiles.tempfile.TemporaryFile", denied)
    return folder
