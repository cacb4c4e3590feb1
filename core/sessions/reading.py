"""Reading a session file. A damaged or hostile one is refused with its reason; nothing in it is ever executed."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from core.align.choices import Choices
from core.align.results import Alignment
from core.drizzle.results import DrizzleResult
from core.errors import Refusal
from core.params import TASKS, ParamSet, parse_value
from core.sessions.codec import decode
from core.sessions.document import Document, SavedAlignment, SavedDrizzle, SavedSet, ViewValue
from core.sessions.kept import CLASSES, check_alignment
from core.sessions.marks import FileMark
from core.sessions.names import FORMAT, VERSION

MAX_TEXT = 1_000_000_000
_MOST = 10_000
T = TypeVar("T")


def read_session(path: str | Path) -> Document:
    """Read a session file.

    Raises
    ------
    Refusal
        No such file, not a session, made by a newer version, damaged.
    """
    path = Path(path)
    try:
        return parse_session(_text(path))
    except Refusal as refusal:
        raise Refusal(refusal.what, file=path, subject=refusal.subject, advice=refusal.advice) from None


def parse_session(text: str) -> Document:
    """Read the text of a session file; see `read_session`."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused(f"It is no JSON ({str(error)[:80]})") from None
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise Refusal("This is no session file of DrizzleDesk.", advice="Give a *.drizzledesk file.")
    version = raw.get("version")
    if type(version) is not int or version < 1:
        raise _refused("Its version is no number")
    if version > VERSION:
        raise Refusal(
            f"It was made by a newer DrizzleDesk (session version {version}, this program reads up to {VERSION}).",
            advice="Open it with that version.",
        )
    try:
        return _document(raw)
    except RecursionError:
        raise _refused("It is nested too deeply") from None


def _document(raw: Mapping[str, Any]) -> Document:
    return Document(
        exposures=_marks(raw, "exposures"),
        sets={task: _saved_set(task, each) for task, each in _dict(raw, "sets").items()},
        choices=_decoded(raw.get("choices"), Choices, "choices") if raw.get("choices") else Choices(),
        alignment=_alignment(raw["alignment"]) if raw.get("alignment") is not None else None,
        drizzle=_drizzle(raw["drizzle"]) if raw.get("drizzle") is not None else None,
        folder=_str(raw, "folder"),
        view=_view(_dict(raw, "view")),
        saved=_str(raw, "saved"),
        program=_str(raw, "program"),
    )


def _text(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Refusal("This is not an ordinary file.", file=path, advice="Give a session file.")
        with path.open("rb") as stream:
            raw = stream.read(MAX_TEXT + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Refusal(f"Cannot read: {reason}.", file=path, advice="Check the name of the file.") from error
    if len(raw) > MAX_TEXT:
        raise Refusal("The file is too large for a session.", file=path, advice="Give a *.drizzledesk file.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal("The file is not text.", file=path, advice="Give a *.drizzledesk file.") from None


def _saved_set(task: str, raw: Any) -> SavedSet:
    if not isinstance(raw, dict):
        raise _refused(f"The set {task[:30]!r} is no set")
    unreadable = {str(name): _text_of(text, "unreadable") for name, text in _dict(raw, "unreadable").items()}
    values = _param_set(task, _dict(raw, "values"))
    if not set(unreadable) <= set(values.task.names):
        raise _refused("An unreadable text belongs to no parameter")
    return SavedSet(values, _str(raw, "path"), raw.get("modified") is True, unreadable)


def _param_set(task: str, texts: Mapping[str, Any]) -> ParamSet:
    """A set from its texts; what a later version no longer knows, or knew not yet, is left at its default."""
    if task not in TASKS:
        raise _refused(f"There is no task {task[:30]!r}")
    known = TASKS[task]
    values = {
        name: parse_value(known.param(name), _text_of(text, name))
        for name, text in texts.items()
        if name in known
    }
    return ParamSet(known, values, dict.fromkeys(values, "session"))


def _alignment(raw: Any) -> SavedAlignment:
    if not isinstance(raw, dict):
        raise _refused("The alignment is none")
    result = _decoded(raw.get("result"), Alignment, "alignment")
    check_alignment(result)
    sets = raw.get("sets")
    tasks = ("tweakreg", "imagefindpars", "refimagefindpars")
    if not isinstance(sets, list) or len(sets) != len(tasks):
        raise _refused("The sets of the alignment are missing")
    made = [_param_set(task, _dict(each, "values")) for task, each in zip(tasks, sets, strict=True)]
    exposures = _strings(raw, "exposures")
    if {image.path for image in result.images} != set(map(Path, exposures)):
        raise _refused("The alignment is of other exposures than it says")
    return SavedAlignment(
        result, (made[0], made[1], made[2]), _marks(raw, "read"), exposures, _strings(raw, "applied")
    )


def _drizzle(raw: Any) -> SavedDrizzle:
    if not isinstance(raw, dict):
        raise _refused("The result of Drizzle is none")
    result = _decoded(raw.get("result"), DrizzleResult, "drizzle")
    return SavedDrizzle(result, _marks(raw, "products"), _str(raw, "weights"))


def _decoded(raw: Any, kind: type[T], what: str) -> T:
    value = decode(raw, CLASSES)
    if not isinstance(value, kind):
        raise _refused(f"What it holds under {what} is something else")
    return value


def _marks(raw: Mapping[str, Any], key: str) -> tuple[FileMark, ...]:
    found = decode(raw.get(key, []), CLASSES)
    if (
        not isinstance(found, tuple)
        or not all(isinstance(each, FileMark) for each in found)
        or len(found) > _MOST
    ):
        raise _refused(f"The list of files under {key} is none")
    if any("\0" in each.path + each.relative or not each.path for each in found):
        raise _refused(f"A name of a file under {key} cannot be")
    return found


def _view(raw: Mapping[str, Any]) -> dict[str, ViewValue]:
    if not all(value is None or isinstance(value, str | int | float) for value in raw.values()):
        raise _refused("The state of the views is none")
    return dict(raw)


def _dict(raw: Any, key: str) -> dict[str, Any]:
    value = raw.get(key, {}) if isinstance(raw, dict) else None
    if not isinstance(value, dict):
        raise _refused(f"What it holds under {key} is no table")
    return value


def _str(raw: Mapping[str, Any], key: str) -> str:
    return _text_of(raw.get(key, ""), key)


def _text_of(value: Any, key: str) -> str:
    if not isinstance(value, str):
        raise _refused(f"What it holds under {key} is no text")
    return value


def _strings(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = raw.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) and "\0" not in each for each in value):
        raise _refused(f"What it holds under {key} is no list of names")
    return tuple(value)


def _refused(what: str) -> Refusal:
    return Refusal(
        f"The session file is damaged. {what}.",
        advice="Open an older copy, or the exposures and parameter files one by one.",
    )
