"""Finding the exposures that a person means: wildcards, comma lists, @files, association tables."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.data.fitsfile import open_fits, read_data
from core.data.outfiles import NAME_BYTES
from core.errors import Refusal

_KINDS = tuple(f"_{kind}.fits{end}" for kind in ("flc", "flt", "cal", "c0m") for end in ("", ".gz"))
_PRODUCTS = ("PROD-DTH", "PROD-RPT", "PROD-CRJ", "PROD")  # the first of these kinds that there is
_NO_MAP = ("NONE", "INDEF", "-")
_FITS = re.compile(r"\.(fits|fit|fts)(\.gz)?$", re.IGNORECASE)
# not the comma of an extension, [sci,1]
_COMMA = re.compile(r",(?![^\[\]]*\])")


@dataclass(frozen=True)
class Association:
    """Members of an association table and the root of its product's name."""

    members: tuple[Path, ...]
    product: str


def find_files(
    patterns: str | Path | Iterable[str | Path], *, folder: str | Path = "", keep_order: bool = False
) -> list[Path]:
    """The files that `patterns` name, each once, sorted by name.

    A pattern is a file, a comma list, a wildcard, "@list.txt" (one file a line, first column) or an
    association "*_asn.fits" (its exposures: flc if all are there, else flt, else NICMOS's cal or WFPC2's c0m).
    Relative names are looked for in `folder`. What the file system returns is always sorted, so that a copy of the
    data gives the same result (drizzlepac takes the directory's order: algorithms, fault 3); `keep_order` keeps the
    order in which a person wrote names down and sorts only within a wildcard.

    Raises
    ------
    Refusal
        A pattern matches nothing, a list or association cannot be read or names nothing, nothing is given, a name is
        too long or cannot be printed, two names are of one file, a file is none (a pipe, a device).
    """
    given = [patterns] if isinstance(patterns, str | Path) else list(patterns)
    found: list[Path] = []
    for one in given:
        if isinstance(one, Path) or (one.strip() and os.path.exists(Path(folder, one))):
            found += _expand(str(one), Path(folder))
        else:
            for part in _COMMA.split(one):
                if part.strip():
                    found += _expand(part.strip(), Path(folder))
    if not found:
        raise Refusal("No input files are given.", subject="input", advice="Name exposures, like *_flc.fits.")
    unique = list(dict.fromkeys(found))
    _check_each(unique)
    return unique if keep_order else sorted(unique, key=lambda path: (path.name, str(path)))


def _check_each(paths: Sequence[Path]) -> None:
    """Refuse files that nobody can work on, and those that would be worked on twice at once."""
    known: dict[tuple[int, int], Path] = {}
    for path in paths:
        size = len(os.fsencode(path.name))
        if size > NAME_BYTES or not path.name.isprintable():
            wrong = f"is {size} bytes long" if size > NAME_BYTES else "has characters that cannot be printed"
            raise Refusal(
                f"The name {path.name[:30]!r} {wrong}, so products cannot be named after it.",
                subject="input",
                advice="Rename the file.",
            )
        stat = path.stat()
        if not path.is_file():
            raise Refusal("This is no file on a disk.", file=path, advice="Give exposures, like *_flc.fits.")
        same = known.setdefault((stat.st_dev, stat.st_ino), path)
        if same != path and stat.st_ino:
            raise Refusal(
                f"It is the same file as {same}, under another name.",
                file=path,
                advice="Give one of the two.",
            )


def find_maps(
    patterns: str | Path | Iterable[str | Path], *, folder: str | Path = "", catalogs: bool = False
) -> dict[Path, Path]:
    """The inverse variance maps in the second column of the @lists among `patterns`, by exposure.

    The exposures are named as `find_files` gives them. A map is looked for in `folder`, then beside the list; "None",
    "INDEF" or no second column: the exposure has none. With `catalogs` a second column that is no FITS file by its
    name is none either: lists of tweakreg have catalogs of sources there.

    Raises
    ------
    Refusal
        A list cannot be read, or a map that it names is not there.
    """
    given = [patterns] if isinstance(patterns, str | Path) else list(patterns)
    parts = [
        part.strip() for one in given for part in ([str(one)] if isinstance(one, Path) else _COMMA.split(one))
    ]
    found: dict[Path, Path] = {}
    for source in (Path(folder) / part[1:] for part in parts if part.startswith("@")):
        for name, *others in read_list(source):
            if others and _is_map(others[0], catalogs):
                places = [base / Path(others[0]).expanduser() for base in (Path(folder), source.parent)]
                file = next((place for place in places if place.is_file()), None)
                if file is None:
                    raise Refusal(
                        f"The inverse variance map {others[0]} of {name} is not there.",
                        file=source,
                        advice="Put it beside the list, or write None in its place to have it computed.",
                    )
                found |= dict.fromkeys(_listed(name, Path(folder), source.parent), file)
    return found


def find_product(patterns: str | Path | Iterable[str | Path], *, folder: str | Path = "") -> str:
    """The root of the product's name when `patterns` name one association and nothing else, in small letters; else "".

    As in drizzlepac, it is what the products are called unless a person names them.
    """
    given = [patterns] if isinstance(patterns, str | Path) else list(patterns)
    if len(given) != 1 or str(given[0]).startswith("@"):
        return ""
    path = Path(folder) / Path(given[0]).expanduser()
    found = [path] if path.exists() else [Path(one) for one in glob.glob(str(path))]
    return read_association(found[0]).product if len(found) == 1 and _is_association(found[0]) else ""


def _is_map(name: str, catalogs: bool) -> bool:
    return name.upper() not in _NO_MAP and (not catalogs or _FITS.search(name) is not None)


def read_list(path: str | Path) -> list[tuple[str, ...]]:
    """The lines of a list file as columns; blank lines and lines after "#" do not count.

    The first column names exposures, the second, if any, their inverse variance maps (IVM).
    """
    try:
        with Path(path).open("rb") as stream:
            if stream.read(9) == b"SIMPLE  =":
                raise Refusal(
                    "This is a FITS file, not a list of names.", file=path, advice="Give it without the @."
                )
        text = Path(path).read_text(encoding="utf-8", errors="strict")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not text"
        raise Refusal(
            f"The list cannot be read: {reason}.", file=path, advice="Check the name after @."
        ) from error
    lines = (line.split("#", 1)[0].split() for line in text.splitlines())
    return [tuple(columns) for columns in lines if columns]


def read_association(path: str | Path) -> Association:
    """Exposures of an association table that are beside it, in the table's order, and its product.

    Raises `Refusal` when it is no association or an exposure is missing.
    """
    path = Path(path)
    with open_fits(path) as hdus:
        table = next(
            (hdu for hdu in hdus[1:] if "MEMNAME" in getattr(getattr(hdu, "columns", None), "names", [])),
            None,
        )
        if table is None:
            raise Refusal(
                "This is no association table: no column MEMNAME.", file=path, advice="Give *_asn.fits."
            )
        rows: Any = read_data(hdus, table, path)
        told = "MEMPRSNT" in rows.names
        names = [
            (
                str(row["MEMNAME"]).strip().lower(),
                str(row["MEMTYPE"]).strip().upper(),
                not told or row["MEMPRSNT"],
            )
            for row in rows
        ]
    roots = [name for name, kind, there in names if there and kind.startswith(("EXP", "CRJ"))]
    # the product need not be present: as a rule it is yet to be made
    products = (name for wanted in _PRODUCTS for name, kind, _ in names if kind.startswith(wanted))
    return Association(tuple(_members(roots, path)), next(products, path.name.split("_")[0].lower()))


def _members(roots: Sequence[str], path: Path) -> list[Path]:
    """One kind for all if possible, so that CTE-corrected and uncorrected exposures are not mixed."""
    here = {name.lower(): name for name in os.listdir(path.parent)}
    for kind in _KINDS:
        if roots and all(root + kind in here for root in roots):
            return [path.parent / here[root + kind] for root in roots]
    members = []
    for root in roots:
        match = next((here[root + kind] for kind in _KINDS if root + kind in here), None)
        if match is None:
            raise Refusal(
                f"The exposure {root} of the association is not beside it.",
                file=path,
                advice=f"Put {root}_flt.fits or {root}_flc.fits there, or name the exposures one by one.",
            )
        members.append(path.parent / match)
    return members


def _expand(name: str, folder: Path) -> list[Path]:
    if name.startswith("@"):
        return _of_list(folder / name[1:], folder)
    path = folder / Path(name).expanduser()
    if os.path.isdir(path):  # Path's own would raise for a name that is too long
        raise Refusal("This is a folder.", file=path, advice="Name files in it, like folder/*_flc.fits.")
    if os.path.exists(path):
        return list(read_association(path).members) if _is_association(path) else [path]
    if re.search(r"\.fits(\.gz)?\[[^\]]*\]$", name):
        raise Refusal(
            "Extensions cannot be chosen in the name of an input file.",
            file=path,
            advice="Give the file alone; the parameter group chooses chips.",
        )
    if not glob.has_magic(str(path)):
        what = "There is no such file."
        if os.path.islink(path):
            what = f"It is a link to {os.readlink(path)}, which leads to no file."
        raise Refusal(what, file=path, advice="Check the name and the folder.")
    found = [Path(one) for one in sorted(glob.glob(str(path)))]
    if not found:
        raise Refusal(f"No file matches {name}.", subject="input", advice="Check the pattern and the folder.")
    return [one for match in found for one in _expand(str(match), Path())]


def _of_list(source: Path, folder: Path) -> list[Path]:
    """The files that a list names; what is wrong with one is told with the list."""
    lines = read_list(source)
    if not lines:
        raise Refusal(
            "The list names no file.", file=source, advice="Write the name of an exposure in each line."
        )
    found: list[Path] = []
    for name, *_ in lines:
        try:
            found += _listed(name, folder, source.parent)
        except Refusal as refusal:
            raise Refusal(refusal.what, file=source, subject=name, advice=refusal.advice) from refusal
    return found


def _listed(name: str, folder: Path, beside: Path) -> list[Path]:
    """A name in a list is meant from the working folder, else from where the list is."""
    base = folder if os.path.exists(folder / name) or not os.path.exists(beside / name) else beside
    return _expand(name, base)


def _is_association(path: Path) -> bool:
    return path.name.lower().removesuffix(".gz").endswith("_asn.fits")
