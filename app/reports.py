"""Writing the JSON report of a run."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from core.data.safe import write_text


def write_report(report: dict[str, Any], path: Path) -> None:
    """Write a report as strict JSON: numbers that are not finite become null."""
    write_text(json.dumps(plain(report), indent=1, ensure_ascii=False, allow_nan=False) + "\n", path)


def plain(value: Any) -> Any:
    """The value with only what JSON knows."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, str | bytes):
        value = value.item()  # numpy scalars
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
