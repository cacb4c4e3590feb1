"""Step 2: the sky of every exposure (DrizzlePac Handbook, section 7.1, step 2).

Chips are compared as surface brightness, value / (pixel scale)^2 / time, because pixels of two chips or detectors
need not be of one size. One constant a chip is found; it is subtracted while drizzling, never in the input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.data.exposure import Chip, Exposure
from core.drizzle.skyfile import header_sky, read_sky_file
from core.drizzle.skymatch import sky_differences
from core.drizzle.skypixels import SkyPixels, sky_pixels, to_brightness
from core.drizzle.static import StaticMasks
from core.errors import Refusal
from core.runs.buffers import Buffers
from core.runs.progress import Progress
from core.runs.spread import Job, Threads, Workers

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
    buffers: Buffers | None = None,
) -> SkyValues:
    """The sky of every chip, by the method that `params` asks for.

    localmin: per exposure the lowest of its chips; globalmin: the lowest of all; match: what makes the overlaps
    agree, the lowest exposure 0; globalmin+match: that, and the lowest of all that is left. `reset` are DQ bits
    taken as not set. `progress` is advanced `sky_units` times when statistics are made.
    """
    if not params["skysub"]:
        return _not_subtracted(exposures, str(params["skyuser"]).strip())
    if str(params["skyfile"]).strip():
        table = read_sky_file(str(params["skyfile"]).strip(), exposures)
        return SkyValues({key: Sky(value, value) for key, value in table.items()})
    pixels = sky_pixels(params, static, reset, workers, exposures, buffers)
    levels = _levels(str(params["skymethod"]), exposures, pixels, progress)
    values: dict[ChipKey, Sky] = {}
    for exposure, level in zip(exposures, levels.values, strict=True):
        for chip in exposure.chips:
            value = level / to_brightness(exposure, chip)
            values[chip.path, chip.extver] = Sky(value, value)
    return SkyValues(values, (*filter(None, [pixels.remark]), *levels.warnings))


def sky_units(exposures: Sequence[Exposure], params: Mapping[str, Any]) -> int:
    """How often `find_sky` advances the progress."""
    twice = params["skymethod"] == "globalmin+match"
    return sum(len(exposure.chips) for exposure in exposures) * (2 if twice else 1)


@dataclass(frozen=True)
class _Levels:
    """Sky brightness to take off each exposure, and what a person should hear of it."""

    values: tuple[float, ...]
    warnings: tuple[str, ...] = ()


def _levels(
    method: str, exposures: Sequence[Exposure], pixels: SkyPixels, progress: Progress | None
) -> _Levels:
    if "match" not in method:
        return _lowest(method, exposures, [0.0] * len(exposures), pixels, progress)
    matched = sky_differences(exposures, pixels, progress)
    if not matched.found:
        instead = "globalmin" if "globalmin" in method else "localmin"
        plain = _lowest(instead, exposures, [0.0] * len(exposures), pixels, progress, counted=False)
        warning = f"skymethod {method}: no two exposures share usable pixels, so {instead} is used."
        return _Levels(plain.values, (warning, *plain.warnings))
    differences = [0.0 if value is None else value for value in matched.values]
    if method == "match":
        return _Levels(tuple(differences), matched.warnings)
    common = _lowest("globalmin", exposures, differences, pixels, progress)
    both = tuple(one + other for one, other in zip(common.values, differences, strict=True))
    return _Levels(both, matched.warnings + common.warnings)


def _lowest(
    method: str,
    exposures: Sequence[Exposure],
    off: Sequence[float],
    pixels: SkyPixels,
    progress: Progress | None,
    *,
    counted: bool = True,
) -> _Levels:
    """The lowest brightness of each exposure (localmin) or of all (globalmin), `off` taken off before.

    `progress` is advanced once a chip, if that is `counted`.
    """
    warnings: list[str] = []
    lowest: list[float | None] = []
    team = pixels.workers or Threads(1)
    job = _Measuring(tuple(exposures), pixels, progress, counted)
    measured = team.each(_brightness, job, range(len(exposures)), progress)
    for less, chips in zip(off, measured, strict=True):
        found = [value - less for value, _ in chips if value is not None]
        lowest.append(min(found, default=None))
        warnings += [warning for _, warning in chips if warning]
    of_all = min((value for value in lowest if value is not None), default=0.0)
    if method == "globalmin":
        return _Levels((of_all,) * len(exposures), tuple(warnings))
    return _Levels(tuple(0.0 if value is None else value for value in lowest), tuple(warnings))


@dataclass(frozen=True, eq=False)
class _Measuring(Job):
    exposures: tuple[Exposure, ...]
    pixels: SkyPixels
    progress: Progress | None
    counted: bool


def _brightness(job: _Measuring, number: int) -> list[tuple[float | None, str]]:
    """Sky brightness of the chips of an exposure, None with a warning where no usable pixel is left."""
    exposure = job.exposures[number]
    found = []
    for chip in exposure.chips:
        if job.progress is not None:
            job.progress.check()
        found.append(_brightness_of(exposure, chip, job.pixels))
        if job.progress is not None and job.counted:
            job.progress.advance()
    return found


def _brightness_of(exposure: Exposure, chip: Chip, pixels: SkyPixels) -> tuple[float | None, str]:
    taken = pixels.taken(exposure, chip)
    try:
        value, _ = pixels.measure(taken)
        return value * to_brightness(exposure, chip), ""
    except Refusal as error:
        return None, f"{exposure.name}[SCI,{chip.extver}]: no sky value. {error.what}"
    finally:
        pixels.buffers.give(taken)


def _not_subtracted(exposures: Sequence[Exposure], skyuser: str) -> SkyValues:
    """Nothing is subtracted; what the person has subtracted already counts for the noise."""
    if not skyuser:
        table = {(c.path, c.extver): 0.0 for e in exposures for c in e.chips}
    elif skyuser.startswith("@"):
        table = read_sky_file(skyuser[1:].strip(), exposures)
    else:
        table = header_sky(skyuser, exposures)
    return SkyValues({key: Sky(None, value) for key, value in table.items()})
