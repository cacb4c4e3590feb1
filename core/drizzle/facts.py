"""What the rules of the parameters have to know before a run: the exposures, and what lies where products go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.data.exposure import Exposure
from core.data.facts import exposure_facts
from core.drizzle.names import product_names
from core.params.checks.facts import DataFacts


def run_facts(exposures: Sequence[Exposure], folder: Path | None) -> DataFacts:
    """Facts of the exposures, the name their product has by itself, and the FITS files in `folder`."""
    facts = exposure_facts(exposures)
    if not exposures:
        return facts
    names = product_names(exposures, {"output": "", "build": True})
    facts = replace(facts, root=names.root, kind=names.kind)
    if folder is None:
        return facts
    try:
        there = frozenset(entry.name for entry in folder.iterdir() if entry.name.endswith(".fits"))
    except OSError:  # the folder is made by the run
        there = frozenset()
    return replace(facts, folder=str(folder), existing=there)
