"""All checks of a set: each value for itself, then the rules across values."""

from __future__ import annotations

from core.params.checks import astrodrizzle, imagefind, ondata, single, tweakreg
from core.params.checks.facts import NO_DATA, DataFacts
from core.params.checks.problem import Problem, Rule
from core.params.paramset import ParamSet

_RULES: dict[str, tuple[Rule, ...]] = {
    "tweakreg": tweakreg.RULES,
    "imagefindpars": imagefind.RULES,
    "refimagefindpars": imagefind.RULES,
    "astrodrizzle": astrodrizzle.RULES,
}


def problems(values: ParamSet, facts: DataFacts = NO_DATA) -> tuple[Problem, ...]:
    """Everything wrong or doubtful, in the order of the task; parameters that do not matter are left out.

    With `facts` of the loaded exposures also what does not fit these.
    """
    found: list[Problem] = []
    for param in (*values.task.params, *values.task.extras):
        found.extend(single.check(values, param))
    for rule in _RULES[values.task.name]:
        found.extend(rule(values))
    for data_rule in ondata.RULES[values.task.name]:
        found.extend(data_rule(values, facts))
    order = {name: index for index, name in enumerate(values.task.names)}
    return tuple(sorted(found, key=lambda problem: order[problem.name]))
