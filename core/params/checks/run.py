"""All checks of a set: each value for itself, then the rules across values."""

from __future__ import annotations

from core.params.checks import astrodrizzle, imagefind, single, tweakreg
from core.params.checks.problem import Problem, Rule
from core.params.paramset import ParamSet

_RULES: dict[str, tuple[Rule, ...]] = {
    "tweakreg": tweakreg.RULES,
    "imagefindpars": imagefind.RULES,
    "refimagefindpars": imagefind.RULES,
    "astrodrizzle": astrodrizzle.RULES,
}


def problems(values: ParamSet) -> tuple[Problem, ...]:
    """Everything wrong or doubtful, in the order of the task; parameters that do not matter are left out."""
    found: list[Problem] = []
    for param in (*values.task.params, *values.task.extras):
        found.extend(single.check(values, param))
    for rule in _RULES[values.task.name]:
        found.extend(rule(values))
    order = {name: index for index, name in enumerate(values.task.names)}
    return tuple(sorted(found, key=lambda problem: order[problem.name]))
