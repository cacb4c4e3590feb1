"""Which DQ flags count as good: the bit expressions of dqbits, sky_bits, driz_sep_bits, final_bits, resetbits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import Refusal

_BLANK = ("", "NONE", "INDEF")
_ADVICE = (
    'Write the good flags like "64,512" or "64+512", the bad ones like "~4096", 0 for none, blank for all.'
)


@dataclass(frozen=True)
class Bits:
    """A set of DQ flags that are to be taken as good; `allowed` is a bit mask, negative (two's complement) when
    all flags but some are good."""

    allowed: int

    @property
    def bad(self) -> int:
        """The flags of 16 bits that make a pixel bad."""
        return ~self.allowed & 0xFFFF


def parse_bits(text: str | int | None) -> Bits | None:
    """Read a bit expression.

    "" / None / INDEF: None, no pixel is bad. A list "4,8", "4+8", "4|8", brackets allowed, of single flags; one
    integer may be any sum of flags. A leading "~" turns it round: the listed flags are the bad ones. A negative
    integer is its two's complement: -5 is "~4". "0": any flag makes a pixel bad.

    Raises `Refusal` for anything else.
    """
    if text is None:
        return None
    if isinstance(text, int):
        return Bits(int(text))
    body = text.strip()
    if body.upper() in _BLANK:
        return None
    turned = body.startswith("~")
    body = _bare(body[1:].strip() if turned else body, text)
    parts = [part.strip() for part in re.split(r"[,+|]", body)]
    if len({sign for sign in body if sign in ",+|"}) > 1 or not all(re.fullmatch(r"-?\d+", p) for p in parts):
        raise _wrong(text, "is not a list of DQ flags")
    values = [int(part) for part in parts]
    if len(values) > 1:
        for value in values:
            if value < 1 or value & (value - 1):
                raise _wrong(text, f"holds {value}, which is no single flag (1, 2, 4, 8 ...)")
    elif turned and values[0] < 0:
        raise _wrong(text, "turns a negative number round")
    total = 0
    for value in values:
        total |= value
    return Bits(~total if turned else total)


def good_pixels(dq: NDArray[Any], bits: Bits | None) -> NDArray[np.bool_]:
    """Where no flag but the allowed ones is set; True everywhere for None. `dq` is uint16 of any shape."""
    if bits is None:
        return np.ones(dq.shape, np.bool_)
    good: NDArray[np.bool_] = (dq.astype(np.uint16, copy=False) & np.uint16(bits.bad)) == 0
    return good


def without_bits(dq: NDArray[np.uint16], bits: Bits | None) -> NDArray[np.uint16]:
    """A copy of `dq` with the flags of `bits` cleared; None clears nothing.

    Raises `Refusal` for an expression with "~" (drizzlepac ignores it without a word).
    """
    if bits is None:
        return dq.copy()
    if bits.allowed < 0:
        raise Refusal(
            "Flags to be reset cannot be given by exclusion.",
            subject="resetbits",
            advice="List them, like 4096.",
        )
    return dq & np.uint16(~bits.allowed & 0xFFFF)


def _bare(body: str, text: str) -> str:
    if body.startswith("(") and body.endswith(")"):
        body = body[1:-1].strip()
    if not body:
        raise _wrong(text, "lists no flag")
    return body


def _wrong(text: str, what: str) -> Refusal:
    return Refusal(f"The bit expression {text!r} {what}.", advice=_ADVICE)
