"""What a run leaves in its exposures: the sky value and the flags of cosmic rays, in one replacement a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.dq import Bits
from core.data.exposure import Chip, Exposure
from core.data.flagfile import FlagFile
from core.data.planes import plane
from core.data.update import update_exposure
from core.drizzle.copies import original_kept
from core.drizzle.sky import SkyValues
from core.errors import Refusal
from core.kernels import stream as kernel
from core.runs.buffers import Buffers
from core.runs.spread import Threads, Workers, row_blocks

_ROWS = 128


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
    sky: SkyValues | None,
    params: Mapping[str, Any],
    reset: Bits | None,
    crbit: int,
    masks: Mapping[int, NDArray[np.uint8]],
    buffers: Buffers | None = None,
) -> Changes:
    """MDRIZSKY and DQ arrays that differ from what the file holds.

    Without `sky` MDRIZSKY stays as it is. The flags of `reset` are cleared in every chip, then `crbit` is set where
    `masks` (by EXTVER, 0 = cosmic ray) say. The arrays are taken from `buffers`.
    """
    found = Changes()
    for chip in exposure.chips:
        value = None if sky is None else _sky_value(chip, sky, params)
        known = _number(chip.header.get("MDRIZSKY"), math.inf)
        if value is not None and not math.isclose(known, value, rel_tol=1e-14):
            found.sky[chip.extver] = value
        if not chip.has_dq:
            continue
        found.flags = chip.flags
        array, changed = new_flags(chip, reset, crbit, masks.get(chip.extver), buffers=buffers)
        if changed:
            found.dq[chip.extver] = array
    return found


def new_flags(
    chip: Chip,
    reset: Bits | None,
    crbit: int,
    good: NDArray[np.uint8] | None,
    *,
    workers: Workers | None = None,
    buffers: Buffers | None = None,
) -> tuple[NDArray[np.uint16], int]:
    """The DQ flags of a chip without those of `reset` and with `crbit` where `good` is 0; how many pixels that changed.

    The array is taken from `buffers`.
    """
    source = plane(chip, "DQ")
    flags: NDArray[np.uint16] = (buffers or Buffers()).take(chip.shape, np.uint16)
    mask = np.zeros((0, 0), np.uint8) if good is None else good
    cleared = 0 if reset is None else reset.allowed & 0xFFFF

    def work(block: tuple[int, int]) -> int:
        here = slice(*block)
        source.read(*block, flags[here])
        return int(kernel.flag_rows(flags[here], mask[here], cleared, crbit))

    return flags, sum((workers or Threads(1)).map(work, row_blocks(chip.shape[0], _ROWS)))


def write_changes(
    exposure: Exposure,
    found: Changes,
    params: Mapping[str, Any],
    check: Callable[[], None] = lambda: None,
    crcs: dict[Path, int] | None = None,
) -> str:
    """Keep a copy if asked to, then change the file; the reason when that could not be done, else "".

    `check` is called every few MB and may raise: the file is then as it was. Into `crcs` go the CRC-32 of the bytes of
    the new files, where they were found on the way.
    """
    if not found:
        return ""

    def update(path: Path, **what: Any) -> None:
        crc = update_exposure(path, check=check, **what)
        if crcs is not None:
            crcs.pop(path, None)
            crcs.update({} if crc is None else {path: crc})

    try:
        if found.flags is None:
            with original_kept(exposure.path, params):
                update(exposure.path, sky=found.sky, dq=found.dq)
        else:
            with original_kept(exposure.path, params), original_kept(found.flags.path, params):
                update(exposure.path, sky=found.sky)
                update(found.flags.path, dq=found.dq, flags=found.flags.name)
    except Refusal as refusal:
        if Path(refusal.file).name == exposure.name:  # it is named already
            refusal = Refusal(refusal.what, subject=refusal.subject, advice=refusal.advice)
        return f"{exposure.name} was left as it is: MDRIZSKY and cosmic ray flags are not in it. {refusal}"
    return ""


def _sky_value(chip: Chip, sky: SkyValues, params: Mapping[str, Any]) -> float:
    """The value found or given; with neither the one in the header, else 0."""
    given = params["skysub"] or str(params["skyuser"]).strip()
    return sky.of(chip).noise if given else _number(chip.header.get("MDRIZSKY"), 0.0)


def _number(value: object, missing: float) -> float:
    """A header's value as a number; `missing` for none, and for texts such as N/A."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else missing
