"""What a form of parameters can say of the loaded exposures and of files that parameters name."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from core.data.altwcs import alternates
from core.data.chiplists import read_chip_list
from core.data.exposure import Exposure
from core.data.fitsfile import open_fits
from core.data.instruments import instrument_of
from core.data.tables import TableFile, read_table
from core.errors import Refusal
from core.params import ParamSet
from core.params.checks.facts import DataFacts, FlagFact
from core.params.when import is_blank

_FRAMES = ("final_refimage", "driz_sep_refimage", "refimage")
_SECONDS_OF_ARC = 3600.0
_ROWS = 256
_ENTRIES, _NAMES = 5000, 40


def exposure_facts(exposures: Sequence[Exposure]) -> DataFacts:
    """Number, detectors, plate scale, DQ flags and chips, for the rules of the parameters."""
    if not exposures:
        return DataFacts()
    first = exposures[0]
    known = instrument_of(first.instrument, first.detector)
    titles = (instrument_of(each.instrument, each.detector).title for each in exposures)
    return DataFacts(
        names=tuple(each.name for each in exposures),
        detectors=tuple(dict.fromkeys(title for title in titles if title)),
        plate_scale=known.plate_scale or _scale(first),
        flags=tuple(FlagFact(flag.bit, flag.name, flag.text, flag.name != "not used") for flag in known.dq),
        has_cte=not known.is_known or known.has_cte,
        extensions=frozenset(chip.extver for each in exposures for chip in each.chips),
        wcs=alternates(first.chips[0].header) if first.chips else (),
        wcsname=str(first.chips[0].header.get("WCSNAME", "")).strip() if first.chips else "",
    )


def flag_counts(exposure: Exposure) -> dict[int, int]:
    """How many pixels of all chips carry each DQ flag; flag 0 stands for all pixels. Reads the DQ arrays."""
    counts = dict.fromkeys((0, *(1 << place for place in range(16))), 0)
    for chip in exposure.chips:
        dq = chip.read_dq()
        found = np.zeros(1 << 16, np.int64)
        for top in range(0, len(dq), _ROWS):  # bincount makes 8 bytes of every pixel
            found += np.bincount(dq[top : top + _ROWS].ravel(), minlength=1 << 16)
        values = np.nonzero(found)[0]
        counts[0] += int(found.sum())
        for flag in list(counts)[1:]:
            counts[flag] += int(found[values[(values & flag) != 0]].sum())
    return counts


@dataclass(frozen=True)
class ColumnFact:
    """A column of a catalog: number from 1, name ("" when the file gives none), its first value as text."""

    number: int
    name: str
    first: str


def catalog_columns(text: str, parameter: str) -> tuple[ColumnFact, ...]:
    """The columns of the catalog that `refcat` names, or of the first catalog in the list that `catfile` names.

    Raises Refusal when the file or the catalog cannot be read.
    """
    path = Path(text.strip().removeprefix("@"))
    if parameter == "catfile":
        listed = read_chip_list(path, parameter)
        found = next((file for one in listed.values() for file in one.files if file is not None), None)
        if found is None:
            raise Refusal("The list names no catalog.", file=path, subject=parameter, advice="Look into it.")
        path = found
    table = read_table(path, parameter)
    return tuple(_column(table, place, name) for place, name in enumerate(table.table.colnames))


def _column(table: TableFile, place: int, name: str) -> ColumnFact:
    words = table.words(name) if table.table[name].ndim == 1 else np.array([])
    named = not re.fullmatch(r"col\d+", name)
    return ColumnFact(place + 1, name if named else "", str(words[0])[:24] if len(words) else "")


def lost_files(values: ParamSet) -> dict[str, tuple[str, str]]:
    """By parameter the text, and why the file that it names cannot be read. Looks at the disk."""
    found = {}
    for param in values.task.params:
        text = values[param.name]
        reads = param.semantic == "filename" or (
            param.semantic == "keyword-or-file" and str(text).startswith("@")
        )
        if not reads or param.writes or is_blank(text):
            continue
        why = _why_lost(param.name, str(text))
        if why:
            found[param.name] = (str(text), why)
    return found


def _why_lost(name: str, text: str) -> str:
    bare = re.sub(r"(?<=.)\[[^\]]*\]$", "", text.strip().removeprefix("@"))
    path = Path(bare)
    try:
        if path.is_dir():
            return f"{path.name} is a folder."
        if not path.is_file():
            # the tasks take a name as it stands, as drizzlepac does
            home = " A ~ does not stand for the home folder here." if bare.startswith("~") else ""
            return f"There is no file {path.name} in {path.absolute().parent}.{home}"
        return _why_no_frame(path) if name in _FRAMES else ""
    except OSError as error:
        return f"{path.name} cannot be looked at: {error.strerror}."


def _why_no_frame(path: Path) -> str:
    try:
        with open_fits(path, whole=False) as hdus:
            if any("CTYPE1" in hdu.header for hdu in hdus):
                return ""
    except Refusal as refusal:
        return refusal.what
    return f"{path.name} has no WCS."


def continuing(text: str) -> tuple[str, ...]:
    """Names of files and folders (with a slash) that continue `text`, written as `text` is; at most 40, in order.

    Of a home folder ("~/") the whole name, for the tasks do not know the short one.
    """
    if text.startswith("~/"):
        text = str(Path.home()) + text[1:]
    head, sign, begun = text.rpartition("/")
    lead = head + sign
    at = "@" if lead.startswith("@") or (not lead and begun.startswith("@")) else ""
    folder = Path(lead.removeprefix("@") or ".")
    begun = begun.removeprefix("@") if not lead else begun
    found = []
    try:
        for entry in islice(folder.iterdir(), _ENTRIES):
            if entry.name.startswith(begun) and (begun or not entry.name.startswith(".")):
                name = (lead if lead else at) + entry.name
                found.append(f"{name}/" if entry.is_dir() else name)
    except OSError:
        return ()
    return tuple(sorted(found)[:_NAMES])


def _scale(exposure: Exposure) -> float:
    """Arcsec per pixel by the linear part of the first chip's WCS; 0 without one."""
    if not exposure.chips:
        return 0.0
    area = abs(float(np.linalg.det(exposure.chips[0].wcs.cd)))
    return math.sqrt(area) * _SECONDS_OF_ARC
