"""What the texts among the parameters mean: number pairs, DQ bit expressions, weight scales, columns."""

from __future__ import annotations

import math
import re

from core.errors import Refusal
from core.params.when import is_blank

_PRODUCT = re.compile(r"(_dr[zcw](_(sci|wht|ctx))?)?(\.fits(\.gz)?)?$", re.IGNORECASE)


def product_root(output: str) -> str:
    """What the names of the products begin with when `output` is a person's name for them: "y" of "y", "y.fits",
    "y_drz" and "y_drz_sci.fits". As in drizzlepac, but a _drz in the middle stays."""
    return _PRODUCT.sub("", output.strip(), count=1)


def parse_pair(text: str, name: str = "") -> tuple[float, float]:
    """Two numbers separated by blanks, a comma or a semicolon, as in "3.5 3.0".

    Raises Refusal if there are not exactly two finite numbers.
    """
    words = text.replace(",", " ").replace(";", " ").split()
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = []
    if len(numbers) != 2 or not all(map(math.isfinite, numbers)):
        raise Refusal(
            f"{text[:60]!r} is not a pair of numbers.",
            subject=name,
            advice='Give two numbers, such as "3.5 3.0".',
        )
    return numbers[0], numbers[1]


def parse_weight_scale(text: str, name: str = "") -> str | float:
    """ "exptime", "expsq", or the number by which weights are multiplied; raises Refusal for anything else."""
    word = text.strip()
    if word in ("exptime", "expsq"):
        return word
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number <= 0:
        raise Refusal(
            f"{text[:60]!r} is neither exptime, expsq nor a positive number.",
            subject=name,
            advice="Give exptime for the usual weights.",
        )
    return number


def bits_fault(text: str) -> str:
    """What is wrong with a DQ bit expression; "" if nothing is.

    Allowed: nothing or None (every pixel is good), one whole number, or a list of single bits joined by commas
    or by plus signs, in parentheses if wished; a leading ~ turns the meaning round.
    """
    body = text.strip()
    if is_blank(body):
        return ""
    if body.startswith("~"):
        body = body[1:].strip()
        if body.startswith("-"):
            return "A negative number is turned round already; leave out the ~."
    while body.startswith("(") and body.endswith(")"):
        body = body[1:-1].strip()
    if "," in body and "+" in body:
        return "Bits are separated by commas or by plus signs, not by both."
    words = [word.strip() for word in body.replace("+", ",").split(",")]
    if not all(_is_whole(word) for word in words):
        return f"{text[:60]!r} is not a list of whole numbers."
    if len(words) > 1:
        odd = [word for word in words if not is_bit(int(word))]
        if odd:
            return f"{odd[0]} is not a single bit (1, 2, 4, 8, 16 ...)."
    return ""


def is_bit(number: int) -> bool:
    """Whether the number is a power of two."""
    return number > 0 and number & (number - 1) == 0


def column_fault(text: str) -> str:
    """What is wrong with a column: a number from 1, a name, or a comma list of them; "" if nothing is."""
    for word in text.split(","):
        if not word.strip():
            return "A column is missing."
        if _is_whole(word.strip()) and int(word) < 1:
            return "Columns are counted from 1."
    return ""


def numbers_fault(text: str) -> str:
    """What is wrong with a comma list of positive numbers; "" if nothing is."""
    for word in text.split(","):
        try:
            number = float(word)
        except ValueError:
            return f"{word.strip()[:60]!r} is not a number."
        if not math.isfinite(number) or number < 0:
            return f"{word.strip()[:60]} is not a positive number."
    return ""


def _is_whole(word: str) -> bool:
    digits = word[1:] if word[:1] in ("-", "+") else word
    return 0 < len(digits) <= 20 and digits.isascii() and digits.isdigit()
