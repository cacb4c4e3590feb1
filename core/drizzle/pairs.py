"""Parameters that hold two numbers in one text: combine_nsigma "4 3", driz_cr_snr "3.5 3.0"."""

from __future__ import annotations

from core.errors import Refusal
from core.params import parse_pair


def two_numbers(text: str, name: str) -> tuple[float, float]:
    """Two finite numbers not below 0, parted by blanks, commas or semicolons.

    Raises
    ------
    Refusal
        Not two words, or a word that is no such number; `name` is the parameter's.
    """
    first, second = parse_pair(str(text), name)
    if min(first, second) < 0:
        raise Refusal(
            f"'{text}' has a number below 0.", subject=name, advice='Give two numbers such as "4 3".'
        )
    return first, second
