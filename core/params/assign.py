"""`name=value` from a command line, applied to one or several sets."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from core.errors import Refusal
from core.params.paramset import ParamSet
from core.params.tasks import TASKS

ORIGIN = "command line"
_ALIASES = {"imagefind": "imagefindpars", "refimagefind": "refimagefindpars"}


def apply_assignments(sets: Sequence[ParamSet], assignments: Sequence[str]) -> tuple[ParamSet, ...]:
    """The sets with every `name=value` applied, in order; a later one of the same name wins.

    Without a prefix the first set that knows the name takes it; `refimagefind.threshold=5` names the set
    (a task's name, or imagefind and refimagefind). Values are written as in a parameter file.

    Raises
    ------
    Refusal
        Lists every assignment that cannot be used, unknown names with the nearest known ones.
    """
    changed = {each.task.name: each for each in sets}
    faults: list[Refusal] = []
    for text in assignments:
        try:
            task, name, value = _understood(changed, text)
            changed[task] = changed[task].with_text(name, value, ORIGIN)
        except Refusal as refusal:
            faults.append(refusal)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise Refusal("\n  ".join(["These assignments cannot be used:", *map(str, faults)]))
    return tuple(changed.values())


def _understood(sets: dict[str, ParamSet], text: str) -> tuple[str, str, str]:
    """Task, name and value of an assignment."""
    full, equals, value = text.partition("=")
    full = full.strip()
    if not equals:
        raise Refusal("There is no = in it.", subject=text[:60], advice="Write name=value.")
    prefix, dot, name = full.rpartition(".")
    task = _ALIASES.get(prefix, prefix)
    if dot and task not in sets:
        advice = f"Prefixes here: {', '.join(_prefixes(sets))}."
        raise Refusal(f"There is no set {prefix[:60]!r}.", subject=full[:60], advice=advice)
    candidates = [sets[task]] if dot else list(sets.values())
    for each in candidates:
        if name in each.task:
            return each.task.name, name, value
    raise Refusal("There is no such parameter.", subject=full[:60], advice=_nearest(candidates, name))


def _prefixes(sets: dict[str, ParamSet]) -> list[str]:
    short = {task: alias for alias, task in _ALIASES.items()}
    return [short.get(task, task) for task in sets]


def _nearest(sets: Sequence[ParamSet], name: str) -> str:
    known = {each: None for one in sets for each in one.task.names}
    elsewhere = [
        task for task, each in TASKS.items() if name in each and task not in {s.task.name for s in sets}
    ]
    if elsewhere:
        return f"It is a parameter of {' and '.join(elsewhere)}."
    near = difflib.get_close_matches(name[:60], known, n=3)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"See `drizzledesk params {sets[0].task.name}` for the names."
