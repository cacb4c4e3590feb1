"""Checks of one value: its range, its meaning, and whether it has any effect."""

from __future__ import annotations

import math
from collections.abc import Iterator

from core.errors import Refusal
from core.params.assign import ORIGIN
from core.params.checks.problem import Problem, error, warning
from core.params.live import is_live
from core.params.meaning import (
    bits_fault,
    column_fault,
    is_bit,
    numbers_fault,
    parse_pair,
    parse_weight_scale,
)
from core.params.model import Param
from core.params.paramset import ParamSet
from core.params.when import is_blank


def check(values: ParamSet, param: Param) -> Iterator[Problem]:
    """The problems of one parameter; of one that does not matter, at most that it was set in vain."""
    live = is_live(values, param.name)
    value = values[param.name]
    if not live.live:
        if not values.is_default(param.name) and _worth_saying(values, param):
            yield warning(
                param.name, f"The value has no effect. {live.reason}", "Reset it, or switch on what it needs."
            )
        return
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _range(param, value)
    elif isinstance(value, str):
        yield from _text(param, value)


def range_text(param: Param) -> str:
    """The allowed range in words, "" if there is none."""
    lo, hi = param.lo, param.hi
    low = "" if lo is None else f"above {lo:g}" if param.above else f"{lo:g} or more"
    if lo is not None and hi is not None:
        return f"above {lo:g}, up to {hi:g}" if param.above else f"{lo:g} to {hi:g}"
    return low if hi is None else f"up to {hi:g}"


def _worth_saying(values: ParamSet, param: Param) -> bool:
    """Whether somebody may expect an effect from a value that has none.

    Taking a value away is no wish, and a section that is switched off as a whole explains itself; but a frame
    given by hand in vain must be told, and so must what was typed in a command.
    """
    if is_blank(values[param.name]):
        return False
    if values.origin(param.name) == ORIGIN:
        return True
    switch = values.task.section_of(param.name).switch
    if switch is None or param.apart or param.switch:
        return True
    return switch.endswith("_wcs") or (is_live(values, switch).live and bool(values[switch]))


def _range(param: Param, value: float) -> Iterator[Problem]:
    if not math.isfinite(value):
        if param.semantic != "fill":
            yield error(param.name, f"{value} is not a usable number.", "Give a finite number.")
        return
    too_low = param.lo is not None and (value <= param.lo if param.above else value < param.lo)
    too_high = param.hi is not None and value > param.hi
    if too_low or too_high:
        unit = f" {param.unit}" if param.unit else ""
        yield error(param.name, f"{value:g} is out of range.", f"Give a value {range_text(param)}{unit}.")


def _text(param: Param, text: str) -> Iterator[Problem]:
    if "%(" in text:
        yield warning(
            param.name,
            "A text with %( cannot be stored in a parameter file: drizzlepac would read it as a reference.",
            "Rename the file or choose another text.",
        )
    fault = _fault(param, text)
    if fault:
        yield error(param.name, fault, _FORMS.get(param.semantic, ""))


def _fault(param: Param, text: str) -> str:
    """What is wrong with a text for what it stands for; "" if nothing is."""
    try:
        if param.semantic == "pair":
            parse_pair(text, param.name)
        elif param.semantic == "weight-scale":
            parse_weight_scale(text, param.name)
    except Refusal as refusal:
        return refusal.what
    if param.semantic == "dq-bits":
        return bits_fault(text)
    if is_blank(text):
        return "Nothing is given." if param.semantic == "input-files" else ""
    if param.semantic == "column":
        return column_fault(text)
    return numbers_fault(text) if param.semantic == "per-amp" else ""


_FORMS = {
    "pair": 'Give two numbers, such as "3.5 3.0".',
    "weight-scale": "Give exptime, expsq or a positive number.",
    "dq-bits": "Give a sum such as 96, a list such as 64,32, or None to ignore the DQ array.",
    "column": "Give a column number from 1, a column name, or a comma list of them.",
    "per-amp": "Give a positive number, or one per amplifier separated by commas.",
    "input-files": "Give files, a wildcard, a comma list, an association or @listfile.",
}


def bit_value(param: Param, value: int) -> Iterator[Problem]:
    """A parameter that is one DQ bit; 0 stands for none."""
    if value != 0 and not is_bit(value):
        yield error(param.name, f"{value} is not a single DQ bit.", "Give one of 1, 2, 4 ... 16384.")
