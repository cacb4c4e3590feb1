"""How each of the seven steps stands now: done, to be done again and why, or its files gone. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.drizzle.chain import names_of
from core.drizzle.choose import NAMES
from core.drizzle.journal import Entry
from core.drizzle.plan import TITLES
from core.drizzle.prepare import looked_at
from core.drizzle.remember import Remembered
from core.drizzle.run import Run
from core.drizzle.seen import wcs_of


class Stand(StrEnum):
    """What a run that takes over would find of a step."""

    DONE = "done"
    STALE = "to be done again"
    MISSING = "files gone"
    TODO = "not done"
    OFF = "off"


@dataclass(frozen=True)
class StepState:
    """A step by name and title, how it stands, and why in words."""

    name: str
    title: str
    stand: Stand
    why: str = ""


def step_states(
    files: Sequence[Path], params: Mapping[str, Any], folder: Path, ivm: Mapping[Path, Path] | None = None
) -> tuple[StepState, ...]:
    """The seven steps of a run with these exposures and parameters, products in `folder`; headers and sizes are read,
    and whole exposures that were touched since, once. Raises Refusal where such a run cannot be.
    """
    run = looked_at(list(map(Path, files)), params, Path(folder), ivm or {})
    remembered = Remembered(run, resume=False)
    found: list[StepState] = []
    for name in NAMES:
        if name not in run.plan.doing:
            found.append(StepState(name, TITLES[name], Stand.OFF, "It is switched off."))
            continue
        stand, why = _stand(run, remembered, name)
        earlier = next((one for one in found if one.stand in (Stand.STALE, Stand.MISSING, Stand.TODO)), None)
        if stand is Stand.STALE and not why:
            why = (
                f"{earlier.title} comes before it."
                if earlier
                else "The exposures, or files they need, changed."
            )
        found.append(StepState(name, TITLES[name], stand, why))
    return tuple(found)


def _stand(run: Run, remembered: Remembered, step: str) -> tuple[Stand, str]:
    if remembered.is_as_left(step):
        return Stand.DONE, f"As it was made at {_time(remembered.journal.steps[step].made)}."
    entry = remembered.journal.steps.get(step)
    gone = [name for name in names_of(run, step) if not (run.space.folder / name).is_file()]
    if gone and entry is not None:
        return Stand.MISSING, f"{_some(gone)} {'is' if len(gone) == 1 else 'are'} not in the folder."
    if entry is None:
        there = not gone and bool(names_of(run, step))
        return (
            Stand.TODO,
            "The files that are there are of an unknown run." if there else "It was not done yet.",
        )
    return Stand.STALE, _difference(run, remembered, step, entry)


def _difference(run: Run, remembered: Remembered, step: str, entry: Entry) -> str:
    """What is other than when the step was done; "" where only what comes before it is."""
    own = {
        name: f"{name} was {text or 'blank'}"
        for name, text in entry.params.items()
        if name in run.params and str(run.params[name]) != text
    }
    if own:
        return f"{_some(list(own.values()))}."
    now = {exposure.path.name: wcs_of(exposure) for exposure in run.exposures if not exposure.part}
    before = {one.name: one.wcs for one in entry.exposures}
    if now.keys() - before.keys() or {one.name for one in entry.exposures} - {p.name for p in run.files()}:
        return "The list of exposures changed."
    moved = [name for name, wcs in now.items() if before.get(name) != wcs]
    if moved:
        return f"The WCS of {_some(moved)} changed."
    changed = entry.changed(run.space.folder)
    if changed and entry.key == remembered.keys.get(step):
        return f"{_some(changed)} was changed by something else."
    return "" if remembered.same_exposures else "The exposures were changed by something else."


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _time(text: str) -> str:
    """2026-11-24T01:02:03Z as people read it."""
    return text.replace("T", " ").replace("Z", " UTC")
