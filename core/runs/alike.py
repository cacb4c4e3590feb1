"""Whether two processes run the same engine: what decides the bits of a result."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from core.errors import Refusal

_LIBRARIES = ("numpy", "scipy", "numba", "llvmlite", "astropy", "stwcs", "distributed", "dask", "cloudpickle")
_ENGINE = "DrizzleDesk"


@cache
def facts() -> dict[str, str]:
    """Versions of this process's engine, Python and libraries, and its kind of processor, by name."""
    found = {_ENGINE: engine(), "Python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return {**found, "processor": f"{platform.machine()} {_processor()}".strip()}


@cache
def engine() -> str:
    """Eight letters for the engine's source text: what was made by another text may be other."""
    return _digest()


def differences(
    workers: Mapping[str, Mapping[str, str]], here: Mapping[str, str], subject: str
) -> tuple[str, ...]:
    """What differs between the `facts` of workers, by address, and those of this process, for a person to know.

    Raises Refusal, about `subject`, when a worker runs another DrizzleDesk: its parts would not fit.
    """
    found: dict[str, None] = {}
    for address, there in workers.items():
        if there.get(_ENGINE) != here[_ENGINE]:
            raise Refusal(
                f"The worker {address} runs DrizzleDesk {there.get(_ENGINE)}, this is {here[_ENGINE]}.",
                subject=subject,
                advice="Start scheduler and workers with the same version, best from one environment.",
            )
        other = [
            f"{name} {there.get(name)} (here {mine})"
            for name, mine in here.items()
            if there.get(name) != mine
        ]
        if other:
            found[f"Workers have {', '.join(other)}: results may differ in the last bits."] = None
    return tuple(found)


def _digest() -> str:
    """Eight letters for the engine's source text."""
    found = hashlib.sha256()
    folder = Path(__file__).resolve().parents[1]
    for path in sorted(folder.rglob("*.py")):
        found.update(path.relative_to(folder).as_posix().encode())
        found.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return found.hexdigest()[:8]


def _processor() -> str:
    """The processor's name as the compiler of the kernels knows it."""
    from llvmlite.binding import get_host_cpu_name

    return str(get_host_cpu_name())
