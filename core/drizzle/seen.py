"""The exposures of a run as they are on the disk, and whether they are still what a journal knows.

Size, time and WCS are looked at first. Only a file of another time is read: when its checksum is the one that is known,
it was touched or copied and holds what it held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.data.exposure import Exposure
from core.drizzle.chain import frame_key
from core.drizzle.journal import Seen
from core.drizzle.run import Run
from core.drizzle.stamps import known_crc
from core.runs.memory import fingerprint
from core.runs.spread import Threads

_READERS = 2


def seen(run: Run) -> tuple[Seen, ...]:
    """The exposures, and files of flags beside them, as they are on disk now. Raises OSError."""
    found = []
    for path in run.files():
        stat = path.stat()
        wcs = [wcs_of(exposure) for exposure in run.exposures if exposure.path == path]
        found.append(Seen(path.name, stat.st_size, stat.st_mtime_ns, "".join(wcs)))
    return tuple(found)


def wcs_of(exposure: Exposure) -> str:
    """A digest of where the chips of an exposure lie on the sky."""
    return fingerprint([frame_key(chip.wcs) for chip in exposure.chips])[:12]


def as_known(run: Run, now: Sequence[Seen], before: Sequence[Seen]) -> tuple[Seen, ...] | None:
    """`now` with the checksums of `before`, when the files hold what they held then; None where one does not, or where
    nobody knows."""
    if [(one.name, one.size, one.wcs) for one in now] != [(one.name, one.size, one.wcs) for one in before]:
        return None
    touched = [
        (path, old.crc)
        for path, new, old in zip(run.files(), now, before, strict=True)
        if new.mtime_ns != old.mtime_ns
    ]
    if any(crc < 0 for _, crc in touched):
        return None
    if not all(Threads(_READERS).map(lambda one: _has(*one), touched)):
        return None
    return tuple(replace(new, crc=old.crc) for new, old in zip(now, before, strict=True))


def with_sums(
    run: Run, now: Sequence[Seen], before: Sequence[Seen], crcs: Mapping[Path, int]
) -> tuple[Seen, ...]:
    """`now` with checksums: `crcs` of files that were just written, those of `before` for files that stayed; others
    are read."""
    stayed = {(one.name, one.size, one.mtime_ns): one.crc for one in before}

    def summed(pair: tuple[Path, Seen]) -> Seen:
        path, one = pair
        known = crcs.get(path, stayed.get((one.name, one.size, one.mtime_ns), -1))
        return replace(one, crc=known if known >= 0 else _crc(path))

    return tuple(Threads(_READERS).map(summed, list(zip(run.files(), now, strict=True))))


def _has(path: Path, crc: int) -> bool:
    return _crc(path) == crc


def _crc(path: Path) -> int:
    """The checksum of a file, -1 where it cannot be read."""
    try:
        return known_crc(path)
    except OSError:
        return -1
