"""A parameter explained in text, for the terminal and for the window."""

from __future__ import annotations

import textwrap

from core.params.checks.single import range_text
from core.params.model import Kind, Param
from core.params.values import format_value

WIDTH = 96


def describe(param: Param) -> str:
    """Name, label, kind, unit, range, default, choices with their sentences, and the help, as wrapped text."""
    lines = [f"{param.name}: {param.label}", f"  {_kind_line(param)}"]
    if param.section:
        lines.append(f"  section: {param.section}")
    if param.ours:
        lines.append("  known to DrizzleDesk only; drizzlepac ignores it")
    if param.theirs:
        lines.append("  read by drizzlepac only; it changes nothing here")
    for choice, sentence in param.choices.items():
        lines += _wrapped(f"{choice}: {sentence}", "    ", "      ")
    lines += _wrapped(param.help, "  ", "  ")
    if param.smaller:
        lines += _wrapped(f"Too small: {param.smaller}", "  ", "    ")
        lines += _wrapped(f"Too large: {param.larger}", "  ", "    ")
    return "\n".join(lines)


def _kind_line(param: Param) -> str:
    default = format_value(param, param.default)
    parts = [param.kind.value]
    if param.unit:
        parts.append(f"in {param.unit}" if param.kind.is_number else param.unit)
    allowed = range_text(param)
    if allowed:
        parts.append(allowed)
    shown = {"True": "yes", "False": "no"}.get(default, default) if param.kind is Kind.BOOL else default
    parts.append(f"default {shown or 'blank'}")
    return "; ".join(parts)


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest)
