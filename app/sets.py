"""Parameter sets from the command line: a file, then the assignments on top of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from core.errors import Refusal
from core.params import TASKS, Loaded, ParamSet, apply_assignments, problems, read_cfg
from core.params.checks import Problem
from core.params.presets import presets


def load_set(task: str, path: Path | None) -> ParamSet:
    """The defaults of `task`, or the values of a .cfg file; see `load_file`."""
    return TASKS[task].defaults() if path is None else load_file(task, path).set


def load_file(task: str, path: Path) -> Loaded:
    """A .cfg file of `task`; what was not understood goes to standard error.

    Raises `Refusal` when the file belongs to another task, or holds values that cannot be read: their defaults are
    not what the person wanted, and a run would not show it.
    """
    loaded = read_cfg(path)
    if loaded.set.task.name != task:
        raise Refusal(
            f"This is a parameter file of {loaded.set.task.name}, not of {task}.",
            file=path,
            subject="_task_name_",
            advice=f"Give a parameter file of {task}, or use the command of {loaded.set.task.name}.",
        )
    for note in loaded.notes:
        print(f"warning: {path.name}: {note}", file=sys.stderr)
    if loaded.unread:
        raise Refusal(
            "Its values cannot be read; the warnings above say why.",
            file=path,
            subject=", ".join(loaded.unread),
            advice="correct them in the file.",
        )
    return loaded


def with_preset(values: ParamSet, name: str) -> ParamSet:
    """The set with the values of a preset. Raises `Refusal` for one that there is not, or that says nothing here."""
    found = next((one for one in presets() if one.name == name), None)
    if found is None:
        near = get_close_matches(name, [one.name for one in presets()], n=1)
        advice = (
            f"`{near[0]}`, if you meant that." if near else "`drizzledesk params TASK --presets` lists them."
        )
        raise Refusal("There is no such preset.", subject=name[:60], advice=advice)
    if values.task.name not in found.values:
        raise Refusal(
            f"This preset is for {' and '.join(found.values)}, not for {values.task.name}.",
            subject=name,
            advice=f"`drizzledesk params {next(iter(found.values))} --preset {name}`.",
        )
    return found.taken(values)


def assigned(sets: Sequence[ParamSet], assignments: Sequence[str]) -> tuple[ParamSet, ...]:
    """The sets with `-p name=value` applied; the first set that knows a name takes it."""
    return apply_assignments(sets, assignments)


def check(*sets: ParamSet) -> None:
    """Say what is doubtful, refuse what cannot be run.

    Raises `Refusal` that lists every error of the sets.
    """
    errors = []
    for each in sets:
        for problem in problems(each):
            if problem.severity == "error":
                errors.append(_refused(each, problem))
            else:
                line = f"{each.task.name}: {problem.name}: {problem.message} {problem.advice}".rstrip()
                print(f"warning: {line}", file=sys.stderr)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise Refusal("\n  ".join(["These parameters cannot be used:", *map(str, errors)]))


def _refused(values: ParamSet, problem: Problem) -> Refusal:
    """A value that cannot be used, with the parameter file that it stands in."""
    origin = values.origin(problem.name)
    file = origin.removeprefix("file ") if origin.startswith("file ") else ""
    subject = f"{values.task.name}: {problem.name}"
    return Refusal(problem.message, file=file, subject=subject, advice=problem.advice)
