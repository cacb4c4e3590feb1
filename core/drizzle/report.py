"""The report of a run as the command line writes it to JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core import __version__
from core.drizzle.diagnostics import Diagnostics
from core.drizzle.results import DrizzleResult


def report(
    result: DrizzleResult, *, peak_rss_mb: float | None = None, diagnostics: Diagnostics | None = None
) -> dict[str, Any]:
    """Plain values only: task, version, exposures with sky (input units) and cosmic rays of each chip, paths of the
    products, diagnostics (None: not made), what became of each step, seconds of each, peak memory in MB (None: not
    known), warnings."""
    return {
        "task": "astrodrizzle",
        "version": __version__,
        "exposures": [
            {
                "file": exposure.name,
                "reason": exposure.reason,
                "chips": [
                    {
                        "extver": chip.extver,
                        "sky": chip.sky,
                        "n_cr": chip.n_cr,
                        "cr_fraction": chip.cr_fraction,
                    }
                    for chip in exposure.chips
                ],
            }
            for exposure in result.exposures
        ],
        "products": [str(path) for path in result.products],
        "diagnostics": None if diagnostics is None else asdict(diagnostics),
        "warnings": list(result.warnings),
        "steps": dict(result.steps),
        "seconds": dict(result.seconds),
        "peak_rss_mb": peak_rss_mb,
    }
