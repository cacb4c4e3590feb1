"""Writing the JSON report of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.data.safe import write_text
from core.runs.report import plain


def write_report(report: dict[str, Any], path: Path) -> None:
    """Write a report as strict JSON: numbers that are not finite become null."""
    write_text(json.dumps(plain(report), indent=1, ensure_ascii=False, allow_nan=False) + "\n", path)
