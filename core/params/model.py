"""What a parameter is: one declaration from which form, checks, files, command line and help come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from core.params.when import Condition

if TYPE_CHECKING:
    from core.params.paramset import ParamSet

Value = bool | int | float | str | None


class Kind(Enum):
    """The type of a value; the `*_OR_NONE` kinds know "no value"."""

    BOOL = "yes/no"
    INT = "whole number"
    FLOAT = "number"
    INT_OR_NONE = "whole number or None"
    FLOAT_OR_NONE = "number or None"
    CHOICE = "choice"
    STR = "text"

    @property
    def allows_none(self) -> bool:
        return self in (Kind.INT_OR_NONE, Kind.FLOAT_OR_NONE)

    @property
    def is_number(self) -> bool:
        return self in (Kind.INT, Kind.FLOAT, Kind.INT_OR_NONE, Kind.FLOAT_OR_NONE)

    @property
    def is_whole(self) -> bool:
        return self in (Kind.INT, Kind.INT_OR_NONE)


@dataclass(frozen=True)
class Param:
    """One parameter, declared once.

    Attributes
    ----------
    smaller, larger
        What happens when a number is too small, and when it is too large ("" for what is no such number).
    lo, hi
        The limits that the meaning of the parameter sets, both included; None: no limit.
        `above` says that `lo` itself is already too small.
    semantic
        What a text or number stands for: "input-files", "filename", "dq-bits", "bit-value", "pair",
        "column", "weight-scale", "keyword", "keyword-or-file", "per-amp", "fill", "chips", "wcs-key", or "".
    parts
        What the two numbers of a pair are for.
    table
        Of a column: the parameter that names the file whose column it is.
    writes
        The text names a file that the run writes, not one that it reads.
    level
        "basic": shown at once; "all": shown when everything is asked for.
    switch
        This parameter switches its whole section on and off.
    apart
        In the section of a switch but not governed by it.
    ours
        drizzlepac has no name for it; it rides in comment lines of the files.
    theirs
        Only drizzlepac does something with it; here it is kept for the files.
    when
        Conditions that must all hold for the parameter to matter.
    """

    name: str
    kind: Kind
    default: Value
    label: str
    help: str
    unit: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    lo: float | None = None
    hi: float | None = None
    above: bool = False
    semantic: str = ""
    smaller: str = ""
    larger: str = ""
    parts: tuple[str, str] = ("", "")
    table: str = ""
    writes: bool = False
    level: str = "all"
    switch: bool = False
    apart: bool = False
    ours: bool = False
    theirs: bool = False
    when: tuple[Condition, ...] = ()
    task: str = ""
    section: str = ""

    def __hash__(self) -> int:
        return hash((self.task, self.name))


@dataclass(frozen=True)
class Section:
    """A titled group of parameters; `title` exactly as in the files ("" for the first group).

    `handbook` is the section of the DrizzlePac Handbook (version 2.0, STScI 2021) that tells of it.
    """

    title: str
    label: str
    params: tuple[str, ...]
    switch: str | None = None
    handbook: str = ""


@dataclass(frozen=True)
class Group:
    """A section as declared: its title, the label shown to people, its parameters in order."""

    title: str
    label: str
    params: tuple[Param, ...]
    handbook: str = ""


@dataclass(frozen=True)
class Task:
    """A task's parameters, in the order of its files; `extras` are those that only we know."""

    name: str
    title: str
    sections: tuple[Section, ...]
    params: tuple[Param, ...]
    extras: tuple[Param, ...] = ()

    def __hash__(self) -> int:
        return hash(self.name)

    @cached_property
    def _by_name(self) -> dict[str, Param]:
        return {param.name: param for param in (*self.params, *self.extras)}

    @property
    def names(self) -> tuple[str, ...]:
        """All names, extras last."""
        return tuple(self._by_name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def param(self, name: str) -> Param:
        """The declaration of `name`; KeyError if the task has none."""
        return self._by_name[name]

    def section_of(self, name: str) -> Section:
        """The section that holds `name`."""
        title = self.param(name).section
        return next(section for section in self.sections if section.title == title)

    def defaults(self) -> ParamSet:
        """A set with every parameter at its default."""
        from core.params.paramset import ParamSet

        return ParamSet(self, {})


def build_task(name: str, title: str, groups: tuple[Group, ...], extras: tuple[Param, ...] = ()) -> Task:
    """Put declared groups together: each parameter learns its task and section."""
    params: list[Param] = []
    sections: list[Section] = []
    for group in groups:
        placed = tuple(replace(param, task=name, section=group.title) for param in group.params)
        switch = next((param.name for param in placed if param.switch), None)
        params.extend(placed)
        names = tuple(param.name for param in placed)
        sections.append(Section(group.title, group.label, names, switch, group.handbook))
    own = tuple(replace(param, task=name, ours=True) for param in extras)
    return Task(name, title, tuple(sections), tuple(params), own)
