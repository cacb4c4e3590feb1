"""What drizzling needs of an exposure beside pixels and WCS: unit, flags, gain, read noise."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import Refusal

if TYPE_CHECKING:
    from core.data.exposure import Chip, Exposure

_AGAIN = "Fetch the calibrated exposure (flt or flc) again, or leave it out."


def completed(exposure: Exposure) -> Exposure:
    """The exposure if it has all that drizzling needs.

    Of a detector without a table what the headers do not tell is assumed: a gain of 1, no read noise, electrons, no
    bad pixels; the exposure's `notes` say so.

    Raises
    ------
    Refusal
        The unit, the DQ extension, gain or read noise of a known detector is missing.
    """
    if not exposure.facts.is_known:
        exposure = _assumed(exposure)
    for chip in exposure.chips:
        _check(chip, may_lack_flags=not exposure.facts.is_known)
    return exposure


def _assumed(exposure: Exposure) -> Exposure:
    chips = exposure.chips
    lacking = {
        "a gain of 1 e-/DN": any(math.isnan(chip.gain) for chip in chips),
        "no read noise": any(math.isnan(chip.read_noise) for chip in chips),
        "pixels in electrons": any(not chip.bunit and not _unit(chip) for chip in chips),
        "no bad pixels": any(not chip.has_dq for chip in chips),
    }
    taken = [what for what, lacks in lacking.items() if lacks]
    made = tuple(
        replace(
            chip,
            gain=1.0 if math.isnan(chip.gain) else chip.gain,
            read_noise=0.0 if math.isnan(chip.read_noise) else chip.read_noise,
            bunit=chip.bunit or ("" if _unit(chip) else "ELECTRONS"),
        )
        for chip in chips
    )
    note = f"{exposure.name}: nothing is known of {exposure.facts.title or 'its instrument'}, such as CTE trails."
    if taken:
        note += f" Its headers do not say otherwise, so it is taken to have {', '.join(taken)}."
    return replace(exposure, chips=made, notes=(note,))


def _unit(chip: Chip) -> str:
    """BUNIT as the header has it."""
    return str(chip.header.get("BUNIT", "")).strip().upper()


def _check(chip: Chip, may_lack_flags: bool) -> None:
    path, extver = chip.path, chip.extver
    if not chip.bunit:
        text = _unit(chip)
        raise Refusal(
            f"The unit {text!r} of the pixels is not known."
            if text
            else "The unit of the pixels is missing.",
            file=path,
            subject=f"BUNIT of SCI,{extver}",
            advice="Set BUNIT to ELECTRONS, ELECTRONS/S, COUNTS or COUNTS/S.",
        )
    if not chip.has_dq and not may_lack_flags:
        beside = chip.flags.path.name if chip.flags is not None else ""
        raise Refusal(
            "The exposure has no data quality extension, so bad pixels cannot be left out.",
            file=path,
            subject=f"DQ,{extver}",
            advice=f"Put {beside}, which holds the flags, beside it." if beside else _AGAIN,
        )
    for value, what, subject in (
        (chip.gain, "gain", "ATODGNA ... ATODGND"),
        (chip.read_noise, "read noise", "READNSEA ... READNSED"),
    ):
        if math.isnan(value):
            raise Refusal(
                f"No keyword of the primary header gives the {what}.",
                file=path,
                subject=subject,
                advice="Set the keyword, or give the number as a parameter of the instrument section.",
            )
