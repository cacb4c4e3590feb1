"""Conditions under which a parameter matters, each with the reason told to people when it does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]

BLANK_WORDS = ("", "none", "indef")


def is_blank(value: object) -> bool:
    """No value: None, or a text that the tasks read as none ('', ' ', 'None', 'INDEF')."""
    return value is None or (isinstance(value, str) and value.strip().lower() in BLANK_WORDS)


@dataclass(frozen=True)
class Condition:
    """`test` of all values; `reason` says why a parameter does not matter when the test fails."""

    test: Callable[[Values], bool]
    reason: str


def on(name: str) -> Condition:
    """The yes/no parameter `name` must be on."""
    return Condition(lambda values: bool(values[name]), f"Only used when {name} is on.")


def off(name: str) -> Condition:
    """The yes/no parameter `name` must be off."""
    return Condition(lambda values: not values[name], f"Only used when {name} is off.")


def given(name: str) -> Condition:
    """The parameter `name` must have a value."""
    return Condition(lambda values: not is_blank(values[name]), f"Only used when {name} is given.")


def blank(name: str, reason: str = "") -> Condition:
    """The parameter `name` must be blank."""
    return Condition(lambda values: is_blank(values[name]), reason or f"Only used when {name} is blank.")


def one_of(name: str, *choices: str) -> Condition:
    """The choice `name` must be one of `choices`."""
    return Condition(
        lambda values: values[name] in choices, f"Only used when {name} is {' or '.join(choices)}."
    )


def none_of(name: str, *choices: str) -> Condition:
    """The choice `name` must be none of `choices`."""
    return Condition(
        lambda values: values[name] not in choices, f"Not used when {name} is {' or '.join(choices)}."
    )


def either(reason: str, *conditions: Condition) -> Condition:
    """At least one of `conditions` must hold."""
    return Condition(lambda values: any(each.test(values) for each in conditions), reason)


STEPS = ("driz_separate", "median", "blot", "driz_cr")
"""Steps of astrodrizzle of which each works on the files of the one before."""


def step_runs(values: Values, name: str) -> bool:
    """Whether the switch `name` is on, or belongs to a step between two that are on."""
    return bool(values[name]) or needing_step(values, name) != ""


def needing_step(values: Values, name: str) -> str:
    """The first later step that is on and needs the step `name` to run, because one before it does; "" if none does.

    Where no step before it runs, the later one works on the files that `name` left in an earlier run.
    """
    if name not in STEPS or not any(values[step] for step in STEPS[: STEPS.index(name)]):
        return ""
    return _later(values, name)


def reading_step(values: Values, name: str) -> str:
    """The step that reads the files which `name`, switched off, left in an earlier run; "" if none does."""
    if name not in STEPS or any(values[step] for step in STEPS[: STEPS.index(name) + 1]):
        return ""
    place = STEPS.index(name) + 1
    return STEPS[place] if place < len(STEPS) and values[STEPS[place]] else ""


def _later(values: Values, name: str) -> str:
    later = STEPS[STEPS.index(name) + 1 :]
    return next((step for step in later if values[step]), "")


def runs(name: str) -> Condition:
    """The step of the switch `name` must run, by its own switch or for a later step."""
    return Condition(lambda values: step_runs(values, name), f"Only used when {name} is on.")
