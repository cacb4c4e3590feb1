"""Source catalogs that people bring: columns, units, limits, the brightest, proper motions.

Unlike in drizzlepac, where the number of brightest sources counts only when a flux limit is given too, it
always counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.motions import Motions, read_motions
from core.data.placeerrors import PlaceErrors, read_errors
from core.data.tables import MISSING, TableFile, Words, factor_to, read_table
from core.errors import Refusal

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PARTS = re.compile(r"[:hdms°'\"\s]+")


@dataclass(frozen=True)
class Columns:
    """Where a catalog has what, and which of it is wanted.

    `x`, `y`, `flux` are 1-based numbers or names, comma lists of them for hours (degrees), minutes, seconds.
    `units` "pixels" (1-based) or "degrees"; `flux_units` "counts" or "mag"; `bright`, `faint` the limits of the
    flux, both included; `brightest` how many are kept. `parameters` are the names of all these in refusals.
    """

    x: str = "1"
    y: str = "2"
    flux: str = ""
    units: str = "pixels"
    flux_units: str = "counts"
    bright: float | None = None
    faint: float | None = None
    brightest: int | None = None
    parameters: tuple[str, ...] = (
        *("xcol", "ycol", "fluxcol", "xyunits"),
        *("fluxunits", "maxflux", "minflux", "nbright"),
    )

    @property
    def selects(self) -> str:
        """The parameter that needs fluxes, "" if none does."""
        for value, name in zip((self.bright, self.faint, self.brightest), self.parameters[5:], strict=True):
            if value is not None:
                return name
        return ""


@dataclass(frozen=True, eq=False)
class UserCatalog:
    """Sources of a catalog: `x`, `y` 1-based pixels or RA, Dec in degrees (`units`); `flux` NaN where there is none;
    `row` the 1-based number of the source in the catalog; `motions` and `errors` (of places on the sky) or None; `note`
    what a person should know."""

    path: Path
    units: str
    x: Floats
    y: Floats
    flux: Floats
    row: Ints
    motions: Motions | None = None
    errors: PlaceErrors | None = None
    note: str = ""

    def __len__(self) -> int:
        return len(self.x)


def read_catalog(path: str | Path, columns: Columns, subject: str = "") -> UserCatalog:
    """The wanted sources of a catalog, in the order of the file; those without a position are left out.

    `subject` is the parameter that names the file.

    Raises
    ------
    Refusal
        The file or a column cannot be read, a value is no number (with its row), limits without a flux column,
        or no source is left.
    """
    table = read_table(path, subject)
    names = columns.parameters
    on_sky = columns.units == "degrees"
    x = _positions(table, columns.x, names[0], 15.0 if on_sky else None)
    y = _positions(table, columns.y, names[1], 1.0 if on_sky else None)
    flux = np.full(len(table), np.nan)
    if columns.flux.strip():
        flux = table.numbers(table.name_of(columns.flux, names[2]), names[2])
    elif columns.selects:
        raise Refusal(
            f"{columns.selects} needs the column of the fluxes.",
            file=path,
            subject=names[2],
            advice="the column's number or name.",
        )
    seen = np.isfinite(x) & np.isfinite(y)
    if on_sky:
        _check_sky(table, x, y, seen, columns)
    keep = np.nonzero(seen)[0]
    keep = keep[selected(flux[keep], columns)]
    if not len(keep):
        many = f"{len(table)} sources of the catalog" if seen.any() else "sources with a position"
        raise Refusal(
            f"None of the {many} is left.",
            file=path,
            subject=columns.selects or names[0],
            advice=f"Check the columns, {names[4]} and the limits {names[5]}, {names[6]}.",
        )
    motions, note = read_motions(table) if on_sky else (None, "")
    errors = read_errors(table) if on_sky else None
    return UserCatalog(
        path=Path(path),
        units=columns.units,
        x=x[keep] % 360.0 if on_sky else x[keep],
        y=y[keep],
        flux=flux[keep],
        row=(keep + 1).astype(np.int64),
        motions=None if motions is None else motions[keep],
        errors=None if errors is None else errors[keep],
        note=note,
    )


def selected(flux: Floats, columns: Columns) -> Ints:
    """Indices, ascending, of the sources within the limits, of these the brightest; NaN fluxes never pass."""
    if not columns.selects:
        return np.arange(len(flux), dtype=np.int64)
    sign = 1.0 if columns.flux_units == "counts" else -1.0
    light = sign * flux
    faint = -np.inf if columns.faint is None else sign * columns.faint
    bright = np.inf if columns.bright is None else sign * columns.bright
    rows = np.nonzero(np.isfinite(light) & (light >= faint) & (light <= bright))[0]
    if columns.brightest is not None:
        rows = np.sort(rows[np.argsort(-light[rows], kind="stable")[: columns.brightest]])
    return rows.astype(np.int64)


def _positions(table: TableFile, text: str, parameter: str, degrees: float | None) -> Floats:
    """A coordinate, on the sky in degrees whatever angle the column's unit is; `degrees` per unit of sexagesimal
    values (15 for hours), None where they make no sense."""
    parts = [table.name_of(part, parameter) for part in text.split(",") if part.strip()]
    if not parts:
        raise Refusal("No column is given.", file=table.path, subject=parameter, advice="a number or name.")
    if len(parts) == 1:
        words = table.words(parts[0])
        if degrees is None or table.table[parts[0]].dtype.kind not in "USO" or not _sexagesimal(words):
            unit = None if degrees is None else table.unit(parts[0])
            return table.numbers(parts[0], parameter) * (1.0 if unit is None else factor_to("deg", unit))
        return _from_parts(table, [_part(words, k) for k in range(3)], words, parts[0], parameter) * degrees
    if degrees is None or len(parts) > 3:
        what = "Pixel positions have one column." if degrees is None else "More than three columns are given."
        raise Refusal(what, file=table.path, subject=parameter, advice="one column, or three for the sky.")
    columns = [table.words(part) for part in parts]
    return _from_parts(table, columns, columns[0], ",".join(parts), parameter) * degrees


def _sexagesimal(words: Words) -> bool:
    return any(len(_PARTS.split(word.strip())) > 1 for word in words[:20] if re.match(r"[-+]?\d", word))


def _part(words: Words, k: int) -> Words:
    """The k-th part of "12:34:56.7" or "12h34m56.7s"; a word that begins with no number is left to be refused."""
    cut = [
        [part for part in _PARTS.split(word) if part] if re.match(r"[-+]?\d", word) else [word]
        for word in words
    ]
    cut = [["nan"] if part[0].lower() in MISSING else part for part in cut]
    return np.array([part[k] if k < len(part) else "0" for part in cut])


def _from_parts(table: TableFile, parts: list[Words], first: Words, name: str, parameter: str) -> Floats:
    """Degrees or hours from degrees or hours, minutes, seconds; the sign is that of the first, also of -0."""
    numbers = [table.parsed(np.where(words == "", "nan", words), name, parameter) for words in parts]
    size = sum((np.abs(values) / 60.0**k for k, values in enumerate(numbers)), np.zeros(len(first)))
    return np.where(np.char.startswith(np.char.strip(first), "-"), -size, size)


def _check_sky(table: TableFile, ra: Floats, dec: Floats, seen: NDArray[np.bool_], columns: Columns) -> None:
    bad = np.nonzero(seen & ((np.abs(dec) > 90.0) | (ra < -360.0) | (ra > 720.0)))[0]
    if len(bad):
        k = int(bad[0])
        where = "line" if table.by_line else "row"
        raise Refusal(
            f"In {where} {table.rows[k]} RA, Dec = {ra[k]:g}, {dec[k]:g} is no position on the sky.",
            file=table.path,
            subject=columns.parameters[1] if abs(dec[k]) > 90.0 else columns.parameters[0],
            advice=f"Check the columns and {columns.parameters[3]}.",
        )
