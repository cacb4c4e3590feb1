"""What a session file holds, in words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ui.sessionstate import Opened


def told_of(opened: Opened) -> str:
    """What an autosave holds, in a line or two."""
    document = opened.document
    count = len(document.exposures)
    changed = sum(len(one.values.changed()) + len(one.unreadable) for one in document.sets.values())
    parts = [
        f"{count} exposure{'s' * (count != 1)}",
        f"{changed} changed parameter{'s' * (changed != 1)}",
    ]
    if document.alignment is not None:
        parts.append("an alignment")
    if document.drizzle is not None:
        parts.append("drizzled products")
    return f"Saved by itself at {when_of(opened)}: {', '.join(parts)}."


def when_of(opened: Opened) -> str:
    """When the session was saved, in words."""
    saved = opened.document.saved
    return f"{saved.replace('T', ' ').removesuffix('+00:00')} UTC" if saved else "an unknown time"


@dataclass(frozen=True)
class Given:
    """What the program was started with: exposures, parameter files, a session file."""

    files: tuple[Path, ...] = ()
    cfgs: tuple[Path, ...] = ()
    session: Path | None = None


NOTHING_GIVEN = Given()


def given_up(given: Given, opened: Opened) -> list[str]:
    """The names of what was given and is not part of a session: what would not be open after it is recovered."""
    kept = {str(found.path) for found in opened.exposures}
    kept |= {one.path for one in opened.document.sets.values()}
    kept.add(str(opened.document.view.get("session") or ""))
    asked = (*given.files, *given.cfgs, *((given.session,) if given.session is not None else ()))
    return [path.name for path in asked if str(path.absolute()) not in kept]
