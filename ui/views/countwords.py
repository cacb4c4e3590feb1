"""The numbers of sources on all chips, in a line and as a table: which exposure finds far fewer than the others?"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from ui import style

if TYPE_CHECKING:
    from core.align.livechips import Counted

FEW = 0.5  # of the median: told


def counts_words(counted: Sequence[Counted]) -> str:
    """The sum, and the chip with far fewer sources than the others; what could not be read."""
    good = [one for one in counted if not one.trouble]
    if not good:
        return ""
    chips = "chip" if len(good) == 1 else "chips"
    words = f"All {len(good)} {chips}: <b>{sum(one.sources for one in good)} sources</b>."
    least = min(good, key=lambda one: one.sources)
    middle = sorted(one.sources for one in good)[len(good) // 2]
    if least.sources < FEW * middle:
        words += f' <span style="color:{style.current().warn}">Only {least.sources} on {_name(least)}.</span>'
    bad = len(counted) - len(good)
    return f"{words} {bad} cannot be searched." if bad else words


def counts_table(counted: Sequence[Counted]) -> str:
    """Each chip in a line, for the tooltip."""
    rows = "".join(
        f"<tr><td>{_name(one)}&nbsp;&nbsp;</td><td align='right'>{one.trouble or one.sources}</td></tr>"
        for one in counted
    )
    return f"<table>{rows}</table>"


def _name(one: Counted) -> str:
    return f"{escape(one.path.name)}&nbsp;[sci,{one.extver}]"
