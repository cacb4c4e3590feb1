"""Sky values that a person brings along: in a text file, or in a keyword of the exposures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from core.data.exposure import Chip, Exposure
from core.errors import Refusal


def read_sky_file(name: str, exposures: Sequence[Exposure]) -> dict[tuple[Path, int], float]:
    """Sky by (path, EXTVER) from lines "image value" or "image value-of-chip-1 value-of-chip-2 ...", input units.

    Lines starting with # are comments. An image may be named with or without its folder.

    Raises
    ------
    Refusal
        The file cannot be read, a value is no finite number, an exposure is missing or has too few values.
    """
    lines = _lines(name)
    values: dict[tuple[Path, int], float] = {}
    for exposure in exposures:
        own = lines.get(exposure.name) or lines.get(exposure.rootname)
        if own is None:
            raise Refusal(
                f"There is no sky value for {exposure.name}.",
                file=name,
                subject="skyfile",
                advice="Add a line with the file's name and its sky in the units of the image.",
            )
        if exposure.part and len(own) >= exposure.part:
            own = (
                own[:1] if len(own) == 1 else [own[exposure.part - 1]]
            )  # a value for each image set of the file
        if len(own) not in (1, len(exposure.chips)):
            raise Refusal(
                f"{exposure.name} has {len(exposure.chips)} chips but {len(own)} sky values.",
                file=name,
                subject="skyfile",
                advice="Give one value, or one for each chip.",
            )
        for k, chip in enumerate(exposure.chips):
            values[chip.path, chip.extver] = own[0] if len(own) == 1 else own[k]
    return values


def _lines(name: str) -> dict[str, list[float]]:
    try:
        text = Path(name).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise Refusal(
            f"Cannot read: {error.strerror or error}.", file=name, subject="skyfile", advice="Check the name."
        ) from error
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        values = [_number(word) for word in words[1:]]
        if None in values:
            raise Refusal(
                f"Line {number}: '{words[1 + values.index(None)]}' is no number that a sky can have.",
                file=name,
                subject="skyfile",
                advice="Write the image's name and its sky value, parted by blanks.",
            )
        found[Path(words[0]).name] = [value for value in values if value is not None]
    return found


def _number(word: str) -> float | None:
    """The finite number that a word is, None if it is none."""
    try:
        value = float(word)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def header_sky(keyword: str, exposures: Sequence[Exposure]) -> dict[tuple[Path, int], float]:
    """Sky by (path, EXTVER) from a keyword of the SCI header, else of the primary header.

    Raises
    ------
    Refusal
        An exposure lacks the keyword, or its value is no number.
    """
    return {(c.path, c.extver): _keyword(keyword, e, c) for e in exposures for c in e.chips}


def _keyword(keyword: str, exposure: Exposure, chip: Chip) -> float:
    value = chip.header.get(keyword, exposure.primary.get(keyword))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal(
            f"The keyword {keyword} is missing or not a number.",
            file=exposure.path,
            subject="skyuser",
            advice="Name the keyword that holds the sky you subtracted, or leave skyuser blank.",
        )
    return float(value)
