"""The values that the archive's pipeline drizzles with: a row of the table that MDRIZTAB in the header names.

Each detector has its table; a row holds parameters of astrodrizzle for one filter ("ANY" for the others) and for at
least so many exposures (DrizzlePac Handbook, section on MDRIZTAB).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from core.data.fitsfile import open_fits, read_data
from core.data.reffiles import reference_file
from core.errors import Refusal
from core.params import ParamSet, Value, parse_value
from core.params.model import Kind, Param

_FILTERS = {
    "ACS": ("FILTER1", "FILTER2"),
    "WFPC2": ("FILTNAM1", "FILTNAM2"),
    "STIS": ("OPT_ELEM", "FILTER"),
}
_OTHER_FILTERS = ("FILTER", "FILTER2")
_ROW = ("filter", "numimages")
# what former versions of the task had, and what only choose files of the pipeline
_PAST = ("shiftfile", "staticfile", "mdriztab", "input", "output", "updatewcs")
_RENAMED = {"subsky": "skysub", "crbitval": "crbit", "readnoise": "rdnoise"}
_BOTH = ("refimage", "bits", "ra", "dec")
_NO_INTEGER = -2147483647
_BLANK = ("", "INDEF", "NONE")


@dataclass(frozen=True)
class PipelineValues:
    """`params` with the values of one row; `table`, its `row` (1 is the first), `filters` and `images` of that row;
    `changed` the parameters that differ from before, `kept` those that the command line had set, `notes` what the
    table holds and was not used."""

    params: ParamSet
    table: Path
    row: int
    filters: str
    images: int
    changed: tuple[str, ...]
    kept: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def title(self) -> str:
        """Where the values come from, for the origin of values and messages."""
        return f"{self.table.name}, row {self.row} ({self.filters}, {self.images} or more exposures)"


def pipeline_values(
    files: Sequence[Path], params: ParamSet, keep_from: Sequence[str] = ("command line",)
) -> PipelineValues:
    """The astrodrizzle parameters with the values that the pipeline uses for `files`; nothing else is changed.

    The table is the one that the first exposure names, looked for in the folder of the environment variable in its
    name (iref$, jref$ ...) or beside the exposure. Values whose origin is in `keep_from` stay as they are.

    Raises
    ------
    Refusal
        No files; no MDRIZTAB, or its table is not found or not readable; no row is for these filters (drizzlepac
        takes the first row of the table then, whatever its filter: fault 14b).
    """
    if not files:
        raise Refusal("No exposures are given.", subject="input", advice="Give *_flt.fits or *_flc.fits.")
    first = Path(files[0])
    with open_fits(first) as hdus:
        primary = hdus[0].header.copy()
    table = reference_file(primary.get("MDRIZTAB"), first, "MDRIZTAB")
    rows, names = _read(table)
    place = _row_for(rows, names, filters_of(primary), len(files), table)
    values, notes = _values(rows[place], names, params)
    images = int(rows[place][names["numimages"]])
    if images > len(files):
        notes = (f"The row is meant for {images} or more exposures, the table has none for fewer.", *notes)
    kept = tuple(name for name in values if params.origin(name) in keep_from)
    used = {name: value for name, value in values.items() if name not in kept}
    changed = tuple(name for name, value in used.items() if repr(params[name]) != repr(value))
    return PipelineValues(
        params.replaced(f"MDRIZTAB {table.name}", **used),
        table,
        place + 1,
        str(rows[place][names["filter"]]).strip(),
        images,
        changed,
        kept,
        notes,
    )


def filters_of(primary: Mapping[str, Any]) -> str:
    """The filters as MDRIZTAB writes them: those in the light path, parted by commas, CLEAR included."""
    keys = _FILTERS.get(str(primary.get("INSTRUME", "")).strip().upper(), _OTHER_FILTERS)
    found = [str(primary.get(key, "")).strip() for key in keys]
    return ",".join(name for name in found if name)


def _read(table: Path) -> tuple[Any, dict[str, str]]:
    """The rows, and the names of the columns by their lower-case form."""
    with open_fits(table) as hdus:
        found = next((hdu for hdu in hdus[1:] if isinstance(hdu, fits.BinTableHDU | fits.TableHDU)), None)
        names = {name.lower(): name for name in found.columns.names} if found is not None else {}
        if found is None or not all(name in names for name in _ROW):
            raise Refusal(
                "It has no columns FILTER and NUMIMAGES, so it is no table of drizzling parameters.",
                file=table,
                subject="MDRIZTAB",
                advice="Fetch the table again.",
            )
        rows: Any = read_data(hdus, found, table)
    return rows, names


def _row_for(rows: Any, names: Mapping[str, str], filters: str, images: int, table: Path) -> int:
    """The row for the filters, else for ANY, with the highest number of images that is not above `images`.

    Of rows with the same number the last, as in drizzlepac. Rows for more images only: the one for the fewest.
    """
    every = [str(row[names["filter"]]).strip().upper() for row in rows]
    found = [k for k, name in enumerate(every) if name == filters.upper()]
    found = found or [k for k, name in enumerate(every) if name == "ANY"]
    if not found:
        raise Refusal(
            f"No row is for {filters or 'exposures without a filter'} or for ANY filter.",
            file=table,
            subject="MDRIZTAB",
            advice=f"Set the parameters by hand; the table has rows for {', '.join(sorted(set(every)))}.",
        )
    counts = {k: int(rows[k][names["numimages"]]) for k in found}
    fitting = [k for k in found if counts[k] <= images]
    if not fitting:
        return min(found, key=lambda k: counts[k])
    return max(fitting, key=lambda k: (counts[k], k))


def _values(row: Any, names: Mapping[str, str], params: ParamSet) -> tuple[dict[str, Value], tuple[str, ...]]:
    """What the row says, typed, and what of it cannot be used."""
    values: dict[str, Value] = {}
    notes: list[str] = []
    for column, name in names.items():
        if column in (*_ROW, *_PAST):
            continue
        for target in _targets(column):
            if target not in params.task:
                notes.append(f"{column} is no parameter of astrodrizzle.")
                continue
            param = params.task.param(target)
            try:
                values[target] = _typed(param, row[name])
            except Refusal as refusal:
                notes.append(f"{target} keeps {params[target]!r}: {refusal.what}")
    return values, tuple(notes)


def _targets(column: str) -> tuple[str, ...]:
    """The parameters that a column sets."""
    if column in _BOTH:
        return tuple(prefix + column for prefix in ("driz_sep_", "final_"))
    return (_RENAMED.get(column, column),)


def _typed(param: Param, cell: Any) -> Value:
    """The value of a cell in the kind of the parameter; raises Refusal."""
    value = cell.item() if isinstance(cell, np.generic) else cell
    # the shortest decimal of a float32: the 0.7 that was meant, not 0.699999988
    text = str(cell if isinstance(cell, np.floating) else value).strip()
    if param.name == "coeffs" and isinstance(value, str):
        # it named a file of coefficients once; any name means yes
        return text.upper() not in _BLANK and text.lower() not in ("no", "false")
    nothing = value is None or value == _NO_INTEGER or text.upper() in (*_BLANK, "NAN")
    if nothing and param.kind.allows_none:
        return None
    if nothing and param.kind is Kind.STR:
        return ""
    if nothing:
        raise Refusal("the table holds no value.", subject=param.name)
    if param.kind.is_whole and isinstance(value, float) and value.is_integer():
        text = str(int(value))
    if param.kind is Kind.CHOICE:
        text = next((choice for choice in param.choices if choice.lower() == text.lower()), text)
    return parse_value(param, text)
