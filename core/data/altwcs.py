"""The WCS of a chip that a person chose: the primary one, or an alternate by its letter or name."""

from __future__ import annotations

import string
from dataclasses import replace
from pathlib import Path

from astropy.io import fits

from core.data.chipwcs import ChipWCS
from core.data.readwcs import read_wcs
from core.errors import Refusal

_PRIMARY = ("", "PRIMARY", "NONE", "INDEF")


def read_chosen_wcs(hdus: fits.HDUList, hdu: fits.ImageHDU, wcskey: str, *, path: str | Path = "") -> ChipWCS:
    """The WCS `wcskey` of one extension, with the distortion of the primary (alternates have none of their own).

    Raises
    ------
    Refusal
        There is no such WCS, with subject "wcskey"; it cannot be used, as `read_wcs` says.
    """
    letter = letter_of(hdu.header, wcskey)
    if letter is None:
        raise Refusal(
            f"SCI,{hdu.ver} has no WCS {wcskey.strip()!r}; it has {_known(hdu.header)}.",
            file=path,
            subject="wcskey",
            advice="Choose a WCS that every exposure has, leave this exposure out, or leave wcskey blank.",
        )
    wcs = read_wcs(hdus, hdu, path=path, key=letter)
    if not letter:
        return wcs
    name = str(hdu.header.get(f"WCSNAME{letter}", "")).strip()
    keys = {key: value for key, value in wcs.keys.items() if key != "WCSNAME"}
    return replace(wcs, keys=keys | ({"WCSNAME": name} if name else {}), orientat=None)


def letter_of(header: fits.Header, wcskey: str) -> str | None:
    """The letter of the WCS `wcskey`, "" for the primary, None when the header has none such.

    A single letter is a letter; a name is compared without regard to case, with the primary's name too. Of several
    alternates of one name the last is taken, the one archived latest.
    """
    word = wcskey.strip().upper()
    if word in _PRIMARY:
        return ""
    if len(word) == 1 and f"CRVAL1{word}" in header:
        return word
    if word == str(header.get("WCSNAME", "")).strip().upper():
        return ""
    same = [key for key in _letters(header) if word == str(header.get(f"WCSNAME{key}", "")).strip().upper()]
    return same[-1] if same else None


def alternates(header: fits.Header) -> tuple[tuple[str, str], ...]:
    """Letters and names ("" without one) of the alternate WCSs of a header, in the order of the letters."""
    return tuple((key, str(header.get(f"WCSNAME{key}", "")).strip()) for key in _letters(header))


def _letters(header: fits.Header) -> list[str]:
    return [key for key in string.ascii_uppercase if f"CRVAL1{key}" in header]


def _known(header: fits.Header) -> str:
    """ "A (IDC_4bb), B", for messages."""
    told = []
    for key in ["", *_letters(header)]:
        name = str(header.get(f"WCSNAME{key}", "")).strip()
        told.append(f"{key or 'the primary'} ({name})" if name else key or "the primary")
    return ", ".join(told)
