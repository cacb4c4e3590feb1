"""Which frames there are to blink: exposures with what AstroDrizzle made of them, and the drizzled images."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from core.data.exposure import Chip, Exposure
from core.drizzle.results import DrizzleResult, ExposureFigures
from ui.views.framestore import BlinkFrame
from ui.views.onsky import on_pixels_of
from ui.views.planes import read_plane, read_product
from ui.views.prepared import IMAGE, MASK, WEIGHT

ALL = "All exposures"


def blink_frames(exposures: Sequence[Exposure], result: DrizzleResult | None = None) -> list[BlinkFrame]:
    """One group for each chip of each exposure (flt, crclean, crmask, blot), one for each chip number with
    all exposures, one for the drizzled frame.

    Only files that are there are offered; nothing is read until a frame is shown.
    """
    all_made = result.exposures if result is not None else ()
    by_file = {made.path: made for made in all_made}
    # image sets of one file are exposures of their own
    by_chip = {(made.path, chip.extver): made for made in all_made for chip in made.chips}
    frames = []
    for exposure in exposures:
        for chip in exposure.chips:
            made = by_chip.get((exposure.path, chip.extver)) or by_file.get(exposure.path)
            frames += chip_frames(exposure, chip, made)
    frames += exposure_frames(exposures)
    return frames + (drizzled_frames(result) if result is not None else [])


def exposure_frames(exposures: Sequence[Exposure]) -> list[BlinkFrame]:
    """All exposures on the pixels of the first one's chips, by their WCSs: what jumps shows a WCS that is off."""
    frames: list[BlinkFrame] = []
    if len(exposures) < 2:
        return frames
    first, *others = exposures
    for chip in first.chips:
        group, shape = f"{ALL} [sci,{chip.extver}]", (chip.wcs.naxis[1], chip.wcs.naxis[0])
        frames.append(BlinkFrame(first.name, chip.read, IMAGE, chip.wcs, group, unit_of(chip)))
        for other in (each for each in others if each.chips):
            load = partial(on_pixels_of, chip.wcs, shape, other.chips)
            name = f"{other.name} (resampled)"
            frames.append(BlinkFrame(name, load, IMAGE, chip.wcs, group, unit_of(other.chips[0])))
    return frames


def unit_of(chip: Chip) -> str:
    """The unit of a chip as it is read out."""
    return chip.bunit.lower().replace("electrons", "e\u2212")


def chip_frames(exposure: Exposure, chip: Chip, made: ExposureFigures | None) -> list[BlinkFrame]:
    """The frames that lie on the pixels of one chip."""
    group = f"{exposure.stem} [sci,{chip.extver}]"
    unit = unit_of(chip)
    frames = [BlinkFrame(exposure.name, chip.read, IMAGE, chip.wcs, group, unit)]
    if made is None:
        return frames
    offered = (
        (made.crclean, "SCI", IMAGE),
        (made.crmasks.get(chip.extver), "", MASK),
        (made.blots.get(chip.extver), "", IMAGE),
    )
    for path, name, kind in offered:
        if path is not None and path.is_file():
            load = partial(read_plane, path, name, chip.extver)
            frames.append(BlinkFrame(path.name, load, kind, chip.wcs, group, unit if kind == IMAGE else ""))
    return frames


def drizzled_frames(result: DrizzleResult) -> list[BlinkFrame]:
    """The single images, the median and the final image: one group when they share the output frame."""
    frames = []
    offered = [(made.single_sci, "SCI", IMAGE) for made in result.exposures]
    offered += [(result.median, "SCI", IMAGE)]
    offered += [(made.single_wht, "WHT", WEIGHT) for made in result.exposures]
    for path, name, kind in offered:
        if path is not None and path.is_file():
            load = partial(read_product, path, name)
            frames.append(BlinkFrame(path.name, load, kind, None, "Single images and median"))
    if result.science is not None and result.science.is_file():
        load = partial(read_product, result.science, "SCI")
        frames.append(BlinkFrame(result.science.name, load, IMAGE, None, "Final image"))
    return frames
