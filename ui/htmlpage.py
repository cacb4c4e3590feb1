"""What the pages that report a run are made of: HTML that needs nothing else, holds no script and loads nothing.

Every text that comes from a file or a person is escaped.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from importlib.metadata import PackageNotFoundError, version

from core import __version__
from core.params import ParamSet, format_value

LIBRARIES = ("numpy", "scipy", "numba", "astropy", "stwcs", "PySide6-Essentials", "pyqtgraph")
STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: #1f2a33; background: #fff;
  max-width: 1120px; margin: 2em auto; padding: 0 1.5em; }
h1 { font-size: 1.6em; margin-bottom: .1em; } h2 { margin-top: 2em; border-bottom: 1px solid #d0d6db; }
h3 { margin: 2em 0 .3em; overflow-wrap: anywhere; } p { margin: .4em 0; overflow-wrap: anywhere; }
.quiet { color: #5d6b76; } .wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .8em 0; font-size: .9em; }
th, td { text-align: left; padding: .25em .7em .25em 0; vertical-align: top; border-bottom: 1px solid #e4e8eb; }
th { color: #5d6b76; font-weight: 600; white-space: nowrap; }
td.n { font-family: ui-monospace, "DejaVu Sans Mono", monospace; white-space: nowrap; }
td.t { overflow-wrap: anywhere; min-width: 9em; }
.good { color: #2c7a4b; } .warn { color: #95610a; } .bad { color: #b3362c; } .ref { color: #14708a; }
figure { margin: 1em 0; } img { max-width: 100%; height: auto; border: 1px solid #d0d6db; }
.beside { display: flex; flex-wrap: wrap; gap: 0 1.5em; align-items: flex-start; }
.beside figure { flex: 1 1 20em; max-width: 540px; overflow-wrap: anywhere; } .beside img { width: 100%; }
@media print { figure, tr { break-inside: avoid; } }
"""


def document(title: str, parts: Sequence[str]) -> str:
    """The whole page: title, version and time, then the parts, which are HTML."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style></head>\n<body>\n"
        f'<h1>{escape(title)}</h1>\n<p class="quiet">DrizzleDesk {escape(__version__)}, {now}</p>\n'
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def cell(text: str, kind: str = "n") -> str:
    """A cell of a table: "n" a number, "t" a text."""
    return f'<td class="{kind}">{escape(text)}</td>'


def table(heads: Sequence[str], rows: Sequence[str]) -> str:
    """A table of rows, each the cells of `cell` one after the other; "" without rows."""
    if not rows:
        return ""
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    lines = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{top}</tr>{lines}</table></div>'


def two_columns(heads: tuple[str, str], lines: Sequence[tuple[str, str]]) -> str:
    """A table of texts and what belongs to each; "" without lines."""
    return table(heads, [cell(name, "t") + cell(text) for name, text in lines])


def parameters(values: ParamSet) -> str:
    """The parameters of a task that differ from its defaults."""
    name = escape(values.task.name)
    rows = []
    for key, value in values.changed().items():
        param = values.task.param(key)
        texts = (format_value(param, value), format_value(param, param.default), param.label)
        rows.append(cell(key) + "".join(cell(text, "t") for text in texts))
    if not rows:
        return f"<p><b>{name}</b>: all as the defaults.</p>"
    return f"<p><b>{name}</b></p>" + table(("name", "value", "default", "what it is"), rows)


def run_facts(seconds: dict[str, float]) -> str:
    """The seconds of each step, and the versions of all programs."""
    steps = two_columns(("step", "seconds"), [(step, f"{took:.2f}") for step, took in seconds.items()])
    programs = [
        ("DrizzleDesk", __version__),
        ("Python", platform.python_version()),
        ("system", platform.platform()),
    ]
    return steps + two_columns(("program", "version"), [*programs, *_versions()])


def _versions() -> list[tuple[str, str]]:
    found = []
    for name in LIBRARIES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return found
