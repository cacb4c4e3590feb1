"""Reading a parameter file: everything that can be understood is, and a note says what could not.

drizzlepac's two readers either stop at the first oddity or drop values with one line in the terminal; here a
file of any age opens and each item that was not taken over as it stands is named.
"""

from __future__ import annotations

import codecs
import difflib
import stat
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import Refusal
from core.params.cfg.lines import COMMENT, Entry, Parsed, take_apart
from core.params.cfg.old import OLD_NAMES, OLD_TASKS, present_word
from core.params.model import Kind, Task, Value
from core.params.paramset import ParamSet
from core.params.tasks import TASKS
from core.params.values import parse_value

MAX_BYTES = 1_000_000
TASK_KEY = "_task_name_"
RULES_SECTION = "_RULES_"
_MAX_NOTES = 200
_MAX_HINTS = 50
_MAX_KEPT = 500
# of our own parameters those without which the file's other values mean something else: a threshold counts in noise
_WEIGHTY = ("noise",)
_MAX_KEPT_TEXT = 2000


@dataclass(frozen=True)
class Loaded:
    """A set read from a file, and a note for each item that was not taken over as it stands.

    `unread` names the parameters whose values could not be read and that stand at their defaults: a form can show
    that, a batch run must not go on with them. `kept` are the entries that were not understood and the person's own
    comment lines (under the key `#`): `write_cfg` keeps them in comment lines, so that opening and saving a file of
    any age loses nothing.
    """

    set: ParamSet
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    kept: tuple[Entry, ...] = ()


@dataclass
class _Reading:
    """What is known while a file is read: faults make a strict reading fail, remarks do not."""

    task: Task
    values: dict[str, Value] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    kept: list[Entry] = field(default_factory=list)


def read_cfg(path: str | Path, *, strict: bool = False) -> Loaded:
    """Read a parameter file of any of the four tasks.

    Unknown names are left out, unreadable values and missing names get the default, values in a wrong section
    are taken, and so are those under a name of an earlier DrizzlePac (`core.params.cfg.old`): each with a note. With
    `strict` all but missing names is refused.

    Raises
    ------
    Refusal
        No such file, too large, not text, no or another `_task_name_`; with `strict` any fault.
    """
    path = Path(path)
    text, remarks = _text(path)
    try:
        loaded = parse_cfg(text, origin=f"file {path.name}", strict=strict)
    except Refusal as refusal:
        raise Refusal(refusal.what, file=path, subject=refusal.subject, advice=refusal.advice) from None
    return replace(loaded, notes=(*remarks, *loaded.notes))


def parse_cfg(text: str, *, origin: str = "file", strict: bool = False) -> Loaded:
    """Read the text of a parameter file; see `read_cfg`."""
    parsed = take_apart(text)
    reading = _Reading(_task(parsed), faults=list(parsed.notes))
    present = {entry.key for entry in parsed.entries}
    for entry in parsed.entries:
        _take(reading, entry, present)
    for entry in parsed.ours:
        _take_ours(reading, entry)
    _mention_missing(reading)
    _mention_kept(reading, parsed.kept)
    if strict and reading.faults:
        raise Refusal(
            "\n  ".join(["The file is not a clean parameter file:", *reading.faults[:20]]),
            advice="Correct these lines, or open the file in the ordinary way, which leaves them out.",
        )
    notes = [*reading.faults, *reading.remarks]
    if len(notes) > _MAX_NOTES:
        notes = [*notes[:_MAX_NOTES], f"... and {len(notes) - _MAX_NOTES} more of the kind."]
    origins = dict.fromkeys(reading.values, origin)
    unread = tuple(name for name in dict.fromkeys(reading.unread) if name not in reading.values)
    return Loaded(ParamSet(reading.task, reading.values, origins), tuple(notes), unread, tuple(reading.kept))


def _text(path: Path) -> tuple[str, tuple[str, ...]]:
    """The text of a file and remarks on its encoding."""
    try:
        # looked at before opening: opening a pipe would wait for a writer
        if not stat.S_ISREG(path.stat().st_mode):
            raise Refusal("This is not an ordinary file.", file=path, advice="Give a parameter file.")
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refusal(f"Cannot read: {reason}.", file=path, advice="Check the name of the file.") from error
    except ValueError as error:
        raise Refusal(f"Cannot read: {error}.", file=path, advice="Check the name of the file.") from error
    if len(raw) > MAX_BYTES:
        raise Refusal(
            f"The file is larger than {MAX_BYTES} bytes, so it is no parameter file.",
            file=path,
            advice="Give a .cfg file of tweakreg, imagefindpars, refimagefindpars or astrodrizzle.",
        )
    return _decoded(raw, path)


def _decoded(raw: bytes, path: Path) -> tuple[str, tuple[str, ...]]:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        advice = "Save it as UTF-8 in your editor."
        raise Refusal(
            "The file is written in UTF-16, which drizzlepac does not read.", file=path, advice=advice
        )
    try:
        return raw.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        return raw.decode("latin-1"), ("The file is not UTF-8; it was read as Latin-1.",)


def _task(parsed: Parsed) -> Task:
    named = [entry.text for entry in parsed.entries if entry.key == TASK_KEY and not entry.section]
    if not named:
        raise Refusal(
            "The file does not say which task it belongs to.",
            subject=TASK_KEY,
            advice=f'Add a first line such as "{TASK_KEY} = tweakreg".',
        )
    name = OLD_TASKS.get(named[0], named[0])
    if name not in TASKS:
        raise Refusal(
            f"The file belongs to the task {named[0][:60]!r}, which is not one of ours.",
            subject=TASK_KEY,
            advice=f"Give a file of {', '.join(TASKS)}.",
        )
    return TASKS[name]


def _take(reading: _Reading, entry: Entry, present: Set[str]) -> None:
    """Take one entry over, or say why not; `present` are all names in the file."""
    if entry.section == RULES_SECTION:
        reading.remarks.append(
            f"line {entry.line}: the rule {entry.key[:60]} is left out; rules are never executed."
        )
        return
    if entry.key == TASK_KEY:
        if TASK_KEY in reading.lines or entry.section:
            reading.faults.append(f"line {entry.line}: {TASK_KEY} is given again; only the first counts.")
        elif entry.text in OLD_TASKS:
            reading.faults.append(
                f"line {entry.line}: the task {entry.text} is called {reading.task.name} since its release."
            )
        reading.lines[TASK_KEY] = entry.line
        return
    entry = _renamed(reading, entry, present)
    param = reading.task.param(entry.key) if entry.key in reading.task else None
    if param is None or param.ours:
        reading.faults.append(_unknown(reading, entry))
        _keep_entry(reading, entry)
        return
    if entry.section != param.section:
        where = f"[{param.section}]" if param.section else "the lines before the first section"
        reading.faults.append(
            f"line {entry.line}: {entry.key} belongs in {where}; the value is taken all the same."
        )
    _keep(reading, entry)


def _renamed(reading: _Reading, entry: Entry, present: Set[str]) -> Entry:
    """The entry under its present name, with a note, if its own is one of an earlier DrizzlePac."""
    old = OLD_NAMES.get((reading.task.name, entry.key))
    if old is None or not old.now or old.now in present:
        return entry
    reading.faults.append(f"line {entry.line}: {entry.key} is called {old.now} now ({old.says}).")
    return replace(entry, key=old.now)


def _unknown(reading: _Reading, entry: Entry) -> str:
    """What to say about a name that the task does not have."""
    old = OLD_NAMES.get((reading.task.name, entry.key))
    if old is not None and old.now:
        return f"line {entry.line}: {entry.key} is left out, for the file gives {old.now}, its present name, too."
    if old is not None:
        return (
            f"line {entry.line}: {entry.key!r} is not a parameter of {reading.task.name} any more: it {old.says}. "
            "It is left out."
        )
    hint = _hint(reading, entry.key)
    return f"line {entry.line}: {entry.key[:60]!r} is not a parameter of {reading.task.name}. It is left out.{hint}"


def _keep_entry(reading: _Reading, entry: Entry) -> None:
    """Keep an entry that is left out, for when the set is saved; too long or too many are no parameters."""
    if len(reading.kept) < _MAX_KEPT and len(entry.text) + len(entry.key) <= _MAX_KEPT_TEXT:
        reading.kept.append(entry)


def _take_ours(reading: _Reading, entry: Entry) -> None:
    if entry.key in (extra.name for extra in reading.task.extras):
        _keep(reading, entry)
    else:
        reading.faults.append(
            f"line {entry.line}: {entry.key[:60]!r} is not known to this version. It is left out."
        )
        _keep_entry(reading, entry)


def _keep(reading: _Reading, entry: Entry) -> None:
    """Read the value and keep it; an unreadable one leaves the default, with a note."""
    name = entry.key
    param = reading.task.param(name)
    if name in reading.lines:
        reading.faults.append(
            f"line {entry.line}: {name} is given again (before in line {reading.lines[name]}); the later value counts."
        )
    reading.lines[name] = entry.line
    text = present_word(reading.task.name, name, entry.text)
    if text != entry.text:
        reading.faults.append(f"line {entry.line}: {name} = {entry.text[:60]} is written {text} now.")
    try:
        reading.values[name] = parse_value(param, text)
    except Refusal as refusal:
        _keep_entry(reading, entry)
        reading.values.pop(name, None)
        reading.unread.append(name)
        reading.faults.append(
            f"line {entry.line}: {name}: {refusal.what} The default {param.default!r} is used. {refusal.advice}"
        )
        return
    if entry.odd:
        reading.faults.append(
            f"line {entry.line}: {name} holds {entry.odd}, which drizzlepac refuses; read as {entry.text[:60]!r}."
        )
    if param.kind is Kind.STR and "%(" in entry.text:
        reading.remarks.append(
            f"line {entry.line}: {name} holds %(, which drizzlepac takes for a reference; here it is plain text."
        )


def _hint(reading: _Reading, key: str) -> str:
    """The nearest known name; not for the hundredth fault, since looking takes time."""
    if len(reading.faults) > _MAX_HINTS:
        return ""
    near = difflib.get_close_matches(
        key[:60], [param.name for param in reading.task.params], n=1, cutoff=0.75
    )
    return f" Did you mean {near[0]}?" if near else ""


def _mention_kept(reading: _Reading, kept: Sequence[Entry]) -> None:
    """Entries that a former saving kept have no effect, and are kept further."""
    for entry in kept:
        _keep_entry(reading, entry)
    entries = [entry for entry in kept if entry.key != COMMENT]
    if entries:
        named = ", ".join(entry.key[:40] for entry in entries[:8])
        more = f" and {len(entries) - 8} more" if len(entries) > 8 else ""
        reading.remarks.append(f"Kept from an older file in comment lines, without effect: {named}{more}.")


def _mention_missing(reading: _Reading) -> None:
    missing = [param.name for param in reading.task.params if param.name not in reading.lines]
    if missing:
        named = ", ".join(missing[:8]) + (f" and {len(missing) - 8} more" if len(missing) > 8 else "")
        reading.remarks.append(f"Not in the file, so at the default: {named}.")
    for extra in reading.task.extras:
        told = extra.name in reading.lines or extra.name not in _WEIGHTY
        if not told and reading.values.get("computesig", True):
            reading.remarks.append(f"The file does not say {extra.name}: {extra.default} is used.")
