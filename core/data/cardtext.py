"""What may stand in a FITS card: printable ASCII and finite numbers (FITS Standard 4.0, sections 4.2.1 and 4.2.4).

File names and fill values are a person's choice, and neither need be so.
"""

from __future__ import annotations

import math
import re
from typing import Any

_ESCAPED = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))")


def card_text(text: str) -> str:
    """The text with every character that no card can hold written as \\xhh, \\uhhhh or \\Uhhhhhhhh."""
    return "".join(c if " " <= c <= "~" else _escape(ord(c)) for c in text)


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def read_card_text(text: str) -> str:
    """The text that `card_text` wrote."""
    return _ESCAPED.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    code = int(match[1] or match[2] or match[3], 16)
    return chr(code) if code <= 0x10FFFF else match[0]


def card_value(value: Any) -> Any:
    """The value as a card can hold it: texts as `card_text`, NaN and infinite numbers as "nan", "inf" and "-inf"."""
    if isinstance(value, str):
        return card_text(value)
    return str(float(value)) if isinstance(value, float) and not math.isfinite(value) else value
