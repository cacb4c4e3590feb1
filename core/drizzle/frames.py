"""The output frames: the common one around all exposures, and what a person makes of it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from core.data.chipwcs import ChipWCS
from core.data.exposure import Exposure
from core.data.frame import custom_frame, orthogonal_frame, output_frame, read_frame
from core.drizzle.overlap import reaches
from core.errors import Refusal

_WISHES = ("rot", "scale", "outnx", "outny", "ra", "dec", "crpix1", "crpix2")
_BYTES_A_PIXEL = 12  # science, weight and context


def default_frame(exposures: Sequence[Exposure], params: Mapping[str, Any]) -> ChipWCS:
    """The smallest frame around all chips, as the first is oriented and scaled, with square pixels.

    With coeffs off a chip that is alone keeps its own frame, as in drizzlepac.
    """
    chips = [chip.wcs for exposure in exposures for chip in exposure.chips]
    if params["coeffs"]:
        return output_frame(chips)
    return orthogonal_frame(chips[0].linear() if len(chips) == 1 else output_frame(chips, undistort=False))


def step_frame(base: ChipWCS, params: Mapping[str, Any], prefix: str) -> ChipWCS:
    """The frame of a step: `base`, or with <prefix>wcs on what <prefix>refimage, _rot, _scale ... make of it.

    `prefix` is "driz_sep_" or "final_". Raises Refusal with the parameter's full name.
    """
    if not params[prefix + "wcs"]:
        return base
    try:
        reference = str(params[prefix + "refimage"]).strip()
        start = read_frame(reference, undistort=bool(params["coeffs"])) if reference else base
        return custom_frame(start, **{name: params[prefix + name] for name in _WISHES})
    except Refusal as refusal:
        subject = ", ".join(prefix + name.strip() for name in (refusal.subject or "refimage").split(","))
        raise Refusal(refusal.what, file=refusal.file, subject=subject, advice=refusal.advice) from refusal


def check_size(frame: ChipWCS, prefix: str) -> None:
    """Refuse a frame whose images do not fit into half of the machine's memory."""
    columns, rows = frame.naxis
    needed = rows * columns * _BYTES_A_PIXEL
    if needed > _memory() / 2:
        raise Refusal(
            f"The output would have {columns} x {rows} pixels and need {needed / 2**30:.1f} GiB of memory.",
            subject=f"{prefix}wcs",
            advice="Leave out exposures that lie far from the others, check their WCS, or set a smaller "
            "size or a larger pixel scale.",
        )


def check_reached(
    exposures: Sequence[Exposure], frame: ChipWCS, params: Mapping[str, Any], prefix: str
) -> tuple[str, ...]:
    """Warnings of the exposures and chips that lie outside the frame of a step; refuse one that none of them meets."""
    if not params[prefix + "wcs"]:
        return ()
    outside = {e.name: [c.extver for c in e.chips if not reaches(c, frame)] for e in exposures}
    if all(len(outside[e.name]) == len(e.chips) for e in exposures):
        ra, dec = (float(value[0]) for value in exposures[0].chips[0].wcs.footprint())
        given = [name for name in ("refimage", *_WISHES) if params[prefix + name] not in (None, "")]
        raise Refusal(
            f"No exposure meets this frame: {exposures[0].name} lies at RA {ra:.4f}, Dec {dec:.4f}.",
            subject=", ".join(prefix + name for name in given or ("wcs",)),
            advice=f"Give a frame that holds them, or switch {prefix}wcs off.",
        )
    image = "separate images" if prefix == "driz_sep_" else "final image"
    parts = {
        e.name: [""] if len(outside[e.name]) == len(e.chips) else [f"[SCI,{v}]" for v in outside[e.name]]
        for e in exposures
    }
    return tuple(
        f"{name}{part} lies outside the frame of the {image}." for name, own in parts.items() for part in own
    )


def _memory() -> int:
    """Bytes of the machine's memory; 8 GiB where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 * 2**30
