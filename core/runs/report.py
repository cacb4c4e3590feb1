"""What every report needs: values that JSON knows, and the memory that the process used."""

from __future__ import annotations

import math
import sys
from os import PathLike, fspath
from pathlib import Path
from typing import Any


def plain(value: Any) -> Any:
    """The value with only what strict JSON knows: numbers that are not finite become None, paths text."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, str | bytes):
        value = value.item()  # numpy scalars
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return fspath(value) if isinstance(value, PathLike) else value


def peak_rss_mb() -> float | None:
    """Peak resident memory of this process in MB (10^6 bytes), None where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():  # a child's ru_maxrss begins at what its parent had used
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) * 1024 / 1e6, 1)
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6, 1)
