"""The text log of a run (runfile): what was asked for, what came out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from core import __version__
from core.drizzle.results import DrizzleResult


def log_text(params: Mapping[str, Any], notes: Sequence[str], result: DrizzleResult) -> str:
    """All parameters, notes, figures, products, warnings and seconds, as lines of text."""
    stamp = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    lines = [f"astrodrizzle, DrizzleDesk {__version__}, {stamp}", "", "Parameters"]
    lines += [f"  {name} = {params[name]}" for name in params]
    lines += ["", "Exposures"]
    for exposure in result.exposures:
        lines.append(f"  {exposure.name}" + (f": left out. {exposure.reason}" if exposure.reason else ""))
        for chip in exposure.chips:
            lines.append(
                f"    SCI,{chip.extver}: sky {chip.sky:.6g}, {chip.n_cr} cosmic ray pixels "
                f"({100 * chip.cr_fraction:.3f} %)"
            )
    for title, texts in (
        ("Notes", notes),
        ("Products", [str(path) for path in result.products]),
        ("Warnings", result.warnings),
        ("Seconds", [f"{name}: {value:.2f}" for name, value in result.seconds.items()]),
    ):
        if texts:
            lines += ["", title, *(f"  {text}" for text in texts)]
    return "\n".join(lines) + "\n"
