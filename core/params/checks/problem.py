"""One thing that is wrong or doubtful."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.params.paramset import ParamSet


@dataclass(frozen=True)
class Problem:
    """`severity` "error": a run with these values is refused; "warning": it runs, but look at it."""

    name: str
    message: str
    severity: str
    advice: str = ""


Rule = Callable[[ParamSet], Iterator[Problem]]


def error(name: str, message: str, advice: str = "") -> Problem:
    return Problem(name, message, "error", advice)


def warning(name: str, message: str, advice: str = "") -> Problem:
    return Problem(name, message, "warning", advice)
