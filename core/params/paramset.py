"""A task's values: immutable, complete, typed exactly; every change gives a new set."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import Refusal
from core.params.model import Task, Value
from core.params.values import check_value, parse_value


class ParamSet(Mapping[str, Any]):
    """All parameters of `task`, extras included: `values` where given, else the defaults.

    `origins` says where values that are not mere defaults come from ("file my.cfg", "command line" ...).
    Sets are equal when task and values are; the origins do not count.

    Raises
    ------
    Refusal
        A name the task does not have, a value of another kind, an unknown choice.
    """

    __slots__ = ("_origins", "_values", "task")

    task: Task

    def __init__(
        self, task: Task, values: Mapping[str, object], origins: Mapping[str, str] | None = None
    ) -> None:
        for name in values:
            if name not in task:
                raise Refusal(
                    "There is no such parameter.", subject=name, advice=f"See the list of {task.name}."
                )
        complete = {
            param.name: check_value(param, values[param.name]) if param.name in values else param.default
            for param in (*task.params, *task.extras)
        }
        self.task = task
        self._values: dict[str, Value] = complete
        self._origins = dict(origins or {})

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ParamSet):
            return NotImplemented
        return self.task.name == other.task.name and repr(self._values) == repr(other._values)

    def __hash__(self) -> int:
        return hash((self.task.name, repr(self._values)))

    def __repr__(self) -> str:
        return f"ParamSet({self.task.name!r}, {self._values!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.task.name, self._values, self._origins)

    def replaced(self, _origin: str = "changed", /, **values: object) -> ParamSet:
        """A new set with some values replaced; `_origin` is remembered as where they come from."""
        origins = self._origins | dict.fromkeys(values, _origin)
        return ParamSet(self.task, {**self._values, **values}, origins)

    def with_text(self, name: str, text: str, origin: str = "changed") -> ParamSet:
        """A new set with one value read from text (see `parse_value`); KeyError for an unknown name."""
        return self.replaced(origin, **{name: parse_value(self.task.param(name), text)})

    def reset(self, *names: str) -> ParamSet:
        """A new set with these parameters (all, if none is named) back at their defaults."""
        back = names or self.task.names
        values = {name: value for name, value in self._values.items() if name not in back}
        origins = {name: origin for name, origin in self._origins.items() if name not in back}
        return ParamSet(self.task, values, origins)

    def is_default(self, name: str) -> bool:
        return same(self._values[name], self.task.param(name).default)

    def changed(self) -> dict[str, Value]:
        """The values that differ from the defaults, in the order of the task."""
        return {name: value for name, value in self._values.items() if not self.is_default(name)}

    def origin(self, name: str) -> str:
        """Where the value of `name` comes from; "default" unless it was told; KeyError if unknown."""
        self.task.param(name)
        return self._origins.get(name, "default")

    def pick(self, *names: str) -> tuple[tuple[str, Value], ...]:
        """Some names with their values: the part of the set that a step reads, usable as a key."""
        return tuple((name, self._values[name]) for name in names)


def same(one: Value, other: Value) -> bool:
    """Equal in type and value; NaN equals NaN."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    return type(one) is type(other) and one == other


def _restored(task: str, values: dict[str, Value], origins: dict[str, str]) -> ParamSet:
    from core.params.tasks import TASKS

    return ParamSet(TASKS[task], values, origins)
