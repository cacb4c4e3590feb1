"""What a run will do: all parameters read and checked before anything is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from core.data.dq import Bits, parse_bits, without_bits
from core.drizzle.choose import CHAIN, NAMES, SWITCHES, number_of, told
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
TITLES = dict(zip(NAMES, STEPS, strict=True))


@dataclass(frozen=True)
class Plan:
    """Which steps run, and with what; `notes` say what was switched otherwise than asked.

    `doing` names the steps that run, `given` those whose files or values are read as an earlier run left them. `keeps`:
    steps alone leave their files for those after them, whatever `clean` says, until the final image is made.
    """

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
    doing: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    keeps: bool = False

    @property
    def reset_mask(self) -> int:
        """DQ flags taken as not set."""
        return self.reset.allowed if self.reset is not None else 0


def make_plan(params: Mapping[str, Any], exposures: int, only: frozenset[str] | None = None) -> Plan:
    """Read the parameters for a run of so many exposures; raises Refusal for the first wrong one.

    Of steps 3 to 6 those run that are switched on, and those between them (cosmic rays need the blot, that the median,
    that the separate images). What the first of them works on is read as an earlier run left it. With one exposure all
    four are off, for there is nothing to compare with. `only` these steps run when it is given, whatever the switches
    say: they work on the files that the steps before left, MDRIZSKY and static masks too.
    """
    wanted = _wanted(params)
    needed = _between(wanted) if only is None else only
    if exposures < 2:
        _check_single(only)
        needed -= frozenset(CHAIN)
    bits = {name: _bits(params, name) for name in ("driz_sep_bits", "final_bits", "sky_bits")}
    reset = _bits(params, "resetbits")
    given = _given(needed) if only is None else _given_all(needed, params, exposures)
    return Plan(
        SeparateParams.of(params) if "separate" in needed else None,
        MedianParams.of(params) if "median" in needed else None,
        BlotParams.of(params) if "blot" in needed else None,
        CosmicParams.of(params) if "cosmic" in needed else None,
        CombineParams.of(params) if "combine" in needed else None,
        bits["driz_sep_bits"],
        bits["final_bits"],
        _checked_reset(reset),
        _crbit(params),
        _notes(wanted, needed, exposures, params) if only is None else (),
        needed,
        given,
        only is not None and "combine" not in needed,
    )


def _wanted(params: Mapping[str, Any]) -> frozenset[str]:
    """The steps that are switched on; that of the sky runs always, if only to say that nothing is subtracted."""
    switched = [name for name, switch in zip(NAMES, SWITCHES, strict=True) if params[switch]]
    return frozenset([*switched, "sky"])


def _between(wanted: frozenset[str]) -> frozenset[str]:
    """These steps, and those of 3 to 6 between them."""
    places = [place for place, name in enumerate(CHAIN) if name in wanted]
    return wanted | frozenset(CHAIN[places[0] : places[-1] + 1] if places else ())


def _given(doing: frozenset[str]) -> frozenset[str]:
    """The step of 3 to 6 on whose files these work without doing it."""
    return frozenset(one for one, later in pairwise(CHAIN) if later in doing and one not in doing)


def _given_all(doing: frozenset[str], params: Mapping[str, Any], exposures: int) -> frozenset[str]:
    """The same, with static masks, sky and cosmic ray masks where a whole run would make them."""
    found = set(_given(doing))
    if params["static"] and doing & {"separate", "cosmic", "combine"}:
        found.add("static")
    if params["static"] and params["skysub"] and params["use_static"] and "sky" in doing:
        found.add("static")
    if doing & {*CHAIN, "combine"}:
        found.add("sky")
    if params["driz_cr"] and exposures > 1 and "combine" in doing:
        found.add("cosmic")
    return frozenset(found - doing)


def _check_single(only: frozenset[str] | None) -> None:
    """Refuse steps that a single exposure has not."""
    for name in CHAIN:
        if only is not None and name in only:
            raise Refusal(
                f"With a single exposure there is no {told(name)}: there is nothing to compare it with.",
                subject="--steps",
                advice="Leave steps 3 to 6 out, or give more exposures.",
            )


def _notes(
    wanted: frozenset[str], needed: frozenset[str], exposures: int, params: Mapping[str, Any]
) -> tuple[str, ...]:
    notes = []
    if exposures < 2 and wanted & frozenset(CHAIN):
        notes.append("A single exposure: separate drizzle, median, blot and cosmic rays are left out.")
    on = [SWITCHES[number_of(name) - 1] for name in CHAIN if name in needed and name not in wanted]
    if on:
        notes.append(f"Switched on because a later step needs it: {', '.join(on)}.")
    if "median" in needed and "minmed" in str(params["combine_type"]) and exposures >= 10:
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
            advice="Give 4096, or 0 to flag nothing in the exposures.",
        )
    return bit
