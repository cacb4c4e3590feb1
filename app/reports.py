"""The report of a run: looked at before it, written after it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from core.data.outfiles import check_folder, check_output
from core.data.safe import write_text
from core.runs.report import plain


def check_report(path: Path | None, inputs: Iterable[Path]) -> tuple[Path, ...]:
    """See, before anything runs, that the report can be written; the files that no product may replace for it.

    Raises `Refusal` when it would replace one of `inputs`, is a folder or its folder cannot be written.
    """
    if path is None:
        return ()
    check_output(path, inputs, "--report")
    check_folder(path.parent, "--report")
    return (path,)


def write_report(report: dict[str, Any], path: Path) -> None:
    """Write a report as strict JSON: numbers that are not finite become null."""
    write_text(json.dumps(plain(report), indent=1, ensure_ascii=False, allow_nan=False) + "\n", path)


def write_page_or_json(path: Path, page: Callable[[], None], figures: Callable[[], dict[str, Any]]) -> None:
    """As the name says: F.html or F.htm is a page to look at, which `page` writes; any other name is JSON for programs,
    of what `figures` gives."""
    if path.suffix.lower() in (".html", ".htm"):
        page()
    else:
        write_report(figures(), path)
