"""What a run leaves in its exposures: the sky value and the flags of cosmic rays, in one replacement a file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.dq import Bits, with_bits, without_bits
from core.data.exposure import Chip, Exposure
from core.data.flagfile import FlagFile
from core.data.update import update_exposure
from core.drizzle.copies import keep_original
from core.drizzle.sky import SkyValues
from core.errors import Refusal


@dataclass
class Changes:
    """What would change in one exposure, by EXTVER."""

    sky: dict[int, float] = field(default_factory=dict)
    dq: dict[int, NDArray[np.uint16]] = field(default_factory=dict)
    flags: FlagFile | None = None
    """Where `dq` goes, None for the DQ extensions of the exposure itself."""

    def __bool__(self) -> bool:
        return bool(self.sky or self.dq)


def changes(
    exposure: Exposure,
    sky: SkyValues,
    params: Mapping[str, Any],
    reset: Bits | None,
    crbit: int,
    masks: Mapping[int, NDArray[np.uint8]],
) -> Changes:
    """MDRIZSKY and DQ arrays that differ from what the file holds.

    The flags of `reset` are cleared in every chip, then `crbit` is set where `masks` (by EXTVER, 0 = cosmic ray) say.
    """
    found = Changes()
    for chip in exposure.chips:
        value = _sky_value(chip, sky, params)
        if not math.isclose(_number(chip.header.get("MDRIZSKY"), math.inf), value, rel_tol=1e-14):
            found.sky[chip.extver] = value
        if not chip.has_dq:
            continue
        found.flags = chip.flags
        old = chip.read_dq()
        new = without_bits(old, reset)
        if chip.extver in masks and crbit:
            new = with_bits(new, masks[chip.extver] == 0, crbit)
        if not np.array_equal(old, new):
            found.dq[chip.extver] = new
    return found


def write_changes(exposure: Exposure, found: Changes, params: Mapping[str, Any]) -> str:
    """Keep a copy if asked to, then change the file; the reason when that could not be done, else ""."""
    if not found:
        return ""
    try:
        keep_original(exposure.path, params)
        if found.flags is None:
            update_exposure(exposure.path, sky=found.sky, dq=found.dq)
        else:
            keep_original(found.flags.path, params)
            update_exposure(exposure.path, sky=found.sky)
            update_exposure(found.flags.path, dq=found.dq, flags=found.flags.name)
    except Refusal as refusal:
        return f"{exposure.name} was left as it is: MDRIZSKY and cosmic ray flags are not in it. {refusal}"
    return ""


def _sky_value(chip: Chip, sky: SkyValues, params: Mapping[str, Any]) -> float:
    """The value found or given; with neither the one in the header, else 0."""
    given = params["skysub"] or str(params["skyuser"]).strip()
    return sky.of(chip).noise if given else _number(chip.header.get("MDRIZSKY"), 0.0)


def _number(value: object, missing: float) -> float:
    """A header's value as a number; `missing` for none, and for texts such as N/A."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else missing
