"""tweakreg: align exposures by the sources that they have in common."""

from core.params.model import build_task
from core.params.tweakreg import catalogs, general, header, matching

TWEAKREG = build_task(
    "tweakreg",
    "Align exposures",
    (*general.GROUPS, *header.GROUPS, *catalogs.GROUPS, *matching.GROUPS),
    matching.EXTRAS,
)
