"""Step 2: the sky of every exposure (DrizzlePac Handbook, section 7.1, step 2).

Chips are compared as surface brightness, value / (pixel scale)^2 / time, because pixels of two chips or detectors
need not be of one size. One constant a chip is found; it is subtracted while drizzling, never in the input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.dq import good_pixels, parse_bits
from core.data.exposure import Chip, Exposure
from core.data.imagestats import Clipping, image_statistics
from core.drizzle.skyfile import header_sky, read_sky_file
from core.drizzle.static import StaticMasks
from core.errors import Refusal
from core.runs.progress import Progress
from core.runs.spread import Workers

ChipKey = tuple[Path, int]


@dataclass(frozen=True)
class Sky:
    """The sky of a chip in its input units: `subtract` while drizzling (None: nothing was asked to be) and
    `noise`, the sky in the noise of cosmic rays and median."""

    subtract: float | None
    noise: float


@dataclass(frozen=True)
class SkyValues:
    """Sky by (path, EXTVER), and what a person should hear of it."""

    chips: Mapping[ChipKey, Sky]
    warnings: tuple[str, ...] = ()

    def of(self, chip: Chip) -> Sky:
        return self.chips[chip.path, chip.extver]


def find_sky(
    exposures: Sequence[Exposure],
    params: Mapping[str, Any],
    *,
    static: StaticMasks,
    reset: int = 0,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> SkyValues:
    """The sky of every chip, by the method that `params` asks for.

    localmin: per exposure the lowest of its chips; globalmin: the lowest of all. `reset` are DQ bits taken as not
    set. `progress` is advanced once a chip when statistics are made.
    """
    if not params["skysub"]:
        return _not_subtracted(exposures, str(params["skyuser"]).strip())
    if str(params["skyfile"]).strip():
        table = read_sky_file(str(params["skyfile"]).strip(), exposures)
        return SkyValues({key: Sky(value, value) for key, value in table.items()})
    method = str(params["skymethod"])
    if "match" in method:
        raise Refusal(
            f"The sky method '{method}' is not built yet.",
            subject="skymethod",
            advice="Choose localmin or globalmin.",
        )
    found, warnings = _brightnesses(exposures, params, static, reset, workers, progress)
    values: dict[ChipKey, Sky] = {}
    lowest_of_all = min((b for b in found.values() if b is not None), default=0.0)
    for exposure in exposures:
        own = [b for c in exposure.chips if (b := found[c.path, c.extver]) is not None]
        lowest = lowest_of_all if method == "globalmin" else min(own, default=0.0)
        for chip in exposure.chips:
            value = lowest / _to_brightness(exposure, chip)
            values[chip.path, chip.extver] = Sky(value, value)
    return SkyValues(values, tuple(warnings))


def _brightnesses(
    exposures: Sequence[Exposure],
    params: Mapping[str, Any],
    static: StaticMasks,
    reset: int,
    workers: Workers | None,
    progress: Progress | None,
) -> tuple[dict[ChipKey, float | None], list[str]]:
    """Sky brightness of each chip, None where no usable pixel is left."""
    found: dict[ChipKey, float | None] = {}
    warnings = []
    for exposure in exposures:
        for chip in exposure.chips:
            pixels = _usable(exposure, chip, params, static, reset)
            try:
                value = _statistic(pixels, params, workers)
                found[chip.path, chip.extver] = value * _to_brightness(exposure, chip)
            except Refusal as error:
                found[chip.path, chip.extver] = None
                warnings.append(f"{exposure.name}[SCI,{chip.extver}]: no sky value. {error.what}")
            if progress is not None:
                progress.advance()
    return found, warnings


def _statistic(pixels: NDArray[np.float32], params: Mapping[str, Any], workers: Workers | None) -> float:
    kind = str(params["skystat"])
    clipping = Clipping(
        rounds=int(params["skyclip"]),
        lower_sigma=float(params["skylsigma"]),
        upper_sigma=float(params["skyusigma"]),
        lower=params["skylower"],
        upper=params["skyupper"],
        binwidth=0.1 if params["skywidth"] is None else float(params["skywidth"]),
    )
    _check(clipping)
    stats = image_statistics(pixels, clipping, median=kind == "median", mode=kind == "mode", workers=workers)
    return float(getattr(stats, kind))


def _check(clipping: Clipping) -> None:
    for name, value in (
        ("skylsigma", clipping.lower_sigma),
        ("skyusigma", clipping.upper_sigma),
        ("skywidth", clipping.binwidth),
    ):
        if not value > 0:
            raise Refusal(f"The value {value:g} is not above 0.", subject=name, advice="Use the default.")


def _usable(
    exposure: Exposure, chip: Chip, params: Mapping[str, Any], static: StaticMasks, reset: int
) -> NDArray[np.float32]:
    """The pixels of the chip that DQ and static mask let through, flat."""
    pixels = chip.read("SCI")
    good = good_pixels(chip.read_dq() & np.uint16(~reset & 0xFFFF), parse_bits(params["sky_bits"]))
    mask = static.of(exposure, chip) if params["use_static"] else None
    if mask is not None:
        good = good & mask.astype(bool)
    return np.ascontiguousarray(pixels[good])


def _to_brightness(exposure: Exposure, chip: Chip) -> float:
    scale = chip.wcs.idcscale or chip.wcs.scale
    return 1.0 / scale**2 / (1.0 if chip.is_rate else exposure.exptime)


def _not_subtracted(exposures: Sequence[Exposure], skyuser: str) -> SkyValues:
    """Nothing is subtracted; what the person has subtracted already counts for the noise."""
    if not skyuser:
        table = {(c.path, c.extver): 0.0 for e in exposures for c in e.chips}
    elif skyuser.startswith("@"):
        table = read_sky_file(skyuser[1:].strip(), exposures)
    else:
        table = header_sky(skyuser, exposures)
    return SkyValues({key: Sky(None, value) for key, value in table.items()})
