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
    raise _unknown(candidates, list(sets), name, full[:60])


def _prefixes(sets: dict[str, ParamSet]) -> list[str]:
    short = {task: alias for alias, task in _ALIASES.items()}
    return [short.get(task, task) for task in sets]


def _unknown(sets: Sequence[ParamSet], tasks: Sequence[str], name: str, full: str) -> Refusal:
    """A name that none of `sets` knows, with the task that does or the names that are nearly the same; `tasks` are
    those that the command has."""
    task, here = sets[0].task.name, {each.task.name for each in sets}
    elsewhere = [other for other, each in TASKS.items() if name in each and other not in here]
    listed = f"`drizzledesk params {task}` lists the names."
    if elsewhere:
        advice = next(
            (f"Write {other}.{name}." for other in elsewhere if other in tasks), f"Leave it out; {listed}"
        )
        return Refusal(
            f"It is a parameter of {' and '.join(elsewhere)}, not of {task}.", subject=full, advice=advice
        )
    near = _nearest(sets, name[:60])
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return Refusal(f"There is no such parameter.{hint}", subject=full, advice=listed)


def _nearest(sets: Sequence[ParamSet], name: str) -> list[str]:
    """The known names that are nearly this one: the best, and those that are hardly further off."""
    known = {each: None for one in sets for each in one.task.names}
    near = difflib.get_close_matches(name, known, n=3)
    likeness = {each: difflib.SequenceMatcher(None, name, each).ratio() for each in near}
    return [each for each in near if likeness[each] > likeness[near[0]] - 0.05]
