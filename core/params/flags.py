"""DQ bit expressions as sets of single flags and back, so that a form can show them as a list of names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from core.params.meaning import bits_fault
from core.params.when import is_blank

WIDTH = 16
FLAGS = tuple(1 << place for place in range(WIDTH))
"""The flags of a 16 bit DQ array."""


@dataclass(frozen=True)
class Flags:
    """What an expression lists: single flags, and whether they are the bad ones (`turned`) or the good ones."""

    listed: frozenset[int]
    turned: bool = False

    def good(self) -> frozenset[int]:
        """The flags of 16 bits that count as good."""
        return frozenset(FLAGS) - self.listed if self.turned else self.listed & frozenset(FLAGS)


def parse_flags(text: str) -> Flags | None:
    """The flags of a DQ bit expression; None when it is blank (no flag counts) or cannot be read.

    "64,32", "64+32" and "96" are the same; "~4096" lists bad flags, and so does -4097, its two's complement.
    """
    if is_blank(text) or bits_fault(text):
        return None
    numbers = [int(word) for word in re.findall(r"[-+]?\d+", text.replace("+", ","))]
    turned = text.strip().startswith("~")
    if len(numbers) == 1 and numbers[0] < 0:
        return Flags(_single(~numbers[0]), True)
    return Flags(frozenset().union(*map(_single, numbers)), turned)


def format_flags(good: Iterable[int], like: str = "") -> str:
    """The expression for these good flags, written as `like` is: with commas or plus signs, or by the bad ones.

    The larger flag stands first, as the Handbook writes "64,32"; "0" when no flag is good.
    """
    turned = like.strip().startswith("~")
    wanted = frozenset(FLAGS) - frozenset(good) if turned else frozenset(good)
    sign = "+" if "+" in like else ","
    return ("~" if turned else "") + (sign.join(str(flag) for flag in sorted(wanted, reverse=True)) or "0")


def _single(number: int) -> frozenset[int]:
    return frozenset(1 << place for place in range(number.bit_length()) if number >> place & 1)
