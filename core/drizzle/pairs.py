"""Parameters that are two numbers in one text, such as driz_cr_snr = "3.5 3.0"."""

from __future__ import annotations

import math
import re

from core.errors import Refusal


def two_numbers(text: str, name: str) -> tuple[float, float]:
    """Two finite numbers not below 0, parted by blanks, commas or semicolons; a single one counts for both.

    Raises
    ------
    Refusal
        None or more than two words, or a word that is no such number; `name` is the parameter's.
    """
    words = [word for word in re.split(r"[\s,;]+", str(text).strip()) if word]
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    if len(values) not in (1, 2) or not all(math.isfinite(v) and v >= 0 for v in values):
        raise Refusal(
            f"'{text}' is not a pair of numbers.", subject=name, advice='Give two numbers such as "4 3".'
        )
    return values[0], values[-1]
