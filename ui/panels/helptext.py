"""The help of one parameter as rich text, from its declaration and its present state."""

from __future__ import annotations

from html import escape

from core.params import Kind, Param, format_value
from ui.panels.state import FormState


def tooltip(state: FormState, name: str) -> str:
    """Label, name, help, choices, limits and default; above all, what is wrong or why it is grey."""
    param = state.task.param(name)
    parts = [f"<p><b>{escape(param.label)}</b> &nbsp;<code>{escape(name)}</code></p>"]
    grey, message = state.grey_reason(name), state.message(name)
    if message:
        parts.append(f"<p><b>{escape(message)}</b></p>")
    if grey:
        parts.append(f"<p><i>Not used now. {escape(grey)}</i></p>")
    if param.help:
        parts.append(f"<p>{escape(param.help)}</p>")
    parts.append(_choices(param))
    parts.append(f"<p>{'. '.join(_facts(param))}.</p>")
    return f"<div style='max-width:420px'>{''.join(parts)}</div>"


def _choices(param: Param) -> str:
    if param.kind is not Kind.CHOICE:
        return ""
    rows = (
        f"<li><b>{escape(choice)}</b>: {escape(text)}</li>" for choice, text in param.choices.items() if text
    )
    text = "".join(rows)
    return f"<ul style='margin-left:-22px'>{text}</ul>" if text else ""


def _facts(param: Param) -> list[str]:
    facts = [f"Default {_shown(param)}"]
    if param.lo is not None:
        facts.append(f"{'above' if param.above else 'at least'} {param.lo:g}")
    if param.hi is not None:
        facts.append(f"at most {param.hi:g}")
    if param.unit:
        facts.append(f"in {escape(param.unit)}")
    if param.kind.allows_none:
        facts.append("may be left empty")
    return facts


def _shown(param: Param) -> str:
    if param.default is None or param.default == "":
        return "empty"
    if param.kind is Kind.BOOL:
        return "on" if param.default else "off"
    return escape(format_value(param, param.default))


def matches(param: Param, words: list[str]) -> bool:
    """Whether every word of a search (lower case) occurs in name, label, unit, choices or help."""
    text = " ".join((param.name, param.label, param.unit, param.help, *param.choices)).lower()
    return all(word in text for word in words)
