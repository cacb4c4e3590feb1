"""Two sets of one task side by side: where they differ, and the difference as text."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from core.errors import Refusal
from core.params.model import Param, Value
from core.params.paramset import ParamSet, same
from core.params.values import format_value

UNKNOWN = "not known"


@dataclass(frozen=True)
class Row:
    """One parameter in both sets; `known` is False when the right side does not tell it."""

    param: Param
    left: Value
    right: Value
    known: bool = True

    @property
    def name(self) -> str:
        return self.param.name

    @property
    def differs(self) -> bool:
        """Whether the two are known to be different, in value or type; NaN is like NaN."""
        return self.known and not same(self.left, self.right)

    @property
    def left_text(self) -> str:
        return shown(self.param, self.left)

    @property
    def right_text(self) -> str:
        return shown(self.param, self.right) if self.known else UNKNOWN


def compare(left: ParamSet, right: ParamSet, known: Collection[str] | None = None) -> tuple[Row, ...]:
    """All parameters in the order of the task; `known` are the names that `right` really tells (None: all).

    Raises Refusal when the sets belong to different tasks.
    """
    if left.task.name != right.task.name:
        raise Refusal(
            f"A set of {right.task.name} cannot be compared with one of {left.task.name}.",
            subject="_task_name_",
            advice=f"Give a set of {left.task.name}.",
        )
    task = left.task
    return tuple(
        Row(param, left[param.name], right[param.name], known is None or param.name in known)
        for param in (*task.params, *task.extras)
    )


def difference_text(rows: Collection[Row], left: str, right: str) -> str:
    """The rows that differ, by section, as lines "name = left -> right"; `left`, `right` say what is compared."""
    lines = [f"{_task_of(rows)}: {left} -> {right}", *_lines(row for row in rows if row.differs)]
    if len(lines) == 1:
        lines.append("No difference.")
    unknown = [row.name for row in rows if not row.known]
    if unknown:
        lines += ["", f"Not known of {right}: {', '.join(unknown)}"]
    return "\n".join(lines) + "\n"


def shown(param: Param, value: Value) -> str:
    """A value for people: a blank text can be seen."""
    return format_value(param, value) or '""'


def _task_of(rows: Collection[Row]) -> str:
    return next((row.param.task for row in rows), "")


def _lines(rows: Iterator[Row]) -> Iterator[str]:
    section: str | None = None
    for row in rows:
        if row.param.section != section:
            section = row.param.section
            yield ""
            yield f"[{section}]" if section else "[general]"
        yield f"{row.name} = {row.left_text} -> {row.right_text}"
