"""The seven steps by number and name, and which of them a person wants done."""

from __future__ import annotations

import re
from difflib import get_close_matches

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
        A word is neither a number from 1 to 7 nor a step, a range runs backwards or lacks an end, nothing is named.
    """
    found: set[str] = set()
    for part in filter(None, re.split(r"[,;\s]+", text.strip().lower())):
        first, dash, last = part.partition("-")
        if dash and not (first and last):
            raise _refused(f"The range '{part}' lacks an end.")
        start, stop = _place(first), _place(last if dash else first)
        if stop < start:
            raise _refused(f"The range '{part}' runs backwards.", f"Give {last}-{first}.")
        found.update(NAMES[start : stop + 1])
    if not found:
        raise _refused("No step is named.")
    return frozenset(found)


def _place(word: str) -> int:
    if word.isdecimal() and 1 <= int(word) <= len(NAMES):
        return int(word) - 1
    for names in (NAMES, SWITCHES):
        if word in names:
            return names.index(word)
    near = get_close_matches(word, (*NAMES, *SWITCHES), n=1)
    raise _refused(f"There is no step '{word[:40]}'." + (f" Did you mean {near[0]}?" if near else ""))


def _refused(what: str, advice: str = "") -> Refusal:
    known = f"Give numbers 1 to 7 or names ({', '.join(NAMES)}), such as 4, 4-7 or median,blot."
    return Refusal(what, subject="--steps", advice=advice or known)
