"""The seven steps by number and name, and which of them a person wants done."""

from __future__ import annotations

import re

from core.errors import Refusal

NAMES = ("static", "sky", "separate", "median", "blot", "cosmic", "combine")
"""The steps of the Handbook in their order, 1 to 7, as this program calls them."""
SWITCHES = ("static", "skysub", "driz_separate", "median", "blot", "driz_cr", "driz_combine")
"""The parameter that switches each of them, in the same order."""
CHAIN = NAMES[2:6]
"""Steps 3 to 6, of which each works on the files of the one before."""


def number_of(name: str) -> int:
    """1 for the static mask, 7 for the final image."""
    return NAMES.index(name) + 1


def told(name: str) -> str:
    """A step as messages call it: "step 3 (driz_separate)"."""
    return f"step {number_of(name)} ({SWITCHES[NAMES.index(name)]})"


def chosen_steps(text: str) -> frozenset[str]:
    """The names of the steps that a text lists: "4", "4-7", "median,blot", "driz_cr-driz_combine".

    Raises
    ------
    Refusal
        A word is neither a number from 1 to 7 nor a step, or a range runs backwards.
    """
    found: set[str] = set()
    for part in filter(None, re.split(r"[,;\s]+", text.strip().lower())):
        first, dash, last = part.partition("-")
        start, stop = _place(first, text), _place(last if dash else first, text)
        if stop < start:
            raise _unknown(part, text)
        found.update(NAMES[start : stop + 1])
    if not found:
        raise _unknown(text, text)
    return frozenset(found)


def _place(word: str, text: str) -> int:
    if word.isdigit() and 1 <= int(word) <= len(NAMES):
        return int(word) - 1
    for names in (NAMES, SWITCHES):
        if word in names:
            return names.index(word)
    raise _unknown(word, text)


def _unknown(word: str, text: str) -> Refusal:
    return Refusal(
        f"'{word}' in '{text}' names no step.",
        subject="--steps",
        advice=f"Give numbers 1 to 7 or names ({', '.join(NAMES)}), such as 4, 4-7 or median,blot.",
    )
