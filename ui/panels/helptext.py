"""The help of one parameter as rich text, from its declaration and its present state."""

from __future__ import annotations

import re
from html import escape

from core.params import TASKS, Kind, Param, format_value
from core.params.checks.single import range_text
from ui import style
from ui.panels.flags import names_of
from ui.panels.state import FormState

HANDBOOK = "DrizzlePac Handbook 2.0"
_WORDS = re.compile(r"[A-Za-z_][A-Za-z0-9_]+")


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
    if param.smaller:
        parts.append(f"<p><b>Too small:</b> {escape(param.smaller)}<br>")
        parts.append(f"<b>Too large:</b> {escape(param.larger)}</p>")
    parts.append(_choices(param, ""))
    parts.append(f"<p>{'. '.join(_facts(param))}.</p>")
    return f"<div style='max-width:420px'>{''.join(parts)}</div>"


def page(state: FormState, name: str) -> str:
    """The help page of a parameter: what it is now and why, what it does, what may go wrong, where to read on.

    Links: "default" goes back to the default, "param:NAME" to another parameter.
    """
    theme, param = style.current(), state.task.param(name)
    section = state.task.section_of(name)
    muted = f"color:{theme.muted}"
    where = section.label or state.task.title
    parts = [
        f"<h3 style='margin:0'>{escape(param.label)}</h3>",
        f"<p style='margin-top:2px; {muted}'><code>{escape(name)}</code> &nbsp;·&nbsp; {state.task.name}"
        f" &nbsp;·&nbsp; {escape(where)}</p>",
        _trouble(state, name, theme),
        f"<p>{_now(state, param)}</p>",
        f"<p>{linked(param.help, name)}</p>",
        _ends(param, theme),
        _choices(param, str(state.values[name])),
        f"<p style='{muted}'>{'. '.join(_facts(param))}.",
        f"<br>{HANDBOOK}, section {escape(section.handbook)}.</p>" if section.handbook else "</p>",
    ]
    return "".join(parts)


def linked(text: str, own: str) -> str:
    """The text with every other parameter's name in it as a link."""

    def link(match: re.Match[str]) -> str:
        word = match[0]
        is_name = (
            word != own
            and ("_" in word or len(word) > 7 or word in _PLAIN)
            and any(word in task for task in TASKS.values())
        )
        return f"<a href='param:{word}'>{word}</a>" if is_name else word

    return _WORDS.sub(link, escape(text, quote=False))


# short names that are no words of English, so that they can be told in a sentence
_PLAIN = (
    "nclip",
    "minobj",
    "crbit",
    "refcat",
    "catfile",
    "skyfile",
    "dqbits",
    "skyuser",
    "xoffset",
    "yoffset",
)


def _trouble(state: FormState, name: str, theme: style.Theme) -> str:
    grey, message = state.grey_reason(name), state.message(name)
    told = ""
    if message and not (grey and not state.is_wrong(name)):
        colour = theme.bad if state.is_wrong(name) else theme.warn
        told += f"<p style='color:{colour}'><b>{escape(message)}</b></p>"
    if state.task.param(name).theirs:
        told += (
            f"<p style='color:{theme.muted}'><i>Changes nothing here.</i> It is kept for drizzlepac, which reads it "
            "from the saved file.</p>"
        )
    if grey:
        told += f"<p style='color:{theme.muted}'><i>Not used now.</i> {linked(grey, name)}</p>"
    return told


def _now(state: FormState, param: Param) -> str:
    """The value, what it means, where it comes from, and the way back to the default."""
    bad = state.text_of_bad(param.name)
    value = escape(bad) if bad is not None else shown(param, state.values[param.name])
    is_flags = bad is None and param.semantic in ("dq-bits", "bit-value")
    names = names_of(param, str(state.values[param.name]), state.facts) if is_flags else ""
    told = f"Now <b>{value}</b>{f' ({escape(names)})' if names else ''}, {escape(state.origin(param.name))}."
    if state.is_changed(param.name):
        told += f" <a href='default'>Back to {_shown(param)}</a>"
    return told


def _ends(param: Param, theme: style.Theme) -> str:
    if not param.smaller:
        return ""
    rows = (("Too small", param.smaller), ("Too large", param.larger))
    return "<table cellspacing='0' cellpadding='1' style='margin-top:8px; margin-bottom:8px'>" + "".join(
        f"<tr><td style='color:{theme.muted}; padding-right:10px; white-space:nowrap'>{head}</td>"
        f"<td>{linked(text, param.name)}</td></tr>"
        for head, text in rows
    ) + "</table>"  # fmt: skip


def _choices(param: Param, now: str) -> str:
    if param.kind is not Kind.CHOICE:
        return ""
    rows = (
        f"<li>{'<u>' if choice == now else ''}<b>{escape(choice)}</b>{'</u>' if choice == now else ''}: "
        f"{escape(text)}</li>"
        for choice, text in param.choices.items()
        if text
    )
    text = "".join(rows)
    return f"<ul style='margin-left:-22px'>{text}</ul>" if text else ""


def _facts(param: Param) -> list[str]:
    facts = [f"Default {_shown(param)}"]
    allowed, unit = range_text(param), escape(param.unit) if param.unit else ""
    empty = "may be empty" if param.kind.allows_none else ""
    if allowed:
        facts.append(
            ", or ".join(
                part for part in (f"Allowed: {allowed} {unit}".strip(), empty.removeprefix("may be ")) if part
            )
        )
    elif unit or empty:
        facts.append(", ".join(part for part in (f"In {unit}" if unit else "", empty) if part).capitalize())
    return facts


def _shown(param: Param) -> str:
    return shown(param, param.default)


def shown(param: Param, value: object) -> str:
    """A value as the form shows it, for rich text."""
    if value is None or value == "":
        return "empty"
    if param.kind is Kind.BOOL:
        return "on" if value else "off"
    return escape(format_value(param, value))  # type: ignore[arg-type]


def brief(param: Param) -> str:
    """The first sentence of the help."""
    return re.split(r"(?<=[.?])\s", param.help, maxsplit=1)[0]


def matches(param: Param, words: list[str]) -> bool:
    """Whether every word of a search (lower case) occurs in name, label, unit, choices or help."""
    text = " ".join(
        (param.name, param.label, param.unit, param.help, param.smaller, param.larger, *param.choices)
    )
    text = text.lower()
    return all(word in text for word in words)
