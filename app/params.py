"""`drizzledesk params`: show, compare and save parameters."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from pathlib import Path
from typing import Any

from app.sets import assigned, load_file, load_set, with_preset
from core.params import TASKS, ParamSet, describe, format_value, write_cfg
from core.params.compare import compare, difference_text, shown
from core.params.presets import Preset, presets
from core.params.scripts import as_command, as_python


def run(arguments: argparse.Namespace) -> int:
    """Print the set (all, or what differs from the defaults, or in another form), and save it if asked."""
    if arguments.presets:
        print("\n\n".join(_explained(one) for one in presets() if arguments.task in one.values))
        return 0
    loaded = load_file(arguments.task, arguments.cfg) if arguments.cfg else None
    base = loaded.set if loaded else TASKS[arguments.task].defaults()
    for name in arguments.preset:
        base = with_preset(base, name)
    # a command line of tweakreg names parameters of the source finding too; on their own they have their own task
    finding = _finding(base) if arguments.form else []
    chosen, *finding = assigned([base, *finding], arguments.assignments)
    if arguments.save:
        write_cfg(chosen, arguments.save, loaded.kept if loaded else ())
        print(f"saved to {arguments.save}", file=sys.stderr)
        if not (
            arguments.diff or arguments.json or arguments.describe or arguments.form or arguments.against
        ):
            return 0
    if arguments.against:
        print(_compared(chosen, arguments.against, str(arguments.cfg or "this set")), end="")
    elif arguments.form:
        sets = [chosen, *finding]
        print(as_command(sets) if arguments.form == "command" else as_python(sets).rstrip("\n"))
    else:
        _show(chosen, arguments)
    return 0


def _show(chosen: ParamSet, arguments: argparse.Namespace) -> None:
    names = list(chosen.changed()) if arguments.diff else list(chosen)
    if arguments.json:
        print(json.dumps({name: chosen[name] for name in names}, indent=1, ensure_ascii=False))
    elif arguments.describe:
        print("\n\n".join(describe(chosen.task.param(name)) for name in names))
    elif names:
        print("\n".join(_lines(chosen, names)))
    else:
        print("Nothing differs from the defaults.", file=sys.stderr)


def _compared(chosen: ParamSet, other: Path, title: str) -> str:
    """What differs from a parameter file, or from the set that made a product."""
    if other.name.endswith(".cfg"):
        return difference_text(compare(chosen, load_set(chosen.task.name, other)), title, other.name)
    from core.data.madewith import read_made_with  # brings astropy, which the rest need not wait for

    made = read_made_with(other)
    for note in (f"from {made.source}", *made.notes):
        print(f"note: {other.name}: {note}", file=sys.stderr)
    return difference_text(compare(chosen, made.set, made.known), title, other.name)


def _finding(base: ParamSet) -> list[ParamSet]:
    """The source finding sets that go with a set of tweakreg."""
    names = ("imagefindpars", "refimagefindpars") if base.task.name == "tweakreg" else ()
    return [TASKS[name].defaults() for name in names]


def _explained(preset: Preset) -> str:
    lines = [f"{preset.name}: {preset.title}"]
    for text in (preset.why, preset.source):
        lines += textwrap.wrap(text, 96, initial_indent="  ", subsequent_indent="  ")
    for task, values in preset.values.items():
        lines += [f"    {task}: {name} = {shown(TASKS[task].param(name), v)}" for name, v in values.items()]
    return "\n".join(lines)


def _lines(chosen: ParamSet, names: list[str]) -> list[str]:
    lines, section = [], ""
    for name in names:
        param = chosen.task.param(name)
        if param.section != section:
            section = param.section
            lines += ["", f"[{section}]"]
        unit = f"  {param.unit}" if param.unit else ""
        default = "" if chosen.is_default(name) else f"  (default {_shown(param, param.default)})"
        lines.append(f"{name} = {_shown(param, chosen[name])}{unit}{default}")
    return lines[1:] if lines[:1] == [""] else lines


def _shown(param: Any, value: Any) -> str:
    return format_value(param, value) or '""'
