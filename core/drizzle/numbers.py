"""What steps find besides files, as plain JSON for the journal and back: sky values, mean weights, cosmic rays."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from core.drizzle.guard import Cores
from core.drizzle.products import Written, places_of
from core.drizzle.run import Figures, Flagged, Run
from core.drizzle.sky import Sky, SkyValues


def to_json(step: str, value: Any) -> Any:
    """The numbers of a step, as `json.dumps` takes them."""
    if isinstance(value, SkyValues):
        return [[path.name, extver, one.subtract, one.noise] for (path, extver), one in value.chips.items()]
    if step == "cosmic":
        return [[path.name, extver, *_told(one)] for (path, extver), one in value.items()]
    return value if step == "separate" else None


def from_json(step: str, raw: Any, run: Run) -> Any:
    """The value of a step of this run again; raises ValueError, KeyError or TypeError for what is none."""
    if step == "sky":
        found = {(str(name), int(extver)): (subtract, noise) for name, extver, subtract, noise in raw}
        return SkyValues({key: _sky(*found[key[0].name, key[1]]) for key in _chips(run)})
    if step == "separate":
        return {exposure.stem: _number(raw[exposure.stem]) for exposure in run.exposures}
    if step == "cosmic":
        flagged = {(str(name), int(extver)): _flagged(*rest) for name, extver, *rest in raw}
        figures: Figures = {key: flagged[key[0].name, key[1]] for key in _chips(run)}
        return figures
    if step == "combine":
        written: Written = places_of(run.called, run.space.folder, run.params)
        return written
    return None


def _chips(run: Run) -> list[tuple[Path, int]]:
    return [(chip.path, chip.extver) for _, chip in run.chips]


def _sky(subtract: Any, noise: Any) -> Sky:
    return Sky(None if subtract is None else _number(subtract), _number(noise))


def _told(one: Flagged) -> list[Any]:
    stars = one.stars
    told = None
    if stars is not None:
        told = [stars.count, stars.flagged, stars.x.tolist(), stars.y.tolist(), stars.kept.tolist()]
    return [one.count, one.fraction, one.core_fraction, told]


def _flagged(count: Any, fraction: Any, core: Any, stars: Any) -> Flagged:
    cores = None
    if stars is not None:
        number, flagged, x, y, kept = stars
        column, row = (np.array(each, np.float64).reshape(-1) for each in (x, y))
        if column.shape != row.shape:
            raise ValueError("columns of different lengths")
        cores = Cores(int(number), int(flagged), column, row, np.array(kept, np.float64).reshape(-1, 2))
    return Flagged(int(count), _number(fraction), _number(core), cores)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("no number")
    return float(value)
