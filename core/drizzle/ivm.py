"""Weights of type IVM: inverse variance maps of the background, brought along or computed (Handbook, on weights).

The noise of the background alone: sky, dark current and read noise, without that of the stars. A map is the inverse
of the variance in electrons^2 of the whole exposure; drizzling multiplies it by EXPTIME^2 / ratio^4, which makes it
that of an output pixel's rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.exposure import Chip, Exposure
from core.data.units import to_electrons
from core.drizzle.flats import flat_field, flat_files
from core.drizzle.ivmfile import check_map, read_map
from core.errors import Refusal

Image = NDArray[np.float32]
_ROWS = 256


@dataclass(frozen=True)
class Maps:
    """Where maps come from, by the exposure's path: `given` files, or `flats` to compute with (none: a flat of 1);
    `warnings` for the person."""

    given: Mapping[Path, Path] = field(default_factory=dict)
    flats: Mapping[Path, tuple[Path, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def find_maps(exposures: Sequence[Exposure], given: Mapping[Path, Path]) -> Maps:
    """See that all that weights of type IVM need is there.

    `given` are maps that a person brought along, by exposure; the others are computed.

    Raises
    ------
    Refusal
        A given map is not there, has no IVM extension of the chip's size; a keyword of the dark current is missing;
        the folder of the flat field is not known (names the keyword and the environment variable).
    """
    own = {path.resolve(): Path(file) for path, file in given.items()}
    maps: dict[Path, Path] = {}
    flats: dict[Path, tuple[Path, ...]] = {}
    warnings: list[str] = []
    for exposure in exposures:
        file = own.get(exposure.path.resolve())
        if file is not None:
            check_map(file, exposure)
            maps[exposure.path] = file
            continue
        for chip in exposure.chips:
            dark_current(exposure, chip)
        flats[exposure.path], told = flat_files(exposure)
        warnings += told
    return Maps(maps, flats, tuple(dict.fromkeys(warnings)))


def inverse_variance(exposure: Exposure, chip: Chip, sky: float, maps: Maps) -> Image:
    """The map of a chip, float32 (rows, columns), 1 / electrons^2, 0 where it tells nothing usable.

    Computed: flat^2 / (dark + sky * flat + read noise^2), `sky` in the units of the chip.
    """
    file = maps.given.get(exposure.path)
    if file is not None:
        found = read_map(file, chip)
        found[~(np.isfinite(found) & (found > 0))] = 0.0
        return found
    flat = flat_field(maps.flats.get(exposure.path, ()), exposure, chip)
    time = _times(chip)
    dark, noise2 = dark_current(exposure, chip), chip.read_noise**2
    out = np.empty(chip.shape, np.float32)
    for start in range(0, chip.shape[0], _ROWS):  # in double precision, but only so many rows at a time
        rows = slice(start, start + _ROWS)
        part = np.ones(out[rows].shape) if flat is None else flat[rows].astype(np.float64)
        electrons = sky * to_electrons(chip) * (1.0 if time is None else time[rows] / chip.exptime)
        variance = dark + electrons * part + noise2
        usable = (part > 0) & np.isfinite(part) & (variance > 0)
        out[rows] = np.divide(part * part, variance, out=np.zeros_like(part), where=usable)
    return out


def _times(chip: Chip) -> Image | None:
    """The time that each pixel of an infrared detector was read up to (TIME), None where there is none."""
    if not chip.is_rate:
        return None
    try:
        return chip.read("TIME")
    except Refusal:  # there is no such extension
        return None


def dark_current(exposure: Exposure, chip: Chip) -> float:
    """Electrons of dark current in a pixel, by the detector's table; raises Refusal for a keyword that is missing."""
    facts = exposure.facts
    if not facts.dark_keyword:
        seconds = exposure.primary.get(facts.dark_time)
        time = (
            float(seconds)
            if isinstance(seconds, int | float) and facts.dark_time != "EXPTIME"
            else chip.exptime
        )
        return facts.dark_rate * time
    value = chip.header.get(facts.dark_keyword)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal(
            "The mean dark current is missing, so no inverse variance map can be computed.",
            file=exposure.path,
            subject=f"{facts.dark_keyword} of SCI,{chip.extver}",
            advice="Set the keyword, bring a map along (second column of an @list), or choose another "
            "final_wht_type.",
        )
    return float(value)
