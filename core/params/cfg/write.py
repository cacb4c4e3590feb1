"""Writing a parameter file as TEAL writes it, so that drizzlepac loads it strictly and finds equal values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import Refusal
from core.params.cfg.lines import OURS, Entry, kept_line
from core.params.cfg.quoting import quote
from core.params.model import Kind, Param
from core.params.paramset import ParamSet
from core.params.values import format_value


def format_cfg(values: ParamSet, kept: Sequence[Entry] = ()) -> str:
    """The text of the parameter file: all parameters, by section, each with its label as a comment.

    What drizzlepac has no name for stands in comment lines, and so do `kept` entries, those that a file held and
    nobody understood. Raises Refusal for a text that cannot be stored.
    """
    task = values.task
    lines = [f"_task_name_ = {task.name}# {task.title}"]
    lines += [f"# {OURS} {extra.name} = {_right_side(extra, values)}" for extra in task.extras]
    lines += map(kept_line, kept)
    for section in task.sections:
        if section.title:
            lines += ["", f"[{section.title}]"]
        for name in section.params:
            param = task.param(name)
            lines.append(f"{name} = {_right_side(param, values)}# {param.label}")
    return "\n".join(lines) + "\n"


def write_cfg(values: ParamSet, path: str | Path, kept: Sequence[Entry] = ()) -> None:
    """Write the parameter file whole or not at all; for `kept` see `format_cfg`.

    Raises Refusal if a value cannot be stored or the file cannot be written; an old file is then as it was.
    """
    from core.data.safe import (
        write_text,
    )  # brings astropy, which mere looking at parameters need not wait for

    write_text(format_cfg(values, kept), path)


def _right_side(param: Param, values: ParamSet) -> str:
    value = values[param.name]
    if param.kind is not Kind.STR:
        return format_value(param, value)
    try:
        return quote(value)
    except Refusal as refusal:
        raise Refusal(refusal.what, subject=param.name, advice=refusal.advice) from None
