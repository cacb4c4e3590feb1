"""What a run will do: all parameters read and checked before anything is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.dq import Bits, parse_bits, without_bits
from core.drizzle.cosmic import CosmicParams
from core.drizzle.median import MedianParams
from core.drizzle.settings import BlotParams, CombineParams, SeparateParams
from core.errors import Refusal

READING = "Reading the exposures"
STATIC = "Static mask"
SKY = "Sky subtraction"
SEPARATE = "Separate drizzle"
MEDIAN = "Median image"
BLOT = "Blot"
COSMIC = "Cosmic ray masks"
COMBINE = "Final drizzle"
WRITING = "Updating the exposures"
STEPS = (STATIC, SKY, SEPARATE, MEDIAN, BLOT, COSMIC, COMBINE)
"""The seven steps of the Handbook, in their order, as progress and the table of seconds call them."""


@dataclass(frozen=True)
class Plan:
    """Which steps run, and with what; `notes` say what was switched otherwise than asked."""

    separate: SeparateParams | None
    median: MedianParams | None
    blot: BlotParams | None
    cosmic: CosmicParams | None
    combine: CombineParams | None
    sep_bits: Bits | None
    final_bits: Bits | None
    reset: Bits | None
    crbit: int
    notes: tuple[str, ...] = ()

    @property
    def reset_mask(self) -> int:
        """DQ flags taken as not set."""
        return self.reset.allowed if self.reset is not None else 0


def make_plan(params: Mapping[str, Any], exposures: int) -> Plan:
    """Read the parameters for a run of so many exposures; raises Refusal for the first wrong one.

    A step that a later one needs is switched on (cosmic rays need the blot, that the median, that the separate
    images); with one exposure all four are off, for there is nothing to compare with.
    """
    wanted = {name: bool(params[name]) for name in ("driz_separate", "median", "blot", "driz_cr")}
    needed = dict(wanted)
    if exposures < 2:
        needed = dict.fromkeys(needed, False)
    else:
        needed["blot"] |= needed["driz_cr"]
        needed["median"] |= needed["blot"]
        needed["driz_separate"] |= needed["median"]
    bits = {name: _bits(params, name) for name in ("driz_sep_bits", "final_bits", "sky_bits")}
    reset = _bits(params, "resetbits")
    return Plan(
        SeparateParams.of(params) if needed["driz_separate"] else None,
        MedianParams.of(params) if needed["median"] else None,
        BlotParams.of(params) if needed["blot"] else None,
        CosmicParams.of(params) if needed["driz_cr"] else None,
        CombineParams.of(params) if params["driz_combine"] else None,
        bits["driz_sep_bits"],
        bits["final_bits"],
        _checked_reset(reset),
        _crbit(params),
        _notes(wanted, needed, exposures, params),
    )


def _notes(
    wanted: Mapping[str, bool], needed: Mapping[str, bool], exposures: int, params: Mapping[str, Any]
) -> tuple[str, ...]:
    notes = []
    if exposures < 2 and any(wanted.values()):
        notes.append("A single exposure: separate drizzle, median, blot and cosmic rays are left out.")
    on = [name for name in wanted if needed[name] and not wanted[name]]
    if on:
        notes.append(f"Switched on because a later step needs it: {', '.join(on)}.")
    if needed["median"] and "minmed" in str(params["combine_type"]) and exposures >= 10:
        notes.append(
            f"combine_type {params['combine_type']} is meant for three to six exposures; with {exposures} "
            "prefer median."
        )
    return tuple(notes)


def _bits(params: Mapping[str, Any], name: str) -> Bits | None:
    try:
        return parse_bits(params[name])
    except Refusal as refusal:
        raise Refusal(refusal.what, subject=name, advice=refusal.advice) from refusal


def _checked_reset(reset: Bits | None) -> Bits | None:
    without_bits(np.zeros(1, np.uint16), reset)
    return reset


def _crbit(params: Mapping[str, Any]) -> int:
    bit = int(params["crbit"])
    if not 0 <= bit <= 0xFFFF or bit & (bit - 1):
        raise Refusal(
            f"{bit} is not one DQ flag of 16 bits.",
            subject="crbit",
            advice="Give 4096, or 8192 for WFC3/IR, or 0 to flag nothing in the exposures.",
        )
    return bit
