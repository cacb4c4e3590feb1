"""What a session file holds, in words."""

from __future__ import annotations

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
