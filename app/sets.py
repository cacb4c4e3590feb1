"""Parameter sets from the command line: a file, then the assignments on top of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from core.errors import Refusal
from core.params import TASKS, ParamSet, apply_assignments, problems, read_cfg


def load_set(task: str, path: Path | None) -> ParamSet:
    """The defaults of `task`, or the values of a .cfg file; what was not understood goes to standard error.

    Raises `Refusal` when the file belongs to another task, or holds values that cannot be read: their defaults are
    not what the person wanted, and a run would not show it.
    """
    if path is None:
        return TASKS[task].defaults()
    loaded = read_cfg(path)
    if loaded.set.task.name != task:
        raise Refusal(
            f"This is a parameter file of {loaded.set.task.name}, not of {task}.",
            file=path,
            subject="_task_name_",
            advice=f"Give a {task} file, or use the command of {loaded.set.task.name}.",
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
    return loaded.set


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
            line = f"{each.task.name}: {problem.name}: {problem.message} {problem.advice}".rstrip()
            if problem.severity == "error":
                errors.append(line)
            else:
                print(f"warning: {line}", file=sys.stderr)
    if errors:
        raise Refusal("\n  ".join(["These parameters cannot be used:", *errors]))
