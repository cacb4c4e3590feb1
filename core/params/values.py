"""Values as text and back, and the checks of kind and choice.

The words are those of the parameter files: yes/no/true/false/on/off/1/0 in any case, `None`, `INDEF` or nothing
for "no value", numbers as Python reads them, choices spelled exactly.
"""

from __future__ import annotations

import difflib
from numbers import Integral, Real

from core.errors import Refusal
from core.params.model import Kind, Param, Value

_TRUTH = {
    "yes": True, "true": True, "on": True, "1": True,
    "no": False, "false": False, "off": False, "0": False,
}  # fmt: skip
_NO_VALUE = ("", "none", "indef")


def parse_value(param: Param, text: str) -> Value:
    """The typed value that `text` stands for; raises Refusal with what would be right."""
    if param.kind is Kind.STR:
        return text
    word = text.strip()
    if param.kind is Kind.BOOL:
        return _parse_bool(param, word)
    if param.kind is Kind.CHOICE:
        return _check_choice(param, word)
    if param.kind.allows_none and word.lower() in _NO_VALUE:
        return None
    return _parse_number(param, word)


def format_value(param: Param, value: Value) -> str:
    """The text of a value, without quotes: what `parse_value` reads back as the same value."""
    if value is None:
        return "None"
    if param.kind is Kind.BOOL:
        return "True" if value else "False"
    return repr(value) if isinstance(value, float) else str(value)


def check_value(param: Param, value: object) -> Value:
    """`value` with the exact type of the kind (a whole number becomes a float where floats are meant).

    Raises Refusal for another type or an unknown choice; ranges are the business of `problems`.
    """
    if value is None and param.kind.allows_none:
        return None
    if param.kind is Kind.BOOL and _is_bool(value):
        return bool(value)
    if param.kind in (Kind.CHOICE, Kind.STR) and isinstance(value, str):
        return _check_choice(param, str(value)) if param.kind is Kind.CHOICE else str(value)
    if param.kind.is_number and not _is_bool(value):
        if param.kind.is_whole and isinstance(value, Integral):
            return int(value)
        if not param.kind.is_whole and isinstance(value, Real):
            return (
                float(value) + 0.0
            )  # there is no minus zero: it would differ from the default 0.0 and not be seen
    raise Refusal(
        f"{value!r} is not a {param.kind.value}.", subject=param.name, advice=f"Give {_wanted(param)}."
    )


def _is_bool(value: object) -> bool:
    return isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")


def _parse_bool(param: Param, word: str) -> bool:
    truth = _TRUTH.get(word.lower())
    if truth is None:
        raise _unreadable(param, word)
    return truth


def _check_choice(param: Param, word: str) -> str:
    if word in param.choices:
        return word
    folded = {choice.lower(): choice for choice in param.choices}
    near = difflib.get_close_matches(word[:80].lower(), folded, n=1)
    hint = f" Did you mean {folded[near[0]]}?" if near else ""
    raise Refusal(
        f"{_shown(word)} is not one of its choices.{hint}",
        subject=param.name,
        advice=f"Give {_wanted(param)}.",
    )


def _parse_number(param: Param, word: str) -> int | float:
    try:
        return int(word) if param.kind.is_whole else float(word)
    except ValueError:
        raise _unreadable(param, word) from None


def _unreadable(param: Param, word: str) -> Refusal:
    return Refusal(
        f"{_shown(word)} cannot be read as a {param.kind.value}.",
        subject=param.name,
        advice=f"Give {_wanted(param)}.",
    )


def _shown(word: str) -> str:
    return repr(word if len(word) <= 60 else word[:57] + "...")


def _wanted(param: Param) -> str:
    words = {
        Kind.BOOL: "yes or no",
        Kind.INT: "a whole number without a decimal point",
        Kind.INT_OR_NONE: "a whole number without a decimal point, or None",
        Kind.FLOAT: "a number",
        Kind.FLOAT_OR_NONE: "a number, or None",
        Kind.STR: "a text",
    }
    if param.kind is Kind.CHOICE:
        return "one of " + ", ".join(param.choices)
    return words[param.kind]
