"""`drizzledesk params`: show, compare and save parameters."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from app.sets import assigned, load_set
from core.params import ParamSet, describe, format_value, write_cfg


def run(arguments: argparse.Namespace) -> int:
    """Print the set (all, or what differs from the defaults), and save it if asked."""
    (chosen,) = assigned([load_set(arguments.task, arguments.cfg)], arguments.assignments)
    names = list(chosen.changed()) if arguments.diff else list(chosen)
    if arguments.save:
        write_cfg(chosen, arguments.save)
        print(f"saved to {arguments.save}", file=sys.stderr)
        if not (arguments.diff or arguments.json or arguments.describe):
            return 0
    if arguments.json:
        print(json.dumps({name: chosen[name] for name in names}, indent=1, ensure_ascii=False))
    elif arguments.describe:
        print("\n\n".join(describe(chosen.task.param(name)) for name in names))
    elif names:
        print("\n".join(_lines(chosen, names)))
    else:
        print("Nothing differs from the defaults.", file=sys.stderr)
    return 0


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
