"""How a text stands right of the `=` in a parameter file, both ways, in time linear in its length.

The dialect is ConfigObj's. Its own patterns try exponentially many ways on some lines ("," repeated), so a
file could hang the reader; these functions look at each character a fixed number of times.
"""

from __future__ import annotations

import unicodedata

from core.errors import Refusal

TRIPLE = ("'''", '"""')
_QUOTES = ("'", '"')


def unquote(text: str) -> tuple[str, str]:
    """The value that `text` (all that follows `=`, a comment perhaps included) stands for, and what is odd about it.

    "" for the second: ConfigObj reads the same text. Otherwise ConfigObj reads a list or refuses the line, and
    the value is the best guess. Not for triple quotes, which may span lines.
    """
    text = text.strip()
    if text[:1] in _QUOTES:
        return _quoted(text)
    value = text.partition("#")[0].rstrip()
    return value, "an unquoted comma" if "," in value else ""


def _quoted(text: str) -> tuple[str, str]:
    """A text that begins with a quote ends at the first equal quote with nothing but a comment behind it."""
    quote = text[0]
    end = text.find(quote, 1)
    if end == -1:
        return text[1:].partition("#")[0].rstrip(), "a quote that is not closed"
    if nothing_left(text, end + 1):
        return text[1:end], ""
    if _next_char(text, end + 1) == ",":
        return text.partition("#")[0].rstrip(), "a list of quoted texts"
    while end != -1:
        if nothing_left(text, end + 1):
            return text[1:end], ""
        end = text.find(quote, end + 1)
    return text.partition("#")[0].rstrip(), "text behind the closing quote"


def nothing_left(text: str, start: int) -> bool:
    """Whether only blanks or a comment follow from `start` on."""
    return _next_char(text, start) in ("", "#")


def _next_char(text: str, start: int) -> str:
    """The first character from `start` on that is not blank; "" at the end."""
    while start < len(text) and text[start].isspace():
        start += 1
    return text[start : start + 1]


def quote(text: str) -> str:
    """`text` as it must stand in the file so that ConfigObj, with interpolation, reads it back unchanged.

    Raises Refusal for the few texts that cannot be stored.
    """
    _check_storable(text)
    if text == "":
        return '""'
    both = "'" in text and '"' in text
    edge = text[0] in _QUOTES or text[-1] in _QUOTES or text != text.strip()
    if both or "\n" in text:
        return _triple(text)
    if edge or "," in text or "#" in text:
        mark = "'" if '"' in text else '"'
        return f"{mark}{text}{mark}"
    return text


def _triple(text: str) -> str:
    for mark in TRIPLE:
        if mark not in text:
            return f"{mark}{text}{mark}"
    raise Refusal("A text with both kinds of triple quotes cannot be stored.", advice="Choose another text.")


def _check_storable(text: str) -> None:
    if "%(" in text:
        raise Refusal(
            "A text with %( cannot be stored: drizzlepac would read it as a reference to another value.",
            advice="Rename the file or choose another text.",
        )
    for char in text:
        if char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp"):
            raise Refusal(
                f"A text with the control character {char!r} cannot be stored.",
                advice="Remove the character.",
            )
