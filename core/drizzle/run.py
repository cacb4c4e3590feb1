"""One run of astrodrizzle: what the steps share, and the steps as they work on files (Handbook 7.1, steps 1-6).

Of the big images only those of one exposure are in memory at a time: separate images, blots and masks go through
the workspace, and the median is made by blocks of rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS
from core.data.dq import Bits
from core.data.exposure import Chip, Exposure
from core.data.planes import plane
from core.data.units import to_electrons
from core.drizzle import names
from core.drizzle.blot import blot
from core.drizzle.chip import ChipInput
from core.drizzle.cosmic import (
    CosmicMask,
    Detector,
    cosmic_units,
    find_cosmics,
    fractions,
)
from core.drizzle.crclean import Replaced, write_clean
from core.drizzle.good import usable
from core.drizzle.guard import Cores, find_cores
from core.drizzle.headers import chip_header, single_header
from core.drizzle.ivm import Maps
from core.drizzle.median import median_units
from core.drizzle.names import ProductNames
from core.drizzle.pieces import make_median_image, make_single
from core.drizzle.pixels import chip_input
from core.drizzle.plan import Plan
from core.drizzle.rim import Rim, read_rim, rim_hdu
from core.drizzle.sky import SkyValues, find_sky, sky_units
from core.drizzle.skymasks import read_mask_list
from core.drizzle.static import StaticMasks, mask_name, signature, static_masks
from core.drizzle.work import blot_units, work_units
from core.drizzle.workspace import Workspace
from core.runs.memory import file_identity
from core.runs.progress import Progress
from core.runs.spread import Job, Workers

T = TypeVar("T")
_CHIPS_KEPT = 6


@dataclass(frozen=True)
class Flagged:
    """Cosmic rays of a chip: pixels flagged, their fraction of the usable ones, the same before growing, and the
    centres of stars among them.
    """

    count: int
    fraction: float
    core_fraction: float
    stars: Cores | None = None


Figures = Mapping[tuple[Path, int], Flagged]
"""By (path, EXTVER)."""


@dataclass(eq=False)
class Run(Job):
    """The state of a run, and what its pieces share. `sep_frame` and `final_frame` are the frames of step 3 and 7."""

    exposures: tuple[Exposure, ...]
    params: Mapping[str, Any]
    plan: Plan
    called: ProductNames
    space: Workspace
    sep_frame: ChipWCS
    final_frame: ChipWCS
    workers: Workers
    progress: Progress
    static: StaticMasks = field(default_factory=StaticMasks)
    sky: SkyValues = field(default_factory=lambda: SkyValues({}))
    maps: Maps = field(default_factory=Maps)
    warnings: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    steps: dict[str, str] = field(default_factory=dict)
    crcs: dict[Path, int] = field(default_factory=dict)  # of the exposures that the run has changed
    _rims: dict[str, Rim] = field(default_factory=dict)

    def note(self, text: str) -> None:
        self.log.append(text)
        self.progress.note(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)
        self.progress.warn(text)

    def __getstate__(self) -> dict[str, Any]:
        self.space.wait()  # other threads read headers while they write files
        return {**self.__dict__, "warnings": [], "log": []}

    def gained(self) -> Any:
        """What a copy in another process has to tell: warnings, and of which files it wrote."""
        return self.warnings, getattr(self.space, "stamps", {})

    def gain(self, found: Any) -> None:
        for text in found[0]:
            self.warn(text)
        getattr(self.space, "stamps", {}).update(found[1])
        for name in found[1]:
            self.space.recalled(name)

    def each_exposure(self, work: Callable[[Run, int], T]) -> Iterator[tuple[Exposure, T]]:
        """The exposures, each with what `work`, called with its number, makes of it."""
        made = self.workers.each(work, self, range(len(self.exposures)), self.progress)
        return zip(self.exposures, made, strict=True)

    @cached_property
    def chips(self) -> tuple[tuple[Exposure, Chip], ...]:
        return tuple((exposure, chip) for exposure in self.exposures for chip in exposure.chips)

    def files(self) -> list[Path]:
        """The files that hold the exposures and their flags, each once."""
        flags = (chip.flags.path for _, chip in self.chips if chip.flags is not None)
        return list(dict.fromkeys([*(exposure.path for exposure in self.exposures), *flags]))

    # Step 1
    def make_static(self) -> StaticMasks:
        masks = static_masks(
            self.exposures,
            self.params,
            workers=self.workers,
            progress=self.progress,
            buffers=self.space.buffers,
        )
        for where, mask in masks.masks.items():
            self.space.put(mask_name(self.called.root, where), mask)
        for text in masks.notes:
            self.note(f"Static mask of {text}")
        return masks

    def static_names(self) -> list[str]:
        return sorted({mask_name(self.called.root, signature(e, c)) for e, c in self.chips})

    # Step 2
    def make_sky(self) -> SkyValues:
        return find_sky(
            self.exposures,
            self.params,
            static=self.static,
            reset=self.plan.reset_mask,
            workers=self.workers,
            progress=self.progress,
            buffers=self.space.buffers,
        )

    def sky_files(self) -> list[object]:
        """What tells whether a file that step 2 reads beside the exposures has changed."""
        names = [str(self.params[name]).strip().removeprefix("@") for name in ("skyfile", "skyuser")]
        paths = [Path(name) for name in names if name]
        listed = str(self.params["skymask_cat"]).strip()
        if listed:
            masks = read_mask_list(listed, self.exposures).masks
            paths += [Path(listed), *(mask.path for mask in masks.values())]
        return [file_identity(path) for path in paths if path.is_file()]

    def sky_units(self) -> int:
        return sky_units(self.exposures, self.params)

    # Step 3
    def make_singles(self) -> dict[str, float]:
        """Write the separate images; the mean weight of each, by the stem of the exposure's name."""
        return {exposure.stem: mean for exposure, mean in self.each_exposure(make_single)}

    def single_units(self) -> int:
        return work_units(self.sep_frame) * len(self.chips)

    def single_names(self) -> list[str]:
        return [names.single(e, part) for e in self.exposures for part in ("sci", "wht")]

    def usable(
        self, exposure: Exposure, chip: Chip, bits: Bits | None, own: NDArray[np.uint8] | None = None
    ) -> NDArray[np.bool_]:
        """`core.drizzle.pixels.usable` of a chip of this run; the array is to be given back."""
        return usable(
            exposure,
            chip,
            bits,
            self.plan.reset,
            self.static,
            own,
            workers=self.workers,
            buffers=self.space.buffers,
        )

    def lent(
        self, exposure: Exposure, chip: Chip, good: NDArray[np.bool_], wht_type: str = "EXP"
    ) -> Iterator[ChipInput]:
        """One chip, ready to be drizzled; its arrays, `good` too, go back to the buffers when the next is asked for."""
        buffers = self.space.buffers
        made = chip_input(
            exposure,
            chip,
            self.sky.of(chip),
            good,
            wht_type,
            maps=self.maps,
            workers=self.workers,
            progress=self.progress,
            buffers=buffers,
        )
        buffers.give(good)
        yield made
        buffers.give(made.data, made.weight)

    # Step 4
    def make_median(self, means: Mapping[str, float]) -> None:
        """Write the median of the separate images, whose mean weights are `means`."""
        image = make_median_image(self, means)
        self.space.let_go(*self.single_names())
        name = self.called.median
        self.space.put(name, image, partial(single_header, self.exposures[0], self.sep_frame, name, "SCI"))

    def median_names(self) -> list[str]:
        return [self.called.median]

    def median_units(self) -> int:
        return median_units(self.sep_frame.shape, _need(self.plan.median))

    # Step 5
    def make_blots(self) -> None:
        """Write the median as every chip would have seen it."""
        # chips from here on: what few exposures need, and many may have no more
        self.space.room = min(
            self.space.room, _CHIPS_KEPT * max(4 * math.prod(c.shape) for _, c in self.chips)
        )
        list(self.each_exposure(Run._blots))
        self.space.let_go(self.called.median)

    def _blots(self, number: int) -> None:
        exposure, image = self.exposures[number], self.space.get(self.called.median)
        for chip in exposure.chips:
            found = blot(
                image,
                self.sep_frame,
                chip.wcs,
                _need(self.plan.blot),
                exptime=chip.exptime,
                sky=self.sky.of(chip).subtract,
                conversion=to_electrons(chip),
                workers=self.workers,
                progress=self.progress,
                buffers=self.space.buffers,
            )
            name = names.of_chip(exposure, chip, "blt")
            header = partial(chip_header, exposure, chip.extver, name)
            self.space.put(name, found.sci, header, more=partial(rim_hdu, found.rim))
            self._rims[name] = found.rim

    def blot_units(self) -> int:
        return sum(blot_units(chip.wcs) for _, chip in self.chips)

    def chip_names(self, what: str) -> list[str]:
        return [names.of_chip(exposure, chip, what) for exposure, chip in self.chips]

    # Step 6
    def make_crmasks(self) -> Figures:
        """Write the cosmic ray masks and, with driz_cr_corr, the cleaned exposures."""
        figures = {}
        for exposure, found in self.each_exposure(Run._crmasks):
            figures.update({(c.path, c.extver): one for c, one in zip(exposure.chips, found, strict=True)})
        self.space.room //= 3  # the final image needs what masks hold
        self.space.shrink(self.space.room)
        return figures

    def _crmasks(self, number: int) -> list[Flagged]:
        """The masks of an exposure; what was flagged in each chip."""
        exposure = self.exposures[number]
        found, hits = [], []
        for chip in exposure.chips:
            seen = self.usable(exposure, chip, self.plan.final_bits)
            mask, hit, stars = self._crmask(exposure, chip, seen)
            found.append(Flagged(*fractions(mask, seen, self.workers), stars))
            self.space.buffers.give(seen, mask.core)
            hits += [] if hit is None else [hit]
            self.space.put(names.of_chip(exposure, chip, "crmask"), mask.good)
        if hits:
            self._write_clean(exposure, hits)
        return found

    def crmask_names(self) -> list[str]:
        copies = [names.crclean(e) for e in self.exposures] if self.params["driz_cr_corr"] else []
        return self.chip_names("crmask") + copies

    def _write_clean(self, exposure: Exposure, hits: Sequence[Replaced]) -> None:
        """Have the cleaned exposure written."""
        space, plan, name = self.space, self.plan, names.crclean(exposure)
        images = {hit.chip.extver: hit.image() for hit in hits}
        flags = {hit.chip.extver: hit.flags(plan.reset, plan.crbit) for hit in hits}

        def job() -> None:
            space.stamps.pop(name, None)
            space.stamp(name, write_clean(exposure, space.folder / name, images, flags, space.check))

        space.do(job)

    def crmask_units(self) -> int:
        return sum(cosmic_units(chip.shape) for _, chip in self.chips)

    def _crmask(
        self, exposure: Exposure, chip: Chip, seen: NDArray[np.bool_]
    ) -> tuple[CosmicMask, Replaced | None, Cores]:
        """The masks of a chip; with driz_cr_corr what its cleaned copy has in place of cosmic rays; its star centres,
        of the pixels `seen`.
        """
        factor, space = to_electrons(chip), self.space
        name = names.of_chip(exposure, chip, "blt")
        blotted = space.get(name)
        data = plane(chip).whole(space.buffers.take(chip.shape, np.float32), workers=self.workers)
        detector = Detector(
            factor,
            self.sky.of(chip).noise * factor,
            chip.read_noise,
            exposure.facts.cte_dir(chip.ccdchip, str(exposure.primary.get("CCDAMP", ""))),
        )
        mask = find_cosmics(
            data,
            blotted,
            _need(self.plan.cosmic),
            detector,
            rim=self._rim(name, chip.shape),
            workers=self.workers,
            progress=self.progress,
            buffers=space.buffers,
        )
        stars = find_cores(data, seen, mask.core, detector, self.workers)
        hit = Replaced.of(chip, blotted, mask.good) if self.params["driz_cr_corr"] else None
        space.let_go(name)
        space.buffers.give(data)
        return mask, hit, stars

    def _rim(self, name: str, shape: tuple[int, int]) -> Rim:
        """The rim of a blotted image, of this run or of the one that left the file."""
        if name not in self._rims:
            self._rims[name] = read_rim(self.space.folder / name, shape)
        return self._rims[name]

    # Step 7
    def final_units(self) -> int:
        return work_units(self.final_frame) * len(self.chips)


def _need(value: Any) -> Any:
    """The parameters of a step that runs."""
    if value is None:
        raise AssertionError("a step that is off was run")
    return value
