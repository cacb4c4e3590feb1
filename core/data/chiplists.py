"""List files that name, for each exposure, one file per chip: `catfile` and `exclusions` of tweakreg.

One exposure a line: its name, then a file for each chip in the order of EXTVER; "None" or "INDEF" stands for a
chip without one, "#" begins a comment.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.data.files import read_list
from core.errors import Refusal

_NONE = ("none", "indef", "-")


@dataclass(frozen=True)
class ChipFiles:
    """The files of one exposure, None for a chip without one; `source` is the list, `subject` its parameter."""

    files: tuple[Path | None, ...]
    source: Path
    subject: str

    def per_chip(self, count: int, exposure: Path) -> tuple[Path | None, ...]:
        """As many as there are chips: the chips beyond the list have none. Raises `Refusal` when it has more."""
        if len(self.files) > count:
            raise Refusal(
                f"{len(self.files)} files are listed for {exposure.name}, which has {count} "
                f"chip{'' if count == 1 else 's'}.",
                file=self.source,
                subject=self.subject,
                advice="one file for each chip, None for a chip without.",
            )
        return self.files + (None,) * (count - len(self.files))


def read_chip_list(path: str | Path, subject: str) -> dict[str, ChipFiles]:
    """The exposures of a list and their files; a leading "@" of `path` does not count.

    Exposures are known by the name of their file. Files are looked for beside the list, then in the working folder.

    Raises
    ------
    Refusal
        The list cannot be read or is empty, an exposure stands in it twice, a file is not there.
    """
    source = Path(str(path).removeprefix("@"))
    if not source.is_file():
        raise Refusal(
            "There is no such list.", file=source, subject=subject, advice="Check the name and the folder."
        )
    lines = read_list(source)
    if not lines:
        raise Refusal("The list is empty.", file=source, subject=subject, advice="one exposure a line.")
    listed: dict[str, ChipFiles] = {}
    for name, *files in lines:
        key = Path(name).name
        if key in listed:
            raise Refusal(
                f"{key} stands in the list twice.", file=source, subject=subject, advice="one line for each."
            )
        found = tuple(_located(file, source, subject, key) for file in files)
        listed[key] = ChipFiles(found, source, subject)
    return listed


def _located(name: str, source: Path, subject: str, exposure: str) -> Path | None:
    if name.lower() in _NONE:
        return None
    for path in (source.parent / Path(name).expanduser(), Path(name).expanduser()):
        if path.exists():
            return path
    raise Refusal(
        f"{name}, listed for {exposure}, is not there.",
        file=source,
        subject=subject,
        advice="Put it beside the list, or write its whole path.",
    )
