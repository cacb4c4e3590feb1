"""What the rules of the parameters have to know before a run: the exposures, and what lies where products go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.data.exposure import Exposure
from core.data.facts import exposure_facts
from core.data.reffiles import names_a_file, reference_file
from core.drizzle.names import product_names
from core.errors import Refusal
from core.params.checks.facts import DataFacts


def run_facts(exposures: Sequence[Exposure], folder: Path | None) -> DataFacts:
    """Facts of the exposures, the pipeline's table, the product's own name, and the FITS files in `folder`."""
    facts = exposure_facts(exposures)
    if not exposures:
        return facts
    names = product_names(exposures, {"output": "", "build": True})
    facts = replace(_with_table(facts, exposures[0]), root=names.root, kind=names.kind)
    if folder is None:
        return facts
    try:
        there = frozenset(entry.name for entry in folder.iterdir() if entry.name.endswith(".fits"))
    except OSError:  # the folder is made by the run
        there = frozenset()
    return replace(facts, folder=str(folder), existing=there)


def _with_table(facts: DataFacts, first: Exposure) -> DataFacts:
    """With the table that MDRIZTAB names, if it names one, and why it cannot be read."""
    named = first.primary.get("MDRIZTAB") if first.primary is not None else None
    if not names_a_file(named):
        return facts
    try:
        return replace(facts, table=reference_file(named, first.path, "MDRIZTAB").name)
    except Refusal as refusal:
        return replace(facts, table=str(named).strip(), table_fault=str(refusal))
