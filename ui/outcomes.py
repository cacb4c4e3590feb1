"""How runs ended, in words: a line for an alignment, the remarks on a drizzle run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from core.align.results import Alignment, ImageResult
    from core.drizzle.results import DrizzleResult, ExposureFigures


STILL = 0.001  # frame pixels; less than what any fit can tell


def counted(number: int, noun: str) -> str:
    """ "1 remark", "2 remarks"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def badge_of(image: ImageResult) -> str:
    """The word of the list: the status, or DOUBTFUL for an alignment that something speaks against."""
    return "DOUBTFUL" if image.doubts and str(image.status) == "ALIGNED" else str(image.status)


def moves_nothing(image: ImageResult, alignment: Alignment) -> bool:
    """Whether the header of an aligned image has its solution already: none of its sources moves by `STILL`."""
    fit, sources = image.fit, image.sources
    if str(image.status) != "ALIGNED" or fit is None or sources is None or not len(sources):
        return False
    place = np.column_stack((sources.u, sources.v)) - (alignment.frame.crpix - 1.0)
    return bool(np.abs(place @ fit.matrix + fit.shift - place).max() < STILL)


def outcome_of(alignment: Alignment) -> tuple[str, str]:
    """An alignment in one line, and its level for the log: "2 of 2 images aligned to a_flt.fits, worst rms 0.012 px".

    The reference is not counted: it is not aligned to itself.
    """
    others = [image for image in alignment.images if str(image.status) != "REFERENCE"]
    good = [image for image in others if str(image.status) == "ALIGNED"]
    to = f" to {alignment.reference_name}" if alignment.reference_name else ""
    words = [f"{len(good)} of {counted(len(others), 'image')} aligned{to}"]
    scatter = [max(image.fit.rms_x, image.fit.rms_y) for image in good if image.fit is not None]
    if scatter:
        words.append(f"worst rms {max(scatter):.3f} px")
    doubtful = sum(badge_of(image) == "DOUBTFUL" for image in good)
    failed = sum(str(image.status) == "FAILED" for image in others)
    words += [f"{count} {word}" for count, word in ((doubtful, "doubtful"), (failed, "failed")) if count]
    whole = len(good) == len(others) and not doubtful
    return ", ".join(words), "good" if whole else "warning"


def remarks_of(result: DrizzleResult | None) -> list[str]:
    """What a run has to say: its warnings, and why exposures were left out or not marked; each once."""
    if result is None:
        return []
    told = "\n".join(result.warnings)
    reasons = [f"{each.name}: {each.reason}" for each in result.exposures if each.reason not in told]
    return list(dict.fromkeys((*result.warnings, *reasons)))


def remark_on(result: DrizzleResult, exposure: ExposureFigures, extver: int | None) -> str:
    """The remarks of a run that name a chip, or its exposure as a whole; `extver` None: the exposure."""
    parts = [exposure.reason] if exposure.reason else []
    for warning in result.warnings:
        of_other_chip = f"{exposure.name}[" in warning and f"{exposure.name}[SCI,{extver}]" not in warning
        if exposure.name in warning and not of_other_chip and warning not in parts:
            parts.append(warning)
    return " ".join(parts)
