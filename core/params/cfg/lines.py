"""A parameter file taken apart into its entries, line by line; no parameter is known here."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass, field

from core.params.cfg.quoting import TRIPLE, nothing_left, unquote

OURS = "drizzledesk:"
"""What the comment lines begin with in which our own parameters ride."""
KEPT = "kept "
"""What follows in those that keep an entry which was not understood, as a JSON list of section, name and text."""
COMMENT = "#"
"""The key of a kept comment line of the person; no entry of a file can have it."""


@dataclass(frozen=True)
class Entry:
    """One `key = value`: the number of its line (from 1), its section ("" before the first), what is odd about it."""

    line: int
    section: str
    key: str
    text: str
    odd: str = ""


@dataclass
class Parsed:
    """The entries of a file in order, those from our comment lines apart, what is only kept (entries in our comment
    lines, and the person's own comment lines under the key `COMMENT`), and the lines not understood."""

    entries: list[Entry] = field(default_factory=list)
    ours: list[Entry] = field(default_factory=list)
    kept: list[Entry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def take_apart(text: str) -> Parsed:
    """Parse the text of a file; never fails, whatever the text."""
    parsed = Parsed()
    lines = text.splitlines()
    section, seen, index = "", {""}, 0
    while index < len(lines):
        number, line = index + 1, lines[index].strip()
        index += 1
        if not line:
            continue
        if line.startswith("#"):
            _comment(parsed, number, line)
        elif line.startswith(";"):
            parsed.notes.append(f"line {number}: comments begin with #, not with ;. The line is left out.")
        elif (title := _title(line)) is not None:
            section = title
            if section in seen:
                parsed.notes.append(f"line {number}: the section [{_short(section)}] appears twice.")
            seen.add(section)
        elif "=" in line:
            index = _entry(parsed, section, lines, index - 1)
        else:
            parsed.notes.append(f"line {number}: {_short(line)!r} is neither a section nor name = value.")
    return parsed


def _comment(parsed: Parsed, number: int, line: str) -> None:
    body = line.lstrip("#").strip()
    if not body.startswith(OURS):
        if body and not any(unicodedata.category(char) in ("Cc", "Cs") and char != "\t" for char in line):
            parsed.kept.append(Entry(number, "", COMMENT, line))
        return
    body = body[len(OURS) :].strip()
    if body.startswith(KEPT):
        _kept(parsed, number, body[len(KEPT) :])
        return
    key, _, text = body.partition("=")
    value, odd = unquote(text)
    parsed.ours.append(Entry(number, "", key.strip(), value, odd))


def _kept(parsed: Parsed, number: int, text: str) -> None:
    """An entry that an earlier reader did not understand and an earlier writer kept."""
    try:
        section, key, value = (part for part in json.loads(text) if isinstance(part, str))
        if key == COMMENT:
            raise ValueError("a comment stands for itself")
    except (ValueError, TypeError, RecursionError):
        parsed.notes.append(f"line {number}: the kept entry {_short(text)!r} cannot be read.")
        return
    parsed.kept.append(Entry(number, section, key, value))


def kept_line(entry: Entry) -> str:
    """The comment line that keeps an entry: one line of ASCII, whatever the entry holds; a person's own as it is."""
    if entry.key == COMMENT:
        return entry.text
    return f"# {OURS} {KEPT}{json.dumps([entry.section, entry.key, entry.text])}"


def _title(line: str) -> str | None:
    """The title in `[TITLE]`, blanks inside the brackets ignored; None if the line is no section."""
    if not line.startswith("["):
        return None
    end = line.find("]")
    while end != -1:
        after = end
        while after < len(line) and line[after] in " \t]":
            after += 1
        if after == len(line) or line[after] == "#":
            title = line[:end].lstrip("[ \t").rstrip()
            return title[1:-1].strip() if _is_wrapped(title) else title
        end = line.find("]", after)
    return None


def _entry(parsed: Parsed, section: str, lines: list[str], index: int) -> int:
    """Read the entry that begins on `lines[index]`; the index of the next line to look at."""
    key, _, text = lines[index].partition("=")
    key, text = key.strip(), text.lstrip()
    if _is_wrapped(key):
        key = key[1:-1]
    if text[:3] not in TRIPLE:
        value, odd = unquote(text)
        parsed.entries.append(Entry(index + 1, section, key, value, odd))
        return index + 1
    value, last = _triple(text, lines, index)
    if last is None:
        parsed.entries.append(Entry(index + 1, section, key, value, "triple quotes that are not closed"))
        return index + 1
    parsed.entries.append(Entry(index + 1, section, key, value))
    return last + 1


def _triple(text: str, lines: list[str], index: int) -> tuple[str, int | None]:
    """The text between triple quotes and the index of the line where it ends; None if it does not end."""
    mark = text[:3]
    end = _closing(text, mark, 3)
    if end != -1:
        return text[3:end], index
    if mark in text[3:]:
        return text[3:].partition("#")[0].strip(), None
    body = [text[3:]]
    for later in range(index + 1, len(lines)):
        if mark not in lines[later]:
            body.append(lines[later])
            continue
        end = _closing(lines[later], mark, 0)
        if end == -1:
            break
        return "\n".join([*body, lines[later][:end]]), later
    return text[3:].partition("#")[0].strip(), None


def _closing(line: str, mark: str, start: int) -> int:
    """Where the first `mark` stands that only a comment follows; -1 if there is none."""
    end = line.find(mark, start)
    while end != -1:
        if nothing_left(line, end + 3):
            return end
        end = line.find(mark, end + 1)
    return -1


def _is_wrapped(text: str) -> bool:
    return len(text) >= 2 and text[0] in "'\"" and text[0] == text[-1]


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
