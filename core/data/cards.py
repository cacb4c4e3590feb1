"""What differs between two headers, card by card, as a person is shown it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from astropy.io import fits

_MANY = ("COMMENT", "HISTORY", "")


@dataclass(frozen=True)
class CardChange:
    """One keyword of one header. `before` is None for a new card, `after` for one that goes.

    `file` is the file's name, `extver` its EXTVER (0: primary header), `extname` "SCI", "PRIMARY" ... Values are as
    the header holds them: str, int, float, bool.
    """

    file: str
    extver: int
    keyword: str
    before: Any
    after: Any
    extname: str = "SCI"

    @property
    def where(self) -> str:
        """ "SCI,1" or "PRIMARY"."""
        return f"{self.extname},{self.extver}" if self.extver else self.extname


def changed_cards(
    before: fits.Header, after: fits.Header, *, file: str, extname: str, extver: int
) -> tuple[CardChange, ...]:
    """The cards whose value differs, in the order of `after`, then those that went; comments do not count."""
    old, new = _values(before), _values(after)
    changes = []
    for keyword in [*new, *(one for one in old if one not in new)]:
        was, becomes = old.get(keyword), new.get(keyword)
        if type(was) is not type(becomes) or was != becomes:
            changes.append(CardChange(file, extver, keyword, was, becomes, extname))
    return tuple(changes)


def rms_in_mas(header: fits.Header, letter: str = "") -> tuple[float | None, float | None]:
    """RMS_RA and RMS_DEC of a WCS in mas on the sky, None where not given.

    tweakreg writes degrees, the archive's own alignment mas; a scatter of 0.01 degrees is none of an alignment.
    """
    values = [header.get(f"{key}{letter}") for key in ("RMS_RA", "RMS_DEC")]
    found = [None if not isinstance(v, int | float) else float(v) for v in values]
    east, north = (v if v is None or abs(v) >= 0.01 else v * 3.6e6 for v in found)
    return east, north


def _values(header: fits.Header) -> dict[str, Any]:
    """Values by keyword; what may occur many times (COMMENT, HISTORY) as one text."""
    values: dict[str, Any] = {}
    for card in header.cards:
        keyword, value = card.keyword, card.value
        if isinstance(value, fits.card.Undefined):
            value = ""
        if keyword in _MANY and keyword in values:
            value = f"{values[keyword]}\n{value}"
        values[keyword] = value
    return values
