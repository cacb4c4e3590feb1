"""What this process used, for the reports."""

from __future__ import annotations

import sys


def peak_rss_mb() -> float | None:
    """Peak resident memory in MB (10^6 bytes), None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6, 1)
