"""Writing a session file: JSON, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core import __version__
from core.data.safe import write_text
from core.params import ParamSet, format_value
from core.sessions.codec import encode
from core.sessions.document import Document, SavedAlignment, SavedDrizzle, SavedSet
from core.sessions.kept import CLASSES
from core.sessions.marks import rebased
from core.sessions.names import FORMAT, VERSION


class Parts:
    """Remembers the long parts of the text that was written last, so that an autosave packs no alignment twice."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[object, str]] = {}

    def text(self, kind: str, value: Any) -> str:
        """The JSON of a frozen result; worked out only when it is another one than last time."""
        known = self._known.get(kind)
        if known is None or known[0] is not value:
            known = (value, json.dumps(encode(value, CLASSES)))
            self._known[kind] = known
        return known[1]


def write_session(document: Document, path: str | Path, parts: Parts | None = None) -> None:
    """Write a session file; marks get the way from its folder.

    Raises Refusal when the file cannot be written; an old one is then as it was.
    """
    path = Path(path)
    write_text(format_session(document, path.parent, parts), path)


def format_session(document: Document, base: Path, parts: Parts | None = None) -> str:
    """The text of the session file; `base` is the folder that it will stand in."""
    parts = parts or Parts()
    pieces = {
        "format": json.dumps(FORMAT),
        "version": json.dumps(VERSION),
        "program": json.dumps(document.program or f"DrizzleDesk {__version__}"),
        "saved": json.dumps(document.saved),
        "folder": json.dumps(document.folder),
        "exposures": _plain([rebased(one, base) for one in document.exposures]),
        "sets": json.dumps({task: _set(one) for task, one in document.sets.items()}, indent=1),
        "choices": _plain(document.choices),
        "view": json.dumps(dict(document.view)),
        "alignment": _alignment(document.alignment, base, parts),
        "drizzle": _drizzle(document.drizzle, base, parts),
    }
    return "{\n" + ",\n".join(f"{json.dumps(key)}: {text}" for key, text in pieces.items()) + "\n}\n"


def _plain(value: Any) -> str:
    return json.dumps(encode(value, CLASSES))


def set_texts(values: ParamSet) -> dict[str, str]:
    """All values as a parameter file would have them, without quotes."""
    return {name: format_value(values.task.param(name), value) for name, value in values.items()}


def _set(one: SavedSet) -> Mapping[str, Any]:
    return {
        "path": one.path,
        "modified": one.modified,
        "values": set_texts(one.values),
        "unreadable": dict(one.unreadable),
    }


def _alignment(one: SavedAlignment | None, base: Path, parts: Parts) -> str:
    if one is None:
        return "null"
    sets = json.dumps([{"task": each.task.name, "values": set_texts(each)} for each in one.sets])
    read = _plain([rebased(each, base) for each in one.read])
    return (
        f'{{"exposures": {json.dumps(one.exposures)}, "applied": {json.dumps(one.applied)}, "sets": {sets},\n'
        f' "read": {read},\n "result": {parts.text("alignment", one.result)}}}'
    )


def _drizzle(one: SavedDrizzle | None, base: Path, parts: Parts) -> str:
    if one is None:
        return "null"
    products = _plain([rebased(each, base) for each in one.products])
    return (
        f'{{"weights": {json.dumps(one.weights)}, "products": {products},\n '
        f'"result": {parts.text("drizzle", one.result)}}}'
    )
