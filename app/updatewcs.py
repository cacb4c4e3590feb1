"""updatewcs before a run, and on its own: distortions from reference files, for the exposures that are named."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from app.console import ConsoleProgress
from core.data.updatewcs import Updated, update_all
from core.errors import Refusal


def taken_out(assignments: Sequence[str]) -> tuple[list[str], bool]:
    """The assignments without updatewcs, and whether it is asked for: a Python argument of drizzlepac's tasks and no
    parameter, so -p updatewcs=yes means --updatewcs. Raises Refusal for a word that is neither yes nor no."""
    named = [text for text in assignments if text.partition("=")[0].strip().lower() == "updatewcs"]
    words = {text.partition("=")[2].strip().lower() for text in named}
    for word in words - {"yes", "true", "1", "no", "false", "0"}:
        raise Refusal(f"'{word}' is neither yes nor no.", subject="updatewcs", advice="Give yes or no.")
    left = [text for text in assignments if text not in named]
    return left, bool(words & {"yes", "true", "1"})


def update_first(files: Sequence[Path], *, quiet: bool) -> list[str]:
    """Update the exposures before a run; one line for each that could not be. The others are told on standard error."""
    with ConsoleProgress(quiet=quiet) as progress:
        done = update_all(files, progress)
    for one in done:
        if not one.reason:
            print(f"updatewcs: {told(one)}", file=sys.stderr)
    return [one.reason for one in done if one.reason]


def told(one: Updated) -> str:
    """What became of an exposure."""
    what = f"{one.state.detail} (state {one.state.number})" if one.state else "nothing changed"
    return f"{one.path.name}: WCS {one.wcsname}: {what}"
