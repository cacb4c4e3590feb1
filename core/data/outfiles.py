"""Where files may be written: never over what a run reads, never outside the folder that was named for it.

Names of products come from parameters, and parameters from files of other people: a name is a name, not a path.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Protocol

from core.data.disk import unwritable
from core.errors import Refusal

# what the archive calls exposures: never the name of a product, whether they are of this run or not
_EXPOSURE = re.compile(r"_(raw|flt|flc|ima|spt|crj|crc|c0m|c0f|c1m|d0m|d0f|asn)\.fits(\.gz)?$", re.IGNORECASE)
_SEPARATORS = re.compile(r"""[\s,'"\[\]{}]+""")
_LIST_BYTES = 1 << 20
NAME_BYTES = 200
"""The longest name of a file: disks take 255 bytes, of which files that are being written need some."""


class _Declared(Protocol):
    """What is read of a declared parameter (`core.params.Param`)."""

    @property
    def name(self) -> str: ...
    @property
    def semantic(self) -> str: ...


def product_path(folder: str | Path, name: str, inputs: Iterable[str | Path], subject: str) -> Path:
    """The path in `folder` of a product called `name`, the value of the parameter `subject`; nothing is written.

    Raises
    ------
    Refusal
        `name` is blank, has a directory part or is absolute (by the rules of any system), is that of an exposure
        (`*_flt.fits` ...), is too long, is a folder, or the path is one of `inputs`, the files that the run reads.
    """
    parts = {PurePosixPath(name).name, PureWindowsPath(name).name}
    if not name.strip() or parts != {name} or name in (".", "..") or not name.isprintable():
        raise Refusal(
            f"{name!r} is not the name of a file alone.",
            subject=subject,
            advice="a name without folders; the folder of the run is set apart from it.",
        )
    if _EXPOSURE.search(name):
        raise Refusal(
            f"{name!r} is the name of an exposure, not of a product.",
            subject=subject,
            advice="another name.",
        )
    if len(os.fsencode(name)) > NAME_BYTES:
        raise Refusal(
            f"The name {name[:30]}... is {len(os.fsencode(name))} bytes long, more than the {NAME_BYTES} that are "
            "sure to fit on a disk.",
            subject=subject,
            advice="Shorten the name of the exposure or of the product.",
        )
    path = Path(folder) / name
    check_output(path, inputs, subject)
    return path


def check_output(path: str | Path, inputs: Iterable[str | Path], subject: str) -> None:
    """Raise `Refusal` when `path` is a folder or one of `inputs`, by whatever name or link."""
    path = Path(path)
    for one in inputs:
        if same_file(path, Path(one)):
            raise Refusal(
                "It would be written over a file that the run reads.",
                file=path,
                subject=subject,
                advice="another name or folder.",
            )
    if path.is_dir():
        raise Refusal("This is a folder.", file=path, subject=subject, advice="another name.")


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, also by links or on a file system that knows no capital letters."""
    if one.resolve() == other.resolve():
        return True
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def check_folder(folder: str | Path, subject: str = "") -> None:
    """Make the folder and see that a file can be written there; raises `Refusal`."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(folder, error, subject=subject) from error


def clashes(paths: Sequence[Path], key: Callable[[Path], str]) -> dict[int, Path]:
    """Files whose products would have the names of an earlier one's: place in `paths`, and the earlier file.

    `key` gives what the names of a file's products begin with; capitals do not count, for some systems know none.
    """
    first: dict[str, int] = {}
    places = {place: first.setdefault(key(path).lower(), place) for place, path in enumerate(paths)}
    return {place: paths[other] for place, other in places.items() if other != place}


def named_files(
    values: Mapping[str, Any], declared: Iterable[_Declared], products: Iterable[str] = ()
) -> tuple[Path, ...]:
    """All files that parameters name, and those that lists among them name: what no product may replace.

    `products` are the parameters that name what is written.
    """
    found: list[Path] = []
    for param in declared:
        text = str(values.get(param.name) or "").strip()
        names = param.semantic in ("filename", "keyword-or-file") or text.startswith("@")
        if names and param.name not in products and text:
            path = Path(re.sub(r"(?<=.)\[[^\]]*\]$", "", text.removeprefix("@"))).expanduser()
            if path.is_file():
                found += [path, *_listed(path)]
    return tuple(dict.fromkeys(found))


def _listed(path: Path) -> list[Path]:
    """The files whose names stand in a short text file, from where it lies or from the working folder."""
    try:
        if path.stat().st_size > _LIST_BYTES:
            return []
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    words = set() if text.startswith("SIMPLE  =") else {*text.split(), *_SEPARATORS.split(text)}
    names = [word for word in words if len(word) < 1000 and re.search(r"\.[A-Za-z]", word)]
    return [base / name for name in names for base in (path.parent, Path()) if (base / name).is_file()]
