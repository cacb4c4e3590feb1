"""The journal of a set of products: what each step was made from, beside the products, so that it outlives the program.

`<root>_steps.json` holds for each of the seven steps the key of all that it read, its parameters by name, its numbers
(sky values, mean weights, figures of the cosmic rays), its warnings, and the stamps of the files that it left. It is
plain JSON. Nothing in it is executed or looked up; one that is damaged counts as none.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core import __version__
from core.data.safe import replacing
from core.drizzle.stamps import Stamp, is_same

FORMAT, VERSION = "drizzledesk steps", 1
_MOST = 64 << 20


@dataclass(frozen=True)
class Seen:
    """An exposure as the run left it: name, bytes, modification time in ns, digest of the WCS of its chips; CRC-32 of
    all bytes, below 0 where it is not known, which tells a file that was only touched from one that was changed."""

    name: str
    size: int
    mtime_ns: int
    wcs: str
    crc: int = field(default=-1, compare=False)


@dataclass(frozen=True)
class Entry:
    """A step that was done: the `key` of what it read, its parameters as texts, numbers as plain JSON, warnings, stamps
    of its files by name, the exposures, UTC time."""

    key: str
    params: Mapping[str, str] = field(default_factory=dict)
    value: Any = None
    warnings: tuple[str, ...] = ()
    files: Mapping[str, Stamp] = field(default_factory=dict)
    exposures: tuple[Seen, ...] = ()
    made: str = ""

    def changed(self, folder: Path, read: Collection[str] = ()) -> list[str]:
        """Those of its files that are missing or not as it left them; the bytes of those to `read` are looked at."""
        return [n for n, one in self.files.items() if not is_same(folder / n, one, thorough=n in read)]


@dataclass(frozen=True)
class Journal:
    """`token` stands for the content of `exposures`, as far as steps read it that take the flags `reset` away; `steps`
    by the step's name."""

    token: str = ""
    reset: str = ""
    exposures: tuple[Seen, ...] = ()
    steps: Mapping[str, Entry] = field(default_factory=dict)

    def with_step(self, name: str, entry: Entry) -> Journal:
        return replace(self, steps={**self.steps, name: entry})


def journal_name(root: str) -> str:
    """The name of the journal of products that are called `root`: f606w_steps.json."""
    return f"{root}_steps.json"


def read_journal(path: Path) -> Journal:
    """The journal of a folder; an empty one where there is none, or one that is damaged or of a later version."""
    try:
        if path.stat().st_size > _MOST:
            return Journal()
        raw = json.loads(path.read_bytes())
        if raw["format"] != FORMAT or raw["version"] != VERSION:
            return Journal()
        steps = {str(name): _entry(one) for name, one in raw["steps"].items()}
        return Journal(str(raw["token"]), str(raw["reset"]), _seen(raw["exposures"]), steps)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Journal()


def is_foreign(path: Path) -> bool:
    """Whether a file of the journal's name is none of ours, not even one that was cut."""
    begins = json.dumps({"format": FORMAT}, indent=1).encode()[:-2]
    try:
        with path.open("rb") as stream:
            head = stream.read(200)
        return FORMAT.encode() not in head and not begins.startswith(head)
    except FileNotFoundError:
        return False
    except OSError:
        return True


def write_journal(journal: Journal, path: Path) -> None:
    """Write the journal, whole or not at all; raises Refusal."""
    raw = {
        "format": FORMAT,
        "version": VERSION,
        "program": f"DrizzleDesk {__version__}",
        "token": journal.token,
        "reset": journal.reset,
        "exposures": [_told(one) for one in journal.exposures],
        "steps": {name: _raw(entry) for name, entry in journal.steps.items()},
    }
    with replacing(path, durable=False) as part:
        part.write_bytes((json.dumps(raw, indent=1) + "\n").encode())


def remove_journal(path: Path) -> None:
    """Take the journal away with the products that it is about."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _raw(entry: Entry) -> dict[str, Any]:
    return {
        "key": entry.key,
        "made": entry.made,
        "params": dict(entry.params),
        "value": entry.value,
        "warnings": list(entry.warnings),
        "exposures": [_told(one) for one in entry.exposures],
        "files": {name: [one.size, one.mtime_ns, one.crc] for name, one in entry.files.items()},
    }


def _told(one: Seen) -> list[Any]:
    return [one.name, one.size, one.mtime_ns, one.wcs, one.crc]


def _entry(raw: Mapping[str, Any]) -> Entry:
    files = {str(name): Stamp(*map(_whole, stamp)) for name, stamp in raw["files"].items()}
    if any("/" in name or "\\" in name or name in (".", "..") for name in files):
        raise ValueError("a name with a folder")
    params = {str(name): str(text) for name, text in raw["params"].items()}
    warnings = tuple(str(text) for text in raw["warnings"])
    return Entry(
        str(raw["key"]), params, raw["value"], warnings, files, _seen(raw["exposures"]), str(raw["made"])
    )


def _seen(raw: Sequence[Any]) -> tuple[Seen, ...]:
    # journals of former versions have no checksums
    return tuple(
        Seen(str(name), _whole(size), _whole(time), str(wcs), *map(_whole, crc))
        for name, size, time, wcs, *crc in raw
    )


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("no whole number")
    return value
