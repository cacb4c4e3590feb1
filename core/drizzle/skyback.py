"""The sky that was subtracted from a product, from its headers: MDRIZSKY of the exposures in HDRTAB."""

from __future__ import annotations

import math
from pathlib import Path

from astropy.io import fits

from core.data.instruments import gain_and_noise, instrument_of
from core.errors import Refusal


def mean_sky(primary: fits.Header, table: fits.FITS_rec, source: Path) -> float:
    """The mean sky on one pixel of the product, electrons per second.

    `table` is HDRTAB, a row for each chip in the order of the keywords D001..., with MDRIZSKY in the units of the
    exposure (its BUNIT) on its own pixels. Each is taken to electrons per second, to the area of the product's pixels
    by DnnnSCAL and DnnnISCL, and weighted by its exposure time, as the pixels are with final_wht_type EXP: the mean
    over the exposures of the sky over that of the exposure times (Handbook 7.1 and 4.4.6).

    Raises Refusal where a keyword is missing.
    """
    if "MDRIZSKY" not in table.names or not len(table):
        raise Refusal(
            "HDRTAB has no column MDRIZSKY, so the sky that was subtracted is not known.",
            file=source,
            subject="MDRIZSKY",
            advice="Drizzle the exposures again.",
        )
    total = seconds = 0.0
    for row in range(len(table)):
        exptime = _exptime(primary, table, row, source)
        value = number(table["MDRIZSKY"][row])
        if not math.isfinite(value):
            raise Refusal(f"Row {row + 1} of HDRTAB tells no sky.", file=source, subject="MDRIZSKY")
        unit = _unit(table, row, source)
        if not unit.startswith("ELECTRONS"):
            value *= effective_gain(primary, table, row, source)
        rate = value if unit.endswith("/S") else value / exptime
        total += exptime * rate * _area(primary, row, source)
        seconds += exptime
    return total / seconds


def effective_gain(primary: fits.Header, table: fits.FITS_rec, row: int, source: Path) -> float:
    """Electrons for a count of the chip in a row of HDRTAB (-1 the last, whose gain a product in counts has)."""
    header = fits.Header()
    for name in table.names:
        value = table[name][row]
        if len(name) <= 8:
            header[name] = value.item() if hasattr(value, "item") else str(value)
    facts = instrument_of(_word(primary, header, "INSTRUME"), _word(primary, header, "DETECTOR"))
    gain, _ = gain_and_noise(facts, [primary, header])
    if gain is None or not (math.isfinite(gain) and gain > 0):
        raise Refusal(
            "The pixels are counts, and the gain that makes electrons of them is not told.",
            file=source,
            subject="gain",
            advice="Drizzle with proc_unit electrons.",
        )
    return gain


def number(value: object) -> float:
    """A header's or a table's value as a number, NaN where it is none."""
    try:
        return math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def _word(primary: fits.Header, header: fits.Header, name: str) -> str:
    return str(header.get(name, primary.get(name, "")))


def _exptime(primary: fits.Header, table: fits.FITS_rec, row: int, source: Path) -> float:
    """Of a chip, as it was drizzled (DnnnDEXP), or else its keyword."""
    value = number(primary.get(f"D{row + 1:03d}DEXP"))
    if not value > 0 and "EXPTIME" in table.names:
        value = number(table["EXPTIME"][row])
    if not (math.isfinite(value) and value > 0):
        raise Refusal(
            f"No exposure time for row {row + 1} of HDRTAB.", file=source, subject=f"D{row + 1:03d}DEXP"
        )
    return value


def _unit(table: fits.FITS_rec, row: int, source: Path) -> str:
    text = str(table["BUNIT"][row]).strip().upper() if "BUNIT" in table.names else ""
    if text not in ("ELECTRONS", "ELECTRONS/S", "COUNTS", "COUNTS/S"):
        raise Refusal(
            f"Row {row + 1} of HDRTAB has the unit {text!r}, which is not known.",
            file=source,
            subject="BUNIT",
        )
    return text


def _area(primary: fits.Header, row: int, source: Path) -> float:
    """Area of a pixel of the product over that of the chip."""
    scale, own = (number(primary.get(f"D{row + 1:03d}{key}")) for key in ("SCAL", "ISCL"))
    if not (scale > 0 and own > 0):
        raise Refusal(
            f"The pixel scales of product and chip {row + 1} are not told.",
            file=source,
            subject=f"D{row + 1:03d}SCAL and D{row + 1:03d}ISCL",
            advice="Give a product of astrodrizzle.",
        )
    return (scale / own) ** 2
