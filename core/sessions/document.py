"""What a session file holds, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.align.choices import Choices
from core.align.results import Alignment
from core.drizzle.results import DrizzleResult
from core.params import ParamSet
from core.sessions.marks import FileMark

ViewValue = str | int | float | bool | None


@dataclass(frozen=True)
class SavedSet:
    """One set: its values, the .cfg file it belongs to ("" for none), whether it differs from that file, the texts
    in the form that are no values."""

    values: ParamSet
    path: str = ""
    modified: bool = False
    unreadable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SavedAlignment:
    """An alignment with the sets it was made with (tweakreg, imagefindpars, refimagefindpars), the marks of all files
    it read as they were then, the exposures in its order, and those whose headers have it."""

    result: Alignment
    sets: tuple[ParamSet, ParamSet, ParamSet]
    read: tuple[FileMark, ...]
    exposures: tuple[str, ...]
    applied: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class SavedDrizzle:
    """The result of a drizzle run, the marks of its products, and its kind of weights (final_wht_type)."""

    result: DrizzleResult
    products: tuple[FileMark, ...]
    weights: str = "EXP"


@dataclass(frozen=True, eq=False)
class Document:
    """A session. `sets` by task; `folder` where products go ("" for that of the exposures); `view` small facts on what
    was in front; `saved` when, ISO 8601 in UTC."""

    exposures: tuple[FileMark, ...] = ()
    sets: Mapping[str, SavedSet] = field(default_factory=dict)
    choices: Choices = field(default_factory=Choices)
    alignment: SavedAlignment | None = None
    drizzle: SavedDrizzle | None = None
    folder: str = ""
    view: Mapping[str, ViewValue] = field(default_factory=dict)
    saved: str = ""
    program: str = ""
