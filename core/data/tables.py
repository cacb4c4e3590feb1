"""Tables that people bring: text, ECSV, FITS, VOTable, plain or gzip; the format is told by the content.

Text tables are read as words, so that a value that is no number can be named with its line. Nothing in a file is
executed and nothing is fetched.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.data.fitsfile import open_fits, quiet
from core.errors import Refusal

if TYPE_CHECKING:
    from astropy.table import Table

Floats = NDArray[np.float64]
Words = NDArray[np.str_]

MISSING = ("", "--", "nan", "indef", "null", "none", "n/a", "masked")
_NUMBERED = re.compile(r"#\s*(\d+)\s+([A-Za-z_]\w*)")  # "#  1 NUMBER  Running number": SExtractor's headers
_ADVICE = "Give a text table, ECSV, FITS or VOTable."


@dataclass(frozen=True, eq=False)
class TableFile:
    """A table of a file. `rows` says for each row where it is in the file: line numbers of text, else 1, 2, ..."""

    path: Path
    table: Table
    rows: NDArray[np.int64]
    by_line: bool
    subject: str

    def __len__(self) -> int:
        return len(self.table)

    def name_of(self, text: str, parameter: str) -> str:
        """The name of the column given by its 1-based number or its name (any case). Raises `Refusal`."""
        wanted = text.strip()
        names = list(self.table.colnames)
        if wanted in names:
            return wanted
        if wanted.isdigit() and 1 <= int(wanted) <= len(names):
            return str(names[int(wanted) - 1])
        found = [name for name in names if name.lower() == wanted.lower()]
        if found:
            return str(found[0])
        told = ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")
        raise Refusal(
            f"The table has no column {wanted!r}; it has {len(names)}: {told}.",
            file=self.path,
            subject=parameter,
            advice=f"a name, or a number from 1 to {len(names)}.",
        )

    def find(self, names: tuple[str, ...]) -> str | None:
        """The first column called as one of `names` (lower case), whatever its case."""
        known = {str(name).lower(): str(name) for name in self.table.colnames}
        return next((known[name] for name in names if name in known), None)

    def words(self, name: str) -> Words:
        """A column as text, "" where a value is missing."""
        column = self.table[name]
        values = np.ma.getdata(column)
        if values.dtype.kind == "S":
            values = np.char.decode(values, "utf-8", "replace")
        words = np.char.strip(np.asarray(values).astype(str))
        return np.where(np.ma.getmaskarray(column), "", words)

    def numbers(self, name: str, parameter: str) -> Floats:
        """A column as float64, NaN where a value is missing. Raises `Refusal` naming the row of what is no number."""
        column = self.table[name]
        values = np.ma.getdata(column)
        if values.dtype.kind in "fiub" and values.ndim == 1:
            return np.where(np.ma.getmaskarray(column), np.nan, np.asarray(values, np.float64))
        if values.ndim != 1:
            raise Refusal(f"Column {name} holds arrays.", file=self.path, subject=parameter)
        words = self.words(name)
        return self.parsed(np.where(np.isin(np.char.lower(words), MISSING), "nan", words), name, parameter)

    def parsed(self, words: Words, name: str, parameter: str) -> Floats:
        """Numbers of the words of a column, NaN for "nan"; the first that is none is refused with its row."""
        try:
            return words.astype(np.float64)
        except ValueError:
            bad = next(k for k, word in enumerate(words) if not is_number(word))
        where = f"line {self.rows[bad]}" if self.by_line else f"row {self.rows[bad]}"
        raise Refusal(
            f"In column {name}, {where}, {str(words[bad])!r} is not a number.",
            file=self.path,
            subject=parameter,
            advice="another column, or mend that line.",
        )

    def unit(self, name: str) -> Any:
        """The astropy unit of a column, or None."""
        return getattr(self.table[name], "unit", None)


def factor_to(wanted: str, given: Any) -> float:
    """Factor from a column's unit to the wanted one; 1 without a unit or with one of another kind."""
    from astropy import units

    try:
        return float(units.Unit(given).to(units.Unit(wanted))) if given is not None else 1.0
    except (ValueError, TypeError, units.UnitConversionError):
        return 1.0


def is_number(word: str) -> bool:
    """Whether `word` reads as a number (also nan)."""
    try:
        float(word)
    except ValueError:
        return False
    return True


def read_table(path: str | Path, subject: str = "") -> TableFile:
    """The table in a file; `subject` is the parameter that names it in refusals.

    Of FITS the first table extension, of VOTable the first table. Of text: columns apart by blanks, commas, tabs or
    bars, "#" begins a comment, names from the first line or the last comment before the data that has as many
    words as there are columns, or SExtractor's numbered header; columns without names are called col1, col2, ...

    Raises
    ------
    Refusal
        Missing or unreadable file, no table or no rows, a line with another number of columns.
    """
    path = Path(path)
    data = _bytes(path, subject)
    try:
        if data.startswith(b"SIMPLE  ="):
            return _whole(_fits(path, subject), path, subject)
        start = data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
        if start.startswith(b"<"):
            return _whole(_votable(data, path, subject), path, subject)
        if start.startswith(b"# %ECSV"):
            with quiet():
                from astropy.io import ascii as text_tables

                table = text_tables.read(data.decode("utf-8"), format="ecsv")
            return _whole(table, path, subject)
        return _text(data, path, subject)
    except Refusal:
        raise
    except Exception as error:  # the readers raise nearly anything on a damaged file
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise Refusal(
            f"The table cannot be read: {reason}.", file=path, subject=subject, advice=_ADVICE
        ) from error


def _bytes(path: Path, subject: str) -> bytes:
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Refusal("The gzip file is truncated or damaged.", file=path, subject=subject) from error
    except FileNotFoundError as error:
        raise Refusal(
            "There is no such file.", file=path, subject=subject, advice="Check the name and the folder."
        ) from error
    except OSError as error:
        raise Refusal(
            f"Cannot read: {error.strerror or error}.",
            file=path,
            subject=subject,
            advice="Check the permissions of the file.",
        ) from error
    if not data.strip():
        raise Refusal("The file is empty.", file=path, subject=subject, advice=_ADVICE)
    return data


def _table() -> type[Table]:
    """astropy's tables, imported when there is one to read: they take longer than most alignments' star finding."""
    from astropy.table import Table

    return Table


def _whole(table: Table, path: Path, subject: str) -> TableFile:
    if not len(table):
        raise Refusal("The table has no rows.", file=path, subject=subject)
    return TableFile(path, table, np.arange(1, len(table) + 1, dtype=np.int64), False, subject)


def _fits(path: Path, subject: str) -> Table:
    with open_fits(path) as hdus, quiet():
        found = next((hdu for hdu in hdus if getattr(hdu, "columns", None) is not None), None)
        if found is None:
            raise Refusal(
                "The FITS file has no table.",
                file=path,
                subject=subject,
                advice="a FITS table or a text file.",
            )
        return _table().read(found)


def _votable(data: bytes, path: Path, subject: str) -> Table:
    if re.search(rb"<STREAM[^>]*\shref", data, re.IGNORECASE):
        raise Refusal(
            "The VOTable keeps its rows elsewhere (STREAM href); nothing is fetched.",
            file=path,
            subject=subject,
            advice="Save the table with its rows in it.",
        )
    with quiet():
        return _table().read(io.BytesIO(data), format="votable", table_id=0, use_names_over_ids=True)


def _text(data: bytes, path: Path, subject: str) -> TableFile:
    try:
        lines = data.decode("utf-8").lstrip("\ufeff").splitlines()
    except UnicodeDecodeError as error:
        raise Refusal("This is not a table.", file=path, subject=subject, advice=_ADVICE) from error
    comments, numbered = _split(lines)
    if not numbered:
        raise Refusal("The table has no rows.", file=path, subject=subject, advice=_ADVICE)
    delimiter = _delimiter(numbered[0][1])
    names: list[str] | None = None
    if len(numbered) > 1 and not _has_number(_cut(numbered[0][1], delimiter)):
        names = _cut(numbered.pop(0)[1], delimiter)
        while len(numbered) > 1 and not _has_number(_cut(numbered[0][1], delimiter)):
            numbered.pop(0)  # units and rulers below the names, as VizieR writes them
    cut = [_cut(text, delimiter) for _, text in numbered]
    count = len(cut[0])
    for (line, _), words in zip(numbered, cut, strict=True):
        if len(words) != count:
            raise Refusal(
                f"Line {line} has {len(words)} columns, line {numbered[0][0]} has {count}.",
                file=path,
                subject=subject,
                advice="Mend that line.",
            )
    names = names if names is not None and len(set(names)) == count else _names(comments, count)
    table = _table()(np.array(cut, dtype=str), names=names)
    return TableFile(path, table, np.array([line for line, _ in numbered], np.int64), True, subject)


def _split(lines: list[str]) -> tuple[list[str], list[tuple[int, str]]]:
    """Comment lines before the data, and (line number, text) of the data."""
    comments: list[str] = []
    numbered: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        text = line.strip("\r\n ")
        if text.startswith("#"):
            if not numbered:
                comments.append(text)
        elif text.strip():
            numbered.append((number, re.split(r"\s#", text, maxsplit=1)[0]))
    return comments, numbered


def _delimiter(line: str) -> str:
    """What parts the columns of a line; "" for blanks."""
    for mark in ("\t", "|", ","):
        if mark in line and len(line.split(mark)) >= (len(line.split()) if mark == "\t" else 2):
            return mark
    return ""


def _cut(line: str, delimiter: str) -> list[str]:
    """The words of a line; quotes hold words together and are taken off."""
    if not delimiter:
        words = re.findall(r'"[^"]*"|\S+', line) if '"' in line else line.split()
    elif '"' in line:
        words = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
    else:
        words = line.split(delimiter)
    return [word.strip(" \"'") for word in words]


def _has_number(words: list[str]) -> bool:
    return any(re.match(r"[-+.]?\d", word) for word in words)


def _names(comments: list[str], count: int) -> list[str]:
    """Column names from the comments before the data."""
    names = [f"col{k}" for k in range(1, count + 1)]
    told = [match for match in map(_NUMBERED.match, comments) if match]
    if told:
        for match in told:
            if 1 <= int(match[1]) <= count:
                names[int(match[1]) - 1] = match[2]
    else:
        for line in reversed(comments):
            words = line.lstrip("#").replace(",", " ").split()
            if len(words) == count and not _has_number(words):
                names = words
                break
    return names if len(set(names)) == count else [f"col{k}" for k in range(1, count + 1)]
