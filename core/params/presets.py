"""Presets that come with the program, for the common cases: which values, for what, and why. They are read-only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from core.params.model import Value
from core.params.paramset import ParamSet
from core.params.tasks import TASKS
from core.params.values import check_value

GROUPS = ("Detector", "Number of exposures", "Pointing", "Field of stars")


@dataclass(frozen=True)
class Facts:
    """What is known of the loaded exposures: "WFC3/UVIS", their number, whether pointings differ by parts of a pixel
    or more (None: not known)."""

    detector: str = ""
    count: int = 0
    dithered: bool | None = None


@dataclass(frozen=True)
class Preset:
    """`why` says in words what it is good for, `source` where the values come from; `values` by task and name.

    It fits the `detectors` (none: any), from `least` to `most` exposures, and pointings that are dithered or not (None:
    either).
    """

    name: str
    title: str
    group: str
    why: str
    source: str
    values: Mapping[str, Mapping[str, Value]]
    detectors: tuple[str, ...] = ()
    least: int = 0
    most: int | None = None
    dithered: bool | None = None
    tied: bool = field(default=False)

    def taken(self, values: ParamSet) -> ParamSet:
        """The set with the preset's values; the same set when it has none for that task."""
        own = self.values.get(values.task.name, {})
        return values.replaced(f"preset {self.title}", **own) if own else values

    def fits(self, facts: Facts) -> bool:
        """Whether it is meant for such data; never for one that says nothing about when it is meant."""
        if not self.tied or not facts.count:
            return False
        if self.detectors and facts.detector not in self.detectors:
            return False
        if facts.count < self.least or (self.most is not None and facts.count > self.most):
            return False
        return self.dithered is None or facts.dithered is self.dithered


@cache
def presets() -> tuple[Preset, ...]:
    """All presets, by group and then in the order of their least number of exposures and title."""
    found = [
        _from_json(entry.read_text(encoding="utf-8"))
        for entry in files("resources").joinpath("presets").iterdir()
        if entry.name.endswith(".json")
    ]
    return tuple(sorted(found, key=lambda one: (GROUPS.index(one.group), one.least, one.title)))


def suggested(facts: Facts) -> tuple[Preset, ...]:
    """Those that are meant for the data at hand."""
    return tuple(one for one in presets() if one.fits(facts))


def after_all(wanted: Iterable[Preset], values: ParamSet) -> ParamSet:
    """The set after these presets, one after the other; of two that name a parameter the later one counts."""
    for preset in wanted:
        values = preset.taken(values)
    return values


def _from_json(text: str) -> Preset:
    raw: dict[str, Any] = json.loads(text)
    applies = raw["applies"]
    least, most = applies.get("exposures", (0, None))
    values = {
        task: {name: check_value(TASKS[task].param(name), value) for name, value in own.items()}
        for task, own in raw["set"].items()
    }
    return Preset(
        raw["name"],
        raw["title"],
        raw["group"],
        raw["why"],
        raw["source"],
        values,
        tuple(applies.get("detectors", ())),
        least,
        most,
        applies.get("dithered"),
        bool(applies),
    )
